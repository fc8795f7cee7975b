"""Closing a period: the checklist, and two people who sign it.

A closing period takes no more figures; a closed one never changes again, whoever tries. What
comes late flows into the next open period (`deltas`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import JournalEntry, Period, PeriodStep, Run
from accounting.services.approving import require_role
from accounting.services.logged import PERIOD_STEP
from accounting.services.money_inputs import licences_in_force
from accounting.services.run_inputs import universe
from contributions.models import Contribution, Dispute, LineageEdge, Membership, User
from contributions.services import transparency
from contributions.services.lineage import ancestors

CLOSERS = (Membership.Role.ADMIN, Membership.Role.RECORDER, Membership.Role.APPROVER)
SHOWN = 20


class PeriodNotOpen(AccountingError):
    """The period is closing or closed already."""

    code = "period_not_open"


class PeriodNotClosing(AccountingError):
    """Closing has not been started, or the period is closed."""

    code = "period_not_closing"


class OwnClosing(AccountingError):
    """Whoever started the closing does not finish it."""

    code = "own_closing"


class ChecklistBlocks(AccountingError):
    """Something must be done before the period can be closed."""

    code = "checklist_blocks"


class NoteMissing(AccountingError):
    """Points of the checklist are open, and nobody said why the period is closed all the same."""

    code = "note_missing"


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the checklist.

    Attributes:
        state: `done`, `open` (may be closed with a note) or `blocking`.
        count: How many records stand against it.
        records: Public ids of the first of them.
    """

    code: str
    state: str
    count: int
    records: list[str] = field(default_factory=list)


def checklist(period: Period) -> list[Point]:
    """Return what should be in order before a period is closed."""
    numbers = [product.pk for product in universe(period)]
    return [
        _unposted(period),
        _waiting(period),
        _unmapped(period),
        _point("edges_without_evidence", _edges_without_evidence(numbers)),
        _lapsed(period, numbers),
        _point("disputes_open", _open_disputes(period, numbers)),
        _point("durations_missing", _missing_durations(period, numbers)),
    ]


@transaction.atomic
def start_closing(*, period: Period, started_by: User) -> PeriodStep:
    """Start closing: from now on the period takes no figures.

    Raises:
        RoleMissing: They keep no records of the operator.
        PeriodNotOpen: It is closing or closed.
    """
    locked = _locked(period)
    require_role(user=started_by, organisation=locked.operator, roles=CLOSERS)
    if locked.state != Period.State.OPEN:
        raise PeriodNotOpen(_("This period is not open any more."))
    return _step(locked, PeriodStep.Step.STARTED, Period.State.CLOSING, started_by, note="")


@transaction.atomic
def reopen(*, period: Period, reopened_by: User, note: str) -> PeriodStep:
    """Open a closing period again, to mend what the checklist found.

    Raises:
        RoleMissing: They keep no records of the operator.
        PeriodNotClosing: It is open, or closed for good.
    """
    locked = _locked(period)
    require_role(user=reopened_by, organisation=locked.operator, roles=CLOSERS)
    _require_closing(locked)
    return _step(locked, PeriodStep.Step.REOPENED, Period.State.OPEN, reopened_by, note=note)


@transaction.atomic
def close_period(*, period: Period, closed_by: User, note: str) -> PeriodStep:
    """Close a period for good.

    Args:
        note: Why it is closed although points of the checklist are open; else may be empty.

    Raises:
        RoleMissing: They are neither approver nor administrator of the operator.
        PeriodNotClosing: Closing was not started, or it is closed.
        OwnClosing: They started the closing themselves.
        ChecklistBlocks: Its run is not posted.
        NoteMissing: Points are open, and the note is empty.
    """
    locked = _locked(period)
    require_role(
        user=closed_by,
        organisation=locked.operator,
        roles=(Membership.Role.APPROVER, Membership.Role.ADMIN),
    )
    _require_closing(locked)
    started = locked.steps.filter(step=PeriodStep.Step.STARTED).last()
    if started is not None and started.taken_by_id == closed_by.pk:
        raise OwnClosing(_("You started this closing. Somebody else has to finish it."))
    points = checklist(locked)
    if any(point.state == "blocking" for point in points):
        raise ChecklistBlocks(_("The run of this period is not posted. Post it first."))
    if any(point.state == "open" for point in points) and not note.strip():
        raise NoteMissing(
            _("Points of the checklist are open. Say why the period is closed all the same."),
        )
    return _step(locked, PeriodStep.Step.CLOSED, Period.State.CLOSED, closed_by, note=note)


