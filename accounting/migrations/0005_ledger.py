"""The ledger, payments, approval and closing, and the guards that hold whoever writes."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from contributions.append_only import guard, unguard

APPEND_ONLY = [
    "accounting_ledger",
    "accounting_account",
    "accounting_journalentry",
    "accounting_posting",
    "accounting_delta",
    "accounting_payment",
    "accounting_paymentevent",
    "accounting_rundecision",
    "accounting_periodstep",
]
KEPT = [
    "accounting_run",
    "accounting_period",
    "accounting_revenue",
    "accounting_usage",
    "accounting_cost",
    "accounting_licenceuse",
    "accounting_fact",
    "accounting_payoutaccount",
    "accounting_payoutbatch",
]
RESULTS_BY_RUN = ["runnorm", "runproduct", "runedge", "runpool", "runindicator", "statement"]
RESULTS_BY_POOL = ["flow", "escrowentry"]

# One way to refuse for all guards: an error that names the rule.
CREATE_REFUSE = """
CREATE FUNCTION huisu_refuse(rule text, place text, said text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', said
        USING ERRCODE = 'check_violation', CONSTRAINT = rule, TABLE = place;
END $$
"""
DROP_REFUSE = "DROP FUNCTION huisu_refuse(text, text, text)"

# Postings come first and their entry last. Both take the entry's lock, so that a posting of
# another transaction is either added up with the entry or refused.
CREATE_LEDGER_CHECKS = """
CREATE FUNCTION huisu_check_posting_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
BEGIN
    FOR number IN SELECT DISTINCT entry_id FROM added ORDER BY entry_id LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended('huisu.entry', number));
    END LOOP;
    PERFORM huisu_refuse('entry_is_complete', TG_TABLE_NAME, 'nothing is added to an entry')
    FROM accounting_journalentry WHERE id IN (SELECT entry_id FROM added);
    RETURN NULL;
END $$;
CREATE TRIGGER posting_before_entry AFTER INSERT ON accounting_posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    EXECUTE FUNCTION huisu_check_posting_entry();
ALTER TABLE accounting_posting ENABLE ALWAYS TRIGGER posting_before_entry;

CREATE FUNCTION huisu_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    booked accounting_run;
    paid accounting_period;
    target accounting_period;
    previous bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('huisu.entry', NEW.id));
    SELECT coalesce(max(number), 0) INTO previous
    FROM accounting_journalentry WHERE ledger_id = NEW.ledger_id;
    IF NEW.number <> previous + 1 THEN
        PERFORM huisu_refuse('entry_number_follows', TG_TABLE_NAME, 'entries count without gaps');
    END IF;
    IF NEW.run_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT * INTO booked FROM accounting_run WHERE id = NEW.run_id;
    IF booked.simulation OR booked.state <> 'approved' THEN
        PERFORM huisu_refuse('entry_of_approved_run', TG_TABLE_NAME, 'the run is not approved');
    END IF;
    SELECT * INTO paid FROM accounting_period WHERE id = booked.period_id;
    SELECT * INTO target FROM accounting_period WHERE id = NEW.period_id;
    IF NEW.kind = 'run' AND target.id <> paid.id OR NEW.kind = 'delta' AND (
        target.operator_id <> paid.operator_id OR target.currency <> paid.currency
        OR target.starts_on <= paid.ends_on OR NOT EXISTS (
            SELECT 1 FROM accounting_journalentry e JOIN accounting_run r ON r.id = e.run_id
            WHERE e.run_id = NEW.corrects_id AND r.period_id = paid.id))
    THEN
        PERFORM huisu_refuse('entry_in_its_period', TG_TABLE_NAME, 'this is not its period');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entry_checked BEFORE INSERT ON accounting_journalentry
    FOR EACH ROW EXECUTE FUNCTION huisu_check_entry();
ALTER TABLE accounting_journalentry ENABLE ALWAYS TRIGGER entry_checked;

