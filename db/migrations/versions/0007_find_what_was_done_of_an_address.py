"""Find what was done of an address last, for feeds of which only changes are wanted."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SOURCE = "cta_bulk_generate_source"
INDEX = f"ix_{SOURCE}_done_by_url"


def upgrade() -> None:
    """Apply the change."""
    op.create_index(
        INDEX, SOURCE, ["workspace", sa.text("md5(url)"), "created_at"],
        postgresql_where=sa.text("status = 'done'"),
    )  # fmt: skip


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(INDEX, table_name=SOURCE)
