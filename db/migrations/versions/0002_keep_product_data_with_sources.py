"""Keep the product data that a user hands over with its source."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column(
        "cta_bulk_generate_source",
        sa.Column(
            "product_data",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("cta_bulk_generate_source", "product_data")
