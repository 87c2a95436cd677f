"""Keep what a person decided about a preview, and what cards of previews are found by."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

PREVIEW = "cta_iframe_preview"
CHANGED = f"ix_{PREVIEW}_bulk_generate_task_id_updated_at_id"
CHECKS = {
    "review_known": "review IN ('approved', 'rejected')",
    "review_of_what_is_done": "review IS NULL OR status = 'done'",
    "review_with_its_user": "(review IS NULL) = (reviewed_by IS NULL) "
    "AND (review IS NULL) = (reviewed_at IS NULL)",
}


def upgrade() -> None:
    """Apply the change."""
    op.add_column(PREVIEW, sa.Column("review", sa.String(20), nullable=True))
    op.add_column(PREVIEW, sa.Column("reviewed_by", sa.String(200), nullable=True))
    op.add_column(PREVIEW, sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{PREVIEW}_{name}"), PREVIEW, condition)
    headline = sa.Computed("prefill ->> 'headline'::text", persisted=True)
    op.add_column(PREVIEW, sa.Column("headline", sa.Text(), headline, nullable=True))
    op.create_index(op.f(CHANGED), PREVIEW, ["bulk_generate_task_id", "updated_at", "id"])
    op.execute(f"GRANT UPDATE (review, reviewed_by, reviewed_at) ON {PREVIEW} TO cta_api")


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(op.f(CHANGED), table_name=PREVIEW)
    op.drop_column(PREVIEW, "headline")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_{PREVIEW}_{name}"), PREVIEW, type_="check")
    for column in ("reviewed_at", "reviewed_by", "review"):
        op.drop_column(PREVIEW, column)
