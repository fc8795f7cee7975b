"""Labour flows forward, money flows back, and neither is lost on the way."""

from __future__ import annotations

import numpy as np
import pytest

from accounting.core.lineage import (
    LineageCycle,
    TransferExceedsOne,
    build_lineage,
    embody,
    trace_back,
)
from accounting.core.tables import Edges


def edges(*rows: tuple[int, int, int], machine: int = 1_000_000) -> Edges:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Edges(
        upstream=columns[:, 0],
        downstream=columns[:, 1],
        relation=["trained_on"] * len(rows),
        transfer_ppm=columns[:, 2],
        machine_ppm=np.full(len(rows), machine, dtype=np.int64),
    )


def test_a_circle_is_refused_and_names_its_products() -> None:
    with pytest.raises(LineageCycle) as caught:
        build_lineage(edges((0, 1, 1), (1, 2, 1), (2, 1, 1)), 4)
    assert caught.value.facts == {"products": [1, 2]}


def test_a_product_is_no_part_of_itself() -> None:
    with pytest.raises(LineageCycle):
        build_lineage(edges((0, 0, 1)), 1)


def test_more_than_all_labour_cannot_be_passed_on() -> None:
    with pytest.raises(TransferExceedsOne) as caught:
        build_lineage(edges((0, 1, 600_000), (0, 2, 500_000)), 3)
    assert caught.value.facts == {"product": 0, "transfer_ppm": 1_100_000}
    build_lineage(edges((0, 1, 600_000), (0, 2, 500_000), machine=900_000), 3)


def test_two_edges_between_the_same_products_pass_on_together() -> None:
    lineage = build_lineage(edges((0, 1, 250_001), (0, 1, 250_001)), 2)
    assert embody(lineage, [1_000_000, 0]).total == [1_000_000, 500_002]


def test_products_without_order_between_them_keep_theirs() -> None:
    assert build_lineage(edges((3, 0, 1)), 4).order == [1, 2, 3, 0]


def test_money_at_a_product_without_labour_is_stranded() -> None:
    lineage = build_lineage(edges((0, 1, 1)), 2)
    traced = trace_back(lineage, embody(lineage, [0, 0]), {1: 50})
    assert (traced.flows, traced.stranded) == ({}, {1: 50})


def test_refunds_travel_back_as_income_did() -> None:
    lineage = build_lineage(edges((0, 2, 500_000), (1, 2, 500_000)), 3)
    embodied = embody(lineage, [10, 20, 7])
    income = trace_back(lineage, embodied, {2: 1001}).flows
    refund = trace_back(lineage, embodied, {2: -1001}).flows
    assert {key: -amount for key, amount in refund.items()} == income
    assert sum(amount for (_, upstream), amount in income.items() if upstream < 0) == 1001
