"""Keep the category of products."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("ecommerce_product", sa.Column("category", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("ecommerce_product", "category")