CREATE FUNCTION huisu_check_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    SELECT count(*) AS postings, coalesce(sum(p.amount_micro), 0) AS total,
           count(*) FILTER (WHERE a.ledger_id <> NEW.ledger_id) AS strays INTO found
    FROM accounting_posting p JOIN accounting_account a ON a.id = p.account_id
    WHERE p.entry_id = NEW.id;
    IF found.total <> 0 OR found.strays > 0 OR found.postings <> NEW.postings_count THEN
        PERFORM huisu_refuse('entry_balances', TG_TABLE_NAME, format(
            'entry %s: %s postings of %s, sum %s, %s in another ledger',
            NEW.id, found.postings, NEW.postings_count, found.total, found.strays));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON accounting_journalentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION huisu_check_entry_balances();
ALTER TABLE accounting_journalentry ENABLE ALWAYS TRIGGER entry_balances;
"""
DROP_LEDGER_CHECKS = """
DROP TRIGGER entry_balances ON accounting_journalentry;
DROP FUNCTION huisu_check_entry_balances();
DROP TRIGGER entry_checked ON accounting_journalentry;
DROP FUNCTION huisu_check_entry();
DROP TRIGGER posting_before_entry ON accounting_posting;
DROP FUNCTION huisu_check_posting_entry();
"""

# A computed run keeps its result, an approved one has another person's decision about that very
# result, and a posted one has its entry and never changes again.
CREATE_RUN_CHECKS = """
CREATE FUNCTION huisu_check_run_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        IF TG_OP = 'INSERT' AND NEW.state NOT IN ('approved', 'posted') THEN
            RETURN NEW;
        ELSIF TG_OP = 'DELETE' AND OLD.state NOT IN ('approved', 'posted') THEN
            RETURN OLD;
        END IF;
        PERFORM huisu_refuse('run_posted_fixed', TG_TABLE_NAME, 'approved runs come step by step');
    END IF;
    IF OLD.state = 'posted' THEN
        PERFORM huisu_refuse('run_posted_fixed', TG_TABLE_NAME, 'a posted run never changes');
    END IF;
    IF OLD.state IN ('computed', 'approved') AND (
        NEW.period_id, NEW.policy_id, NEW.simulation, NEW.algorithm, NEW.policy_sha256,
        NEW.inputs_sha256, NEW.result_sha256, NEW.bundle_name, NEW.price, NEW.notes,
        NEW.contributions_count, NEW.payees_count, NEW.requested_by_id, NEW.requested_at
    ) IS DISTINCT FROM (
        OLD.period_id, OLD.policy_id, OLD.simulation, OLD.algorithm, OLD.policy_sha256,
        OLD.inputs_sha256, OLD.result_sha256, OLD.bundle_name, OLD.price, OLD.notes,
        OLD.contributions_count, OLD.payees_count, OLD.requested_by_id, OLD.requested_at
    ) THEN
        PERFORM huisu_refuse('run_result_fixed', TG_TABLE_NAME, 'a result never changes');
    END IF;
    IF NEW.state = OLD.state OR NEW.simulation THEN
        RETURN NEW;
    END IF;
    IF NEW.state = 'approved' AND (OLD.state <> 'computed' OR NOT EXISTS (
        SELECT 1 FROM accounting_rundecision d JOIN accounting_policy p ON p.id = NEW.policy_id
        WHERE d.run_id = NEW.id AND d.decision = 'approved'
          AND d.result_sha256 = NEW.result_sha256
          AND p.state IN ('in_force', 'superseded')))
    THEN
        PERFORM huisu_refuse('run_approved_by_another', TG_TABLE_NAME, 'nobody approved this run');
    END IF;
    IF NEW.state = 'posted' AND (OLD.state <> 'approved' OR NOT EXISTS (
        SELECT 1 FROM accounting_journalentry e WHERE e.run_id = NEW.id))
    THEN
        PERFORM huisu_refuse('run_posted_with_entry', TG_TABLE_NAME, 'the run has no entry');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER run_step_checked BEFORE INSERT OR UPDATE OR DELETE ON accounting_run
    FOR EACH ROW EXECUTE FUNCTION huisu_check_run_step();
