"""Every golden number of the value model comes out, to its printed digits."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accounting.core.allocation import allocate
from accounting.core.composite_index import split_bundle
from accounting.core.funds import licence_terms_micro
from accounting.core.lineage import build_lineage, embody
from accounting.core.norms import measure
from accounting.core.policy import parse_policy
from accounting.core.sharing import share_whole
from accounting.core.tables import Allocation, Inputs
from accounting.core.weights import effective_beta_ppm
from tests.accounting.core.worked_example_inputs import worked_example_inputs

GOLDEN = Path(__file__).resolve().parents[4] / "shared" / "spec" / "worked-example.json"
ROLES = {
    "label": "labelling",
    "postedit": "post-editing",
    "review": "review",
    "align": "alignment",
    "eng": "engineering",
}
POOLS = {
    "licence-d1-licence": "licence",
    "data-dividend": "dividend",
    "wage-floor": "floor",
    "profit-share": "profit_share",
}


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    if not GOLDEN.exists():
        pytest.skip("the specification with the golden numbers is not beside the repository")
    document: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return worked_example_inputs()


@pytest.fixture(scope="module")
def run(inputs: Inputs) -> Allocation:
    return allocate(inputs)


def money(micro: int) -> float:
    return round(micro / 10**6, 2)


def hours(uh: int) -> float:
    return round(uh / 10**6, 3)


def per_worker(inputs: Inputs, column: list[int]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for worker, figure in zip(inputs.contributions.worker.tolist(), column, strict=True):
        sums[inputs.workers[worker].capitalize()] += figure
    return dict(sums)


def per_product(inputs: Inputs, column: list[int]) -> dict[str, int]:
    return {name.upper(): figure for name, figure in zip(inputs.products.id, column, strict=True)}


def pays(inputs: Inputs, run: Allocation) -> dict[str, dict[str, int]]:
    paid: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for pool in run.pools:
        for row, amount in zip(
            pool.line_contribution.tolist(), pool.line_micro.tolist(), strict=True
        ):
            worker = inputs.workers[inputs.contributions.worker[row]].capitalize()
            paid[worker][POOLS[pool.id]] += amount
    return paid


def test_norms_and_credited_hours_are_the_golden_ones(
    golden: dict[str, Any], inputs: Inputs, run: Allocation
) -> None:
    alignment, labelling = run.norms
    assert (
        round(labelling.seconds * 10**6 / labelling.effective_micro_units / 3600, 6)
        == (golden["a"]["sigma_K1"])
    )
    assert labelling.effective_micro_units / 10**6 == golden["a"]["U1"]
    assert round(alignment.norm_nanoseconds / 3600 / 10**9, 6) == golden["a"]["sigma_K4"]
    credited = per_worker(inputs, run.labour.credited_uh.tolist())
    wanted = golden["a"]["credited"] | golden["a"]["K4"]
    assert {name: hours(credited[name]) for name in wanted} == wanted
    ratio = {name: round(hours(credited[name]) / h, 3) for name, h in LABELLERS.items()}
    assert ratio == golden["a"]["index_e"]


LABELLERS = {"Ana": 120, "Bo": 100, "Chen": 80}


@pytest.mark.parametrize("method", ["median", "mode"])
def test_other_norms_credit_what_the_value_model_says(golden: dict[str, Any], method: str) -> None:
    seconds = np.array([120, 100, 80]) * 3600
    output = np.array([6000 * 950_000, 4000 * 1_000_000, 3600 * 900_000])
    norm = measure(method, seconds, output)
    assert norm is not None
    assert round(float(norm * 10**6 / 3600), 6) == golden["a"][method]
    assert round(float(norm * 12_940 * 10**6 / 3600), 2) == golden["a"][f"{method}_total"]


def test_complexity_is_the_golden_one(
    golden: dict[str, Any], inputs: Inputs, run: Allocation
) -> None:
    codes = [inputs.task_types.code[position] for position in inputs.contributions.task_type]
    found = dict(zip(codes, run.labour.complexity_ppm.tolist(), strict=True))
    assert {role: found[code] / 10**6 for role, code in ROLES.items()} == golden["b"]


def test_labour_travels_forward_as_in_the_example(
    golden: dict[str, Any], inputs: Inputs, run: Allocation
) -> None:
    own = [0] * len(inputs.products.id)
    for product, content in zip(
        inputs.contributions.product.tolist(), run.labour.content_uh.tolist(), strict=True
    ):
        own[product] += content
    lineage = build_lineage(inputs.edges, len(inputs.products.id))
    embodied = embody(lineage, own)
    example = golden["c"]
    assert {k: hours(v) for k, v in per_product(inputs, own).items()} == example["l"]
    assert hours(sum(own)) == example["Ltot"]
    assert {k: hours(v) for k, v in per_product(inputs, embodied.total).items()} == (
        example["lam_living"]
    )
    dead = [int(example["dead"][name] * 10**6) for name in per_product(inputs, own)]
    both = embody(lineage, [living + past for living, past in zip(own, dead, strict=True)])
    assert {k: hours(v) for k, v in per_product(inputs, both.total).items()} == example["lam_total"]
    # Everything reaches M2, so its footprint is all labour there is.
    assert hours(sum(own)) == example["footprint_M2"]


def test_the_bundle_splits_by_usage_and_index(
    golden: dict[str, Any], inputs: Inputs, run: Allocation
) -> None:
    split = split_bundle(inputs, parse_policy(inputs.policy_document).index, 0)
    names = [inputs.products.id[product].upper() for product in split.products]
    index = {name: round(float(x), 4) for name, x in zip(names, split.index, strict=True)}
    shares = {name: s / 10**6 for name, s in zip(names, split.shares_ppm, strict=True)}
    assert index == golden["e"]["cti"]
    assert shares == golden["e"]["bundle_share"]
    revenue = per_product(inputs, run.product_revenue_micro.tolist())
    assert {name: money(revenue[name]) for name in names} == golden["e"]["r"]


def test_price_breaks_down_as_in_the_example(golden: dict[str, Any], run: Allocation) -> None:
    price = run.price
    assert {
        "R": money(price.revenue_micro),
        "C": money(price.constant_capital_micro),
        "V": money(price.variable_capital_micro),
        "S": money(price.surplus_micro),
        "avg": money(price.average_profit_micro),
        "rent1": money(price.excess_profit_micro),
        "newval": money(price.new_value_micro),
        "transfer": money(price.transfer_micro),
    } == golden["d"]
    assert price.compute_micro == 30_000_000_000


def test_funds_and_flows_are_the_golden_ones(
    golden: dict[str, Any], inputs: Inputs, run: Allocation
) -> None:
    example = golden["f"]
    funds = {pool.kind: pool.funded_micro for pool in run.pools}
    assert money(funds["data_dividend"]) == example["DD"]
    assert money(funds["wage_floor"] + funds["profit_share"]) == example["PS"]
    assert money(funds["commons"]) == example["CF"]
    assert money(funds["licence"]) == example["LIC"]
    assert money(funds["wage_floor"]) == example["floor_paid"]
    assert money(funds["profit_share"]) == example["rest"]
    dividend = next(pool for pool in run.pools if pool.kind == "data_dividend")
    embodied = per_product(inputs, dividend.embodied_uh.tolist())
    assert {name: hours(uh) for name, uh in embodied.items()} == example["lamE"]
    own = dict.fromkeys(embodied, 0)
    for product, upstream, amount in zip(
        dividend.flow_product.tolist(),
        dividend.flow_upstream.tolist(),
        dividend.flow_micro.tolist(),
        strict=True,
    ):
        if upstream < 0:
            own[inputs.products.id[product].upper()] += amount
    assert {name: money(amount) for name, amount in own.items()} == example["node"]
    assert licence_terms_micro(2_000_000_000, 0, 0, 0, 0) == funds["licence"]
    per_hour = {name: round(amount / uh, 4) for name, amount, uh in _paid_labour(inputs, run, own)}
    assert all(per_hour[name] == example["mu"][name] for name in per_hour)


def _paid_labour(
    inputs: Inputs, run: Allocation, own: dict[str, int]
) -> list[tuple[str, int, int]]:
    dividend = next(pool for pool in run.pools if pool.kind == "data_dividend")
    labour = [0] * len(inputs.products.id)
    for row in dividend.weighted.tolist():
        labour[inputs.contributions.product[row]] += int(run.labour.content_uh[row])
    return [
        (name, own[name], uh)
        for name, uh in per_product(inputs, labour).items()
        if uh and own[name]
    ]


def test_everybody_is_paid_the_golden_amounts(
    golden: dict[str, Any], inputs: Inputs, run: Allocation
) -> None:
    example = golden["f"]
    paid = pays(inputs, run)
    assert {
        name: {pool: money(amount) for pool, amount in pools.items()}
        for name, pools in paid.items()
    } == example["pay"]
    amounts = dict(
        zip(
            [name.capitalize() for name in inputs.workers],
            run.statements.amount_micro.tolist(),
            strict=True,
        )
    )
    assert {name: money(amount) for name, amount in amounts.items()} == example["total"]
    assert sum(amounts.values()) == 11_045_000_000
    assert {name: money(pools.get("floor", 0)) for name, pools in paid.items()} == example["gap"]


def test_whole_cents_split_as_in_the_example(
    golden: dict[str, Any], inputs: Inputs, run: Allocation
) -> None:
    cents = share_whole(1_104_500, run.statements.amount_micro.tolist())
    names = [name.capitalize() for name in inputs.workers]
    assert dict(zip(names, cents, strict=True)) == golden["f"]["cents"]


def test_statements_pay_whole_cents_and_carry_the_fraction(run: Allocation) -> None:
    statements = run.statements
    kept = statements.paid_minor * 10_000 + statements.carried_out_micro
    assert (kept == statements.amount_micro).all()
    assert (statements.carried_out_micro < 10_000).all()
    assert (statements.carried_out_micro >= 0).all()


def test_data_value_moves_shares_inside_the_first_data_set(
    golden: dict[str, Any], inputs: Inputs, run: Allocation
) -> None:
    assert effective_beta_ppm(200_000, 800_000) / 10**6 == golden["g"]["beta_eff"]
    dividend = next(pool for pool in run.pools if pool.kind == "data_dividend")
    labour: dict[str, int] = defaultdict(int)
    mixed: dict[str, int] = defaultdict(int)
    for row, weight in zip(dividend.weighted.tolist(), dividend.weight.tolist(), strict=True):
        if inputs.contributions.product[row] == 0:
            name = inputs.workers[inputs.contributions.worker[row]].capitalize()
            labour[name] += int(run.labour.content_uh[row])
            mixed[name] += weight
    assert sum(labour.values()) == sum(mixed.values())
    for figures, wanted in ((labour, "labour_share"), (mixed, "mixed")):
        total = sum(figures.values())
        shares = {name: round(figure / total, 4) for name, figure in figures.items()}
        assert shares == golden["g"][wanted]


def test_hourly_income_and_indicators_are_the_golden_ones(
    golden: dict[str, Any], inputs: Inputs, run: Allocation
) -> None:
    seconds = per_worker(inputs, inputs.contributions.seconds.tolist())
    wages = per_worker(inputs, inputs.contributions.wage_micro.tolist())
    hourly = {
        name.capitalize(): round(
            (wages[name.capitalize()] + amount) * 3600 / 10**6 / seconds[name.capitalize()], 2
        )
        for name, amount in zip(inputs.workers, run.statements.amount_micro.tolist(), strict=True)
    }
    assert hourly == golden["hourly"]
    shown = {name: round(float(run.indicators[name]), 4) for name in golden["h"]}
    assert shown == golden["h"]
    assert set(run.indicators) - set(golden["h"]) == {"credited_minus_worked_hours"}
