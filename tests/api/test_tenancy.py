"""Nobody sees a row that is not theirs: roles against the ids of other tenants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone

from accounting.models import Line, Run, Statement
from contributions.models import Consent, Contribution, LineageEdge, Organisation, Product, Worker
from contributions.models.identified import Identified
from tests import factories
from tests.api.client import Program, assert_problem

# A run is computed in a snapshot of its own, so these tests commit.
pytestmark = pytest.mark.django_db(transaction=True)

LISTS = [
    "runs",
    "lines",
    "statements",
    "workers",
    "contributions",
    "products",
    "edges",
    "licences",
    "periods",
    "policies",
    "revenue",
    "costs",
    "usage",
    "facts",
    "bundles",
]


@pytest.fixture
def run() -> Run:
    return factories.computed_run()


def _addresses(run: Run) -> Iterator[str]:
    """Every address that names a row of the run's tenant."""
    yield f"runs/{run.public_id}"
    for part in ("pools", "flows", "lines", "statements", "norms", "indicators", "escrow"):
        yield f"runs/{run.public_id}/{part}"
    yield f"runs/{run.public_id}/bundle"
    yield f"periods/{run.period.public_id}"
    yield f"policies/{run.policy.public_id}"
    for worker in Worker.objects.all():
        yield f"statements/{worker.public_id}"
        yield f"runs/{run.public_id}/statements/{worker.public_id}"
    for line in Line.objects.all():
        yield f"lines/{line.public_id}"
        yield f"lines/{line.public_id}/trace"
    rows: list[tuple[str, list[Identified]]] = [
        ("workers", list(Worker.objects.all())),
        ("contributions", list(Contribution.objects.all())),
        ("products", list(Product.objects.all())),
        ("edges", list(LineageEdge.objects.all())),
        ("organisations", list(Organisation.objects.all())),
    ]
    for path, named in rows:
        yield from (f"{path}/{row.public_id}" for row in named)


@pytest.mark.parametrize("kind", ["platform", "public_body", "nobody", "worker"])
def test_other_tenants_find_nothing_by_any_id(run: Run, kind: str) -> None:
    addresses = list(_addresses(run))
    user = factories.user()
    if kind == "worker":
        stranger = factories.worker()
        stranger.user = user
        stranger.save()
    elif kind != "nobody":
        user = factories.user(factories.organisation(kind))
    program = Program(user)
    assert len(addresses) > 30
    for address in addresses:
        assert_problem(program.get(address), 404, "not_found")
    for path in LISTS:
        shown = program.get(path).json()["items"]
        assert shown == [] or kind == "worker", path


def test_a_labour_organisation_reads_the_rows_of_consenting_workers_only(run: Run) -> None:
    union = factories.organisation("labour_organisation")
    program = Program(factories.user(union))
    assert program.get(f"runs/{run.public_id}").status_code == 200
    for path in ("lines", "statements", "workers", "contributions"):
        assert program.get(path).json()["items"] == [], path
    statement = Statement.objects.filter(run=run).earliest("pk")
    worker, other = statement.worker, Worker.objects.exclude(pk=statement.worker_id).earliest("pk")
    Consent.objects.create(worker=worker, organisation=union, granted_at=timezone.now())
    assert {one["worker"] for one in program.get("lines").json()["items"]} == {worker.public_id}
    assert program.get(f"statements/{worker.public_id}").json()["items"]
    assert_problem(program.get(f"statements/{other.public_id}"), 404, "not_found")
    assert_problem(program.get(f"runs/{run.public_id}/bundle"), 404, "not_found")
    assert program.get("revenue").json()["items"] == []


def test_a_regulator_reads_aggregates_and_no_single_row(run: Run) -> None:
    program = Program(factories.user(factories.organisation("regulator")))
    assert program.get(f"runs/{run.public_id}/indicators").json()["items"]
    assert run.norms.exists()
    assert program.get(f"runs/{run.public_id}/norms").json()["items"] == []
    for path in ("lines", "statements", "workers", "contributions", "revenue"):
        assert program.get(path).json()["items"] == [], path
    for row in (*Line.objects.all(), *Contribution.objects.all()):
        path = "lines" if isinstance(row, Line) else "contributions"
        assert_problem(program.get(f"{path}/{row.public_id}"), 404, "not_found")
    assert_problem(program.get(f"runs/{run.public_id}/bundle"), 404, "not_found")


def test_a_worker_reads_their_own_money_and_its_run(run: Run) -> None:
    statement = Statement.objects.filter(run=run).earliest("pk")
    user = factories.user()
    Worker.objects.filter(pk=statement.worker_id).update(user=user)
    program = Program(user)
    own = statement.worker.public_id
    assert program.get(f"runs/{run.public_id}").status_code == 200
    lines = program.get(f"runs/{run.public_id}/lines").json()["items"]
    assert lines
    assert {line["worker"] for line in lines} == {own}
    assert program.get(f"lines/{lines[0]['id']}/trace").status_code == 200
    assert [one["worker"] for one in program.get("statements").json()["items"]] == [own]
    assert_problem(program.get(f"runs/{run.public_id}/bundle"), 404, "not_found")


def test_nobody_writes_for_another_tenant(run: Run) -> None:
    operator = run.period.operator
    program = Program(factories.user(factories.organisation()))
    product = Product.objects.filter(operator=operator).earliest("pk").public_id
    amount = {"amount": "1.00", "currency": "CNY"}
    attempts = {
        "products": {
            "operator": operator.public_id,
            "kind": "model",
            "name": "x",
            "version": "1",
        },
        "costs": {"period": run.period.public_id, "kind": "energy", "amount": amount},
        "edges": {
            "upstream": product,
            "downstream": product,
            "relation": "trained_on",
            "transfer_ppm": 1,
        },
        "policies": {"operator": operator.public_id, "preset": "value-model"},
        "runs": {"period": run.period.public_id},
    }
    for path, document in attempts.items():
        answer = program.post(path, document, Idempotency_Key=path)
        assert_problem(answer, 422, "unknown_id")
    assert_problem(program.post(f"runs/{run.public_id}/cancel"), 404, "not_found")
