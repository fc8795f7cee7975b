"""From the frames of a bundle's input files back to the inputs of a run.

Every reference by id must find its row; every word must be one the tables know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accounting.core.bundle.columns import INPUT_TABLES, POLICY, table_of
from accounting.core.bundle.files import BundleUnreadable, read_frame
from accounting.core.bundle.frames import Frame, Words
from accounting.core.bundle.input_frames import NANO_DIGITS
from accounting.core.bundle.manifest import Manifest, read_date, read_document
from accounting.core.declared import FigureUnreadable, read_decimal
from accounting.core.tables import (
    EVIDENCE_GRADES,
    LABOUR_TYPES,
    MISSING,
    OUTCOMES,
    PHASES,
    TIME_BASES,
    Benchmarks,
    Contributions,
    Costs,
    Edges,
    Facts,
    IndexInputs,
    Inputs,
    Int,
    Licences,
    Products,
    Revenue,
    Scores,
    TaskTypes,
    Usage,
    Valuations,
)

EPOCH = date(1970, 1, 1)


def read_inputs(directory: Path, manifest: Manifest) -> Inputs:
    """Read the inputs of a run from an unpacked bundle.

    Raises:
        BundleUnreadable: A file is missing or damaged, or refers to what is not there.
    """
    names = {table_of(name): name for name in manifest.files}
    files: dict[str, _File] = {}
    for table in INPUT_TABLES:
        if table not in names:
            raise BundleUnreadable(f"The bundle has no {table}.", file=table)
        name = names[table]
        files[table] = _File(name, read_frame(directory / name, table))
    return _inputs(files, manifest, read_document(directory / POLICY))


class _File:
    """The frame of one file, read column by column with the file's name at hand."""

    def __init__(self, name: str, frame: Frame) -> None:
        self._name = name
        self._frame = frame

    def integers(self, column: str) -> Int:
        values = self._frame[column]
        if isinstance(values, Words):
            raise TypeError(column)
        return values

    def words(self, column: str) -> Words:
        values = self._frame[column]
        if not isinstance(values, Words):
            raise TypeError(column)
        return values

    def texts(self, column: str) -> list[str]:
        values = self.words(column)
        return [str(values.words[code]) for code in values.codes.tolist()]

    def positions(
        self, column: str, known: Sequence[str] | Mapping[str, int], *, optional: bool = False
    ) -> Int:
        """Find each row's word among those known; where optional, empty text is none of them."""
        if not isinstance(known, Mapping):
            known = {word: position for position, word in enumerate(known)}
        values = self.words(column)
        found: list[int] = []
        for word in values.listed():
            position = MISSING if optional and not word else known.get(word)
            if position is None:
                raise self.refusal(column, f"nothing is called {word[:40]!r}")
            found.append(position)
        return np.array(found, dtype=np.int64)[values.codes]

    def days(self, column: str) -> Int:
        values = self.words(column)
        days = [(read_date(self._name, word) - EPOCH).days for word in values.listed()]
        return np.array(days, dtype=np.int64)[values.codes]

    def parts(self, column: str, digits: int) -> Int:
        """Read decimals as whole numbers of 10^-digits."""
        parts: list[int] = []
        for text in self.texts(column):
            try:
                number = read_decimal(text) * 10**digits
            except FigureUnreadable as error:
                raise self.refusal(column, f"no decimal: {text[:40]!r}") from error
            if number.denominator != 1 or abs(number) >= 2**63:
                raise self.refusal(column, f"too many digits: {text[:40]!r}")
            parts.append(number.numerator)
        return np.array(parts, dtype=np.int64)

    def refusal(self, column: str, what: str) -> BundleUnreadable:
        return BundleUnreadable(f"{self._name}, {column}: {what}.", file=self._name, column=column)


def _inputs(files: dict[str, _File], manifest: Manifest, policy: Any) -> Inputs:
    products = _products(files["products"])
    types = _task_types(files["task_types"])
    workers = files["workers"].texts("worker_id")
    bundles = files["bundles"].texts("bundle_id")
    grades = files["grades"].texts("grade")
    licences = _licences(files["licences"], products.id)
    work = _contributions(
        files["contributions"],
        types,
        {
            "worker_id": workers,
            "product_id": products.id,
            "task_type": types.code,
            "phase": PHASES,
            "time_basis": TIME_BASES,
            "outcome": OUTCOMES,
            "evidence_grade": EVIDENCE_GRADES,
            "grade": grades,
            "licence_id": licences.id,
        },
    )
    valuations = _valuations(files["valuations"], products.id)
    return Inputs(
        period=manifest.period(),
        operator=manifest.operator,
        policy_document=policy,
        products=products,
        edges=_edges(files["edges"], products.id),
        task_types=types,
        workers=workers,
        grades=grades,
        bundles=bundles,
        contributions=work,
        revenue=_revenue(files["revenue"], products.id, bundles),
        usage=_usage(files["usage"], products.id, bundles),
        costs=_costs(files["costs"], products.id),
        licences=licences,
        benchmarks=_benchmarks(files["benchmarks"], workers),
        scores=_scores(files["scores"], files["contributions"], valuations.id),
        valuations=valuations,
        index_inputs=_index_inputs(files["index_inputs"], products.id),
        facts=_facts(files["facts"], products.id),
    )