ALTER TABLE accounting_run ENABLE ALWAYS TRIGGER run_step_checked;
CREATE TRIGGER run_sums_checked_again BEFORE UPDATE ON accounting_run
    FOR EACH ROW WHEN (NEW.state = 'approved' AND OLD.state <> 'approved')
    EXECUTE FUNCTION huisu_check_run_sums();
ALTER TABLE accounting_run ENABLE ALWAYS TRIGGER run_sums_checked_again;

CREATE FUNCTION huisu_check_run_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM huisu_refuse('run_decided_by_another', TG_TABLE_NAME, 'nobody approves their own run')
    FROM accounting_run
    WHERE id = NEW.run_id AND requested_by_id = NEW.decided_by_id AND NEW.decision = 'approved';
    RETURN NEW;
END $$;
CREATE TRIGGER run_decision_checked BEFORE INSERT ON accounting_rundecision
    FOR EACH ROW EXECUTE FUNCTION huisu_check_run_decision();
ALTER TABLE accounting_rundecision ENABLE ALWAYS TRIGGER run_decision_checked;

CREATE FUNCTION huisu_check_result_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM huisu_refuse('run_result_complete', TG_TABLE_NAME, 'nothing is added to this run')
    FROM accounting_run
    WHERE id IN (SELECT run_id FROM added) AND state IN ('approved', 'posted');
    RETURN NULL;
END $$;
CREATE FUNCTION huisu_check_pool_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM huisu_refuse('run_result_complete', TG_TABLE_NAME, 'nothing is added to this run')
    FROM accounting_runpool p JOIN accounting_run r ON r.id = p.run_id
    WHERE p.id IN (SELECT pool_id FROM added) AND r.state IN ('approved', 'posted');
    RETURN NULL;
END $$;
"""
DROP_RUN_CHECKS = """
DROP FUNCTION huisu_check_pool_open();
DROP FUNCTION huisu_check_result_open();
DROP TRIGGER run_decision_checked ON accounting_rundecision;
DROP FUNCTION huisu_check_run_decision();
DROP TRIGGER run_sums_checked_again ON accounting_run;
DROP TRIGGER run_step_checked ON accounting_run;
DROP FUNCTION huisu_check_run_step();
"""

CREATE_PERIOD_STEPS = """
CREATE FUNCTION huisu_check_period_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    started bigint;
BEGIN
    IF OLD.state = 'closed' THEN
        PERFORM huisu_refuse('period_closed_fixed', TG_TABLE_NAME, 'a closed period stays as it is');
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'open' THEN
            PERFORM huisu_refuse('period_closed_fixed', TG_TABLE_NAME, 'this period is closing');
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state <> 'open' AND (NEW.operator_id, NEW.currency, NEW.starts_on, NEW.ends_on)
        IS DISTINCT FROM (OLD.operator_id, OLD.currency, OLD.starts_on, OLD.ends_on)
    THEN
        PERFORM huisu_refuse('period_closed_fixed', TG_TABLE_NAME, 'this period is closing');
    END IF;
    IF NEW.state = 'closed' THEN
        SELECT s.taken_by_id INTO started FROM accounting_periodstep s
        WHERE s.period_id = NEW.id AND s.step = 'started' ORDER BY s.id DESC LIMIT 1;
        IF OLD.state <> 'closing' OR started IS NULL OR NOT EXISTS (
            SELECT 1 FROM accounting_periodstep s
            WHERE s.period_id = NEW.id AND s.step = 'closed' AND s.taken_by_id <> started)
        THEN
            PERFORM huisu_refuse('period_closed_by_another', TG_TABLE_NAME,
                                 'closing takes two people');
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER period_step_checked BEFORE UPDATE OR DELETE ON accounting_period
    FOR EACH ROW EXECUTE FUNCTION huisu_check_period_step();
