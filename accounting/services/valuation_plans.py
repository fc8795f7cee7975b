"""What may be asked of a valuation: methods, their parameters, and the question as it is frozen."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounting.core.errors import AccountingError
from accounting.models import Valuation
from accounting.valuation.names import PAYS_POINTS, Method, ModelKind, TableMethod
from accounting.valuation.points import TestPoints
from accounting.valuation.sampling import Sampling, Scheme
from accounting.valuation.utility import (
    Agreement,
    Kind,
    Neighbourhood,
    canonical_json,
    freeze,
    hard,
    soft,
    within,
)

FORMAT: Final = "huisu-utility/1"
LARGEST_K: Final = 1_000
MOST_BLOCKS: Final = 500
MOST_TREES: Final = 5_000


class QuestionUnusable(AccountingError):
    """What is asked contradicts itself, or asks for the impossible; `pointer` names the field."""

    code = "valuation_question_unusable"

    def __init__(self, message: str, *, pointer: str = "", **facts: object) -> None:
        super().__init__(message, **facts)
        self.pointer = pointer


class Sampled(StrEnum):
    """Methods that retrain a model on samples of coalitions."""

    DATA_BANZHAF = "data_banzhaf"
    BETA_SHAPLEY = "beta_shapley"


class Grown(StrEnum):
    """Methods that need no validation set."""

    DATA_OOB = "data_oob"


class Tool(StrEnum):
    """Where imported scores come from."""

    PYDVL = "pydvl"
    OPENDATAVAL = "opendataval"
    DATTRI = "dattri"
    TRAK = "trak"
    BERGSON = "bergson"
    OTHER = "other"


METHOD_NAMES: Final[dict[str, Any]] = {
    Method.OWNER_SHAPLEY: _("Shapley value of owners, exact (nearest neighbours)"),
    Method.POINT_SHAPLEY: _("Shapley value of points, added up, exact (nearest neighbours)"),
    Method.OWNER_BANZHAF: _("Banzhaf value of owners, exact (nearest neighbours)"),
    Method.LEAVE_ONE_OUT: _("Leave one owner out, exact (nearest neighbours)"),
    Method.THRESHOLD_SHAPLEY: _("Shapley value of points within a radius, exact"),
    Sampled.DATA_BANZHAF: _("Data Banzhaf of owners, by retraining a model"),
    Sampled.BETA_SHAPLEY: _("Beta-Shapley of owners, by retraining a model"),
    Grown.DATA_OOB: _("Data-OOB: what trees say of points they never saw"),
    TableMethod.TABLE_SHAPLEY: _("Shapley value from a utility table, exact"),
    TableMethod.TABLE_BANZHAF: _("Banzhaf value from a utility table, exact"),
    TableMethod.LEAST_CORE: _("Least core of a utility table"),
    TableMethod.TABLE_LEAVE_ONE_OUT: _("Leave one out, from a utility table"),
    Tool.PYDVL: _("Scores of pyDVL"),
    Tool.OPENDATAVAL: _("Scores of OpenDataVal"),
    Tool.DATTRI: _("Scores of dattri"),
    Tool.TRAK: _("Scores of TRAK"),
    Tool.BERGSON: _("Scores of bergson"),
    Tool.OTHER: _("Scores of another tool"),
}

METHODS_OF: Final[dict[str, tuple[str, ...]]] = {
    Valuation.Source.POINTS: (*Method, *Sampled, *Grown),
    Valuation.Source.TABLE: tuple(TableMethod),
    Valuation.Source.SCORES: tuple(Tool),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Of all methods; each reads those that concern it.

    Attributes:
        kind: How neighbours are counted.
        k: How many neighbours.
        radius: How far a neighbour may be, for a threshold.
        agreement: Whether a neighbour is good by its label, or by the score it carries.
        baseline: v(∅); None for chance.
        embedding: What the features are, or what the metric is, in words.
        leave_out_copies: Whether later copies of a point are left out.
        model: What is retrained.
        alpha, beta, truncation: Of Beta-Shapley.
        block_size, most_blocks: Samples of a block, and blocks at most.
        half_width, correlation: When to stop sampling.
        trees: Trees of a block of Data-OOB.
        reference_column, score_column, error_column: Names in a file of scores.
    """

    kind: str = Kind.HARD.value
    k: int = 10
    radius: float = 0.0
    agreement: str = Agreement.LABEL.value
    baseline: float | None = None
    embedding: str = ""
    leave_out_copies: bool = False
    model: str = ModelKind.LOGISTIC_REGRESSION.value
    alpha: float = 1.0
    beta: float = 1.0
    truncation: float = 0.0
    block_size: int = 16
    most_blocks: int = 60
    half_width: float = 0.01
    correlation: float = 0.9
    trees: int = 50
    reference_column: str = ""
    score_column: str = ""
    error_column: str = ""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Parameters:
        """Read parameters; those left out keep their usual value.

        Raises:
            QuestionUnusable: A name is unknown or a value of the wrong kind.
        """
        usual = cls()
        given: dict[str, Any] = {}
        for name, value in document.items():
            if name not in _NAMES:
                raise QuestionUnusable(
                    str(_("There is no such parameter.")), pointer=f"/parameters/{name}"
                )
            given[name] = _typed(name, value, getattr(usual, name))
        return replace(usual, **given)

    def as_json(self) -> dict[str, Any]:
        """Every field as JSON holds it."""
        return asdict(self)

    def neighbourhood(self) -> Neighbourhood:
        """Who counts as a neighbour.

        Raises:
            UtilityUnusable: K or the radius does not fit.
        """
        match Kind(self.kind):
            case Kind.HARD:
                return hard(self.k)
            case Kind.SOFT:
                return soft(self.k)
            case Kind.THRESHOLD:
                return within(self.radius)

    def sampling(self, *, method: str, players: int, seed: int) -> Sampling:
        """What is drawn.

        Raises:
            SamplingUnusable: The parameters contradict each other.
        """
        banzhaf = method == Sampled.DATA_BANZHAF
        return Sampling(
            scheme=Scheme.BANZHAF if banzhaf else Scheme.BETA_SHAPLEY,
            players=players,
            seed=seed,
            block_size=self.block_size,
            alpha=1.0 if banzhaf else self.alpha,
            beta=1.0 if banzhaf else self.beta,
            truncation=0.0 if banzhaf else self.truncation,
        )


