"""The pictures of a valuation: people's values, and what leaving does to the utility."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounting.charts import Bar, Curve, Figure, Frame, bars, curves
from accounting.models import Valuation
from accounting.views import links
from accounting.views.valuations.words import half_width, interval, value
from contributions.models import User

MOST_BARS = 40
PPB = 1_000_000_000


def people_figure(valuation: Valuation, user: User) -> Figure:
    """Draw people's values with their 95 % intervals, the highest first."""
    factor = valuation.findings.get("interval")
    people = list(
        valuation.worker_values.visible_to(user).select_related("worker").order_by("-value_ppb")
    )
    # Where there are many, both ends tell most.
    shown = people
    if len(people) > MOST_BARS:
        shown = [*people[: MOST_BARS // 2], *people[-MOST_BARS // 2 :]]
    items = []
    for row in shown:
        half = half_width(row.error_ppb, factor)
        label = f"{value(row.value_ppb)} {interval(row.error_ppb, factor)}".strip()
        items.append(
            Bar(
                label=str(row.worker),
                value=row.value_ppb,
                value_label=label,
                kind="data" if row.value_ppb >= 0 else "rent",
                interval=None if half is None else (row.value_ppb - half, row.value_ppb + half),
                href=links.worker_url(row.worker_id),
            )
        )
    frame = Frame(
        key="people",
        title=_("What each person's data was worth"),
        description=_(
            "One bar for each person, the highest first. The line at its end is the 95 % interval."
        ),
        columns=(_("Person"), _("Value")),
        empty=_("Values of single people are not shown to you."),
    )
    return bars(frame=frame, items=items)


def curves_figure(valuation: Valuation) -> Figure | None:
    """Draw what happens to the utility as the lowest, or the highest, leave."""
    found = valuation.findings.get("curves")
    if not found:
        return None
    lines = [
        Curve(label, _points(found["removed"], found[name]), kind)
        for name, label, kind in (
            ("lowest_first", _("the lowest leave first"), "labour"),
            ("highest_first", _("the highest leave first"), "rent"),
        )
    ]
    frame = Frame(
        key="removal",
        title=_("What happens when people leave"),
        description=_(
            "The utility as people leave with their data, the lowest valued first and the highest "
            "valued first. If values mean anything, the second falls faster."
        ),
        columns=(_("Order"), _("People gone"), _("Utility")),
        empty=_("The utility of fewer people was not measured."),
    )
    return curves(
        frame=frame,
        lines=lines,
        step_label=_("people gone"),
        written=value,
    )


def _points(removed: list[int], utilities: list[float]) -> tuple[tuple[int, int], ...]:
    return tuple(
        (step, round(utility * PPB)) for step, utility in zip(removed, utilities, strict=True)
    )
