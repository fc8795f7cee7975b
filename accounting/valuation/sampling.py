"""What a sampled valuation draws, and the sums one block of samples leaves behind."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from accounting.valuation.errors import ValuationError
from accounting.valuation.points import FloatArray


class SamplingUnusable(ValuationError):
    """The parameters of a sampling contradict each other or ask for the impossible."""

    code = "valuation_sampling_unusable"


class Scheme(StrEnum):
    """How coalitions are drawn."""

    BANZHAF = "banzhaf"
    BETA_SHAPLEY = "beta_shapley"


@dataclass(frozen=True, slots=True)
class Sampling:
    """Everything that decides a sampled valuation besides the utility.

    Attributes:
        scheme: How coalitions are drawn.
        players: M.
        seed: Decides every draw.
        block_size: Coalitions, or orders, per block.
        alpha, beta: Of Beta-Shapley; 1 and 1 for Shapley and Banzhaf.
        truncation: How near v(all) a utility must be for an order to be cut short.
        stages: (M,) the stage of each owner, or empty; lower stages join first.
    """

    scheme: Scheme
    players: int
    seed: int
    block_size: int = 16
    alpha: float = 1.0
    beta: float = 1.0
    truncation: float = 0.0
    stages: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse contradictions.

        Raises:
            SamplingUnusable: A number is out of range, or does not go with the scheme.
        """
        plain = self.alpha == self.beta == 1.0
        if min(self.players, self.block_size) < 1 or self.seed < 0 or self.truncation < 0.0:
            raise SamplingUnusable("players, blocks, seed and truncation must not be negative")
        if not (0.0 < self.alpha < math.inf and 0.0 < self.beta < math.inf):
            raise SamplingUnusable("alpha and beta must be above 0")
        if self.scheme is Scheme.BANZHAF and not (
            plain and not self.stages and not self.truncation
        ):
            raise SamplingUnusable("Banzhaf values know no weights, stages or truncation")
        if self.stages and not (plain and len(self.stages) == self.players):
            raise SamplingUnusable("stages go with Shapley values, one for each owner")

    def as_json(self) -> dict[str, Any]:
        """Every field as JSON can hold it."""
        return {**asdict(self), "scheme": self.scheme.value, "stages": list(self.stages)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Sampling:
        """Read back what `as_json` wrote.

        Raises:
            SamplingUnusable: A field is absent, unknown or out of range.
        """
        try:
            fields = dict(document, scheme=Scheme(document["scheme"]))
            return cls(**dict(fields, stages=tuple(fields["stages"])))
        except (KeyError, TypeError, ValueError) as error:
            raise SamplingUnusable(f"the sampling cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class SampleSums:
    """What one block of samples adds to a valuation.

    Attributes:
        index: Which block.
        joined: (3, M) count, sum and sum of squares of the gains of each owner, or for Banzhaf
            of the utilities of coalitions with it.
        absent: (3, M) the same of coalitions without it; zero but for Banzhaf.
        cut: Gains that were taken for nothing by truncation.
    """

    index: int
    joined: FloatArray
    absent: FloatArray
    cut: int

    def as_json(self) -> dict[str, Any]:
        """The sums as JSON holds them, to the last bit."""
        return {
            "index": self.index,
            "joined": self.joined.tolist(),
            "absent": self.absent.tolist(),
            "cut": self.cut,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> SampleSums:
        """Read back what `as_json` wrote."""
        joined, absent = np.array(document["joined"]), np.array(document["absent"])
        return cls(int(document["index"]), joined, absent, int(document["cut"]))
