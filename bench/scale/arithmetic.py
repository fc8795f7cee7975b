"""One fund shared over contributions, product by product, in three ways that agree to the unit."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from django.db import connection

from accounting.core.grouping import group_rows, sums_by
from accounting.core.sharing import share, share_groups, share_whole
from accounting.core.tables import Int
from accounting.services.binary_copy import read_bigints, write_columns

FUND_MICRO = 10**15

# Largest remainders twice: the fund over products, each product's part over its rows.
_IN_SQL = """
WITH of_product AS (
    SELECT product, sum(weight) AS weight FROM shared_work GROUP BY product
), parts AS (
    SELECT product, weight, div({fund} * weight, sum(weight) OVER ()) AS part,
        mod({fund} * weight, sum(weight) OVER ()) AS remainder
    FROM of_product
), funded AS (
    SELECT product, weight, part + CASE
        WHEN row_number() OVER (ORDER BY remainder DESC, product)
            <= {fund} - sum(part) OVER () THEN 1 ELSE 0 END AS part
    FROM parts
), rows AS (
    SELECT w.place, w.product, f.part AS fund, div(f.part * w.weight, f.weight) AS part,
        mod(f.part * w.weight, f.weight) AS remainder
    FROM shared_work w JOIN funded f USING (product)
)
SELECT place, (part + CASE
    WHEN row_number() OVER (PARTITION BY product ORDER BY remainder DESC, place)
        <= fund - sum(part) OVER (PARTITION BY product) THEN 1 ELSE 0 END)::bigint
FROM rows ORDER BY place
"""


def compiled(product: Int, weight: Int) -> Int:
    """Share as the engine does."""
    groups = group_rows(product)
    totals = sums_by(product, weight, int(product.max()) + 1)
    funds = share(FUND_MICRO, totals)
    amounts = np.empty(len(weight), dtype=np.int64)
    amounts[groups.order] = share_groups(funds[groups.label], weight[groups.order], groups.starts)
    return amounts


def plain_python(product: list[int], weight: list[int]) -> list[int]:
    """Share row by row, in integers of any size."""
    rows: defaultdict[int, list[int]] = defaultdict(list)
    for at, number in enumerate(product):
        rows[number].append(at)
    products = sorted(rows)
    totals = [sum(weight[at] for at in rows[number]) for number in products]
    amounts = [0] * len(weight)
    for number, fund in zip(products, share_whole(FUND_MICRO, totals), strict=True):
        parts = share_whole(fund, [weight[at] for at in rows[number]])
        for at, part in zip(rows[number], parts, strict=True):
            amounts[at] = part
    return amounts


def stage_for_sql(product: Int, weight: Int) -> None:
    """Put the rows where SQL finds them; they go with the session."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS shared_work")
        cursor.execute(
            "CREATE TEMPORARY TABLE shared_work (place bigint, product bigint, weight numeric)"
        )
        cursor.execute(
            "CREATE TEMPORARY TABLE staged_work (place bigint, product bigint, weight bigint)"
        )
        places = np.arange(len(product), dtype=np.int64)
        columns = {"place": places, "product": product, "weight": weight}
        write_columns("staged_work", columns, len(product))
        cursor.execute("INSERT INTO shared_work SELECT * FROM staged_work")
        cursor.execute("DROP TABLE staged_work")
        cursor.execute("ANALYZE shared_work")


def in_sql() -> Int:
    """Share by window functions, as one query."""
    query = _IN_SQL.replace("{fund}", f"{FUND_MICRO}::numeric")
    amounts: Int = read_bigints(query, {}, columns=2)[1]
    return amounts
