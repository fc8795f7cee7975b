"""Let the database itself keep contributions append-only and lineage free of circles."""

from __future__ import annotations

from django.db import migrations

from contributions.append_only import CREATE_REFUSAL, DROP_REFUSAL, guard, unguard

# Two writers that each close half of a circle see neither other's edge; so every change of
# lineage first takes one lock, and the check then runs with a snapshot taken after it.
CREATE_LINEAGE_CHECK = """
CREATE FUNCTION huisu_check_lineage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    leaving bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('huisu.lineage'));
    IF EXISTS (
        WITH RECURSIVE reached(id) AS (
            SELECT NEW.downstream_id
            UNION
            SELECT edge.downstream_id
            FROM contributions_lineageedge edge JOIN reached ON edge.upstream_id = reached.id
            WHERE edge.id <> NEW.id
        )
        SELECT 1 FROM reached WHERE id = NEW.upstream_id
    ) THEN
        RAISE EXCEPTION 'this edge would make a product its own ancestor'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lineage_acyclic',
                  TABLE = TG_TABLE_NAME;
    END IF;
    SELECT coalesce(sum(transfer_ppm::bigint * machine_ppm / 1000000), 0) INTO leaving
    FROM contributions_lineageedge WHERE upstream_id = NEW.upstream_id AND id <> NEW.id;
    IF leaving + NEW.transfer_ppm::bigint * NEW.machine_ppm / 1000000 > 1000000 THEN
        RAISE EXCEPTION 'the transfers leaving this product add up to more than the whole of it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lineage_transfer_at_most_one',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lineage_checked BEFORE INSERT OR UPDATE ON contributions_lineageedge
    FOR EACH ROW EXECUTE FUNCTION huisu_check_lineage();
ALTER TABLE contributions_lineageedge ENABLE ALWAYS TRIGGER lineage_checked;
"""
DROP_LINEAGE_CHECK = """
DROP TRIGGER lineage_checked ON contributions_lineageedge;
DROP FUNCTION huisu_check_lineage();
"""

# A correction belongs to the same source record as the row it replaces, one revision on.
CREATE_CORRECTION_CHECK = """
CREATE FUNCTION huisu_check_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM contributions_contribution replaced
        WHERE replaced.id = NEW.supersedes_id AND replaced.source_id = NEW.source_id
          AND replaced.external_id = NEW.external_id AND replaced.revision = NEW.revision - 1
          AND NOT replaced.withdrawn
    ) THEN
        RAISE EXCEPTION 'a correction continues the record it replaces'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contribution_correction_continues',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contribution_correction_checked BEFORE INSERT ON contributions_contribution
    FOR EACH ROW WHEN (NEW.supersedes_id IS NOT NULL)
    EXECUTE FUNCTION huisu_check_correction();
ALTER TABLE contributions_contribution ENABLE ALWAYS TRIGGER contribution_correction_checked;
"""
DROP_CORRECTION_CHECK = """
DROP TRIGGER contribution_correction_checked ON contributions_contribution;
DROP FUNCTION huisu_check_correction();
"""


class Migration(migrations.Migration):
    """Guards that hold whoever writes."""

    dependencies = [("contributions", "0001_parties_products_labour")]

    operations = [
        migrations.RunSQL(CREATE_REFUSAL, DROP_REFUSAL),
        migrations.RunSQL(
            guard("contributions_contribution"), unguard("contributions_contribution")
        ),
        migrations.RunSQL(CREATE_LINEAGE_CHECK, DROP_LINEAGE_CHECK),
        migrations.RunSQL(CREATE_CORRECTION_CHECK, DROP_CORRECTION_CHECK),
    ]
