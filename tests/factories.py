"""Small worlds for tests: typed functions, each making one record with sensible values."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from django.utils import timezone

from accounting.models import Period, PeriodStep, Policy, Revenue, Run
from accounting.services import policies, runs
from accounting.services.periods import open_period
from contributions.models import (
    Consent,
    Contribution,
    LineageEdge,
    Membership,
    Organisation,
    Product,
    TaskType,
    User,
    Worker,
)
from contributions.services import lineage, recording

UNIT = 1_000_000
TODAY = date(2026, 11, 1)
_numbers = count(1)


def organisation(kind: str = "platform", **fields: Any) -> Organisation:
    """An organisation of a kind, with a name of its own."""
    values = {"name": f"{kind} {next(_numbers)}", "country": "CN"} | fields
    return Organisation.objects.create(kind=kind, **values)


def user(member_of: Organisation | None = None, role: str = "admin", **fields: Any) -> User:
    """A user, if asked a member of an organisation; the password is `correct horse`."""
    values = {"username": f"user{next(_numbers)}", "password": "correct horse"} | fields
    made = User.objects.create_user(**values)
    if member_of is not None:
        Membership.objects.create(user=made, organisation=member_of, role=role)
    return made


def worker(
    pseudonym: str = "", *, consents_to: Organisation | None = None, **fields: Any
) -> Worker:
    """A worker, if asked one who lets a labour organisation see their records."""
    values = {"status": "crowd", "country": "CN", "wage_region": "city"} | fields
    made = Worker.objects.create(pseudonym=pseudonym or f"worker{next(_numbers)}", **values)
    if consents_to is not None:
        Consent.objects.create(worker=made, organisation=consents_to, granted_at=timezone.now())
    return made


def consent(worker: Worker, organisation: Organisation) -> Consent:
    """A worker's consent that a labour organisation reads their records."""
    return Consent.objects.create(
        worker=worker, organisation=organisation, granted_at=timezone.now()
    )


def product(operator: Organisation, **fields: Any) -> Product:
    """A product version of an operator."""
    values = {"kind": "dataset", "name": f"product {next(_numbers)}", "version": "1"} | fields
    return Product.objects.create(operator=operator, **values)


def task_type(code: str = "labelling-test", **fields: Any) -> TaskType:
    """A task type, made on first use."""
    values = {
        "name": code,
        "labour_type": "DATA",
        "phase": "TRAIN",
        "unit": "item",
    } | fields
    made, _created = TaskType.objects.get_or_create(code=code, defaults=values)
    return made


def edge(upstream: Product, downstream: Product, transfer_ppm: int = 500_000) -> LineageEdge:
    """A lineage edge."""
    return lineage.add_edge(
        edge=LineageEdge(
            upstream=upstream,
            downstream=downstream,
            relation="trained_on",
            transfer_ppm=transfer_ppm,
        )
    )


def entry(worker: Worker, product: Product, **fields: Any) -> recording.Entry:
    """An hour of accepted work, ten units, unless the fields say otherwise."""
    values: dict[str, Any] = {
        "worker_id": worker.pk,
        "product_id": product.pk,
        "task_type_id": task_type().pk,
        "phase": "TRAIN",
        "occurred_on": date(2026, 5, 1),
        "external_id": f"row-{next(_numbers)}",
        "outcome": "accepted",
        "evidence_grade": "B",
        "seconds": 3600,
        "time_basis": "active",
        "units": 10,
        "quality_ppm": UNIT,
    } | fields
    return recording.Entry(**values)


def contribution(
    worker: Worker, product: Product, *, recorder: Organisation | None = None, **fields: Any
) -> Contribution:
    """A recorded contribution, by default an hour of accepted work."""
    return recording.record(
        entry=entry(worker, product, **fields),
        source=recording.source_of(organisation=recorder or product.operator, tool="test"),
        recorded_by=None,
        today=TODAY,
    )


def period(operator: Organisation, **fields: Any) -> Period:
    """An open year in yuan."""
    values: dict[str, Any] = {
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
        "currency": "CNY",
    } | fields
    return open_period(operator=operator, **values)


def closed(period: Period) -> Period:
    """A period closed by two people, whatever its checklist says."""
    for step, state in (("started", Period.State.CLOSING), ("closed", Period.State.CLOSED)):
        PeriodStep.objects.create(period=period, step=step, taken_by=user(period.operator))
        Period.objects.filter(pk=period.pk).update(state=state)
    period.refresh_from_db()
    return period


def revenue(period: Period, product: Product, amount: int = 1_000) -> Revenue:
    """Income of a product in whole units of currency."""
    return Revenue.objects.create(
        period=period, product=product, channel="api", amount_micro=amount * UNIT
    )


def policy(operator: Organisation, *, preset: str = "value-model", **overrides: Any) -> Policy:
    """A draft policy from a preset."""
    document = policies.merged(policies.preset(preset), overrides)
    return policies.draft_policy(operator=operator, document=document, created_by=None)


def policy_in_force(operator: Organisation, **overrides: Any) -> Policy:
    """A policy that both sides have ratified."""
    made = policy(operator, **overrides)
    policies.propose(policy=made)
    for side in (organisation("labour_organisation"), operator):
        policies.ratify(policy=made, organisation=side, ratified_by=None, today=TODAY)
    return made


def ready_period(**revenue_fields: int) -> Period:
    """A period that can be computed: two workers on a data set, a model made with it, revenue."""
    operator = organisation()
    data_set = product(operator, kind="dataset")
    model = product(operator, kind="model")
    edge(data_set, model)
    contribution(worker(), data_set)
    contribution(worker(), data_set, seconds=7200, units=30)
    contribution(worker(), model, task_type_id=task_type("aligning-test", labour_type="MODEL").pk)
    made = period(operator)
    revenue(made, model, **revenue_fields)
    policy_in_force(operator)
    return made


def computed_run(period: Period | None = None) -> Run:
    """A run computed in this process, by the service that the worker calls."""
    run = runs.request_run(period=period or ready_period(), policy=None, requested_by=None)
    runs.compute_run(run_id=run.pk)
    run.refresh_from_db()
    return run


def simulated_run(period: Period, policy: Policy) -> Run:
    """A run under a policy that is not in force, computed in this process."""
    run = runs.request_run(period=period, policy=policy, requested_by=None, simulation=True)
    runs.compute_run(run_id=run.pk)
    run.refresh_from_db()
    return run
