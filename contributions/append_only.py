"""The SQL that makes a table append-only, for use in migrations.

Row triggers miss TRUNCATE and ordinary triggers are skipped under
`session_replication_role = replica`; so there is a statement trigger beside the row trigger and
both are ENABLE ALWAYS. What a superuser can still do, the transparency log proves.
"""

from __future__ import annotations

CREATE_REFUSAL = """
CREATE FUNCTION huisu_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$
"""
DROP_REFUSAL = "DROP FUNCTION huisu_refuse_change()"


def guard(table: str) -> str:
    """Return SQL that refuses UPDATE, DELETE and TRUNCATE on a table."""
    return f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION huisu_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION huisu_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
"""


def unguard(table: str) -> str:
    """Return SQL that undoes `guard`."""
    return f"""
DROP TRIGGER {table}_append_only ON {table};
DROP TRIGGER {table}_no_truncate ON {table};
"""