def _locked(period: Period) -> Period:
    transparency.take_turn()
    rows = Period.objects.select_for_update(of=("self",)).select_related("operator")
    return rows.get(pk=period.pk)


def _require_closing(period: Period) -> None:
    if period.state != Period.State.CLOSING:
        raise PeriodNotClosing(_("Start closing this period first, if it is not closed."))


def _step(period: Period, step: str, state: str, taken_by: User, *, note: str) -> PeriodStep:
    points = {point.code: asdict(point) for point in checklist(period)}
    taken = PeriodStep(
        period=period, step=step, checklist=points, note=note.strip(), taken_by=taken_by
    )
    taken.full_clean()
    taken.save()
    # The database looks for the step before it lets the state change.
    Period.objects.filter(pk=period.pk).update(state=state)
    transparency.append(table=PERIOD_STEP, number=taken.pk)
    taken.refresh_from_db()
    return taken


def _point(
    code: str, rows: QuerySet[Contribution] | QuerySet[LineageEdge] | QuerySet[Dispute]
) -> Point:
    found = list(rows[: SHOWN + 1])
    count = len(found) if len(found) <= SHOWN else rows.count()
    return Point(
        code,
        "open" if count else "done",
        count,
        [row.public_id for row in found[:SHOWN]],
    )


def _unposted(period: Period) -> Point:
    empty = not (period.revenue.exists() or period.licence_uses.exists())
    if empty or period.entries.filter(kind=JournalEntry.Kind.RUN).exists():
        return Point("run_unposted", "done", 0)
    return Point("run_unposted", "blocking", 1)


def _waiting(period: Period) -> Point:
    rows = period.runs.filter(simulation=False).exclude(
        state__in=[Run.State.POSTED, Run.State.CANCELLED, Run.State.FAILED]
    )
    found = [row.public_id for row in rows]
    return Point("runs_waiting", "open" if found else "done", len(found), found[:SHOWN])


def _unmapped(period: Period) -> Point:
    """Find revenue of products without labour behind them, and of bundles nobody metered."""
    metered = set(period.usage.exclude(bundle=None).values_list("bundle_id", flat=True))
    mapped: dict[int, bool] = {}
    found = []
    for row in period.revenue.order_by("pk"):
        if row.bundle_id is not None:
            known = row.bundle_id in metered
        else:
            number = row.product_id or 0
            if number not in mapped:
                labour = Contribution.objects.current().until(period.ends_on)
                mapped[number] = labour.filter(product__in=ancestors([number])).exists()
            known = mapped[number]
        if not known:
            found.append(row.public_id)
    return Point("revenue_unmapped", "open" if found else "done", len(found), found[:SHOWN])


def _edges_without_evidence(products: list[int]) -> QuerySet[LineageEdge]:
    return LineageEdge.objects.filter(
        upstream__in=products, downstream__in=products, evidence=""
    ).order_by("pk")


def _lapsed(period: Period, products: list[int]) -> Point:
    """Find licences that were used without being in force, or ended within the period."""
    in_force = {
        licence.pk: licence
        for licence in licences_in_force(period, np.array(products, dtype=np.int64))
    }
    found = [
        use.licence.public_id
        for use in period.licence_uses.select_related("licence").order_by("licence_id")
        if use.licence_id not in in_force
    ]
    found += [
        licence.public_id
        for licence in in_force.values()
        if any(
            day is not None and day <= period.ends_on
            for day in (licence.expires_on, licence.revoked_on)
        )
    ]
    return Point("licences_lapsed", "open" if found else "done", len(found), found[:SHOWN])


def _open_disputes(period: Period, products: list[int]) -> QuerySet[Dispute]:
    return Dispute.objects.open().filter(
        contribution__product__in=products, contribution__occurred_on__lte=period.ends_on
    )


def _missing_durations(period: Period, products: list[int]) -> QuerySet[Contribution]:
    return Contribution.objects.current().filter(
        product__in=products,
        occurred_on__gte=period.starts_on,
        occurred_on__lte=period.ends_on,
        seconds=None,
        outcome=Contribution.Outcome.ACCEPTED,
    )
