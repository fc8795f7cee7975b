"""From the files of a valuation to the job that workers share, and back to contributions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import Valuation
from accounting.services import valuation_files as files
from accounting.services.valuation_plans import (
    Grown,
    Parameters,
    Sampled,
    needs_validation,
)
from accounting.services.valuation_players import Units
from accounting.valuation.attribution import ContributionValues, Crews, Makers, attribute, crews_of
from accounting.valuation.convergence import Precision
from accounting.valuation.duplicates import find_copies
from accounting.valuation.files.points import PointFile
from accounting.valuation.files.reading import Content
from accounting.valuation.jobs.grown import GrownJob
from accounting.valuation.jobs.job import Findings, Job
from accounting.valuation.jobs.nearest import NearestJob
from accounting.valuation.jobs.sampled import SampledJob
from accounting.valuation.jobs.scored import ScoredJob
from accounting.valuation.jobs.tabled import TabledJob
from accounting.valuation.names import Method, ModelKind, TableMethod
from accounting.valuation.points import FloatArray, TestPoints, TrainingPoints
from accounting.valuation.retraining import RetrainedUtility, RetrainingUtility
from accounting.valuation.utility import Agreement, Utility

MOST_CLASSES: Final = 10_000
UNITS: Final = "units"


class TooManyClasses(AccountingError):
    """The labels are too many different ones to be classes."""

    code = "valuation_too_many_classes"


class LabelNotNumber(AccountingError):
    """A score, which must be a number, is not."""

    code = "valuation_label_not_number"


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A valuation ready to be worked on.

    Attributes:
        job: What workers share.
        units: Whom values belong to in the end.
        players: For each player, or crew, the units it is made of.
        rows: For each point, the units that made it; None unless points are paid.
        members: Workers of each player.
    """

    job: Job
    units: Units
    players: Makers
    rows: Makers | None
    members: list[tuple[int, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """The points of a valuation with whoever made them."""

    training: TrainingPoints
    crews: Crews
    rows: Makers


def read_tests(valuation: Valuation, *, sha256: str) -> tuple[TestPoints, list[str]]:
    """Read the validation set, and the classes that its labels make.

    Raises:
        TooManyClasses: There are more classes than any real task has.
        LabelNotNumber: Scores are asked for, and a label is no number.
    """
    stored = PointFile.from_arrays(files.load(valuation, Content.VALIDATION, sha256=sha256))
    parameters = Parameters.from_json(valuation.parameters)
    if parameters.agreement == Agreement.SCORE and valuation.method not in set(Sampled):
        return TestPoints.of(features=stored.features, targets=_numbers(stored.labels)), []
    classes = _in_order(set(stored.labels.tolist()))
    if len(classes) > MOST_CLASSES:
        raise TooManyClasses(_("The labels are too many different ones to be classes."))
    targets = _codes(stored.labels, classes)
    return TestPoints.of(features=stored.features, targets=targets), classes


def read_data(valuation: Valuation, units: Units, *, with_copies: bool) -> Data:
    """Read the points, with one player for all points that the same people made.

    Args:
        valuation: Whose points.
        units: Whom its names stand for.
        with_copies: Whether points stay that are copies of earlier ones.

    Raises:
        ValuationFilesChanged: The files are not what was uploaded.
        LabelNotNumber: Scores are asked for, and a label is no number.
    """
    known = valuation.inputs["data"]["arrays_sha256"]
    stored = PointFile.from_arrays(files.load(valuation, Content.POINTS, sha256=known))
    rows = _rows(stored, units)
    crews = crews_of(makers=rows, workers=units.workers)
    training = TrainingPoints.of(
        features=stored.features,
        targets=_targets(valuation, stored),
        owners=crews.owners,
        owner_count=len(crews.members),
    )
    data = Data(training, crews, rows)
    return data if with_copies else _without_copies(data, units)


def prepare(valuation: Valuation) -> Prepared:
    """Read everything a worker needs to value blocks of a valuation.

    Raises:
        ValuationFilesChanged: The files are not what was uploaded.
        ValuationError: They do not fit the question.
    """
    known = valuation.inputs["units_sha256"]
    units = Units.from_arrays(files.load(valuation, UNITS, sha256=known))
    match valuation.source:
        case Valuation.Source.TABLE:
            return _prepared_table(valuation, units)
        case Valuation.Source.SCORES:
            return _prepared_scores(valuation, units)
        case _:
            leave_out = Parameters.from_json(valuation.parameters).leave_out_copies
            data = read_data(valuation, units, with_copies=not leave_out)
            pays_points = valuation.level == Valuation.Level.POINT
            return Prepared(
                job=_points_job(valuation, data.training),
                units=units,
                players=data.crews.makers,
                rows=data.rows if pays_points else None,
                members=data.crews.members,
            )


def pass_on(prepared: Prepared, findings: Findings) -> ContributionValues:
    """Pass values on to contributions: from points or players to units, and on from there."""
    if prepared.rows is not None and findings.points.size:
        values, errors, makers = findings.points, findings.point_errors, prepared.rows
    else:
        values, errors, makers = findings.players, findings.player_errors, prepared.players
    return _to_contributions(prepared.units, values, errors, makers)


def pass_on_others(prepared: Prepared, findings: Findings) -> FloatArray | None:
    """Pass the values at the other level on; None if there are none."""
    if not findings.others.size:
        return None
    nothing = np.zeros(len(findings.others))
    found = _to_contributions(prepared.units, findings.others, nothing, prepared.players)
    return found.values


def _to_contributions(
    units: Units, values: FloatArray, errors: FloatArray, makers: Makers
) -> ContributionValues:
    of_units = attribute(values=values, errors=errors, makers=makers)
    return attribute(values=of_units.values, errors=of_units.errors, makers=units.makers)


def _points_job(valuation: Valuation, training: TrainingPoints) -> Job:
    parameters = Parameters.from_json(valuation.parameters)
    if valuation.method in set(Grown):
        return GrownJob(training, valuation.seed, parameters.most_blocks, parameters.trees)
    known = valuation.inputs["validation"]["arrays_sha256"]
    tests, _classes = read_tests(valuation, sha256=known)
    game = valuation.utility["game"]
    if valuation.method in set(Sampled):
        return _sampled_job(valuation, parameters, training, tests, game)
    return NearestJob.of(
        method=Method(valuation.method),
        training=training,
        tests=tests,
        utility=Utility.from_json(game),
    )


def _sampled_job(
    valuation: Valuation,
    parameters: Parameters,
    training: TrainingPoints,
    tests: TestPoints,
    game: dict[str, Any],
) -> SampledJob:
    utility = RetrainingUtility(
        model=ModelKind(game["model"]),
        seed=int(game["seed"]),
        baseline=float.fromhex(game["baseline"]),
        embedding=str(game["embedding"]),
        validation_digest=str(game["validation_digest"]),
    )
    return SampledJob(
        measure=RetrainedUtility(training=training, tests=tests, utility=utility),
        sampling=parameters.sampling(
            method=valuation.method, players=training.owner_count, seed=valuation.seed
        ),
        precision=Precision(half_width=parameters.half_width, correlation=parameters.correlation),
        most_blocks=parameters.most_blocks,
        baseline=utility.baseline,
    )


def _prepared_table(valuation: Valuation, units: Units) -> Prepared:
    table = _document(valuation, Content.COALITIONS)
    job = TabledJob(
        method=TableMethod(valuation.method),
        players=len(table["names"]),
        coalitions=table["coalitions"],
        metrics=table["metrics"],
        repetitions=table["repetitions"],
    )
    return _prepared_names(job, units)


def _prepared_scores(valuation: Valuation, units: Units) -> Prepared:
    table = _document(valuation, Content.SCORES)
    errors = [np.nan if error is None else error for error in table["errors"]]
    return _prepared_names(ScoredJob(np.array(table["runs"]), np.array(errors)), units)


def _prepared_names(job: Job, units: Units) -> Prepared:
    """Every name in the file is a player, and a unit."""
    count = len(units.of_name)
    players = Makers(
        np.arange(count + 1, dtype=np.int64),
        units.of_name,
        np.ones(count, dtype=np.int64),
        len(units.workers),
    )
    members: list[tuple[int, ...]] = [(worker,) for worker in units.workers[units.of_name].tolist()]
    return Prepared(job=job, units=units, players=players, rows=None, members=members)


def _document(valuation: Valuation, content: Content) -> dict[str, Any]:
    known = valuation.inputs["data"]["arrays_sha256"]
    arrays = files.load(valuation, content, sha256=known)
    document: dict[str, Any] = json.loads(arrays["document"].tobytes())
    return document


def _rows(stored: PointFile, units: Units) -> Makers:
    """Which units made each row; two names of one unit count once."""
    flat = units.of_name[stored.references]
    row = np.repeat(np.arange(len(stored.features)), np.diff(stored.starts))
    distinct = np.unique(np.stack([row, flat]), axis=1)
    counts = np.bincount(distinct[0], minlength=len(stored.features))
    return Makers(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        distinct[1].astype(np.int64),
        units.content_uh[distinct[1]],
        len(units.workers),
    )


def _without_copies(data: Data, units: Units) -> Data:
    originals = find_copies(data.training).originals
    kept = np.flatnonzero(originals == np.arange(len(originals)))
    counts = np.diff(data.rows.starts)
    entries = np.isin(np.repeat(np.arange(len(counts)), counts), kept)
    rows = Makers(
        np.concatenate([[0], np.cumsum(counts[kept])]).astype(np.int64),
        data.rows.contributions[entries],
        data.rows.content_uh[entries],
        data.rows.contribution_count,
    )
    crews = crews_of(makers=rows, workers=units.workers)
    training = TrainingPoints.of(
        features=data.training.features[kept],
        targets=data.training.targets[kept],
        owners=crews.owners,
        owner_count=len(crews.members),
    )
    return Data(training, crews, rows)


def _targets(valuation: Valuation, stored: PointFile) -> FloatArray:
    parameters = Parameters.from_json(valuation.parameters)
    asks_labels = valuation.method in {*Sampled, *Grown}
    if parameters.agreement == Agreement.SCORE and not asks_labels:
        return _numbers(stored.labels)
    known = (
        valuation.inputs["classes"]
        if needs_validation(source=valuation.source, method=valuation.method)
        else []
    )
    others = _in_order(set(stored.labels.tolist()) - set(known))
    if len(known) + len(others) > MOST_CLASSES:
        raise TooManyClasses(_("The labels are too many different ones to be classes."))
    return _codes(stored.labels, [*known, *others])


def _codes(labels: npt.NDArray[np.str_], classes: list[str]) -> FloatArray:
    distinct, inverse = np.unique(labels, return_inverse=True)
    place = {name: position for position, name in enumerate(classes)}
    codes = np.array([place[str(name)] for name in distinct.tolist()], dtype=np.float64)
    return codes[inverse]


def _in_order(labels: set[str]) -> list[str]:
    """Numbers by size, then words by their letters."""
    numbers = [label for label in labels if label.lstrip("-").isdecimal() and label.isascii()]
    return [*sorted(numbers, key=lambda text: (int(text), text)), *sorted(labels - set(numbers))]


def _numbers(labels: npt.NDArray[np.str_]) -> FloatArray:
    try:
        return labels.astype(np.float64)
    except ValueError as error:
        raise LabelNotNumber(_("Scores are asked for, and a label is no number.")) from error
