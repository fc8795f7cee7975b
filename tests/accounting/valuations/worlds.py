"""Small worlds with data to be valued: people, their recorded work, and points in files."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from accounting.models import Valuation
from accounting.services import valuation_computing, valuations
from accounting.services.valuation_plans import Parameters
from contributions.models import Contribution, Organisation, Product, User
from tests import factories

PEOPLE = 4
ROWS = 96
TESTS = 48


@dataclass(frozen=True, slots=True)
class World:
    """A product, one contribution of each of its people, and who keeps it."""

    product: Product
    contributions: list[Contribution]
    keeper: User


def world(people: int = PEOPLE, *, operator: Organisation | None = None) -> World:
    """A data set that a few people labelled."""
    operator = operator or factories.organisation()
    product = factories.product(operator)
    made = [
        factories.contribution(factories.worker(), product, seconds=3600 * (place + 1))
        for place in range(people)
    ]
    return World(product, made, factories.user(operator, role="admin"))


def points(
    names: list[str], *, rows: int = ROWS, seed: int = 1, wrong: float = 0.0
) -> dict[str, npt.NDArray[Any]]:
    """Two clouds of points, dealt by turns; the first name's labels may be partly wrong."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, rows)
    features = random.normal(size=(rows, 3)) + 2.0 * labels[:, np.newaxis]
    owners = np.arange(rows) % max(len(names), 1)
    flipped = (owners == 0) & (random.random(rows) < wrong)
    arrays: dict[str, npt.NDArray[Any]] = {
        "features": features,
        "labels": np.where(flipped, 1 - labels, labels),
    }
    if names:
        arrays["contributions"] = np.array(names)[owners]
    return arrays


def npz(arrays: dict[str, npt.NDArray[Any]]) -> bytes:
    """An archive as somebody would upload it."""
    sink = io.BytesIO()
    np.savez(sink, allow_pickle=False, **arrays)
    return sink.getvalue()


def validation(rows: int = TESTS) -> bytes:
    """A validation set."""
    return npz(points([], rows=rows, seed=2))


def question(of: World, method: str = "owner_shapley", **fields: Any) -> valuations.Question:
    """What is asked, with K = 3 unless the fields say otherwise."""
    parameters = {"k": 3, "embedding": "three numbers"} | fields.pop("parameters", {})
    values: dict[str, Any] = {"source": "points", "title": "Test"} | fields
    return valuations.Question(
        product=of.product,
        method=method,
        parameters=Parameters.from_json(parameters),
        **values,
    )


def staged(of: World, method: str = "owner_shapley", **fields: Any) -> Valuation:
    """A valuation with its utility frozen and its data shown."""
    data = fields.pop("data", None) or points([c.external_id for c in of.contributions])
    valuation = valuations.ask(question=question(of, method, **fields), requested_by=of.keeper)
    if valuation.state == Valuation.State.DRAFT:
        valuations.freeze(valuation=valuation, chunks=[validation()], file_name="validation.npz")
    content = data if isinstance(data, bytes) else npz(data)
    valuations.stage(valuation=valuation, chunks=[content], file_name="data.npz")
    return valuation


def confirmed(of: World, method: str = "owner_shapley", **fields: Any) -> Valuation:
    """A valuation that waits for a worker."""
    valuation = staged(of, method, **fields)
    valuations.confirm(valuation=valuation)
    return valuation


def computed(of: World, method: str = "owner_shapley", **fields: Any) -> Valuation:
    """A valuation computed in this process, by the service that the worker calls."""
    valuation = confirmed(of, method, **fields)
    valuation_computing.work_on(valuation_id=valuation.pk)
    valuation.refresh_from_db()
    return valuation
