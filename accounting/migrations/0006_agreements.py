"""Policies as collective agreements, creation costs over months, and rates of exchange."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from contributions.append_only import guard, unguard

APPEND_ONLY = [
    "accounting_negotiationstep",
    "accounting_fxrate",
    "accounting_indexmeasure",
    "accounting_amortisationplan",
    "accounting_amortisedcost",
]

# The text of a policy was fixed before; so are now what it revises, who drafted it and, once it
# is in force, since when. Each step leads to the next, and a superseded policy stands for ever.
CREATE_POLICY_STEPS = """
CREATE FUNCTION huisu_check_policy_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted text;
    needed text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a policy begins as a draft'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_step',
                      TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.id <> OLD.id OR NEW.based_on_id IS DISTINCT FROM OLD.based_on_id
        OR NEW.created_by_id IS DISTINCT FROM OLD.created_by_id
        OR NEW.created_at <> OLD.created_at
        OR (OLD.state IN ('in_force', 'superseded', 'withdrawn')
            AND NEW.valid_from IS DISTINCT FROM OLD.valid_from)
        OR (OLD.state IN ('superseded', 'withdrawn') AND NEW IS DISTINCT FROM OLD)
    THEN
        RAISE EXCEPTION 'a policy is never edited'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'policy_fixed',
                  TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'proposed'), ('proposed', 'in_force'), ('proposed', 'withdrawn'),
        ('in_force', 'superseded')
    ) THEN
        RAISE EXCEPTION 'a policy does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_step', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.state = 'in_force' AND OLD.state = 'proposed' THEN
        needed := ARRAY['labour', 'platform'];
        IF (NEW.document #>> '{negotiation,public_body_signs}')::boolean THEN
            needed := array_append(needed, 'public');
        END IF;
        FOREACH wanted IN ARRAY needed LOOP
            IF NOT EXISTS (
                SELECT 1 FROM accounting_ratification r
                WHERE r.policy_id = NEW.id AND r.side = wanted AND r.policy_sha256 = NEW.sha256
            ) THEN
                RAISE EXCEPTION 'the % side has not signed', wanted
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_signed',
                          TABLE = TG_TABLE_NAME;
            END IF;
        END LOOP;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER policy_steps BEFORE INSERT OR UPDATE ON accounting_policy
    FOR EACH ROW EXECUTE FUNCTION huisu_check_policy_step();
ALTER TABLE accounting_policy ENABLE ALWAYS TRIGGER policy_steps;
CREATE TRIGGER accounting_policy_no_truncate BEFORE TRUNCATE ON accounting_policy
    FOR EACH STATEMENT EXECUTE FUNCTION huisu_refuse_change();
ALTER TABLE accounting_policy ENABLE ALWAYS TRIGGER accounting_policy_no_truncate;
"""
DROP_POLICY_STEPS = """
DROP TRIGGER policy_steps ON accounting_policy;
DROP TRIGGER accounting_policy_no_truncate ON accounting_policy;
DROP FUNCTION huisu_check_policy_step();
"""

# The policy's row serves as the lock that makes two signatures take turns.
CREATE_SIGNATURE_CHECK = """
CREATE FUNCTION huisu_check_signature() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    signed accounting_policy%ROWTYPE;
BEGIN
    SELECT * INTO signed FROM accounting_policy WHERE id = NEW.policy_id FOR UPDATE;
    IF signed.state <> 'proposed' OR signed.sha256 <> NEW.policy_sha256 THEN
        RAISE EXCEPTION 'only a proposed policy is signed, and by its hash'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ratification_of_proposal',
                  TABLE = TG_TABLE_NAME;
    END IF;
    IF EXISTS (
        SELECT 1 FROM accounting_ratification r
        WHERE r.policy_id = NEW.policy_id AND r.ratified_by_id = NEW.ratified_by_id
            AND r.side <> NEW.side
    ) THEN
        RAISE EXCEPTION 'one person does not sign for two sides'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ratification_one_side_each',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ratification_checked BEFORE INSERT ON accounting_ratification
    FOR EACH ROW EXECUTE FUNCTION huisu_check_signature();
ALTER TABLE accounting_ratification ENABLE ALWAYS TRIGGER ratification_checked;
"""
DROP_SIGNATURE_CHECK = """
DROP TRIGGER ratification_checked ON accounting_ratification;
DROP FUNCTION huisu_check_signature();
"""

# A constraint keeps simulations from being approved and posted; these keep a run from ceasing to
# be one, and from being none without an agreement behind it.
CREATE_SIMULATION_CHECK = """
CREATE FUNCTION huisu_check_simulation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM accounting_policy p
        WHERE p.id = NEW.policy_id AND p.state IN ('in_force', 'superseded')
    ) THEN
        RAISE EXCEPTION 'a run without a ratified policy is a simulation'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'run_unratified_is_simulation',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER run_simulation_checked BEFORE INSERT ON accounting_run
    FOR EACH ROW WHEN (NOT NEW.simulation) EXECUTE FUNCTION huisu_check_simulation();
