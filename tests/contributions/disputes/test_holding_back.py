"""What runs hold back of disputed work: exactly the contested part, until the decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models import Sum

from accounting.core.verify import verify_bundle
from accounting.models import EscrowEntry, Line, Period, Run, Statement
from accounting.services import runs
from accounting.services.explaining import explain_line
from contributions.models import Alias, Contribution, Dispute
from contributions.services import recording
from contributions.services.aliases import merge_workers
from contributions.services.disputing import Case, Contested, Verdict, decide, open_dispute
from contributions.services.speaking import Voice
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

PPM = 1_000_000
TODAY = factories.TODAY


def amounts(run: Run) -> dict[tuple[str, int], int]:
    """What each contribution earns from each pool of a run."""
    lines = Line.objects.filter(pool__run=run)
    return {
        (code, contribution): amount
        for code, contribution, amount in lines.values_list(
            "pool__code", "contribution", "amount_micro"
        )
    }


def held(run: Run) -> int:
    """What a run holds back because of disputes."""
    rows = EscrowEntry.objects.filter(pool__run=run, reason="disputed")
    return rows.aggregate(Sum("amount_micro"))["amount_micro__sum"] or 0


def contest(record: Contribution, **contested: int) -> Dispute:
    """Open a case as the operator."""
    operator = record.product.operator
    return open_dispute(
        record=record,
        voice=Voice(factories.user(operator), organisation=operator),
        case=Case(
            grounds="too long",
            contested=Contested(**contested),
            due_on=TODAY + timedelta(days=9),
        ),
        today=TODAY,
    )


def settle(dispute: Dispute, verdict: Verdict) -> None:
    """Let the worker's union decide."""
    union = factories.organisation("labour_organisation")
    decide(
        dispute=dispute,
        voice=Voice(factories.user(union), organisation=union),
        verdict=verdict,
        today=TODAY,
    )


@pytest.fixture
def period() -> Period:
    return factories.ready_period()


@pytest.fixture
def record(period: Period) -> Contribution:
    first = Contribution.objects.filter(product__operator=period.operator).first()
    assert first is not None
    return first


def test_a_run_holds_back_exactly_the_contested_part_and_the_next_releases_it(
    period: Period, record: Contribution
) -> None:
    before = factories.computed_run(period)
    free = amounts(before)
    dispute = contest(record, ppm=300_000)
    during = factories.computed_run(period)
    shares = {key: amount * 300_000 // PPM for key, amount in free.items() if key[1] == record.pk}
    assert shares
    assert held(during) == sum(shares.values()) > 0
    assert amounts(during) == {key: amount - shares.get(key, 0) for key, amount in free.items()}
    settle(dispute, Verdict(outcome="rejected", reason="the log agrees"))
    after = factories.computed_run(period)
    assert held(after) == 0
    assert amounts(after) == free


def test_what_is_wholly_contested_earns_nothing_for_now(
    period: Period, record: Contribution
) -> None:
    contest(record, seconds=record.seconds or 0)
    run = factories.computed_run(period)
    assert record.pk not in {contribution for _code, contribution in amounts(run)}
    assert held(run) > 0


def test_a_case_upheld_pays_by_the_corrected_record(period: Period, record: Contribution) -> None:
    dispute = contest(record, ppm=500_000)
    entry = replace(recording.entry_of(record), units=5)
    settle(dispute, Verdict(outcome="partly", reason="half of it", entry=entry))
    run = factories.computed_run(period)
    newest = Contribution.objects.get(supersedes=record)
    paid = {contribution for _code, contribution in amounts(run)}
    assert held(run) == 0
    assert newest.pk in paid
    assert record.pk not in paid


def test_explaining_a_cent_names_what_a_dispute_holds(period: Period, record: Contribution) -> None:
    contest(record, ppm=300_000)
    run = factories.computed_run(period)
    line = Line.objects.filter(pool__run=run, contribution=record).first()
    assert line is not None
    told = repr(explain_line(line=line))
    assert "'frozen'" in told
    assert "300000" in told
    assert verify_bundle(runs.bundle_path(run)).ok


def test_one_person_under_two_names_has_one_statement(period: Period, record: Contribution) -> None:
    source = recording.source_of(organisation=period.operator, tool="test")
    other = Contribution.objects.filter(product=record.product).exclude(pk=record.pk).get().worker
    for place, worker in enumerate((record.worker, other)):
        Alias.objects.create(worker=worker, source=source, reference_hmac=f"{place}" * 64)
    apart = factories.computed_run(period)
    sums = dict(Statement.objects.filter(run=apart).values_list("worker", "amount_micro"))
    merge_workers(
        worker=other,
        into=record.worker,
        organisation=period.operator,
        reason="same address",
        made_by=factories.user(period.operator),
    )
    together = factories.computed_run(period)
    assert not Statement.objects.filter(run=together, worker=other).exists()
    joint = Statement.objects.get(run=together, worker=record.worker)
    assert abs(joint.amount_micro - sums[record.worker_id] - sums[other.pk]) <= 3
