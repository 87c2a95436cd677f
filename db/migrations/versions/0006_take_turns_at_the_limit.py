"""Keep when a generation was started last, for processes that take turns at the limit."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "cta_generation_turn",
        sa.Column("limit_name", sa.String(200), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("limit_name", name=op.f("pk_cta_generation_turn")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("cta_generation_turn")
