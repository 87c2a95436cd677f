"""Keep what calls of models cost, and which headlines a batch has."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

HEADLINES = "ix_cta_iframe_preview_bulk_generate_task_id_headline_key"
PREVIEW = "uq_cta_iframe_preview_id_bulk_generate_task_id_workspace"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("cta_iframe_preview", sa.Column("headline_key", sa.String(120), nullable=True))
    op.create_index(
        op.f(HEADLINES), "cta_iframe_preview", ["bulk_generate_task_id", "headline_key"]
    )
    op.create_unique_constraint(
        op.f(PREVIEW), "cta_iframe_preview", ["id", "bulk_generate_task_id", "workspace"]
    )
    op.create_table(
        "cta_model_call",
        sa.Column("bulk_generate_task_id", sa.Uuid(), nullable=False),
        sa.Column("preview_id", sa.Uuid(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("half", sa.String(20), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("tokens_in", sa.Integer(), nullable=False),
        sa.Column("tokens_out", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Numeric(14, 6), nullable=False),
        sa.Column("failure", sa.String(100), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column("user", sa.String(200), nullable=False),
        sa.Column("workspace", sa.String(200), nullable=False),
        sa.CheckConstraint(
            "half IN ('background', 'prefill')", name=op.f("ck_cta_model_call_half_known")
        ),
        sa.CheckConstraint(
            "tokens_in >= 0 AND tokens_out >= 0 AND seconds >= 0 AND cost >= 0",
            name=op.f("ck_cta_model_call_nothing_below_zero"),
        ),
        sa.ForeignKeyConstraint(
            ["bulk_generate_task_id", "workspace"],
            ["cta_bulk_generate_task.id", "cta_bulk_generate_task.workspace"],
            name=op.f("fk_cta_model_call_bulk_generate_task_id_workspace"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["preview_id", "bulk_generate_task_id", "workspace"],
            [
                "cta_iframe_preview.id",
                "cta_iframe_preview.bulk_generate_task_id",
                "cta_iframe_preview.workspace",
            ],
            name=op.f("fk_cta_model_call_preview_id_bulk_generate_task_id_workspace"),
            ondelete="SET NULL (preview_id)",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cta_model_call")),
    )
    op.create_index(
        op.f("ix_cta_model_call_bulk_generate_task_id"),
        "cta_model_call",
        ["bulk_generate_task_id"],
    )
    op.create_index(op.f("ix_cta_model_call_preview_id"), "cta_model_call", ["preview_id"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("cta_model_call")
    op.drop_constraint(op.f(PREVIEW), "cta_iframe_preview", type_="unique")
    op.drop_index(op.f(HEADLINES), table_name="cta_iframe_preview")
    op.drop_column("cta_iframe_preview", "headline_key")
