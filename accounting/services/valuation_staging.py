"""Looking at the data of a valuation: whose they are, and what of them is copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from accounting.models import Valuation
from accounting.services import valuation_files as files
from accounting.services import valuation_inputs as inputs
from accounting.services.valuation_players import Units, find_units
from accounting.valuation.duplicates import find_copies
from accounting.valuation.files.reading import Content, read_arrays, read_document
from contributions.identifiers import public_id
from contributions.models import Contribution, Worker

MOST_PAIRS: Final = 50


@dataclass(frozen=True, slots=True)
class Found:
    """What the data turned out to be.

    Attributes:
        inputs: `Valuation.inputs`, with the data among them.
        duplicates: `Valuation.duplicates`.
        blocks_count: Into how many blocks the valuation is cut.
    """

    inputs: dict[str, Any]
    duplicates: dict[str, Any]
    blocks_count: int


def look_at(valuation: Valuation, content: Content, stored: files.Stored) -> Found:
    """Find whose the stored data are, look for copies, and see that they fit the question.

    Raises:
        NamesUnknown, NamesAmbiguous: They name labour that cannot be found.
        ValuationError: They do not fit.
    """
    units = _units_named(valuation, content)
    valuation.inputs = {
        **valuation.inputs,
        "data": stored.as_json(),
        "units_sha256": files.keep(valuation, inputs.UNITS, units.arrays()),
    }
    facts, duplicates = _looked_at(valuation, units)
    blocks = inputs.prepare(valuation).job.block_count
    found = {**valuation.inputs, "data": stored.as_json() | facts}
    return Found(found, duplicates, blocks)


def _units_named(valuation: Valuation, content: Content) -> Units:
    path = files.path_of(valuation, content)
    if content is Content.POINTS:
        arrays = read_arrays(path)
        names = [str(name) for name in arrays["names"].tolist()]
        return find_units(valuation=valuation, names=names, of_workers=bool(arrays["of_workers"]))
    document = read_document(path)
    of_workers = document.get("of_workers")
    if of_workers is None:
        of_workers = _name_workers(valuation, document["names"])
    return find_units(valuation=valuation, names=document["names"], of_workers=of_workers)


def _name_workers(valuation: Valuation, names: list[str]) -> bool:
    """Whether the players of a utility table are workers: if no contribution is called so."""
    numbers = []
    for name in names:
        try:
            numbers.append(Contribution.number_of(name))
        except Contribution.DoesNotExist:
            continue
    rows = Contribution.objects.current().filter(product=valuation.product_id)
    return not (numbers or rows.filter(external_id__in=names).exists())


def _looked_at(valuation: Valuation, units: Units) -> tuple[dict[str, Any], dict[str, Any]]:
    facts: dict[str, Any] = {
        "names": len(units.of_name),
        "contributions": len(units.contributions),
        "workers": len(set(units.workers.tolist())),
    }
    if valuation.source != Valuation.Source.POINTS:
        return facts | {"players": len(units.of_name)}, {}
    data = inputs.read_data(valuation, units, with_copies=True)
    facts |= {
        "rows": data.training.count,
        "features": int(data.training.features.shape[1]),
        "players": len(data.crews.members),
    }
    return facts, _copies(data)


def _copies(data: inputs.Data) -> dict[str, Any]:
    """What was copied or repeated, by the people behind it."""
    report = find_copies(data.training)
    named = [[_worker_id(one) for one in crew] for crew in data.crews.members]
    pairs = sorted(report.copied_from.items(), key=lambda pair: (-pair[1], pair[0]))
    return {
        "copied": int(report.copies.sum()),
        "repeated": int(report.repetitions.sum()),
        "relabelled": int(report.relabelled.sum()),
        "people": [
            {
                "workers": named[crew],
                "copied": int(report.copies[crew]),
                "repeated": int(report.repetitions[crew]),
                "relabelled": int(report.relabelled[crew]),
            }
            for crew in range(len(named))
            if report.copies[crew] or report.repetitions[crew]
        ][:MOST_PAIRS],
        "pairs": [
            {"copier": named[copier], "original": named[source], "points": points}
            for (copier, source), points in pairs[:MOST_PAIRS]
        ],
    }


def _worker_id(number: int) -> str:
    return public_id(Worker.id_prefix, number)
