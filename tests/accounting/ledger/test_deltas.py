from __future__ import annotations

from datetime import date

import pytest
from django.db.models import Sum

from accounting.models import Delta, JournalEntry, Period, Run
from accounting.services import deltas
from accounting.services.reconciling import gaps, reconcile
from contributions.models import Contribution
from contributions.services import recording
from tests import factories
from tests.accounting.books import Office, next_period

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def period() -> Period:
    return factories.ready_period()


@pytest.fixture
def office(period: Period) -> Office:
    return Office(period.operator)


def correct_hours(period: Period, seconds: int, units: int) -> Contribution:
    first = Contribution.objects.filter(product__operator=period.operator).order_by("pk").first()
    assert first is not None
    entry = factories.entry(first.worker, first.product, seconds=seconds, units=units)
    return recording.correct(
        replaced=first,
        entry=entry,
        reason="the clock stood still",
        recorded_by=None,
        today=date(2027, 1, 5),
    )


def test_a_correction_of_a_closed_period_flows_into_the_next_open_one(
    office: Office, period: Period
) -> None:
    posted = office.posted(period)
    old = dict(posted.run.statements.values_list("worker", "amount_micro")) if posted.run else {}
    following = next_period(period)
    office.closed(period)
    corrected = correct_hours(period, seconds=7200, units=40)

    entry = office.corrected(period)
    assert (entry.kind, entry.period, entry.corrects) == (
        JournalEntry.Kind.DELTA,
        following,
        posted.run,
    )
    assert entry.run is not None
    new = dict(entry.run.statements.values_list("worker", "amount_micro"))
    rows = {row.worker_id: row for row in entry.deltas.all()}
    assert rows[corrected.worker_id].delta_micro > 0
    for worker, row in rows.items():
        assert (row.old_micro, row.new_micro) == (old.get(worker, 0), new.get(worker, 0))
    # What was posted stands beside the correction, untouched.
    assert posted.run is not None
    assert dict(posted.run.statements.values_list("worker", "amount_micro")) == old
    assert gaps(reconcile(entry.ledger)) == []


def test_the_difference_is_added_to_what_the_next_period_pays(
    office: Office, period: Period
) -> None:
    posted = office.posted(period)
    assert posted.run is not None
    following = next_period(period)
    correct_hours(period, seconds=7200, units=40)
    entry = office.corrected(period)
    product = period.revenue.get().product
    assert product is not None
    factories.revenue(following, product, amount=500)
    run = office.posted(following).run
    assert run is not None
    carried = dict(posted.run.statements.values_list("worker", "carried_out_micro"))
    changed = {row.worker_id: row.delta_micro for row in entry.deltas.all()}
    for statement in run.statements.all():
        worker = statement.worker_id
        assert statement.carried_in_micro == carried.get(worker, 0) + changed.get(worker, 0)
    assert gaps(reconcile(entry.ledger)) == []


def test_nobody_gives_money_back_and_the_rest_is_held_against_later_pay(
    office: Office, period: Period
) -> None:
    office.posted(period)
    following = next_period(period)
    corrected = correct_hours(period, seconds=60, units=1)
    entry = office.corrected(period)
    lost = entry.deltas.get(worker=corrected.worker_id).delta_micro
    assert lost < 0
    product = period.revenue.get().product
    assert product is not None
    factories.revenue(following, product, amount=10)
    run = office.posted(following).run
    assert run is not None
    statement = run.statements.get(worker=corrected.worker_id)
    assert statement.paid_minor == 0
    assert statement.carried_in_micro + statement.amount_micro == statement.carried_out_micro < 0
    assert gaps(reconcile(entry.ledger)) == []


def test_a_corrected_period_can_be_corrected_again(office: Office, period: Period) -> None:
    office.posted(period)
    next_period(period)
    correct_hours(period, seconds=7200, units=40)
    first = office.corrected(period)
    product = Contribution.objects.filter(product__operator=period.operator).latest("pk").product
    late = factories.contribution(factories.worker(), product, seconds=1800)
    second = office.corrected(period)
    assert second.corrects == first.run
    assert second.deltas.get(worker=late.worker_id).old_micro == 0
    total = Delta.objects.filter(entry__in=[first, second]).aggregate(
        old=Sum("old_micro"), new=Sum("new_micro")
    )
    assert total["old"] is not None
    assert gaps(reconcile(second.ledger)) == []


def test_a_correction_is_computed_under_the_policy_it_was_posted_by(
    office: Office, period: Period
) -> None:
    posted = office.posted(period)
    next_period(period)
    assert posted.run is not None
    factories.policy_in_force(period.operator, version="next-year")
    run = deltas.request_recomputation(period=period, requested_by=office.recorder)
    assert (run.policy, run.simulation) == (posted.run.policy, False)


def test_without_a_change_there_is_nothing_to_post(office: Office, period: Period) -> None:
    office.posted(period)
    next_period(period)
    with pytest.raises(deltas.NothingChanged):
        office.corrected(period)
    assert Run.objects.filter(state=Run.State.POSTED).count() == 1


def test_a_correction_needs_a_posted_run_and_a_later_open_period(
    office: Office, period: Period
) -> None:
    with pytest.raises(deltas.NothingPosted):
        deltas.request_recomputation(period=period, requested_by=office.recorder)
    office.posted(period)
    with pytest.raises(deltas.NoOpenPeriod):
        deltas.request_recomputation(period=period, requested_by=office.recorder)