def _products(file: _File) -> Products:
    return Products(
        id=file.texts("product_id"),
        kind=file.texts("kind"),
        name=file.texts("name"),
        version=file.texts("version"),
        operator=file.texts("operator"),
        released_on=file.texts("released_on"),
        public=file.positions("public", ("false", "true")).astype(np.bool_),
    )


def _edges(file: _File, products: list[str]) -> Edges:
    return Edges(
        upstream=file.positions("upstream_id", products),
        downstream=file.positions("downstream_id", products),
        relation=file.texts("relation"),
        transfer_ppm=file.integers("transfer_ppm"),
        machine_ppm=file.integers("machine_ppm"),
    )


def _task_types(file: _File) -> TaskTypes:
    codes = file.texts("task_type")
    return TaskTypes(
        code=codes,
        labour_type=file.positions("labour_type", LABOUR_TYPES),
        unit=file.texts("unit"),
        parent=file.positions("parent", codes, optional=True),
    )


def _contributions(file: _File, types: TaskTypes, known: dict[str, Sequence[str]]) -> Contributions:
    task_type = file.positions("task_type", known["task_type"])
    labour_type = file.positions("labour_type", LABOUR_TYPES)
    if not np.array_equal(labour_type, types.labour_type[task_type]):
        raise file.refusal("labour_type", "not the labour type of the task type")
    ids = file.words("contribution_id")
    if len(ids.words) < len(ids):
        raise file.refusal("contribution_id", "an id occurs twice")
    names: NDArray[np.str_] = np.array(ids.words, dtype=np.str_)
    return Contributions(
        id=names[ids.codes],
        worker=file.positions("worker_id", known["worker_id"]),
        product=file.positions("product_id", known["product_id"]),
        task_type=task_type,
        phase=file.positions("phase", known["phase"]),
        occurred_day=file.days("occurred_on"),
        seconds=file.integers("seconds"),
        time_basis=file.positions("time_basis", known["time_basis"]),
        units=file.integers("units"),
        quality_ppm=file.integers("quality_ppm"),
        outcome=file.positions("outcome", known["outcome"]),
        grade=file.positions("grade", known["grade"], optional=True),
        wage_micro=file.integers("wage_micro"),
        evidence=file.positions("evidence_grade", known["evidence_grade"]),
        licence=file.positions("licence_id", known["licence_id"], optional=True),
        frozen_ppm=file.integers("frozen_ppm"),
    )


def _revenue(file: _File, products: list[str], bundles: list[str]) -> Revenue:
    return Revenue(
        id=file.texts("revenue_id"),
        product=file.positions("product_id", products, optional=True),
        bundle=file.positions("bundle_id", bundles, optional=True),
        channel=file.texts("channel"),
        amount_micro=file.integers("amount_micro"),
    )


def _usage(file: _File, products: list[str], bundles: list[str]) -> Usage:
    return Usage(
        bundle=file.positions("bundle_id", bundles),
        product=file.positions("product_id", products),
        unit=file.texts("unit"),
        quantity=file.integers("quantity"),
    )


def _costs(file: _File, products: list[str]) -> Costs:
    return Costs(
        id=file.texts("cost_id"),
        product=file.positions("product_id", products, optional=True),
        kind=file.texts("kind"),
        amount_micro=file.integers("amount_micro"),
        gpu_milli_hours=file.integers("gpu_milli_hours"),
    )


def _licences(file: _File, products: list[str]) -> Licences:
    return Licences(
        id=file.texts("licence_id"),
        product=file.positions("product_id", products),
        licensee=file.texts("licensee"),
        fee_micro=file.integers("fee_micro"),
        price_micro=file.integers("price_micro"),
        units=file.integers("units"),
        percentage_ppm=file.integers("percentage_ppm"),
        base_micro=file.integers("base_micro"),
    )


def _benchmarks(file: _File, workers: list[str]) -> Benchmarks:
    return Benchmarks(
        worker=file.positions("worker_id", workers),
        living_wage_micro_per_hour=file.integers("living_wage_micro_per_hour"),
        received_micro=file.integers("received_micro"),
        carried_in_micro=file.integers("carried_in_micro"),
    )


def _scores(file: _File, contributions: _File, valuations: list[str]) -> Scores:
    # Every contribution has one id of its own, so the words stand in the order of rows. There
    # may be ten million: they are looked at only if anything is scored.
    scored = len(file.words("contribution_id")) > 0
    known = contributions.words("contribution_id").listed() if scored else []
    return Scores(
        contribution=file.positions("contribution_id", known),
        score_ppb=file.parts("score", NANO_DIGITS),
        valuation=file.positions("valuation_id", valuations),
    )


def _valuations(file: _File, products: list[str]) -> Valuations:
    return Valuations(
        id=file.texts("valuation_id"),
        product=file.positions("product_id", products),
        method=file.texts("method"),
        reliability_ppm=file.integers("reliability_ppm"),
    )


def _index_inputs(file: _File, products: list[str]) -> IndexInputs:
    return IndexInputs(
        product=file.positions("product_id", products),
        gpu_milli_hours=file.integers("gpu_milli_hours"),
        governance_seconds=file.integers("governance_seconds"),
        training_flop=file.texts("training_flop"),
    )


def _facts(file: _File, products: list[str]) -> Facts:
    return Facts(
        name=file.texts("name"),
        product=file.positions("product_id", products, optional=True),
        item=file.texts("item"),
        value=file.texts("value"),
        weight=file.texts("weight"),
    )
