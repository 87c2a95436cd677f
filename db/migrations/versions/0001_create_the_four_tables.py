"""Create the four tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "cta_bulk_generate_task",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("refresh", sa.Boolean(), nullable=False),
        sa.Column("flow_run_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("user", sa.String(length=200), nullable=False),
        sa.Column("workspace", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "status <> 'failed' OR error_message IS NOT NULL",
            name=op.f("ck_cta_bulk_generate_task_failed_says_why"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'done', 'failed')",
            name=op.f("ck_cta_bulk_generate_task_status_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cta_bulk_generate_task")),
        sa.UniqueConstraint("id", "workspace", name=op.f("uq_cta_bulk_generate_task_id_workspace")),
    )
    op.create_index(
        op.f("ix_cta_bulk_generate_task_workspace_created_at"),
        "cta_bulk_generate_task",
        ["workspace", "created_at"],
        unique=False,
    )
    op.create_table(
        "ecommerce_product",
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("canonical_url", sa.String(length=2048), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("price", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("availability", sa.String(length=40), nullable=True),
        sa.Column("locale", sa.String(length=20), nullable=True),
        sa.Column(
            "image_urls",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "ranked_images",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("ranked_by", sa.String(length=200), nullable=True),
        sa.Column(
            "read_from",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("user", sa.String(length=200), nullable=False),
        sa.Column("workspace", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "char_length(currency) = 3", name=op.f("ck_ecommerce_product_currency_iso_4217")
        ),
        sa.CheckConstraint("price >= 0", name=op.f("ck_ecommerce_product_price_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ecommerce_product")),
        sa.UniqueConstraint("id", "workspace", name=op.f("uq_ecommerce_product_id_workspace")),
        sa.UniqueConstraint(
            "workspace", "canonical_url", name=op.f("uq_ecommerce_product_workspace_canonical_url")
        ),
    )
    op.create_table(
        "cta_bulk_generate_source",
        sa.Column("bulk_generate_task_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("batch_size", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("flow_run_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("user", sa.String(length=200), nullable=False),
        sa.Column("workspace", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "status <> 'failed' OR error_message IS NOT NULL",
            name=op.f("ck_cta_bulk_generate_source_failed_says_why"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'done', 'failed')",
            name=op.f("ck_cta_bulk_generate_source_status_known"),
        ),
        sa.CheckConstraint(
            "batch_size BETWEEN 1 AND 10",
            name=op.f("ck_cta_bulk_generate_source_batch_size_1_to_10"),
        ),
        sa.ForeignKeyConstraint(
            ["bulk_generate_task_id", "workspace"],
            ["cta_bulk_generate_task.id", "cta_bulk_generate_task.workspace"],
            name=op.f("fk_cta_bulk_generate_source_bulk_generate_task_id_workspace"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id", "workspace"],
            ["ecommerce_product.id", "ecommerce_product.workspace"],
            name=op.f("fk_cta_bulk_generate_source_product_id_workspace"),
            ondelete="SET NULL (product_id)",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cta_bulk_generate_source")),
        sa.UniqueConstraint(
            "bulk_generate_task_id",
            "position",
            name=op.f("uq_cta_bulk_generate_source_bulk_generate_task_id_position"),
        ),
        sa.UniqueConstraint(
            "id",
            "bulk_generate_task_id",
            "workspace",
            name=op.f("uq_cta_bulk_generate_source_id_bulk_generate_task_id_workspace"),
        ),
    )
    op.create_index(
        op.f("ix_cta_bulk_generate_source_product_id"),
        "cta_bulk_generate_source",
        ["product_id"],
        unique=False,
    )
    op.create_table(
        "cta_iframe_preview",
        sa.Column("bulk_generate_task_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source_image_url", sa.Text(), nullable=False),
        sa.Column(
            "prefill", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("flow_run_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("user", sa.String(length=200), nullable=False),
        sa.Column("workspace", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "status <> 'done' OR coalesce(prefill ->> 'generated_background_url', '') <> ''",
            name=op.f("ck_cta_iframe_preview_done_has_background"),
        ),
        sa.CheckConstraint(
            "status <> 'failed' OR error_message IS NOT NULL",
            name=op.f("ck_cta_iframe_preview_failed_says_why"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed')",
            name=op.f("ck_cta_iframe_preview_status_known"),
        ),
        sa.CheckConstraint("attempt >= 1", name=op.f("ck_cta_iframe_preview_attempt_from_1")),
        sa.CheckConstraint(
            "position BETWEEN 0 AND 9", name=op.f("ck_cta_iframe_preview_position_0_to_9")
        ),
        sa.ForeignKeyConstraint(
            ["bulk_generate_task_id", "workspace"],
            ["cta_bulk_generate_task.id", "cta_bulk_generate_task.workspace"],
            name=op.f("fk_cta_iframe_preview_bulk_generate_task_id_workspace"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id", "workspace"],
            ["ecommerce_product.id", "ecommerce_product.workspace"],
            name=op.f("fk_cta_iframe_preview_product_id_workspace"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["source_id", "bulk_generate_task_id", "workspace"],
            [
                "cta_bulk_generate_source.id",
                "cta_bulk_generate_source.bulk_generate_task_id",
                "cta_bulk_generate_source.workspace",
            ],
            name=op.f("fk_cta_iframe_preview_source_id_bulk_generate_task_id_workspace"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cta_iframe_preview")),
        sa.UniqueConstraint(
            "source_id", "position", name=op.f("uq_cta_iframe_preview_source_id_position")
        ),
    )
    op.create_index(
        op.f("ix_cta_iframe_preview_bulk_generate_task_id_status"),
        "cta_iframe_preview",
        ["bulk_generate_task_id", "status"],
        unique=False,
    )
    op.create_index(
        op.f("ix_cta_iframe_preview_product_id_status"),
        "cta_iframe_preview",
        ["product_id", "status"],
        unique=False,
    )
    op.create_index(
        op.f("ix_cta_iframe_preview_workspace_created_at"),
        "cta_iframe_preview",
        ["workspace", "created_at"],
        unique=False,
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(
        op.f("ix_cta_iframe_preview_workspace_created_at"), table_name="cta_iframe_preview"
    )
    op.drop_index(op.f("ix_cta_iframe_preview_product_id_status"), table_name="cta_iframe_preview")
    op.drop_index(
        op.f("ix_cta_iframe_preview_bulk_generate_task_id_status"), table_name="cta_iframe_preview"
    )
    op.drop_table("cta_iframe_preview")
    op.drop_index(
        op.f("ix_cta_bulk_generate_source_product_id"), table_name="cta_bulk_generate_source"
    )
    op.drop_table("cta_bulk_generate_source")
    op.drop_table("ecommerce_product")
    op.drop_index(
        op.f("ix_cta_bulk_generate_task_workspace_created_at"), table_name="cta_bulk_generate_task"
    )
    op.drop_table("cta_bulk_generate_task")
