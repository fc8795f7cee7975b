"""What must be true of every case, whoever tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from graphlib import TopologicalSorter

import numpy as np
import pytest

from accounting.cases.bloomz import bloomz
from accounting.cases.case import Case
from accounting.cases.columns import EPOCH, ContributionColumns, in_columns
from accounting.cases.synthetic import world
from accounting.cases.worked_example import worked_example
from accounting.core.tables import MISSING, TIME_BASES

Told = tuple[Case, list[ContributionColumns]]

WORLD = world(20_000, 11)
TOLD: list[Told] = [
    *((case, list(in_columns(case))) for case in (worked_example(), bloomz())),
    (WORLD.case, list(WORLD.blocks())),
]
every_case = pytest.mark.parametrize("told", TOLD, ids=lambda told: told[0].key)


def unique(keys: Iterable[str]) -> set[str]:
    counted = Counter(keys)
    assert max(counted.values(), default=1) == 1
    return set(counted)


@every_case
def test_keys_are_unique_and_every_reference_meets_one(told: Told) -> None:
    case, _ = told
    organisations = unique(row.key for row in case.organisations)
    products = unique(row.key for row in case.products)
    bundles = unique(row.key for row in case.bundles)
    unique(row.key for row in case.workers)
    unique(row.key for row in case.revenue)
    unique(row.key for row in case.costs)
    unique(row.subject for row in case.assumptions)
    assert case.operator in organisations
    assert {row.operator for row in case.products} <= organisations
    assert {row.licensee for row in case.licences} <= organisations
    named = {
        *(key for edge in case.edges for key in (edge.upstream, edge.downstream)),
        *(key for bundle in case.bundles for key in bundle.products),
        *(row.product for row in case.licences),
        *(row.product for row in case.usage),
        *(row.product for row in case.parts),
        *(row.product for row in case.valuations),
        *(row.product for row in case.revenue if row.product),
        *(row.product for row in case.costs if row.product),
        *(row.product for row in case.facts if row.product),
    }
    assert named <= products
    assert {row.bundle for row in case.revenue if row.bundle} <= bundles
    assert {row.bundle for row in case.usage if row.bundle} <= bundles


@every_case
def test_revenue_belongs_to_one_product_or_one_bundle_of_the_operator(told: Told) -> None:
    case, _ = told
    own = {row.key for row in case.products if row.operator == case.operator}
    sold_together = {bundle.key: set(bundle.products) for bundle in case.bundles}
    for row in case.revenue:
        assert (row.product is None) != (row.bundle is None)
        assert row.amount_micro >= 0
        assert {row.product} <= own or sold_together[str(row.bundle)] <= own


@every_case
def test_a_bundle_is_metered_and_its_products_have_index_inputs(told: Told) -> None:
    case, _ = told
    by_key = {product.key: product for product in case.products}
    for bundle in case.bundles:
        used = {row.product for row in case.usage if row.bundle == bundle.key}
        assert used == set(bundle.products)
        for product in (by_key[key] for key in used):
            assert product.gpu_milli_hours
            assert product.governance_seconds
            assert Decimal(product.training_flop or "0") > 1


@every_case
def test_the_lineage_has_no_cycle_and_no_edge_twice(told: Told) -> None:
    case, _ = told
    upstream_of: dict[str, set[str]] = {}
    for edge in case.edges:
        assert edge.upstream != edge.downstream
        assert edge.upstream not in upstream_of.setdefault(edge.downstream, set())
        upstream_of[edge.downstream].add(edge.upstream)
    assert len(list(TopologicalSorter(upstream_of).static_order())) <= len(case.products)


@every_case
def test_no_product_passes_on_more_than_it_has(told: Told) -> None:
    case, _ = told
    passed_on = Counter[str]()
    for edge in case.edges:
        assert 0 < edge.transfer_ppm <= 1_000_000
        assert 0 <= edge.machine_ppm <= 1_000_000
        passed_on[edge.upstream] += edge.transfer_ppm
        if edge.relation != "generated_by":
            assert edge.machine_ppm == 1_000_000
    assert max(passed_on.values()) <= 1_000_000


@every_case
def test_nothing_went_into_a_product_after_its_release(told: Told) -> None:
    case, _ = told
    released = {product.key: product.released_on for product in case.products}
    assert all(released[edge.upstream] <= released[edge.downstream] for edge in case.edges)
    assert max(released.values()) <= case.period.end


@every_case
def test_positions_stay_inside_their_tables(told: Told) -> None:
    case, blocks = told
    tables = {
        "worker": case.workers,
        "product": case.products,
        "task_type": case.task_types,
        "grade": case.grades,
        "licence": case.licences,
    }
    for columns in blocks:
        for name, table in tables.items():
            column = getattr(columns, name)
            least = MISSING if name in {"grade", "licence"} else 0
            assert least <= column.min()
            assert column.max() < len(table)


@every_case
def test_time_units_quality_and_wage_are_sane(told: Told) -> None:
    _, blocks = told
    for columns in blocks:
        timed = columns.seconds != MISSING
        assert np.array_equal(timed, columns.time_basis != TIME_BASES.index("none"))
        assert (columns.seconds[timed] > 0).all()
        assert (columns.seconds < 1_000 * 3600).all()
        assert ((columns.units == MISSING) | (columns.units > 0)).all()
        assert ((columns.quality_ppm >= MISSING) & (columns.quality_ppm <= 1_000_000)).all()
        assert (columns.quality_ppm != 0).all()
        assert (columns.wage_micro >= 0).all()


@every_case
def test_source_ids_are_unique_and_work_ends_with_the_period(told: Told) -> None:
    case, blocks = told
    unique(str(source_id) for columns in blocks for source_id in columns.source_id)
    last_day = (case.period.end - EPOCH).days
    assert all(columns.occurred_day.max() <= last_day for columns in blocks)


@every_case
def test_licensed_labour_worked_on_the_licensed_product(told: Told) -> None:
    case, blocks = told
    for columns in blocks:
        licensed = columns.licence != MISSING
        for licence, product in zip(
            columns.licence[licensed], columns.product[licensed], strict=True
        ):
            assert case.licences[licence].product == case.products[product].key


@every_case
def test_scores_rest_on_contributions_to_the_valued_product(told: Told) -> None:
    case, _ = told
    product_of = {row.source_id: row.product for row in case.contributions}
    valued = {row.key: row.product for row in case.valuations}
    for score in case.scores:
        assert product_of[score.contribution] == valued[score.valuation]
        assert (Decimal(score.score) * 10**9) % 1 == 0


@every_case
def test_every_assumption_speaks_english_and_chinese(told: Told) -> None:
    case, _ = told
    for assumption in case.assumptions:
        assert assumption.text_en.isascii()
        assert not assumption.text_zh.isascii()
        assert assumption.source
    assert case.title_en != case.title_zh


@every_case
def test_every_case_has_sources_with_a_licence(told: Told) -> None:
    case, _ = told
    assert case.sources
    assert all(source.origin and source.licence for source in case.sources)