ALTER TABLE accounting_period ENABLE ALWAYS TRIGGER period_step_checked;
"""
DROP_PERIOD_STEPS = """
DROP TRIGGER period_step_checked ON accounting_period;
DROP FUNCTION huisu_check_period_step();
"""

CREATE_PAYMENT_CHECKS = """
CREATE FUNCTION huisu_check_payments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM huisu_refuse('batch_is_complete', TG_TABLE_NAME, 'nothing is added to a batch')
    FROM accounting_payoutbatch WHERE id IN (SELECT batch_id FROM added);
    PERFORM huisu_refuse('payment_pays_statement', TG_TABLE_NAME,
                         'a payment pays what a posted statement says, to its worker')
    FROM added p
    JOIN accounting_statement s ON s.id = p.statement_id
    JOIN accounting_payoutaccount a ON a.id = p.payout_account_id
    LEFT JOIN accounting_journalentry e ON e.run_id = s.run_id AND e.kind = 'run'
    LEFT JOIN accounting_payment failed ON failed.id = p.retry_of_id
    WHERE p.amount_minor <> s.paid_minor OR a.worker_id IS DISTINCT FROM s.worker_id
       OR e.id IS NULL
       OR p.retry_of_id IS NOT NULL AND (failed.statement_id <> p.statement_id OR NOT EXISTS (
            SELECT 1 FROM accounting_paymentevent v WHERE v.payment_id = failed.id
            AND v.kind IN ('returned', 'rejected', 'cancelled')));
    RETURN NULL;
END $$;
CREATE TRIGGER payment_checked AFTER INSERT ON accounting_payment
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION huisu_check_payments();
ALTER TABLE accounting_payment ENABLE ALWAYS TRIGGER payment_checked;

CREATE FUNCTION huisu_check_batch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state <> 'drafted' OR NEW.state = 'drafted' OR (
            NEW.ledger_id, NEW.execute_on, NEW.payments_count, NEW.total_minor, NEW.made_by_id,
            NEW.made_at
        ) IS DISTINCT FROM (
            OLD.ledger_id, OLD.execute_on, OLD.payments_count, OLD.total_minor, OLD.made_by_id,
            OLD.made_at
        ) THEN
            PERFORM huisu_refuse('batch_fixed', TG_TABLE_NAME, 'a batch is released or cancelled');
        END IF;
        RETURN NEW;
    END IF;
    SELECT count(*) AS payments, coalesce(sum(p.amount_minor), 0) AS total,
           count(*) FILTER (WHERE e.ledger_id IS DISTINCT FROM NEW.ledger_id) AS strays INTO found
    FROM accounting_payment p JOIN accounting_statement s ON s.id = p.statement_id
    LEFT JOIN accounting_journalentry e ON e.run_id = s.run_id AND e.kind = 'run'
    WHERE p.batch_id = NEW.id;
    IF NEW.state <> 'drafted' OR found.strays > 0
       OR (found.payments, found.total) IS DISTINCT FROM (NEW.payments_count, NEW.total_minor::numeric)
    THEN
        PERFORM huisu_refuse('batch_adds_up', TG_TABLE_NAME, 'the batch is not its payments');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER batch_checked BEFORE INSERT OR UPDATE ON accounting_payoutbatch
    FOR EACH ROW EXECUTE FUNCTION huisu_check_batch();
ALTER TABLE accounting_payoutbatch ENABLE ALWAYS TRIGGER batch_checked;
CREATE TRIGGER batch_kept BEFORE DELETE ON accounting_payoutbatch
    FOR EACH ROW EXECUTE FUNCTION huisu_refuse_change();
ALTER TABLE accounting_payoutbatch ENABLE ALWAYS TRIGGER batch_kept;

CREATE FUNCTION huisu_check_payment_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    batch text;
    before text[];
