"""Valuations as records: blocks that workers share, people's values, and which one moves pay."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from contributions.append_only import guard, unguard

RESULTS = ["accounting_score", "accounting_workervalue", "accounting_valuationuse"]

# What was declared before valuations were records has its scores, and moved pay.
KEEP_DECLARED = """
UPDATE accounting_valuation SET state = 'computed', runs_count = 3;
"""
USE_DECLARED = """
INSERT INTO accounting_valuationuse (product_id, valuation_id)
SELECT product_id, max(id) FROM accounting_valuation GROUP BY product_id ORDER BY product_id;
"""

# A valuation moves on; what it is about may not change once its utility is frozen, and nothing
# of it once it is finished. Blocks keep their sums. Scores come while it is being computed.
CREATE_VALUATION_CHECKS = """
CREATE TRIGGER valuation_question_fixed BEFORE UPDATE ON accounting_valuation
    FOR EACH ROW WHEN (OLD.utility_sha256 <> '' AND (
        NEW.product_id <> OLD.product_id OR NEW.source <> OLD.source
        OR NEW.method <> OLD.method OR NEW.level <> OLD.level OR NEW.seed <> OLD.seed
        OR NEW.parameters <> OLD.parameters OR NEW.utility <> OLD.utility
        OR NEW.utility_sha256 <> OLD.utility_sha256 OR NEW.frozen_at <> OLD.frozen_at
    )) EXECUTE FUNCTION huisu_refuse_change();
CREATE TRIGGER valuation_result_fixed BEFORE UPDATE ON accounting_valuation
    FOR EACH ROW WHEN (OLD.state IN ('computed', 'cancelled', 'failed'))
    EXECUTE FUNCTION huisu_refuse_change();
CREATE TRIGGER valuation_kept BEFORE DELETE ON accounting_valuation
    FOR EACH ROW EXECUTE FUNCTION huisu_refuse_change();
CREATE TRIGGER valuation_no_truncate BEFORE TRUNCATE ON accounting_valuation
    FOR EACH STATEMENT EXECUTE FUNCTION huisu_refuse_change();
ALTER TABLE accounting_valuation ENABLE ALWAYS TRIGGER valuation_question_fixed;
ALTER TABLE accounting_valuation ENABLE ALWAYS TRIGGER valuation_result_fixed;
ALTER TABLE accounting_valuation ENABLE ALWAYS TRIGGER valuation_kept;
ALTER TABLE accounting_valuation ENABLE ALWAYS TRIGGER valuation_no_truncate;

CREATE TRIGGER valuation_block_fixed BEFORE UPDATE ON accounting_valuationblock
    FOR EACH ROW WHEN (OLD.sums IS NOT NULL) EXECUTE FUNCTION huisu_refuse_change();
CREATE TRIGGER valuation_block_kept BEFORE DELETE ON accounting_valuationblock
    FOR EACH ROW EXECUTE FUNCTION huisu_refuse_change();
CREATE TRIGGER valuation_block_no_truncate BEFORE TRUNCATE ON accounting_valuationblock
    FOR EACH STATEMENT EXECUTE FUNCTION huisu_refuse_change();
ALTER TABLE accounting_valuationblock ENABLE ALWAYS TRIGGER valuation_block_fixed;
ALTER TABLE accounting_valuationblock ENABLE ALWAYS TRIGGER valuation_block_kept;
ALTER TABLE accounting_valuationblock ENABLE ALWAYS TRIGGER valuation_block_no_truncate;

CREATE FUNCTION huisu_check_valuation_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM accounting_valuation WHERE id = NEW.valuation_id AND state = 'computing'
    ) THEN
        RAISE EXCEPTION 'this valuation is not being computed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'valuation_open',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER score_valuation_open BEFORE INSERT ON accounting_score
    FOR EACH ROW EXECUTE FUNCTION huisu_check_valuation_open();
CREATE TRIGGER worker_value_valuation_open BEFORE INSERT ON accounting_workervalue
    FOR EACH ROW EXECUTE FUNCTION huisu_check_valuation_open();