CREATE TRIGGER run_simulation_kept BEFORE UPDATE ON accounting_run
    FOR EACH ROW WHEN (
        NEW.simulation <> OLD.simulation OR NEW.policy_id <> OLD.policy_id
        OR NEW.period_id <> OLD.period_id OR NEW.policy_sha256 <> OLD.policy_sha256
    ) EXECUTE FUNCTION huisu_refuse_change();
ALTER TABLE accounting_run ENABLE ALWAYS TRIGGER run_simulation_checked;
ALTER TABLE accounting_run ENABLE ALWAYS TRIGGER run_simulation_kept;
"""
DROP_SIMULATION_CHECK = """
DROP TRIGGER run_simulation_checked ON accounting_run;
DROP TRIGGER run_simulation_kept ON accounting_run;
DROP FUNCTION huisu_check_simulation();
"""


class Migration(migrations.Migration):
    """Negotiation, creation costs and rates with their sources, and the steps of an agreement."""

    dependencies = [
        ("accounting", "0005_ledger"),
    ]

    operations = [
        migrations.CreateModel(
            name="AmortisationPlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="first month")),
                ("months", models.IntegerField(verbose_name="months")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "ordering": ["product_id"],
            },
        ),
        migrations.CreateModel(
            name="AmortisedCost",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("compute", "compute"),
                            ("energy", "energy"),
                            ("licences", "licences"),
                            ("data", "data"),
                            ("wages", "wages"),
                            ("other", "other"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("amount_micro", models.BigIntegerField(verbose_name="amount (µ)")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("assumed", models.BooleanField(default=False, verbose_name="assumed")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "ordering": ["plan_id", "id"],
            },
        ),
        migrations.CreateModel(
            name="IndexMeasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("measured_on", models.DateField(verbose_name="day")),
                ("gpu_milli_hours", models.BigIntegerField(verbose_name="GPU time (1/1000 h)")),
                (
                    "governance_seconds",
                    models.BigIntegerField(verbose_name="data-governance time (s)"),
                ),
                (
                    "training_flop",
                    models.DecimalField(
                        decimal_places=0, max_digits=40, verbose_name="training FLOP"
                    ),
                ),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                ("assumed", models.BooleanField(default=False, verbose_name="assumed")),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "ordering": ["product_id", "-measured_on", "-id"],
            },
        ),
        migrations.CreateModel(
            name="NegotiationStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("meeting", "meeting with minutes"),
                            ("round", "date of the next yearly round"),
                            ("publication", "publication"),
                            ("objection", "objection"),
                        ],
                        max_length=11,
                        verbose_name="kind",
                    ),
                ),
                ("held_on", models.DateField(verbose_name="day")),
                ("parties", models.JSONField(blank=True, default=list, verbose_name="parties")),
                ("text", models.CharField(blank=True, max_length=2000, verbose_name="in short")),
                ("url", models.URLField(blank=True, max_length=500, verbose_name="address")),
                ("file_name", models.CharField(blank=True, max_length=200, verbose_name="file")),
                (
                    "file_sha256",
                    models.CharField(blank=True, max_length=64, verbose_name="SHA-256 of the file"),
                ),
                (
                    "file_bytes",
                    models.BigIntegerField(blank=True, null=True, verbose_name="size of the file"),
                ),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "ordering": ["held_on", "id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="fxrate",
            name="fx_rate_once",
        ),
        migrations.RemoveConstraint(
            model_name="policy",
            name="policy_state_known",
        ),
        migrations.AddField(
            model_name="fxrate",
            name="organisation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="fx_rates",
                to="contributions.organisation",
            ),
        ),
        migrations.AddField(
            model_name="fxrate",
            name="recorded_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name="fxrate",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="based_on",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="revisions",
                to="accounting.policy",
            ),
        ),
        migrations.AlterField(
            model_name="policy",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("proposed", "proposed"),
                    ("in_force", "in force"),
                    ("superseded", "superseded"),
                    ("withdrawn", "withdrawn"),
                ],
                default="draft",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AddConstraint(
            model_name="fxrate",
            constraint=models.UniqueConstraint(
                fields=("organisation", "base", "quote", "valid_on"),
                name="fx_rate_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["draft", "proposed", "in_force", "superseded", "withdrawn"])
                ),
                name="policy_state_known",
            ),
        ),
        migrations.AddField(
            model_name="amortisationplan",
            name="product",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="amortisation",
                to="contributions.product",
            ),
        ),
        migrations.AddField(
            model_name="amortisationplan",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="amortisedcost",
            name="plan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="costs",
                to="accounting.amortisationplan",
            ),
        ),
        migrations.AddField(
            model_name="amortisedcost",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="indexmeasure",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="index_measures",
                to="contributions.product",
            ),
        ),
        migrations.AddField(
            model_name="indexmeasure",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="negotiationstep",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contributions.organisation",
                verbose_name="recorded for",
            ),
        ),
        migrations.AddField(
            model_name="negotiationstep",
            name="policy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="negotiation",
                to="accounting.policy",
            ),
        ),
        migrations.AddField(
            model_name="negotiationstep",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="amortisationplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("months__gte", 1), ("months__lte", 600)),
                name="amortisation_months_within",
            ),
        ),
        migrations.AddConstraint(
            model_name="amortisationplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_on__day", 1)), name="amortisation_starts_with_month"
            ),
        ),
        migrations.AddConstraint(
            model_name="amortisedcost",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["compute", "energy", "licences", "data", "wages", "other"])
                ),
                name="amortised_cost_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="amortisedcost",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_micro__gte", 0), ("amount_micro__lt", 9007199254740992)
                ),
                name="amortised_cost_within_ledger",
            ),
        ),
        migrations.AddConstraint(
            model_name="indexmeasure",
            constraint=models.UniqueConstraint(
                fields=("product", "measured_on"), name="index_measure_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="indexmeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("governance_seconds__gte", 0),
                    ("gpu_milli_hours__gte", 0),
                    ("training_flop__gte", 1),
                ),
                name="index_measure_usable",
            ),
        ),
        migrations.AddConstraint(
            model_name="negotiationstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["meeting", "round", "publication", "objection"])),
                name="negotiation_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="negotiationstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("file_sha256", ""), ("file_sha256__regex", "^[0-9a-f]{64}$"), _connector="OR"
                ),
                name="negotiation_file_is_hashed",
            ),
        ),
        *[migrations.RunSQL(guard(table), unguard(table)) for table in APPEND_ONLY],
        migrations.RunSQL(CREATE_POLICY_STEPS, DROP_POLICY_STEPS),
        migrations.RunSQL(CREATE_SIGNATURE_CHECK, DROP_SIGNATURE_CHECK),
        migrations.RunSQL(CREATE_SIMULATION_CHECK, DROP_SIMULATION_CHECK),
    ]
