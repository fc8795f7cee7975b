"""Let the database itself refuse a run that does not add up, and changes to results."""

from __future__ import annotations

from django.db import migrations

from contributions.append_only import guard, unguard

RESULTS = [
    "accounting_runnorm",
    "accounting_runlabour",
    "accounting_runproduct",
    "accounting_runpool",
    "accounting_flow",
    "accounting_line",
    "accounting_escrowentry",
    "accounting_statement",
    "accounting_runindicator",
    "accounting_ratification",
]

CREATE_SUM_CHECK = """
CREATE FUNCTION huisu_check_run_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pool record;
    owed numeric;
    stated numeric;
BEGIN
    FOR pool IN
        SELECT p.code, p.funded_micro,
               (SELECT coalesce(sum(amount_micro), 0) FROM accounting_line l WHERE l.pool_id = p.id)
             + (SELECT coalesce(sum(amount_micro), 0) FROM accounting_escrowentry e
                WHERE e.pool_id = p.id) AS shared
        FROM accounting_runpool p WHERE p.run_id = NEW.id
    LOOP
        IF pool.funded_micro <> pool.shared THEN
            RAISE EXCEPTION 'pool % holds % but shares out %',
                pool.code, pool.funded_micro, pool.shared
                USING ERRCODE = 'check_violation', CONSTRAINT = 'run_sums_exact',
                      TABLE = TG_TABLE_NAME;
        END IF;
    END LOOP;
    SELECT coalesce(sum(l.amount_micro), 0) INTO owed
    FROM accounting_line l JOIN accounting_runpool p ON p.id = l.pool_id WHERE p.run_id = NEW.id;
    SELECT coalesce(sum(amount_micro), 0) INTO stated
    FROM accounting_statement WHERE run_id = NEW.id;
    IF owed <> stated THEN
        RAISE EXCEPTION 'lines add up to % but statements to %', owed, stated
            USING ERRCODE = 'check_violation', CONSTRAINT = 'run_sums_exact',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER run_sums_checked BEFORE UPDATE ON accounting_run
    FOR EACH ROW WHEN (NEW.state = 'computed' AND OLD.state <> 'computed')
    EXECUTE FUNCTION huisu_check_run_sums();
ALTER TABLE accounting_run ENABLE ALWAYS TRIGGER run_sums_checked;
"""
DROP_SUM_CHECK = """
DROP TRIGGER run_sums_checked ON accounting_run;
DROP FUNCTION huisu_check_run_sums();
"""

# A policy may move on (draft, proposed, in force, superseded) but its text may not change.
CREATE_POLICY_CHECK = """
CREATE TRIGGER policy_text_fixed BEFORE UPDATE ON accounting_policy
    FOR EACH ROW WHEN (
        NEW.sha256 <> OLD.sha256 OR NEW.document <> OLD.document OR NEW.version <> OLD.version
        OR NEW.name <> OLD.name OR NEW.operator_id <> OLD.operator_id
    ) EXECUTE FUNCTION huisu_refuse_change();
CREATE TRIGGER policy_kept BEFORE DELETE ON accounting_policy
    FOR EACH ROW EXECUTE FUNCTION huisu_refuse_change();
ALTER TABLE accounting_policy ENABLE ALWAYS TRIGGER policy_text_fixed;
ALTER TABLE accounting_policy ENABLE ALWAYS TRIGGER policy_kept;
"""
DROP_POLICY_CHECK = """
DROP TRIGGER policy_text_fixed ON accounting_policy;
DROP TRIGGER policy_kept ON accounting_policy;
"""

# A period that is closing or closed takes no more figures, by whatever door they come.
CREATE_PERIOD_CHECK = """
CREATE FUNCTION huisu_check_period_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    touched := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.period_id]
                          WHEN 'DELETE' THEN ARRAY[OLD.period_id]
                          ELSE ARRAY[NEW.period_id, OLD.period_id] END;
    PERFORM 1 FROM accounting_period WHERE id = ANY (touched) FOR SHARE;
    IF EXISTS (SELECT 1 FROM accounting_period WHERE id = ANY (touched) AND state <> 'open') THEN
        RAISE EXCEPTION 'this period is no longer open'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'period_open', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$
"""
DROP_PERIOD_CHECK = "DROP FUNCTION huisu_check_period_open()"
OF_PERIOD = ["revenue", "usage", "cost", "licenceuse", "fact"]


def _keep_open(name: str) -> migrations.RunSQL:
    table = f"accounting_{name}"
    return migrations.RunSQL(
        f"""
CREATE TRIGGER {table}_period_open BEFORE INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION huisu_check_period_open();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_period_open;
""",
        f"DROP TRIGGER {table}_period_open ON {table}",
    )


class Migration(migrations.Migration):
    """Guards that hold whoever writes."""

    dependencies = [
        ("accounting", "0001_policy_period_run_results"),
        ("contributions", "0002_guards"),
    ]

    operations = [
        *[migrations.RunSQL(guard(table), unguard(table)) for table in RESULTS],
        migrations.RunSQL(CREATE_SUM_CHECK, DROP_SUM_CHECK),
        migrations.RunSQL(CREATE_POLICY_CHECK, DROP_POLICY_CHECK),
        migrations.RunSQL(CREATE_PERIOD_CHECK, DROP_PERIOD_CHECK),
        *[_keep_open(name) for name in OF_PERIOD],
    ]
