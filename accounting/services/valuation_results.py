"""Writing what a valuation found out: scores, people's values, and figures about the whole."""

from __future__ import annotations

import hashlib
import math
from typing import Any, Final

import numpy as np
from django.db import transaction
from django.db.models.functions import Now

from accounting.core.errors import AccountingError
from accounting.models import Score, Valuation, WorkerValue
from accounting.services import valuation_lease as lease
from accounting.services.valuation_inputs import Prepared, pass_on, pass_on_others
from accounting.valuation.attribution import ContributionValues
from accounting.valuation.convergence import LEAST_RUNS, half_widths, run_agreement
from accounting.valuation.curves import RemovalCurves
from accounting.valuation.jobs.job import Findings
from accounting.valuation.points import FloatArray, IntArray
from accounting.valuation.sums import total_by
from accounting.valuation.utility import canonical_json
from contributions.identifiers import public_ids
from contributions.models import Contribution

PPM: Final = 1_000_000
PPB: Final = 1_000_000_000
CONFIDENCE: Final = 0.95
LARGEST_VALUE: Final = 9_000_000.0
"""Values above it do not fit parts per billion; they are divided by a power of ten."""
ROWS_AT_ONCE: Final = 5_000


class ValuesNotFinite(AccountingError):
    """A value is no number, so nothing can be shared by it."""

    code = "valuation_values_not_finite"


def write_results(*, valuation: Valuation, prepared: Prepared, findings: Findings) -> None:
    """Write a valuation's results, whole, if its settling is still ours.

    Raises:
        ValuesNotFinite: A value is no number.
    """
    passed = pass_on(prepared, findings)
    others = pass_on_others(prepared, findings)
    if not np.isfinite(passed.values).all():
        raise ValuesNotFinite("a value is no number")
    exponent = _exponent(passed.values)
    unit = PPB / 10.0**exponent
    scores = _scores(valuation, prepared, passed, others, unit)
    document = _document(findings, exponent=exponent)
    reliability, runs = _reliability(findings)
    with transaction.atomic():
        if not lease.hold_settling(valuation):
            return
        Score.objects.bulk_create(scores, batch_size=ROWS_AT_ONCE)
        WorkerValue.objects.bulk_create(
            _people(valuation, prepared, passed, others, unit), batch_size=ROWS_AT_ONCE
        )
        Valuation.objects.filter(pk=valuation.pk).update(
            state=Valuation.State.COMPUTED,
            findings=document,
            reliability_ppm=reliability,
            runs_count=runs,
            result_sha256=result_digest(scores, document),
            lease_token=None,
            leased_until=None,
            finished_at=Now(),
        )


def result_digest(scores: list[Score], findings: dict[str, Any]) -> str:
    """SHA-256 over every score, in order of contribution, and the findings."""
    ordered = sorted(scores, key=lambda score: score.contribution_id)
    numbers = np.array([score.contribution_id for score in ordered], dtype=np.int64)
    ids = public_ids(Contribution.id_prefix, numbers).tolist()
    rows = [
        [name, score.score_ppb, score.error_ppb, score.other_ppb]
        for name, score in zip(ids, ordered, strict=True)
    ]
    exact = {"scores": rows, "findings": _exact(findings)}
    return hashlib.sha256(canonical_json(exact)).hexdigest()


def interval_factor(samples: int) -> float | None:
    """Standard errors on each side of a value in its 95 % interval; None if there are too few."""
    width = float(half_widths(np.ones(1), samples=samples, confidence=CONFIDENCE)[0])
    return width if math.isfinite(width) else None


def _scores(
    valuation: Valuation,
    prepared: Prepared,
    passed: ContributionValues,
    others: FloatArray | None,
    unit: float,
) -> list[Score]:
    numbers = prepared.units.contributions.tolist()
    other = [None] * len(numbers) if others is None else _whole(others, unit)
    rows = zip(numbers, _ppb(passed.values, unit), _whole(passed.errors, unit), other, strict=True)
    return [
        Score(
            valuation=valuation,
            contribution_id=number,
            score_ppb=value,
            error_ppb=error,
            other_ppb=second,
        )
        for number, value, error, second in rows
    ]


def _people(
    valuation: Valuation,
    prepared: Prepared,
    passed: ContributionValues,
    others: FloatArray | None,
    unit: float,
) -> list[WorkerValue]:
    workers, places = np.unique(prepared.units.contribution_workers, return_inverse=True)
    count = len(workers)

    def added(values: FloatArray) -> FloatArray:
        return total_by(places, values, count)

    other = [None] * count if others is None else _whole(added(others), unit)
    rows = zip(
        workers.tolist(),
        _ppb(added(passed.values), unit),
        _whole(added(passed.errors), unit),
        other,
        _counts(places, count).tolist(),
        strict=True,
    )
    return [
        WorkerValue(
            valuation=valuation,
            worker_id=worker,
            value_ppb=value,
            error_ppb=error,
            other_ppb=second,
            contributions_count=contributions,
        )
        for worker, value, error, second, contributions in rows
    ]


def _counts(places: IntArray, count: int) -> IntArray:
    return np.bincount(places, minlength=count)


def _ppb(values: FloatArray, unit: float) -> list[int]:
    """Values, all of them numbers, in parts per billion."""
    return [round(value * unit) for value in values.tolist()]


def _whole(values: FloatArray, unit: float) -> list[int | None]:
    """Values in parts per billion; None where there is none."""
    return [round(value * unit) if math.isfinite(value) else None for value in values.tolist()]


def _exponent(values: FloatArray) -> int:
    largest = float(np.abs(values).max(initial=0.0))
    if largest <= LARGEST_VALUE:
        return 0
    return math.ceil(math.log10(largest / LARGEST_VALUE))


def _reliability(findings: Findings) -> tuple[int, int]:
    """Mean rank correlation between runs, in ppm, and how many runs; 0 of 0 if not known."""
    if len(findings.runs) < LEAST_RUNS:
        return 0, 0
    agreement = run_agreement(findings.runs)
    return math.floor(agreement.mean * PPM), agreement.runs


def _document(findings: Findings, *, exponent: int) -> dict[str, Any]:
    agreement: dict[str, Any] = {}
    if len(findings.runs) >= LEAST_RUNS:
        found = run_agreement(findings.runs)
        agreement = {"runs": found.runs, "mean": found.mean, "lowest": found.lowest}
    return {
        "players": len(findings.players),
        "samples": findings.samples,
        "interval": interval_factor(findings.samples),
        "scale_exponent": exponent,
        "whole": _known(findings.whole),
        "baseline": _known(findings.baseline),
        "agreement": agreement,
        "facts": {name: _known(value) for name, value in findings.facts.items()},
        "curves": _curves(findings.curves),
    }


def _curves(curves: RemovalCurves | None) -> dict[str, Any]:
    if curves is None:
        return {}
    return {
        "removed": curves.removed.tolist(),
        "lowest_first": curves.lowest_first.tolist(),
        "highest_first": curves.highest_first.tolist(),
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _exact(value: Any) -> Any:
    """The same with floats as their exact hexadecimal text."""
    if isinstance(value, dict):
        return {name: _exact(below) for name, below in value.items()}
    if isinstance(value, list):
        return [_exact(below) for below in value]
    return value.hex() if isinstance(value, float) else value
