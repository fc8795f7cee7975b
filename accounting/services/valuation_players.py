"""Who is meant by the names in a file, and how the value of a name reaches contributions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import Run, RunLabour, Valuation
from accounting.valuation.attribution import Makers
from contributions.identifiers import IdMalformed, parse_public_id
from contributions.models import Contribution, Product, Worker

Int = npt.NDArray[np.int64]

SHOWN: Final = 5
MICROHOURS: Final = 1_000_000
SECONDS: Final = 3600


class NamesUnknown(AccountingError):
    """Names in the file are of no labour recorded for the product; facts: count, examples."""

    code = "valuation_names_unknown"


class NamesAmbiguous(AccountingError):
    """A name in the file is that of several records; facts: examples."""

    code = "valuation_names_ambiguous"


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Whom the names of a file stand for.

    Attributes:
        of_name: (names,) the unit of each name.
        workers: (U,) row number of the worker of each unit.
        content_uh: (U,) labour content of each unit.
        makers: From units to contributions; positions lead into `contributions`.
        contributions: (C,) row numbers.
        contribution_workers: (C,) row numbers of their workers.
    """

    of_name: Int
    workers: Int
    content_uh: Int
    makers: Makers
    contributions: Int
    contribution_workers: Int

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The same as arrays to be stored."""
        return {
            "of_name": self.of_name,
            "workers": self.workers,
            "content_uh": self.content_uh,
            "starts": self.makers.starts,
            "parts": self.makers.contributions,
            "parts_uh": self.makers.content_uh,
            "contributions": self.contributions,
            "contribution_workers": self.contribution_workers,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Units:
        """Read back what `arrays` gave."""
        return cls(
            of_name=arrays["of_name"],
            workers=arrays["workers"],
            content_uh=arrays["content_uh"],
            makers=Makers(
                arrays["starts"],
                arrays["parts"],
                arrays["parts_uh"],
                len(arrays["contributions"]),
            ),
            contributions=arrays["contributions"],
            contribution_workers=arrays["contribution_workers"],
        )


@dataclass(frozen=True, slots=True)
class _Work:
    """One contribution as units need it."""

    number: int
    worker: int
    content_uh: int


def find_units(*, valuation: Valuation, names: Sequence[str], of_workers: bool) -> Units:
    """Find the contributions, or the workers with all their contributions, behind names.

    Contributions are named by public id or by their id at the source, workers by public id or
    pseudonym. Only labour recorded for the valued product counts, and merged workers are one.

    Raises:
        NamesUnknown: A name is of no such record.
        NamesAmbiguous: A name is of several.
    """
    if of_workers:
        found = _workers_named(valuation.product, names)
        return _units_of_workers(valuation.product, found, names)
    numbers = _contributions_named(valuation.product, names)
    work = _work_of(valuation.product, _current(valuation.product).filter(pk__in=set(numbers)))
    distinct = sorted(set(numbers))
    place = {number: position for position, number in enumerate(distinct)}
    known = {one.number: one for one in work}
    each = [known[number] for number in distinct]
    return Units(
        of_name=np.array([place[number] for number in numbers], dtype=np.int64),
        workers=np.array([one.worker for one in each], dtype=np.int64),
        content_uh=np.array([one.content_uh for one in each], dtype=np.int64),
        makers=Makers(
            np.arange(len(each) + 1, dtype=np.int64),
            np.arange(len(each), dtype=np.int64),
            np.array([one.content_uh for one in each], dtype=np.int64),
            len(each),
        ),
        contributions=np.array(distinct, dtype=np.int64),
        contribution_workers=np.array([one.worker for one in each], dtype=np.int64),
    )


def _units_of_workers(product: Product, found: Sequence[int], names: Sequence[str]) -> Units:
    distinct = sorted(set(found))
    place = {number: position for position, number in enumerate(distinct)}
    rows = _current(product).filter(Q(worker__in=distinct) | Q(worker__merged_into__in=distinct))
    work = _work_of(product, rows)
    by_worker: defaultdict[int, list[int]] = defaultdict(list)
    for position, one in enumerate(work):
        by_worker[one.worker].append(position)
    idle = [name for name, number in zip(names, found, strict=True) if number not in by_worker]
    _require_none(idle)
    parts = [position for number in distinct for position in by_worker[number]]
    counts = [len(by_worker[number]) for number in distinct]
    content = np.array([one.content_uh for one in work], dtype=np.int64)
    order = np.array(parts, dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Units(
        of_name=np.array([place[number] for number in found], dtype=np.int64),
        workers=np.array(distinct, dtype=np.int64),
        content_uh=np.add.reduceat(content[order], starts[:-1]),
        makers=Makers(starts, order, content[order], len(work)),
        contributions=np.array([one.number for one in work], dtype=np.int64),
        contribution_workers=np.array([one.worker for one in work], dtype=np.int64),
    )


def _current(product: Product) -> QuerySet[Contribution]:
    return Contribution.objects.current().filter(product=product)


def _contributions_named(product: Product, names: Sequence[str]) -> list[int]:
    by_id = {name: number for name in names if (number := _number("con", name)) is not None}
    rows = _current(product).filter(
        Q(pk__in=by_id.values()) | Q(external_id__in=[n for n in names if n not in by_id])
    )
    by_name: defaultdict[str, list[int]] = defaultdict(list)
    numbers = set()
    for number, external_id in rows.values_list("pk", "external_id"):
        numbers.add(number)
        by_name[external_id].append(number)
    for name, number in by_id.items():
        by_name[name] = [number] if number in numbers else []
    return _one_each(names, by_name)


def _workers_named(product: Product, names: Sequence[str]) -> list[int]:
    by_id = {name: number for name in names if (number := _number("wrk", name)) is not None}
    worked = _current(product).order_by().values("worker_id")
    rows = Worker.objects.filter(pk__in=worked).filter(
        Q(pk__in=by_id.values()) | Q(pseudonym__in=[n for n in names if n not in by_id])
    )
    by_name: defaultdict[str, list[int]] = defaultdict(list)
    numbers = {}
    for number, into, pseudonym in rows.values_list("pk", "merged_into_id", "pseudonym"):
        numbers[number] = into or number
        if (into or number) not in by_name[pseudonym]:
            by_name[pseudonym].append(into or number)
    for name, number in by_id.items():
        by_name[name] = [numbers[number]] if number in numbers else []
    return _one_each(names, by_name)


def _one_each(names: Sequence[str], by_name: Mapping[str, list[int]]) -> list[int]:
    _require_none([name for name in names if not by_name.get(name)])
    several = [name for name in names if len(by_name[name]) > 1]
    if several:
        raise NamesAmbiguous(
            _("Several records are called %(examples)s. Name them by their ids.")
            % {"examples": _examples(several)},
            examples=several[:SHOWN],
        )
    return [by_name[name][0] for name in names]


def _require_none(unknown: Sequence[str]) -> None:
    if unknown:
        raise NamesUnknown(
            _("%(count)d names are of no labour recorded for this product: %(examples)s.")
            % {"count": len(unknown), "examples": _examples(unknown)},
            count=len(unknown),
            examples=list(unknown[:SHOWN]),
        )


def _examples(names: Sequence[str]) -> str:
    return ", ".join(name[:60] for name in names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


def _number(prefix: str, name: str) -> int | None:
    try:
        return parse_public_id(prefix, name)
    except IdMalformed:
        return None


def _work_of(product: Product, rows: QuerySet[Contribution]) -> list[_Work]:
    """Contributions with the labour content that their newest run found, else their hours."""
    found = list(
        rows.annotate(person=Coalesce("worker__merged_into_id", "worker_id"))
        .order_by("pk")
        .values_list("pk", "person", "seconds")
    )
    content = _measured(product, [number for number, _person, _seconds in found])
    return [
        _Work(number, person, content.get(number, (seconds or 0) * MICROHOURS // SECONDS))
        for number, person, seconds in found
    ]


def _measured(product: Product, numbers: Iterable[int]) -> dict[int, int]:
    run = (
        Run.objects.filter(
            period__operator=product.operator_id,
            simulation=False,
            state__in=[Run.State.COMPUTED, Run.State.APPROVED, Run.State.POSTED],
        )
        .order_by("-pk")
        .first()
    )
    if run is None:
        return {}
    rows = RunLabour.objects.filter(run=run, contribution__in=list(numbers))
    return dict(rows.order_by().values_list("contribution_id", "content_uh"))