_NAMES: Final = {field.name for field in fields(Parameters)}


def needs_validation(*, source: str, method: str) -> bool:
    """Whether a validation set decides what is useful."""
    return source == Valuation.Source.POINTS and method not in set(Grown)


def level_of(method: str) -> Valuation.Level:
    """Whose game pays under a method."""
    points = method in PAYS_POINTS or method in set(Grown)
    return Valuation.Level.POINT if points else Valuation.Level.OWNER


def check_question(*, source: str, method: str, parameters: Parameters) -> None:
    """Refuse what cannot be asked.

    Raises:
        QuestionUnusable: The method does not go with the source or with its parameters.
    """
    if method not in METHODS_OF.get(source, ()):
        raise QuestionUnusable(
            str(_("This method does not go with the source.")), pointer="/method"
        )
    threshold = parameters.kind == Kind.THRESHOLD
    if source == Valuation.Source.POINTS and threshold != (method == Method.THRESHOLD_SHAPLEY):
        raise QuestionUnusable(
            str(_("A threshold goes with the method for it, and with no other.")),
            pointer="/parameters/kind",
        )
    for name, least, most in _BOUNDS:
        value = getattr(parameters, name)
        if not least <= value <= most:
            raise QuestionUnusable(
                str(_("This must lie between %(least)s and %(most)s."))
                % {"least": least, "most": most},
                pointer=f"/parameters/{name}",
            )
    if threshold and parameters.radius <= 0:
        raise QuestionUnusable(
            str(_("A threshold needs a radius above 0.")), pointer="/parameters/radius"
        )


def frozen_utility(valuation: Valuation, tests: TestPoints | None) -> dict[str, Any]:
    """The utility of a valuation, whole, as it is hashed.

    Args:
        valuation: What is asked.
        tests: Its validation set, if it needs one.

    Raises:
        UtilityUnusable: The parameters do not fit.
    """
    parameters = Parameters.from_json(valuation.parameters)
    return {
        "format": FORMAT,
        "product": valuation.product.public_id,
        "source": valuation.source,
        "method": valuation.method,
        "level": valuation.level,
        "seed": valuation.seed,
        "parameters": {
            name: value.hex() if isinstance(value, float) else value
            for name, value in parameters.as_json().items()
        },
        "provenance": valuation.provenance,
        "game": {} if tests is None else _game(valuation, parameters, tests),
    }


def utility_digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of a frozen utility, in hexadecimal."""
    return hashlib.sha256(canonical_json(document)).hexdigest()


def _game(valuation: Valuation, parameters: Parameters, tests: TestPoints) -> dict[str, Any]:
    if valuation.method in set(Sampled):
        from accounting.valuation.retraining import freeze_retraining

        described = freeze_retraining(
            tests=tests,
            model=ModelKind(parameters.model),
            seed=valuation.seed,
            embedding=parameters.embedding,
        )
        if parameters.baseline is not None:
            described = replace(described, baseline=parameters.baseline)
        return described.as_json()
    return freeze(
        tests=tests,
        embedding=parameters.embedding,
        neighbourhood=parameters.neighbourhood(),
        agreement=Agreement(parameters.agreement),
        baseline=parameters.baseline,
    ).as_json()


_BOUNDS: Final = (
    ("k", 1, LARGEST_K),
    ("block_size", 1, 1_000),
    ("most_blocks", 3, MOST_BLOCKS),
    ("trees", 1, MOST_TREES),
    ("correlation", -1.0, 1.0),
    ("half_width", 0.0, 1e6),
    ("alpha", 1e-6, 1e6),
    ("beta", 1e-6, 1e6),
    ("truncation", 0.0, 1e6),
    ("radius", 0.0, 1e150),
)
_CHOICES: Final = {
    "kind": {kind.value for kind in Kind},
    "agreement": {agreement.value for agreement in Agreement},
    "model": {model.value for model in ModelKind},
}


def _typed(name: str, value: Any, usual: Any) -> Any:
    if name == "baseline" and value is None:
        return None
    if isinstance(usual, bool):
        fits = isinstance(value, bool)
    elif isinstance(usual, int):
        fits = isinstance(value, int) and not isinstance(value, bool)
    elif isinstance(usual, str):
        fits = isinstance(value, str) and len(value) <= 500
        fits = fits and (name not in _CHOICES or value in _CHOICES[name])
    else:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        fits = fits and math.isfinite(value)
        value = float(value) if fits else value
    if not fits:
        raise QuestionUnusable(
            str(_("This is not a possible value.")), pointer=f"/parameters/{name}"
        )
    return value
