"""Keep workspaces apart, and keep tokens, idempotency keys and edited fields."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TASK, SOURCE, PREVIEW = "cta_bulk_generate_task", "cta_bulk_generate_source", "cta_iframe_preview"
PRODUCT, CALL, TOKEN = "ecommerce_product", "cta_model_call", "cta_api_token"
KEY = "uq_cta_bulk_generate_task_workspace_user_idempotency_key"

# What the role of the API may do; that it sees one workspace alone is the policies' part.
GRANTS = {
    TASK: "SELECT, INSERT, DELETE, UPDATE (status, error_message, flow_run_id, finished_at, "
    "idempotency_key, request_hash, updated_at)",
    SOURCE: "SELECT, INSERT, UPDATE (status, error_message, finished_at, updated_at)",
    PREVIEW: "SELECT, UPDATE (prefill, headline_key, edited_fields, updated_at)",
    PRODUCT: "SELECT",
    CALL: "SELECT",
}
OLD_INDEXES = {
    TASK: [("workspace", "created_at")],
    PREVIEW: [
        ("bulk_generate_task_id", "status"),
        ("product_id", "status"),
        ("workspace", "created_at"),
    ],
}
NEW_INDEXES = {
    TASK: [("workspace", "created_at", "id"), ("workspace", "status", "created_at", "id")],
    PREVIEW: [
        ("workspace", "created_at", "id"),
        ("workspace", "status", "created_at", "id"),
        ("bulk_generate_task_id", "created_at", "id"),
        ("bulk_generate_task_id", "status", "created_at", "id"),
        ("bulk_generate_task_id", "product_id", "created_at", "id"),
        ("product_id", "created_at", "id"),
        ("product_id", "status", "created_at", "id"),
    ],
}

# Roles belong to the whole server: another database of it may have made this one already.
CREATE_ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cta_api') THEN
        CREATE ROLE cta_api NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    -- From Postgres 16 on, who makes a role may hand it on, and not take it.
    IF NOT pg_has_role(current_user, 'cta_api', CASE
        WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET'
    END) THEN
        GRANT cta_api TO CURRENT_USER;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO cta_api', current_schema());
END $$
"""

# It runs as its owner, for the API's role has no access to the tokens themselves; and it looks in
# no temporary table, which that role could make.
CREATE_FUNCTION = """
DO $$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION cta_member_of_token(given bytea) '
        'RETURNS TABLE (workspace varchar, "user" varchar) '
        'LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp '
        'AS $body$ SELECT token.workspace, token."user" FROM %I.cta_api_token AS token '
        'WHERE token.token_hash = given AND token.revoked_at IS NULL $body$',
        current_schema()
    );
END $$
"""


def upgrade() -> None:
    """Apply the change."""
    op.add_column(TASK, sa.Column("idempotency_key", sa.String(255), nullable=True))
    op.add_column(TASK, sa.Column("request_hash", sa.LargeBinary(), nullable=True))
    op.create_check_constraint(
        op.f(f"ck_{TASK}_key_with_its_request"), TASK,
        "(idempotency_key IS NULL) = (request_hash IS NULL)",
    )  # fmt: skip
    op.create_unique_constraint(op.f(KEY), TASK, ["workspace", "user", "idempotency_key"])
    op.add_column(
        PREVIEW,
        sa.Column(
            "edited_fields", postgresql.JSONB(none_as_null=True), nullable=False,
            server_default=sa.text("'[]'::jsonb"),
        ),
    )  # fmt: skip
    _exchange_indexes(OLD_INDEXES, NEW_INDEXES)
    _create_tokens()
    _lock_workspaces()


def _create_tokens() -> None:
    op.create_table(
        TOKEN,
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("user", sa.String(200), nullable=False),
        sa.Column("workspace", sa.String(200), nullable=False),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f(f"ck_{TOKEN}_hash_is_sha_256")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TOKEN}")),
        sa.UniqueConstraint("token_hash", name=op.f(f"uq_{TOKEN}_token_hash")),
    )  # fmt: skip
    op.create_index(
        op.f(f"uq_{TOKEN}_one_that_is_valid"), TOKEN, ["workspace", "user"], unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )  # fmt: skip


def _lock_workspaces() -> None:
    op.execute(CREATE_ROLE)
    for table, privileges in GRANTS.items():
        op.execute(f"GRANT {privileges} ON {table} TO cta_api")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_workspace ON {table} TO cta_api "
            "USING (workspace = current_setting('cta.workspace', true)) "
            "WITH CHECK (workspace = current_setting('cta.workspace', true))"
        )
    op.execute(f"ALTER TABLE {TOKEN} ENABLE ROW LEVEL SECURITY")
    op.execute(CREATE_FUNCTION)
    op.execute("REVOKE ALL ON FUNCTION cta_member_of_token(bytea) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION cta_member_of_token(bytea) TO cta_api")


def _exchange_indexes(
    old: dict[str, list[tuple[str, ...]]], new: dict[str, list[tuple[str, ...]]]
) -> None:
    for table, indexes in old.items():
        for columns in indexes:
            op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table_name=table)
    for table, indexes in new.items():
        for columns in indexes:
            op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def downgrade() -> None:
    """Take the change back; the role stays, for other databases of the server may use it."""
    op.execute("DROP FUNCTION cta_member_of_token(bytea)")
    for table in GRANTS:
        op.execute(f"DROP POLICY one_workspace ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        op.execute(f"REVOKE ALL ON {table} FROM cta_api")
    op.drop_table(TOKEN)
    _exchange_indexes(NEW_INDEXES, OLD_INDEXES)
    op.drop_column(PREVIEW, "edited_fields")
    op.drop_constraint(op.f(KEY), TASK, type_="unique")
    op.drop_constraint(op.f(f"ck_{TASK}_key_with_its_request"), TASK, type_="check")
    op.drop_column(TASK, "request_hash")
    op.drop_column(TASK, "idempotency_key")