BEGIN
    SELECT b.state INTO batch FROM accounting_payment p
    JOIN accounting_payoutbatch b ON b.id = p.batch_id WHERE p.id = NEW.payment_id;
    SELECT coalesce(array_agg(kind::text), '{}') INTO before
    FROM accounting_paymentevent WHERE payment_id = NEW.payment_id;
    IF NOT (CASE NEW.kind
        WHEN 'paid' THEN batch = 'released' AND before = '{}'
        WHEN 'rejected' THEN batch = 'released' AND before = '{}'
        WHEN 'returned' THEN before = '{paid}'
        WHEN 'cancelled' THEN batch = 'cancelled' AND before = '{}'
    END) THEN
        PERFORM huisu_refuse('payment_event_in_order', TG_TABLE_NAME,
                             format('%s after %s', NEW.kind, before));
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_event_checked BEFORE INSERT ON accounting_paymentevent
    FOR EACH ROW EXECUTE FUNCTION huisu_check_payment_event();
ALTER TABLE accounting_paymentevent ENABLE ALWAYS TRIGGER payment_event_checked;

CREATE TRIGGER payout_account_fixed BEFORE UPDATE ON accounting_payoutaccount
    FOR EACH ROW WHEN (
        OLD.retired_at IS NOT NULL OR NEW.worker_id IS DISTINCT FROM OLD.worker_id
        OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id
        OR NEW.sealed <> OLD.sealed OR NEW.last_digits <> OLD.last_digits
    ) EXECUTE FUNCTION huisu_refuse_change();
ALTER TABLE accounting_payoutaccount ENABLE ALWAYS TRIGGER payout_account_fixed;
CREATE TRIGGER payout_account_kept BEFORE DELETE ON accounting_payoutaccount
    FOR EACH ROW EXECUTE FUNCTION huisu_refuse_change();
ALTER TABLE accounting_payoutaccount ENABLE ALWAYS TRIGGER payout_account_kept;
"""
DROP_PAYMENT_CHECKS = """
DROP TRIGGER payout_account_kept ON accounting_payoutaccount;
DROP TRIGGER payout_account_fixed ON accounting_payoutaccount;
DROP TRIGGER payment_event_checked ON accounting_paymentevent;
DROP FUNCTION huisu_check_payment_event();
DROP TRIGGER batch_kept ON accounting_payoutbatch;
DROP TRIGGER batch_checked ON accounting_payoutbatch;
DROP FUNCTION huisu_check_batch();
DROP TRIGGER payment_checked ON accounting_payment;
DROP FUNCTION huisu_check_payments();
"""


def _no_truncate(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION huisu_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
""",
        f"DROP TRIGGER {table}_no_truncate ON {table}",
    )


def _complete(name: str, function: str) -> migrations.RunSQL:
    table = f"accounting_{name}"
    return migrations.RunSQL(
        f"""
CREATE TRIGGER {table}_complete AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_complete;
""",
        f"DROP TRIGGER {table}_complete ON {table}",
    )


