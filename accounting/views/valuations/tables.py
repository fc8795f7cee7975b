"""Tables of valuations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Score, Valuation, WorkerValue
from accounting.models.valuation import valuations_in_use
from accounting.views import links
from accounting.views.valuations.finding import valuation_url
from accounting.views.valuations.words import (
    interval,
    method_name,
    title_of,
    valuation_tag,
    value,
)
from contributions.formatting import factor as ratio
from contributions.formatting import number as figure
from contributions.formatting import share
from contributions.identifiers import parse_public_id
from contributions.models import Contribution, User, Worker
from contributions.views.tables import ABSENT, Cell, Empty, Link, Table, columns, number

MOST_PEOPLE = 200
MOST_CONTRIBUTIONS = 50
PPM = 1_000_000


def valuations_table(rows: Sequence[Valuation], *, may_ask: bool) -> Table:
    """Return valuations, each leading to its page."""
    in_use = set(valuations_in_use({row.product_id for row in rows}).values())
    ask = (reverse("valuation-choose"), _("Ask for a valuation")) if may_ask else ("", "")
    return Table(
        caption=_("Valuations, newest first"),
        columns=columns(
            _("Valuation"), _("Product"), _("Method"), _("State"), _("Agreement"), numeric=(4,)
        ),
        rows=[
            [
                Cell(
                    title_of(row),
                    href=valuation_url(row),
                    detail=_("moves pay") if row.pk in in_use else "",
                ),
                Cell(str(row.product), href=links.product_url(row.product_id)),
                Cell(method_name(row)),
                Cell(valuation_tag(row).label, state=valuation_tag(row).state),
                number(ratio(row.reliability_ppm) if row.runs_count else ABSENT),
            ]
            for row in rows
        ],
        empty=Empty(
            _("No valuations yet"),
            _("A valuation says what each person's data was worth to a model, with its error."),
            *ask,
        ),
    )


def people_table(valuation: Valuation, user: User) -> Table:
    """Return people's values with their intervals, the highest first."""
    factor = valuation.findings.get("interval")
    total = positive_total(valuation)
    rows = valuation.worker_values.visible_to(user).select_related("worker")[:MOST_PEOPLE]
    return Table(
        caption=_("Values of people, the highest first"),
        columns=columns(
            _("Person"),
            _("Value"),
            _("95 % interval"),
            _("At the other level"),
            _("Share of what scores move"),
            _("Contributions"),
            numeric=(1, 2, 3, 4, 5),
        ),
        rows=[_person(row, factor, total) for row in rows],
        empty=Empty(
            _("No single values for you"),
            _("Values of single people are not shown to you; the figures above are complete."),
        ),
        downloads=[Link("CSV", valuation_url(valuation, "valuation-scores"))],
    )


def positive_total(valuation: Valuation) -> int:
    """Return the sum of all positive scores, which is what pay is moved by."""
    positive = valuation.scores.filter(score_ppb__gt=0)
    return positive.aggregate(sum=Sum("score_ppb"))["sum"] or 0


def _person(row: WorkerValue, factor: float | None, total: int) -> list[Cell]:
    part = max(row.value_ppb, 0) * PPM // total if total else 0
    return [
        Cell(str(row.worker), href=links.worker_url(row.worker_id)),
        number(value(row.value_ppb)),
        number(interval(row.error_ppb, factor) or ABSENT),
        number(ABSENT if row.other_ppb is None else value(row.other_ppb)),
        number(share(part)),
        number(figure(row.contributions_count)),
    ]


def contributions_table(valuation: Valuation, user: User) -> Table:
    """Return the scores of contributions that the reader may see one by one."""
    factor = valuation.findings.get("interval")
    rows = scores_visible_to(valuation, user).order_by("-score_ppb")[:MOST_CONTRIBUTIONS]
    return Table(
        caption=_("Scores of contributions, the highest first"),
        columns=columns(
            _("Contribution"), _("Person"), _("Score"), _("95 % interval"), numeric=(2, 3)
        ),
        rows=[
            [
                Cell(
                    row.contribution.external_id,
                    href=links.contribution_url(row.contribution_id),
                ),
                Cell(
                    str(row.contribution.worker),
                    href=links.worker_url(row.contribution.worker_id),
                ),
                number(value(row.score_ppb)),
                number(interval(row.error_ppb, factor) or ABSENT),
            ]
            for row in rows
        ],
        empty=Empty(
            _("No single scores for you"),
            _("Scores of single contributions are not shown to you."),
        ),
    )


def scores_visible_to(valuation: Valuation, user: User) -> Any:
    """Return the scores of contributions that a user may see row by row."""
    seen = Contribution.objects.visible_to(user).values("pk")
    return Score.objects.filter(valuation=valuation, contribution__in=seen).select_related(
        "contribution__worker"
    )


def copies_table(valuation: Valuation) -> Table:
    """Return whose points are copies of whose."""
    pairs = valuation.duplicates.get("pairs", [])
    named = {name for pair in pairs for name in (*pair["copier"], *pair["original"])}
    numbers = {name: parse_public_id(Worker.id_prefix, name) for name in named}
    people = Worker.objects.in_bulk(numbers.values())

    def together(names: list[str]) -> str:
        return ", ".join(str(people[numbers[name]]) for name in names)

    return Table(
        caption=_("Whose points are copies of whose"),
        columns=columns(_("Copies"), _("Original"), _("Points"), numeric=(2,)),
        rows=[
            [
                Cell(together(pair["copier"])),
                Cell(together(pair["original"])),
                number(figure(pair["points"])),
            ]
            for pair in pairs
        ],
        empty=Empty(_("Nobody copied anybody")),
    )
