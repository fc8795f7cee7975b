from __future__ import annotations

import json
import math
from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest

from accounting.cases.case import Case, Contribution
from accounting.cases.reading import FOLDER, read_toml
from accounting.cases.worked_example import worked_example
from accounting.core.policy import Complexity, Norm, Value

GOLDEN = Path(__file__).parents[4] / "shared" / "spec" / "worked-example.json"
MICRO = 1_000_000

Row = Contribution


@pytest.fixture(scope="module")
def case() -> Case:
    return worked_example()


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    if not GOLDEN.exists():
        pytest.skip("The shared golden numbers are not beside this checkout.")
    numbers: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return numbers


def names(case: Case) -> dict[str, str]:
    return {worker.key: str(worker.display_name) for worker in case.workers}


def hours(row: Row) -> Fraction:
    assert row.seconds is not None
    return Fraction(row.seconds, 3600)


def effective_units(row: Row) -> Fraction:
    assert row.units is not None
    assert row.quality_ppm is not None
    return row.units * Fraction(row.quality_ppm, MICRO)


def norm(case: Case, task_type: str) -> Fraction:
    rows = [row for row in case.contributions if row.task_type == task_type]
    return sum(map(hours, rows), Fraction()) / sum(map(effective_units, rows), Fraction())


def credited(case: Case, row: Row) -> Fraction:
    return hours(row) if row.units is None else norm(case, row.task_type) * effective_units(row)


def complexity(case: Case, task_type: str) -> Fraction:
    table = case.policy.overrides["complexity"]
    skill = table["task_types"][task_type]
    trained = sum(step["hours"] for step in skill.get("training", []))
    by_wage = skill["wage_micro_per_hour"] / table["simple_wage_micro_per_hour"]
    by_training = 1 + trained / skill["working_life_hours"]
    return Fraction(str(round(math.sqrt(by_wage * by_training), table["decimals"])))


def own_labour(case: Case) -> dict[str, Fraction]:
    labour: dict[str, Fraction] = defaultdict(Fraction)
    for row in case.contributions:
        labour[row.product] += credited(case, row) * complexity(case, row.task_type)
    return labour


def test_the_norm_and_the_credited_hours_come_out(case: Case, golden: dict[str, Any]) -> None:
    assert round(float(norm(case, "labelling")), 6) == golden["a"]["sigma_K1"]
    assert round(float(norm(case, "alignment")), 6) == golden["a"]["sigma_K4"]
    by_person: dict[str, Fraction] = defaultdict(Fraction)
    for row in case.contributions:
        if row.units is not None:
            by_person[names(case)[row.worker]] += credited(case, row)
    expected = golden["a"]["credited"] | golden["a"]["K4"]
    assert {name: round(float(value), 3) for name, value in by_person.items()} == expected


def test_complexity_and_labour_content_come_out(case: Case, golden: dict[str, Any]) -> None:
    codes = ["labelling", "post-editing", "review", "alignment", "engineering"]
    assert [float(complexity(case, code)) for code in codes] == list(golden["b"].values())
    labour = {key.upper(): round(float(value), 3) for key, value in own_labour(case).items()}
    assert labour == golden["c"]["l"]


def test_a_grade_reduces_as_its_task_type_does(case: Case) -> None:
    table = case.policy.overrides["complexity"]
    for row in case.contributions:
        assert table["grades"][row.grade] == table["task_types"][row.task_type]


def test_labour_embodied_along_the_lineage_comes_out(case: Case, golden: dict[str, Any]) -> None:
    labour = own_labour(case)
    embodied: dict[str, Fraction] = {}
    for product in ("d1", "m1", "d2", "m2"):
        embodied[product] = labour[product] + sum(
            Fraction(edge.transfer_ppm, MICRO) * embodied[edge.upstream]
            for edge in case.edges
            if edge.downstream == product
        )
    rounded = {key.upper(): round(float(value), 3) for key, value in embodied.items()}
    assert rounded == golden["c"]["lam_living"]


def test_price_and_its_parts_come_out(case: Case, golden: dict[str, Any]) -> None:
    revenue = sum(row.amount_micro for row in case.revenue)
    constant = sum(row.amount_micro for row in case.costs)
    variable = sum(row.wage_micro for row in case.contributions)
    surplus = revenue - constant - variable
    parts = [golden["d"][name] * MICRO for name in "RCVS"]
    assert [revenue, constant, variable, surplus] == parts


