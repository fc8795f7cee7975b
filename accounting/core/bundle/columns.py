"""The files of a run bundle and their columns.

The columns that records.md names come first and in its order; what else a run needs stands
after them. `?` marks integers that may be unknown (empty), `#` integers, the rest is text.

Source: records.md, "Run bundle".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of a file; optional integers are empty where unknown and never negative."""

    name: str
    integer: bool = False
    optional: bool = False


def _columns(line: str) -> tuple[FileColumn, ...]:
    return tuple(
        FileColumn(word.rstrip("#?"), integer=word[-1] in "#?", optional=word.endswith("?"))
        for word in line.split()
    )


INPUT_TABLES: dict[str, tuple[FileColumn, ...]] = {
    "products": _columns("product_id kind name version operator released_on public"),
    "edges": _columns("upstream_id downstream_id relation transfer_ppm# machine_ppm#"),
    "contributions": _columns(
        "contribution_id worker_id product_id labour_type task_type phase occurred_on seconds?"
        " time_basis units? quality_ppm? outcome grade wage_micro# evidence_grade licence_id"
        " frozen_ppm#"
    ),
    "revenue": _columns("revenue_id product_id bundle_id channel amount_micro#"),
    "usage": _columns("bundle_id product_id unit quantity#"),
    "costs": _columns("cost_id product_id kind amount_micro# gpu_milli_hours?"),
    "licences": _columns(
        "licence_id product_id licensee fee_micro# price_micro# units# percentage_ppm# base_micro#"
    ),
    "benchmarks": _columns(
        "worker_id living_wage_micro_per_hour# received_micro# carried_in_micro#"
    ),
    "scores": _columns("contribution_id score valuation_id"),
    "task_types": _columns("task_type labour_type unit parent"),
    "valuations": _columns("valuation_id product_id method reliability_ppm#"),
    "index_inputs": _columns("product_id gpu_milli_hours? governance_seconds? training_flop"),
    "facts": _columns("name product_id item value weight"),
    "workers": _columns("worker_id"),
    "grades": _columns("grade"),
    "bundles": _columns("bundle_id"),
}

DERIVED_TABLES: dict[str, tuple[FileColumn, ...]] = {
    "norms": _columns(
        "task_type method seconds# effective_units producers# scope norm_nanoseconds shrunk_toward"
        " rescale_ppb"
    ),
    "labour": _columns("contribution_id credited_uh# complexity_ppm# decay_ppm# content_uh# basis"),
    "pools": _columns("pool_id kind flow funded_micro# scaled_from_micro#"),
    "weights": _columns("pool_id contribution_id weight#"),
    "flows": _columns("pool_id product_id upstream_id amount_micro#"),
    "lines": _columns("pool_id contribution_id amount_micro#"),
    "statements": _columns(
        "worker_id amount_micro# carried_in_micro# paid_minor# carried_out_micro#"
    ),
    "escrow": _columns("pool_id product_id amount_micro# reason"),
}

TABLES = INPUT_TABLES | DERIVED_TABLES
POLICY = "policy.json"
INDICATORS = "indicators.json"
MANIFEST = "manifest.json"
SUFFIXES = (".csv", ".parquet")


def table_of(file_name: str) -> str | None:
    """Return the table a file holds, or nothing if no table is written under that name.

    >>> table_of("lines.parquet"), table_of("lines.txt")
    ('lines', None)
    """
    for suffix in SUFFIXES:
        table = file_name.removesuffix(suffix)
        if table != file_name and table in TABLES:
            return table
    return None


def is_derived(file_name: str) -> bool:
    """Tell whether a file holds what a run computed."""
    return file_name == INDICATORS or table_of(file_name) in DERIVED_TABLES