class Migration(migrations.Migration):
    """Books that balance, whoever writes them."""

    dependencies = [("accounting", "0004_valuations")]

    operations = [
        migrations.CreateModel(
            name="Ledger",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "operator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ledgers",
                        to="contributions.organisation",
                        verbose_name="operator",
                    ),
                ),
            ],
            options={
                "ordering": ["operator__name", "currency"],
            },
        ),
        migrations.CreateModel(
            name="JournalEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.BigIntegerField(verbose_name="number")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("run", "run"),
                            ("delta", "correction of a run"),
                            ("payment", "payment"),
                            ("return", "returned payment"),
                        ],
                        max_length=7,
                        verbose_name="kind",
                    ),
                ),
                ("postings_count", models.BigIntegerField(verbose_name="postings")),
                ("postings_sha256", models.CharField(max_length=64)),
                (
                    "posted_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="posted"
                    ),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="accounting.run",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="accounting.period",
                    ),
                ),
                (
                    "posted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="accounting.run",
                    ),
                ),
                (
                    "ledger",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="accounting.ledger",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "journal entries",
                "ordering": ["ledger_id", "-number"],
            },
        ),
        migrations.CreateModel(
            name="Account",
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
                            ("funding", "funds of pools"),
                            ("licences", "licence fees payable"),
                            ("payee", "owed to payees"),
                            ("held", "held below the minimum payment"),
                            ("escrow", "escrow"),
                            ("commons", "commons fund"),
                            ("paid_out", "paid out"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=128, verbose_name="detail")),
                (
                    "worker",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to="contributions.worker",
                    ),
                ),
                (
                    "ledger",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to="accounting.ledger",
                    ),
                ),
            ],
            options={
                "ordering": ["ledger_id", "kind", "detail", "worker_id"],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount (minor units)")),
                (
                    "retry_of",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retried_by",
                        to="accounting.payment",
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="accounting.statement",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="PaymentEvent",
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
                            ("paid", "paid"),
                            ("returned", "returned by the bank"),
                            ("rejected", "refused by the bank"),
                            ("cancelled", "cancelled before it was sent"),
                        ],
                        max_length=9,
                        verbose_name="what happened",
                    ),
                ),
                ("happened_on", models.DateField(verbose_name="day")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="recorded",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payment_events",
                        to="accounting.journalentry",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="accounting.payment",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="PayoutAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sealed", models.BinaryField()),
                ("last_digits", models.CharField(max_length=4, verbose_name="last characters")),
                (
                    "added_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="added"
                    ),
                ),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="retired")),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payout_accounts",
                        to="contributions.organisation",
                    ),
                ),
                (
                    "worker",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payout_accounts",
                        to="contributions.worker",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="payment",
            name="payout_account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payments",
                to="accounting.payoutaccount",
            ),
        ),
        migrations.CreateModel(
            name="PayoutBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("drafted", "waiting for release"),
                            ("released", "released"),
                            ("cancelled", "cancelled"),
                        ],
                        default="drafted",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("execute_on", models.DateField(verbose_name="day of payment")),
                ("payments_count", models.BigIntegerField(verbose_name="payments")),
                ("total_minor", models.BigIntegerField(verbose_name="total (minor units)")),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="made"
                    ),
                ),
                (
                    "released_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="released"),
                ),
                (
                    "ledger",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to="accounting.ledger",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "payout batches",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="payment",
            name="batch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payments",
                to="accounting.payoutbatch",
            ),
        ),
        migrations.CreateModel(
            name="PeriodStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("started", "closing started"),
                            ("reopened", "opened again"),
                            ("closed", "closed"),
                        ],
                        max_length=8,
                        verbose_name="step",
                    ),
                ),
                ("checklist", models.JSONField(default=dict, verbose_name="checklist")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                (
                    "taken_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="taken"
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="accounting.period",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount_micro", models.BigIntegerField(verbose_name="amount (µ)")),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="accounting.account",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="accounting.journalentry",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="accounting.payment",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="accounting.runpool",
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="accounting.statement",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="RunDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "decision",
                    models.CharField(
                        choices=[("approved", "approved"), ("rejected", "turned down")],
                        max_length=8,
                        verbose_name="decision",
                    ),
                ),
                ("result_sha256", models.CharField(max_length=64)),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                (
                    "decided_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="decided"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="accounting.run",
                    ),
                ),
            ],
            options={
                "ordering": ["decided_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Delta",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("old_micro", models.BigIntegerField(verbose_name="before (µ)")),
                ("new_micro", models.BigIntegerField(verbose_name="corrected (µ)")),
                (
                    "worker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deltas",
                        to="contributions.worker",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deltas",
                        to="accounting.journalentry",
                    ),
                ),
            ],
            options={
                "ordering": ["entry_id", "worker_id"],
                "constraints": [
                    models.UniqueConstraint(fields=("entry", "worker"), name="delta_once"),
                    models.CheckConstraint(
                        condition=models.Q(("old_micro", models.F("new_micro")), _negated=True),
                        name="delta_changes_something",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="ledger",
            constraint=models.UniqueConstraint(fields=("operator", "currency"), name="ledger_once"),
        ),
        migrations.AddConstraint(
            model_name="ledger",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                name="ledger_currency_three_letters",
            ),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.UniqueConstraint(
                fields=("ledger", "number"), name="entry_numbered_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.UniqueConstraint(fields=("run",), name="entry_of_run_once"),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.UniqueConstraint(fields=("corrects",), name="entry_corrects_once"),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "run")), fields=("period",), name="entry_of_period_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("corrects", None),
                        ("kind", "run"),
                        ("period__isnull", False),
                        ("run__isnull", False),
                    ),
                    models.Q(
                        ("corrects__isnull", False),
                        ("kind", "delta"),
                        ("period__isnull", False),
                        ("run__isnull", False),
                    ),
                    models.Q(
                        ("corrects", None),
                        ("kind__in", ["payment", "return"]),
                        ("period", None),
                        ("run", None),
                    ),
                    _connector="OR",
                ),
                name="entry_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1), ("postings_count__gte", 0)),
                name="entry_counts_from_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                fields=("ledger", "kind", "detail", "worker"),
                name="account_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        ["funding", "licences", "payee", "held", "escrow", "commons", "paid_out"],
                    )
                ),
                name="account_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ["payee", "held"]), ("worker__isnull", False)),
                    models.Q(
                        models.Q(("kind__in", ["payee", "held"]), _negated=True), ("worker", None)
                    ),
                    _connector="OR",
                ),
                name="account_of_worker",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentevent",
            constraint=models.UniqueConstraint(
                fields=("payment", "kind"), name="payment_event_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("entry__isnull", False), ("kind__in", ["paid", "returned"])),
                    models.Q(("entry", None), ("kind__in", ["rejected", "cancelled"])),
                    _connector="OR",
                ),
                name="payment_event_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "paid"), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="payment_failure_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("retired_at", None), ("worker__isnull", False)),
                fields=("worker",),
                name="payout_account_of_worker_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("organisation__isnull", False), ("retired_at", None)),
                fields=("organisation",),
                name="payout_account_of_organisation_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("organisation", None), ("worker__isnull", False)),
                    models.Q(("organisation__isnull", False), ("worker", None)),
                    _connector="OR",
                ),
                name="payout_account_has_one_holder",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["drafted", "released", "cancelled"])),
                name="batch_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("released_by__isnull", False),
                        ("state", "released"),
                        models.Q(("released_by", models.F("made_by")), _negated=True),
                    ),
                    models.Q(models.Q(("state", "released"), _negated=True), ("released_by", None)),
                    _connector="OR",
                ),
                name="batch_released_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("payments_count__gt", 0), ("total_minor__gt", 0)),
                name="batch_pays_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("retry_of", None)), fields=("statement",), name="payment_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="payment_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="periodstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("step__in", ["started", "reopened", "closed"])),
                name="period_step_known",
            ),
        ),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(fields=["account", "id"], name="posting_of_account"),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_micro", 0), _negated=True), name="posting_not_zero"
            ),
        ),
        migrations.AddConstraint(
            model_name="rundecision",
            constraint=models.UniqueConstraint(
                fields=("run", "decision"), name="run_decision_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rundecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("decision__in", ["approved", "rejected"])),
                name="run_decision_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rundecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision", "rejected"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="run_rejection_has_reason",
            ),
        ),
        migrations.RunSQL(CREATE_REFUSE, DROP_REFUSE),
        *[migrations.RunSQL(guard(table), unguard(table)) for table in APPEND_ONLY],
        *[_no_truncate(table) for table in KEPT],
        migrations.RunSQL(CREATE_LEDGER_CHECKS, DROP_LEDGER_CHECKS),
        migrations.RunSQL(CREATE_RUN_CHECKS, DROP_RUN_CHECKS),
        *[_complete(name, "huisu_check_result_open") for name in RESULTS_BY_RUN],
        *[_complete(name, "huisu_check_pool_open") for name in RESULTS_BY_POOL],
        migrations.RunSQL(CREATE_PERIOD_STEPS, DROP_PERIOD_STEPS),
        migrations.RunSQL(CREATE_PAYMENT_CHECKS, DROP_PAYMENT_CHECKS),
    ]
