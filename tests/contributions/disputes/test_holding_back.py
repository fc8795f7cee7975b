"""What runs hold back of disputed work: exactly the contested part, until the decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from accounting.core.verify import verify_bundle
from accounting.models import EscrowEntry, Line, Period, Run, Statement
from accounting.services import runs
from accounting.services.explaining import explain_line
from accounting.services.held_back import held_back
from accounting.services.real_pay import real_pay, workers_behind
from contributions import formatting
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


def test_the_pages_of_run_and_statement_name_what_is_held_and_why(
    period: Period, record: Contribution
) -> None:
    user = factories.user()
    record.worker.user = user
    record.worker.save()
    dispute = contest(record, ppm=300_000)
    run = factories.computed_run(period)
    (part,) = held_back(run)
    assert (part.contribution_id, part.share_ppm) == (record.pk, 300_000)
    assert sum(part.micro_by_pool.values()) == held(run)
    statement = Statement.objects.get(run=run, worker=record.worker)
    amount = formatting.money(held(run), period.currency, exact=True)
    addresses = {
        user: reverse("statement", args=[statement.public_id]),
        factories.user(period.operator): reverse("run", args=[run.public_id]),
    }
    for reader, address in addresses.items():
        client = Client()
        client.force_login(reader)
        page = client.get(address).content.decode()
        assert dispute.public_id in page, address
        assert amount in page, address
    other = Statement.objects.filter(run=run).exclude(pk=statement.pk).first()
    assert other is not None
    client = Client()
    client.force_login(factories.user(period.operator))
    page = client.get(reverse("statement", args=[other.public_id])).content.decode()
    assert dispute.public_id not in page


def test_a_statement_of_merged_names_lists_the_lines_of_both(
    period: Period, record: Contribution
) -> None:
    source = recording.source_of(organisation=period.operator, tool="test")
    other = Contribution.objects.filter(product=record.product).exclude(pk=record.pk).get().worker
    for place, worker in enumerate((record.worker, other)):
        Alias.objects.create(worker=worker, source=source, reference_hmac=f"{place}" * 64)
    apart = factories.computed_run(period)
    merge_workers(
        worker=other,
        into=record.worker,
        organisation=period.operator,
        reason="same address",
        made_by=factories.user(period.operator),
    )
    together = factories.computed_run(period)
    joint = Statement.objects.get(run=together, worker=record.worker)
    alone = Statement.objects.get(run=apart, worker=record.worker)
    assert workers_behind(joint) == [record.worker_id, other.pk]
    assert workers_behind(alone) == [record.worker_id]
    assert real_pay(joint).seconds == 3600 + 7200
    assert real_pay(alone).seconds == 3600
    client = Client()
    client.force_login(factories.user(period.operator))
    for statement in (joint, alone):
        page = client.get(reverse("statement", args=[statement.public_id]))
        total = page.context["by_pool"].totals[1].text
        assert total == formatting.money(statement.amount_micro, period.currency, exact=True)


def test_what_is_wholly_contested_is_named_without_an_amount_of_its_own(
    period: Period, record: Contribution
) -> None:
    contest(record, ppm=PPM)
    (part,) = held_back(factories.computed_run(period))
    assert (part.whole, part.micro_by_pool) == (True, {})
