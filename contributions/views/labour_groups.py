"""Labour in a product by labour type; overseers see no group in which a person could be told.

A regulator's cell needs ten workers and nobody with more than half of it. One hidden cell hides
the total too, or it could be worked out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from contributions import formatting
from contributions.forms.names import labour_name
from contributions.models import Contribution, Product, User, Worker
from contributions.models.labour import ContributionQuerySet, LabourType
from contributions.services.visibility import oversees
from contributions.views.labour_rows import UNKNOWN
from contributions.views.tables import Cell, Empty, Table, columns, number

FEWEST_WORKERS = 10


@dataclass(frozen=True, slots=True)
class Group:
    """Labour of one type. `shown` is False where a person could be told from it."""

    labour_type: str
    records: int
    workers: int
    untimed: int
    seconds: int | None
    shown: bool


def labour_in(user: User, product: Product) -> Table:
    """Return the labour that went directly into a product, as far as a reader may see it."""
    current = Contribution.objects.current().filter(product=product)
    single = Worker.objects.filter(user=user).exists()
    by_groups = oversees(user) and not user.is_superuser and not single
    rows = current if by_groups else current.visible_to(user)
    groups = _groups(rows, hide_few=by_groups)
    link = "" if by_groups else f"{reverse('contributions')}?"
    return Table(
        caption=_("Labour in this product")
        if by_groups or user.is_superuser
        else _("Labour in this product that you may see"),
        columns=columns(
            _("Labour type"),
            _("Workers"),
            _("Records"),
            _("without time"),
            _("Known hours"),
            numeric=(1, 2, 3, 4),
        ),
        rows=[_cells(group, product, link) for group in groups],
        empty=Empty(_("No labour is recorded in this product that you may see")),
        totals=_total(groups),
    )


def _groups(rows: ContributionQuerySet, *, hide_few: bool) -> list[Group]:
    found = (
        rows.order_by()
        .values("task_type__labour_type")
        .annotate(
            records=Count("pk"),
            workers=Count("worker", distinct=True),
            timed=Count("seconds"),
            total=Sum("seconds"),
        )
    )
    by_type = {row["task_type__labour_type"]: row for row in found}
    groups = []
    for code in LabourType.values:
        if code not in by_type:
            continue
        row = by_type[code]
        in_type = rows.filter(task_type__labour_type=code)
        groups.append(
            Group(
                labour_type=code,
                records=row["records"],
                workers=row["workers"],
                untimed=row["records"] - row["timed"],
                seconds=row["total"],
                shown=not hide_few
                or (row["workers"] >= FEWEST_WORKERS and not _dominated(in_type, row)),
            )
        )
    return groups


def _dominated(rows: ContributionQuerySet, group: Mapping[str, Any]) -> bool:
    """Tell whether one worker has more than half of the records or of the known time."""
    by_worker = rows.order_by().values("worker")
    most_records = (
        by_worker.annotate(own=Count("pk")).order_by("-own").values_list("own", flat=True)
    )
    if 2 * (most_records.first() or 0) > (group["records"] or 0):
        return True
    timed = rows.exclude(seconds=None).order_by().values("worker").annotate(own=Sum("seconds"))
    most_seconds = timed.order_by("-own").values_list("own", flat=True).first() or 0
    return 2 * most_seconds > (group["total"] or 0)


def _cells(group: Group, product: Product, link: str) -> list[Cell]:
    query = urlencode({"product": product.public_id, "labour_type": group.labour_type})
    head = Cell(
        labour_name(group.labour_type),
        kind=group.labour_type.lower(),
        href=f"{link}{query}" if link else "",
    )
    if not group.shown:
        hidden = _("suppressed")
        return [head, *(number(hidden) for _place in range(4))]
    return [head, *_figures([group])]


def _figures(groups: list[Group]) -> list[Cell]:
    known = [group.seconds for group in groups if group.seconds is not None]
    return [
        number(formatting.number(sum(group.workers for group in groups))),
        number(formatting.number(sum(group.records for group in groups))),
        number(formatting.number(sum(group.untimed for group in groups))),
        number(formatting.hours_of_seconds(sum(known)) if known else UNKNOWN),
    ]


def _total(groups: list[Group]) -> list[Cell]:
    if not groups:
        return []
    if not all(group.shown for group in groups):
        return [Cell(_("In all")), *(number(_("suppressed")) for _place in range(4))]
    figures = _figures(groups)
    # Somebody may have done work of several types, so workers do not add up.
    figures[0] = number("")
    return [Cell(_("In all")), *figures]
