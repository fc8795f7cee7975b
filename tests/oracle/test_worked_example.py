"""The oracle itself, against the golden numbers that the value model prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.derivation import Derivation, derive
from tests.oracle.indicators import indicators
from tests.oracle.lineage import embodied_labour
from tests.oracle.price import bundle_shares
from tests.oracle.weights import by_product
from tests.oracle.worked_example import worked_example

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "spec" / "worked-example.json"
pytestmark = pytest.mark.skipif(not GOLDEN.exists(), reason="the specification is not here")


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(GOLDEN.read_text())
    return document


@pytest.fixture(scope="module")
def derivation() -> Derivation:
    return derive(worked_example())


def money(micro: int) -> float:
    return round(micro / 1e6, 2)


def test_credited_hours_are_those_of_the_example(
    golden: dict[str, Any], derivation: Derivation
) -> None:
    hours: dict[str, float] = {}
    for key, each in derivation.credited.items():
        hours[key[:3]] = hours.get(key[:3], 0) + float(each)
    found = {name: round(hours[name[:3]], 3) for name in ("Ana", "Chen", "Eva", "Fen")}
    assert found | {"Bo": round(hours["Bo-"], 3)} == golden["a"]["credited"] | golden["a"]["K4"]


def test_labour_of_each_product_is_that_of_the_example(
    golden: dict[str, Any], derivation: Derivation
) -> None:
    world = worked_example()
    own = by_product(world, {key: row.content_uh for key, row in derivation.labour.items()})
    embodied = embodied_labour(world, own)
    assert {key: round(each / 1e6, 3) for key, each in own.items()} == golden["c"]["l"]
    living = {key: round(each / 1e6, 3) for key, each in embodied.items()}
    assert living == golden["c"]["lam_living"]


def test_price_rent_and_bundle_are_those_of_the_example(
    golden: dict[str, Any], derivation: Derivation
) -> None:
    price = derivation.shares.price
    index = derivation.policy.index
    shares = {key: ppm / 1e6 for key, ppm in bundle_shares(worked_example(), index, "B").items()}
    assert shares == golden["e"]["bundle_share"]
    revenue = derivation.shares.product_revenue
    assert {key: money(revenue[key]) for key in ("M1", "M2")} == golden["e"]["r"]
    assert [money(price.surplus_micro), money(price.excess_profit_micro)] == [51450, 41850]
    assert [money(price.new_value_micro), money(price.transfer_micro)] == [60360, 29640]


def test_every_person_gets_what_the_example_says(
    golden: dict[str, Any], derivation: Derivation
) -> None:
    pay: dict[str, dict[str, float]] = {}
    for pool in derivation.shares.pools:
        name = pool.kind.removeprefix("data_").removeprefix("wage_")
        for key, amount in pool.lines.items():
            person = pay.setdefault(key.split("-")[0], {})
            person[name] = round(person.get(name, 0) + amount / 1e6, 6)
    rounded = {
        person: {name: round(amount, 2) for name, amount in parts.items()}
        for person, parts in pay.items()
    }
    assert rounded == golden["f"]["pay"]
    earned = derivation.shares.worker_amounts(worked_example())
    assert {person: money(amount) for person, amount in earned.items()} == golden["f"]["total"]
    assert derivation.shares.escrow() == {("commons", None, "commons"): 4_185_000_000}


def test_every_indicator_is_that_of_the_example(
    golden: dict[str, Any], derivation: Derivation
) -> None:
    found = indicators(worked_example(), derivation.policy, derivation.labour, derivation.shares)
    rounded = {name: round(float(value), 4) for name, value in found.items()}
    assert rounded == {name: round(value, 4) for name, value in golden["h"].items()}