def test_the_bundle_divides_as_the_index_says(case: Case, golden: dict[str, Any]) -> None:
    models = [product for product in case.products if product.gpu_milli_hours is not None]
    inputs = [
        (product.gpu_milli_hours or 0, product.governance_seconds or 0, log_flop(product))
        for product in models
    ]
    totals = [sum(column) for column in zip(*inputs, strict=True)]
    index = [
        math.prod(
            (x / total) ** weight
            for x, total, weight in zip(row, totals, (0.4, 0.4, 0.2), strict=True)
        )
        for row in inputs
    ]
    assert [round(x, 4) for x in index] == list(golden["e"]["cti"].values())
    used = {row.product: row.quantity for row in case.usage}
    weights = [used[product.key] * x for product, x in zip(models, index, strict=True)]
    shares = [round(weight / sum(weights), 6) for weight in weights]
    assert shares == list(golden["e"]["bundle_share"].values())


def log_flop(product: Any) -> float:
    return float(Decimal(product.training_flop).log10())


def test_batches_lie_the_stated_quarters_before_the_end(case: Case) -> None:
    def quarter(day: date) -> int:
        return day.year * 4 + (day.month - 1) // 3

    age = {
        names(case)[row.worker]: quarter(case.period.end) - quarter(row.occurred_on)
        for row in case.contributions
    }
    assert age == {"Ana": 4, "Bo": 4, "Chen": 4, "Dee": 4, "Gao": 2, "Eva": 1, "Fen": 1, "Hu": 2}
    assert all(case.period.start <= row.occurred_on for row in case.contributions)


def test_unpaid_and_unlogged_hours_come_out(case: Case, golden: dict[str, Any]) -> None:
    worked = sum(map(hours, case.contributions), Fraction())
    unpaid = sum((hours(row) for row in case.contributions if not row.wage_micro), Fraction())
    logged = sum(
        (hours(row) for row in case.contributions if row.time_basis == "active"), Fraction()
    )
    unlogged = next(Fraction(fact.value) for fact in case.facts if fact.name == "unlogged_hours")
    assert round(float(unpaid / worked), 4) == golden["h"]["unpaid_share"]
    assert float(logged / (worked + unlogged)) == golden["h"]["traceability_hours"]


def test_lock_in_and_lerner_come_out(case: Case, golden: dict[str, Any]) -> None:
    items = [fact for fact in case.facts if fact.name == "portability"]
    weight = sum(Decimal(item.weight) for item in items)
    portable = sum(Decimal(item.weight) * Decimal(item.value) for item in items) / weight
    assert round(float(1 - portable), 4) == golden["h"]["lockin"]
    single = {fact.name: Decimal(fact.value) for fact in case.facts}
    assert float((single["price"] - single["marginal_cost"]) / single["price"]) == 0.85
    assert golden["h"]["lerner"] == 0.85


def test_scores_of_a_split_batch_add_up_exactly(case: Case) -> None:
    worker = {row.source_id: row.worker for row in case.contributions}
    by_person: dict[str, Decimal] = defaultdict(Decimal)
    for score in case.scores:
        by_person[worker[score.contribution]] += Decimal(score.score)
    assert by_person == {"ana": Decimal("0.5"), "bo": Decimal("0.3"), "chen": Decimal("-0.1")}


def test_the_policy_knows_every_field_the_case_changes(case: Case) -> None:
    overrides = case.policy.overrides
    msgspec.convert(overrides["norm"], Norm)
    msgspec.convert(overrides["complexity"], Complexity)
    msgspec.convert(overrides["value"], Value)
    assert set(overrides) == {"norm", "complexity", "value"}


def test_no_field_of_the_file_is_lost_to_a_misspelling(case: Case) -> None:
    document = read_toml(FOLDER / "worked_example" / "case.toml")
    read = msgspec.to_builtins(case, builtin_types=(date,))
    for name, rows in document.items():
        if isinstance(rows, list):
            for written, kept in zip(rows, read[name], strict=True):
                assert set(written) <= set(kept)
        else:
            assert name in read