ALTER TABLE accounting_score ENABLE ALWAYS TRIGGER score_valuation_open;
ALTER TABLE accounting_workervalue ENABLE ALWAYS TRIGGER worker_value_valuation_open;
"""
DROP_VALUATION_CHECKS = """
DROP TRIGGER worker_value_valuation_open ON accounting_workervalue;
DROP TRIGGER score_valuation_open ON accounting_score;
DROP FUNCTION huisu_check_valuation_open();
DROP TRIGGER valuation_block_no_truncate ON accounting_valuationblock;
DROP TRIGGER valuation_block_kept ON accounting_valuationblock;
DROP TRIGGER valuation_block_fixed ON accounting_valuationblock;
DROP TRIGGER valuation_no_truncate ON accounting_valuation;
DROP TRIGGER valuation_kept ON accounting_valuation;
DROP TRIGGER valuation_result_fixed ON accounting_valuation;
DROP TRIGGER valuation_question_fixed ON accounting_valuation;
"""


class Migration(migrations.Migration):
    """Fields first, then what was declared before, then guards that hold whoever writes."""

    dependencies = [("accounting", "0003_run_edges")]

    operations = [
        migrations.CreateModel(
            name="ValuationBlock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.IntegerField(verbose_name="block")),
                ("sums", models.BinaryField(null=True)),
                (
                    "milliseconds",
                    models.IntegerField(null=True, verbose_name="computing time (ms)"),
                ),
                ("lease_token", models.UUIDField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("attempts", models.IntegerField(default=0, verbose_name="attempts")),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="ValuationUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "chosen_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="chosen"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="WorkerValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("value_ppb", models.BigIntegerField(verbose_name="value (parts per billion)")),
                (
                    "error_ppb",
                    models.BigIntegerField(
                        null=True, verbose_name="standard error (parts per billion)"
                    ),
                ),
                (
                    "other_ppb",
                    models.BigIntegerField(
                        null=True, verbose_name="at the other level (parts per billion)"
                    ),
                ),
                ("contributions_count", models.IntegerField(verbose_name="contributions")),
            ],
            options={
                "ordering": ["-value_ppb", "worker_id"],
            },
        ),
        migrations.AddField(
            model_name="score",
            name="error_ppb",
            field=models.BigIntegerField(
                null=True, verbose_name="standard error (parts per billion)"
            ),
        ),
        migrations.AddField(
            model_name="score",
            name="other_ppb",
            field=models.BigIntegerField(
                null=True, verbose_name="at the other level (parts per billion)"
            ),
        ),
        migrations.AddField(
            model_name="valuation",
            name="attempts",
            field=models.IntegerField(default=0, verbose_name="attempts"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="blocks_count",
            field=models.IntegerField(default=0, verbose_name="blocks"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="duplicates",
            field=models.JSONField(blank=True, default=dict, verbose_name="duplicates"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="failure",
            field=models.CharField(blank=True, max_length=1000, verbose_name="what went wrong"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="failure_code",
            field=models.CharField(blank=True, max_length=64, verbose_name="failure"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="findings",
            field=models.JSONField(blank=True, default=dict, verbose_name="findings"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="finished_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="finished"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="frozen_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="utility frozen"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="inputs",
            field=models.JSONField(blank=True, default=dict, verbose_name="inputs"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="inputs_sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="valuation",
            name="lease_token",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="valuation",
            name="leased_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="valuation",
            name="level",
            field=models.CharField(
                choices=[("owner", "owners"), ("point", "points, added up")],
                default="owner",
                max_length=5,
                verbose_name="level",
            ),
        ),
        migrations.AddField(
            model_name="valuation",
            name="provenance",
            field=models.JSONField(blank=True, default=dict, verbose_name="provenance"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="requested_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="valuation",
            name="result_sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="valuation",
            name="runs_count",
            field=models.IntegerField(default=0, verbose_name="runs compared"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="seed",
            field=models.BigIntegerField(default=0, verbose_name="seed"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="source",
            field=models.CharField(
                choices=[
                    ("points", "data points"),
                    ("table", "utility table"),
                    ("scores", "scores of another tool"),
                ],
                default="scores",
                max_length=6,
                verbose_name="source",
            ),
        ),
        migrations.AddField(
            model_name="valuation",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="started"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "waiting for its validation set"),
                    ("frozen", "utility frozen, waiting for data"),
                    ("staged", "waiting to be confirmed"),
                    ("queued", "queued"),
                    ("computing", "computing"),
                    ("computed", "computed"),
                    ("cancelled", "cancelled"),
                    ("failed", "failed"),
                ],
                default="draft",
                max_length=9,
                verbose_name="state",
            ),
        ),
        migrations.AddField(
            model_name="valuation",
            name="title",
            field=models.CharField(blank=True, max_length=200, verbose_name="title"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="utility",
            field=models.JSONField(blank=True, default=dict, verbose_name="utility"),
        ),
        migrations.AddField(
            model_name="valuation",
            name="utility_sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name="valuation",
            name="reliability_ppm",
            field=models.IntegerField(
                default=0,
                help_text="Over three runs or more; it scales how far scores move pay.",
                verbose_name="rank correlation between runs (ppm)",
            ),
        ),
        migrations.RunSQL(KEEP_DECLARED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="valuation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "draft",
                            "frozen",
                            "staged",
                            "queued",
                            "computing",
                            "computed",
                            "cancelled",
                            "failed",
                        ],
                    )
                ),
                name="valuation_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="valuation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("source__in", ["points", "table", "scores"]), ("level__in", ["owner", "point"])
                ),
                name="valuation_source_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="valuation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state__in", ["frozen", "staged", "queued", "computing"]), _negated=True
                    ),
                    models.Q(("utility_sha256", ""), _negated=True),
                    _connector="OR",
                ),
                name="valuation_frozen_before_data",
            ),
        ),
        migrations.AddConstraint(
            model_name="valuation",
            constraint=models.CheckConstraint(
                condition=models.Q(("reliability_ppm", 0), ("runs_count__gte", 3), _connector="OR"),
                name="valuation_moves_pay_by_three_runs",
            ),
        ),
        migrations.AddField(
            model_name="valuationblock",
            name="valuation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="blocks",
                to="accounting.valuation",
            ),
        ),
        migrations.AddField(
            model_name="valuationuse",
            name="chosen_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="valuationuse",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="valuation_uses",
                to="contributions.product",
            ),
        ),
        migrations.AddField(
            model_name="valuationuse",
            name="valuation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="uses",
                to="accounting.valuation",
            ),
        ),
        migrations.AddField(
            model_name="workervalue",
            name="valuation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="worker_values",
                to="accounting.valuation",
            ),
        ),
        migrations.AddField(
            model_name="workervalue",
            name="worker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="data_values",
                to="contributions.worker",
            ),
        ),
        migrations.AddConstraint(
            model_name="valuationblock",
            constraint=models.UniqueConstraint(
                fields=("valuation", "position"), name="valuation_block_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="workervalue",
            constraint=models.UniqueConstraint(
                fields=("valuation", "worker"), name="worker_value_once"
            ),
        ),
        migrations.RunSQL(USE_DECLARED, migrations.RunSQL.noop),
        *[migrations.RunSQL(guard(table), unguard(table)) for table in RESULTS],
        migrations.RunSQL(CREATE_VALUATION_CHECKS, DROP_VALUATION_CHECKS),
    ]
