"""Keep lines and labour content in blocks, labour packed for reading, and what explains a line."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from contributions.append_only import guard, unguard

GUARDED = [
    "accounting_labourblock",
    "accounting_lineblock",
    "accounting_producerblock",
    "accounting_gapblock",
    "accounting_scoreblock",
    "accounting_runbasis",
]

CREATE_ASCENDING = """
CREATE FUNCTION huisu_ascending(numbers bigint[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    before bigint := -1;
    number bigint;
BEGIN
    FOREACH number IN ARRAY numbers LOOP
        IF number <= before THEN
            RETURN false;
        END IF;
        before := number;
    END LOOP;
    RETURN true;
END $$
"""
DROP_ASCENDING = "DROP FUNCTION huisu_ascending(bigint[])"

# Arrays are written and read whole, so compressing them in slices would only cost time. The
# checks say of a block what unique keys and foreign keys say of a row.
SHAPE_BLOCKS = """
ALTER TABLE accounting_labourblock
    ALTER contributions SET STORAGE EXTERNAL, ALTER workers SET STORAGE EXTERNAL,
    ALTER credited_uh SET STORAGE EXTERNAL, ALTER complexity_ppm SET STORAGE EXTERNAL,
    ALTER decay_ppm SET STORAGE EXTERNAL, ALTER content_uh SET STORAGE EXTERNAL,
    ALTER basis SET STORAGE EXTERNAL,
    ADD CONSTRAINT labour_block_is_even CHECK (
        cardinality(contributions) BETWEEN 1 AND 4096
        AND coalesce(cardinality(workers), cardinality(contributions))
            = cardinality(contributions)
        AND cardinality(credited_uh) = cardinality(contributions)
        AND cardinality(complexity_ppm) = cardinality(contributions)
        AND cardinality(decay_ppm) = cardinality(contributions)
        AND cardinality(content_uh) = cardinality(contributions)
        AND cardinality(basis) = cardinality(contributions)),
    ADD CONSTRAINT labour_block_ascends CHECK (
        first_id = contributions[1] AND last_id = contributions[cardinality(contributions)]
        AND huisu_ascending(contributions)),
    ADD CONSTRAINT labour_block_basis_known CHECK (0 <= ALL (basis) AND 3 >= ALL (basis));
ALTER TABLE accounting_lineblock
    ALTER contributions SET STORAGE EXTERNAL, ALTER weights SET STORAGE EXTERNAL,
    ALTER amounts SET STORAGE EXTERNAL, ALTER gross SET STORAGE EXTERNAL,
    ADD CONSTRAINT line_block_is_even CHECK (
        cardinality(contributions) BETWEEN 1 AND 4096
        AND cardinality(weights) = cardinality(contributions)
        AND cardinality(amounts) = cardinality(contributions)
        AND coalesce(cardinality(gross), cardinality(contributions))
            = cardinality(contributions)),
    ADD CONSTRAINT line_block_ascends CHECK (
        first_id = contributions[1] AND last_id = contributions[cardinality(contributions)]
        AND huisu_ascending(contributions));
-- The sums of a run are asked for when it is computed and again when it is posted.
ALTER TABLE accounting_lineblock
    ADD COLUMN total numeric NOT NULL GENERATED ALWAYS AS (huisu_sum(amounts)) STORED;
ALTER TABLE accounting_laboursegment ALTER body SET STORAGE EXTERNAL;
"""

MOVE_ROWS = """
INSERT INTO accounting_labourblock (run_id, first_id, last_id, contributions,
    credited_uh, complexity_ppm, decay_ppm, content_uh, basis)
SELECT run_id, min(contribution_id), max(contribution_id),
    array_agg(contribution_id ORDER BY contribution_id),
    array_agg(credited_uh ORDER BY contribution_id),
    array_agg(complexity_ppm ORDER BY contribution_id),
    array_agg(decay_ppm ORDER BY contribution_id),
    array_agg(content_uh ORDER BY contribution_id),
    array_agg((array_position(ARRAY['metered', 'time_only', 'imputed', 'escrow'], basis::text) - 1)
        ::smallint ORDER BY contribution_id)
FROM (SELECT l.*,
        (row_number() OVER (PARTITION BY run_id ORDER BY contribution_id) - 1) / 4096 AS part
      FROM accounting_runlabour l) rows
GROUP BY run_id, part ORDER BY run_id, part;
INSERT INTO accounting_lineblock
    (pool_id, first_id, last_id, contributions, weights, amounts)
SELECT pool_id, min(contribution_id), max(contribution_id),
    array_agg(contribution_id ORDER BY contribution_id),
    array_agg(weight ORDER BY contribution_id),
    array_agg(amount_micro ORDER BY contribution_id)
FROM (SELECT l.*,
        (row_number() OVER (PARTITION BY pool_id ORDER BY contribution_id) - 1) / 4096 AS part
      FROM accounting_line l) rows
GROUP BY pool_id, part ORDER BY pool_id, part;
DROP TABLE accounting_runlabour;
DROP TABLE accounting_line;
"""

CREATE_VIEWS = """
CREATE VIEW accounting_runlabour AS
SELECT (b.id << 12) + r.place - 1 AS id, b.id AS block_id, b.run_id, r.contribution_id,
    r.credited_uh, r.complexity_ppm, r.decay_ppm, r.content_uh,
    ((ARRAY['metered', 'time_only', 'imputed', 'escrow'])[r.basis + 1])::varchar(9) AS basis
FROM accounting_labourblock b, LATERAL unnest(b.contributions, b.credited_uh, b.complexity_ppm,
    b.decay_ppm, b.content_uh, b.basis) WITH ORDINALITY
    r(contribution_id, credited_uh, complexity_ppm, decay_ppm, content_uh, basis, place);
CREATE VIEW accounting_line AS
SELECT (b.id << 12) + r.place - 1 AS id, b.id AS block_id, b.pool_id, r.contribution_id,
    r.weight, r.amount_micro
FROM accounting_lineblock b, LATERAL unnest(b.contributions, b.weights, b.amounts) WITH ORDINALITY
    r(contribution_id, weight, amount_micro, place);
"""
DROP_VIEWS = "DROP VIEW accounting_line; DROP VIEW accounting_runlabour;"

CHECK_SUMS = """
CREATE OR REPLACE FUNCTION huisu_check_run_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pool record;
    owed numeric := 0;
    stated numeric;
BEGIN
    FOR pool IN
        SELECT p.code, p.funded_micro,
               (SELECT coalesce(sum(b.total), 0)
                FROM accounting_lineblock b WHERE b.pool_id = p.id) AS paid,
               (SELECT coalesce(sum(amount_micro), 0) FROM accounting_escrowentry e
                WHERE e.pool_id = p.id) AS held
        FROM accounting_runpool p WHERE p.run_id = NEW.id
    LOOP
        owed := owed + pool.paid;
        IF pool.funded_micro <> pool.paid + pool.held THEN
            RAISE EXCEPTION 'pool % holds % but shares out %',
                pool.code, pool.funded_micro, pool.paid + pool.held
                USING ERRCODE = 'check_violation', CONSTRAINT = 'run_sums_exact',
                      TABLE = TG_TABLE_NAME;
        END IF;
    END LOOP;
    SELECT coalesce(sum(amount_micro), 0) INTO stated
    FROM accounting_statement WHERE run_id = NEW.id;
    IF owed <> stated THEN
        RAISE EXCEPTION 'lines add up to % but statements to %', owed, stated
            USING ERRCODE = 'check_violation', CONSTRAINT = 'run_sums_exact',
                  TABLE = TG_TABLE_NAME;
    END IF;
    IF EXISTS (
        SELECT 1 FROM (
            SELECT first_id <= lag(last_id) OVER (PARTITION BY pool_id ORDER BY first_id) AS twice
            FROM accounting_lineblock b JOIN accounting_runpool p ON p.id = b.pool_id
            WHERE p.run_id = NEW.id
            UNION ALL
            SELECT first_id <= lag(last_id) OVER (ORDER BY first_id)
            FROM accounting_labourblock WHERE run_id = NEW.id
        ) blocks WHERE twice
    ) THEN
        RAISE EXCEPTION 'a contribution stands in two blocks'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'run_rows_once',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
"""
CREATE_SUM = """
CREATE FUNCTION huisu_sum(numbers bigint[]) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT sum(number) FROM unnest(numbers) number'
"""
DROP_SUM = "DROP FUNCTION huisu_sum(bigint[])"

# As the rows of other results: nothing is added to a run that is computed. A trigger by row,
# because one by statement would keep a copy of every block until it has fired.
CREATE_OPEN_CHECK = """
CREATE FUNCTION huisu_check_block_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    run bigint;
BEGIN
    IF TG_ARGV[0] = 'pool' THEN
        SELECT run_id INTO run FROM accounting_runpool WHERE id = NEW.pool_id;
    ELSE
        run := NEW.run_id;
    END IF;
    IF EXISTS (SELECT 1 FROM accounting_run
               WHERE id = run AND state IN ('computed', 'approved', 'posted')) THEN
        PERFORM huisu_refuse(
            'run_result_complete', TG_TABLE_NAME, 'nothing is added to this run');
    END IF;
    RETURN NEW;
END $$
"""
DROP_OPEN_CHECK = "DROP FUNCTION huisu_check_block_open()"
OF_RUN = ["labourblock", "producerblock", "scoreblock", "runbasis"]
OF_POOL = ["lineblock", "gapblock"]


def _complete(name: str, owner: str) -> migrations.RunSQL:
    table = f"accounting_{name}"
    return migrations.RunSQL(
        f"""
CREATE TRIGGER {table}_complete BEFORE INSERT ON {table}
    FOR EACH ROW EXECUTE FUNCTION huisu_check_block_open('{owner}');
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_complete;
""",
        f"DROP TRIGGER {table}_complete ON {table}",
    )


def _whole() -> django.contrib.postgres.fields.ArrayField:
    return django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)


def _half() -> django.contrib.postgres.fields.ArrayField:
    return django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)


def _key() -> models.BigAutoField:
    return models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    )


def _to(model: str, **options: object) -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=model,
        **options,
    )


class Migration(migrations.Migration):
    """Rows become blocks, and the tables of rows become views on them."""

    dependencies = [
        ("accounting", "0006_agreements"),
        ("contributions", "0008_attestations_and_disputes"),
    ]

    operations = [
        migrations.CreateModel(
            name="LabourSegment",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("rows", models.IntegerField()),
                ("body", models.BinaryField()),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 0), ("rows__gt", 0)),
                        name="labour_segment_not_empty",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LabourBlock",
            fields=[
                ("id", _key()),
                ("contributions", _whole()),
                (
                    "workers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
                ("credited_uh", _whole()),
                ("complexity_ppm", _half()),
                ("decay_ppm", _half()),
                ("content_uh", _whole()),
                (
                    "basis",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(), size=None
                    ),
                ),
                ("first", _to("contributions.contribution")),
                ("last", _to("contributions.contribution")),
                ("run", _to("accounting.run")),
            ],
            options={
                "ordering": ["run_id", "first_id"],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "first"), name="labour_block_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LineBlock",
            fields=[
                ("id", _key()),
                ("contributions", _whole()),
                ("weights", _whole()),
                ("amounts", _whole()),
                (
                    "gross",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
                ("first", _to("contributions.contribution")),
                ("last", _to("contributions.contribution")),
                ("pool", _to("accounting.runpool")),
            ],
            options={
                "ordering": ["pool_id", "first_id"],
                "constraints": [
                    models.UniqueConstraint(fields=("pool", "first"), name="line_block_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ProducerBlock",
            fields=[
                ("id", _key()),
                ("norm_key", models.BigIntegerField()),
                ("workers", _whole()),
                ("cap_ppm", _whole()),
                ("seconds", _whole()),
                ("effective", _whole()),
                ("run", _to("accounting.run")),
            ],
            options={
                "ordering": ["run_id", "norm_key"],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "norm_key"), name="producer_block_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoreBlock",
            fields=[
                ("id", _key()),
                ("contributions", _whole()),
                ("scores_ppb", _whole()),
                ("valuations", _whole()),
                ("first", _to("contributions.contribution")),
                ("last", _to("contributions.contribution")),
                ("run", _to("accounting.run")),
            ],
            options={
                "ordering": ["run_id", "first_id"],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "first"), name="score_block_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="GapBlock",
            fields=[
                ("id", _key()),
                ("workers", _whole()),
                ("living_wage_micro_per_hour", _whole()),
                ("seconds", _whole()),
                ("received_micro", _whole()),
                (
                    "pool",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounting.runpool",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RunBasis",
            fields=[
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="basis",
                        serialize=False,
                        to="accounting.run",
                    ),
                ),
                ("document", models.BinaryField()),
            ],
            options={"verbose_name_plural": "run bases"},
        ),
        migrations.RunSQL(CREATE_ASCENDING, DROP_ASCENDING),
        migrations.RunSQL(CREATE_SUM, DROP_SUM),
        migrations.RunSQL(SHAPE_BLOCKS, migrations.RunSQL.noop),
        migrations.RunSQL(MOVE_ROWS),
        migrations.RunSQL(CREATE_VIEWS, DROP_VIEWS),
        migrations.AlterModelOptions(
            name="line", options={"managed": False, "ordering": ["pool_id", "contribution_id"]}
        ),
        migrations.AlterModelOptions(
            name="runlabour", options={"managed": False, "ordering": ["contribution_id"]}
        ),
        migrations.RunSQL(CHECK_SUMS, migrations.RunSQL.noop),
        *[migrations.RunSQL(guard(table), unguard(table)) for table in GUARDED],
        migrations.RunSQL(CREATE_OPEN_CHECK, DROP_OPEN_CHECK),
        *[_complete(name, "run") for name in OF_RUN],
        *[_complete(name, "pool") for name in OF_POOL],
    ]
