"""Keep each half of a preview, the leases of processes, and which previews were deleted."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TASK, SOURCE, PREVIEW = "cta_bulk_generate_task", "cta_bulk_generate_source", "cta_iframe_preview"

# What the API writes where it reopens what has ended, beside what it may write already.
GRANTS = {
    TASK: "attempt, lease_id, times_lost, started_at, reopened_at",
    SOURCE: "flow_run_id, lease_id, reopened_at",
    PREVIEW: "status, error_message, attempt, flow_run_id, lease_id, times_lost, background_url, "
    "draft, finished_at",
}

CREATE_FUNCTION = """
DO $$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION cta_note_deleted_previews() RETURNS trigger '
        'LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp '
        'AS $body$ BEGIN '
        'INSERT INTO %I.cta_deleted_preview (id) SELECT id FROM gone ON CONFLICT DO NOTHING; '
        'RETURN NULL; END $body$',
        current_schema()
    );
END $$
"""
CREATE_TRIGGER = f"""
CREATE TRIGGER note_deleted AFTER DELETE ON {PREVIEW}
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION cta_note_deleted_previews()
"""

# What is done was made before halves were kept: they are taken from what they became.
KEEP_HALVES = f"""
UPDATE {PREVIEW}
SET filled_attempt = attempt,
    background_url = prefill ->> 'generated_background_url',
    draft = prefill - '{{original_background_url,generated_background_url}}'::text[]
WHERE coalesce(prefill ->> 'generated_background_url', '') <> ''
"""


def upgrade() -> None:
    """Apply the change."""
    for table in (TASK, SOURCE, PREVIEW):
        op.add_column(table, sa.Column("lease_id", sa.Uuid(), nullable=True))
        op.add_column(
            table, sa.Column("times_lost", sa.Integer(), nullable=False, server_default="0")
        )
    op.add_column(TASK, sa.Column("attempt", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(PREVIEW, sa.Column("background_url", sa.Text(), nullable=True))
    op.add_column(PREVIEW, sa.Column("draft", postgresql.JSONB(none_as_null=True), nullable=True))
    op.add_column(PREVIEW, sa.Column("filled_attempt", sa.Integer(), nullable=True))
    op.execute(KEEP_HALVES)
    op.create_check_constraint(
        op.f(f"ck_{PREVIEW}_filled_has_prefill"), PREVIEW,
        "filled_attempt IS NULL OR (prefill IS NOT NULL AND filled_attempt <= attempt)",
    )  # fmt: skip
    _create_tables()
    for table, columns in GRANTS.items():
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO cta_api")


def _create_tables() -> None:
    op.create_table(
        "cta_lease",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cta_lease")),
    )
    op.create_table(
        "cta_deleted_preview",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "deleted_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cta_deleted_preview")),
    )
    op.execute(CREATE_FUNCTION)
    op.execute("REVOKE ALL ON FUNCTION cta_note_deleted_previews() FROM PUBLIC")
    op.execute(CREATE_TRIGGER)


def downgrade() -> None:
    """Take the change back."""
    op.execute(f"DROP TRIGGER note_deleted ON {PREVIEW}")
    op.execute("DROP FUNCTION cta_note_deleted_previews()")
    op.drop_table("cta_deleted_preview")
    op.drop_table("cta_lease")
    op.execute(f"REVOKE UPDATE (started_at, reopened_at) ON {TASK} FROM cta_api")
    op.execute(f"REVOKE UPDATE (flow_run_id, reopened_at) ON {SOURCE} FROM cta_api")
    op.execute(
        f"REVOKE UPDATE (status, error_message, attempt, flow_run_id, finished_at) "
        f"ON {PREVIEW} FROM cta_api"
    )
    op.drop_constraint(op.f(f"ck_{PREVIEW}_filled_has_prefill"), PREVIEW, type_="check")
    for column in ("filled_attempt", "draft", "background_url"):
        op.drop_column(PREVIEW, column)
    op.drop_column(TASK, "attempt")
    for table in (PREVIEW, SOURCE, TASK):
        op.drop_column(table, "times_lost")
        op.drop_column(table, "lease_id")
