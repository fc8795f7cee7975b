"""Books for tests: a period computed, approved, posted and paid out by the people who may."""

from __future__ import annotations

from datetime import date

from accounting.models import JournalEntry, Ledger, PayoutBatch, Period, Run
from accounting.services import approving, closing, deltas, payouts, posting, runs
from accounting.services.payout_accounts import clean_details, keep_account
from contributions.models import Organisation, User, Worker
from tests import factories

PAY_DAY = date(2026, 12, 15)
IBAN = "DE89370400440532013000"


class Office:
    """An operator's people: one records, one approves, one administers."""

    def __init__(self, operator: Organisation) -> None:
        self.operator = operator
        self.recorder = factories.user(operator, role="recorder")
        self.approver = factories.user(operator, role="approver")
        self.admin = factories.user(operator, role="admin")

    def computed(self, period: Period) -> Run:
        """A run that the recorder asked for."""
        run = runs.request_run(period=period, policy=None, requested_by=self.recorder)
        return finished(run)

    def approved(self, period: Period) -> Run:
        """A run that the approver approved."""
        run = self.computed(period)
        approving.approve_run(run=run, approved_by=self.approver)
        return run

    def posted(self, period: Period) -> JournalEntry:
        """The entry of a posted run."""
        return posting.post_run(run=self.approved(period), posted_by=self.approver)

    def corrected(self, period: Period) -> JournalEntry:
        """The entry by which a posted period, computed anew, is corrected."""
        run = finished(deltas.request_recomputation(period=period, requested_by=self.recorder))
        approving.approve_run(run=run, approved_by=self.approver)
        return posting.post_run(run=run, posted_by=self.approver)

    def closed(self, period: Period, note: str = "looked at") -> Period:
        """A period that two of them closed."""
        closing.start_closing(period=period, started_by=self.recorder)
        closing.close_period(period=period, closed_by=self.approver, note=note)
        period.refresh_from_db()
        return period

    def has_account(self) -> None:
        """Say from where the operator pays."""
        details = clean_details(name="Platform Ltd", number=IBAN, bic="COBADEFFXXX")
        keep_account(holder=self.operator, details=details, added_by=self.admin)

    def knows_account(self, worker: Worker, name: str = "") -> None:
        """Say where a worker is paid."""
        details = clean_details(name=name or worker.pseudonym, number=f"6222-{worker.pk:012d}")
        keep_account(holder=worker, details=details, added_by=self.recorder)

    def knows_accounts(self, run: Run) -> None:
        """Say where everybody a run pays is paid."""
        for worker in Worker.objects.filter(statements__run=run):
            self.knows_account(worker)

    def batch(self, ledger: Ledger, *, retry: bool = False) -> PayoutBatch:
        """A batch that waits for its release."""
        return payouts.make_batch(
            ledger=ledger, execute_on=PAY_DAY, made_by=self.recorder, retry=retry
        )

    def released(self, ledger: Ledger, *, retry: bool = False) -> PayoutBatch:
        """A batch that the approver released."""
        batch = self.batch(ledger, retry=retry)
        payouts.release_batch(batch=batch, released_by=self.approver)
        return batch

    def paid(self, ledger: Ledger) -> PayoutBatch:
        """A batch that the bank has paid."""
        batch = self.released(ledger)
        payouts.record_paid(batch=batch, paid_on=PAY_DAY, recorded_by=self.recorder)
        return batch


def finished(run: Run) -> Run:
    """A run computed in this process."""
    runs.compute_run(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.COMPUTED, run.failure
    return run


def next_period(period: Period) -> Period:
    """The year after a period, open and without figures."""
    year = period.ends_on.year + 1
    return factories.period(period.operator, starts_on=date(year, 1, 1), ends_on=date(year, 12, 31))


def member(organisation: Organisation, role: str) -> User:
    """A member of an organisation."""
    return factories.user(organisation, role=role)
