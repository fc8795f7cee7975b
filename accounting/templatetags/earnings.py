"""What a record of labour earned, for its page."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Line
from contributions import formatting
from contributions.models import Contribution, User

register = template.Library()


@register.simple_tag
def earnings_of(record: Contribution, user: User) -> dict[str, object]:
    """Return the lines of a record that a reader may see, as a table."""
    lines = Line.objects.visible_to(user).filter(contribution=record)
    found = lines.select_related("pool__run__period").order_by("-pool__run", "pool__position")
    return {
        "caption": _("Lines in computed runs"),
        "columns": [
            {"label": _("Run")},
            {"label": _("Period")},
            {"label": _("Pool")},
            {"label": _("Amount"), "numeric": True},
        ],
        "rows": [_cells(line) for line in found],
        "empty": {
            "title": _("No run has shared money by this record yet"),
            "text": _("Once a period is computed, every cent of it is explained here."),
        },
    }


def _cells(line: Line) -> list[dict[str, object]]:
    run = line.pool.run
    currency = run.period.currency
    return [
        {
            "text": run.public_id,
            "href": reverse("run", args=[run.public_id]),
            "detail": _("simulation") if run.simulation else "",
        },
        {"text": f"{formatting.day(run.period.starts_on)} → {formatting.day(run.period.ends_on)}"},
        {"text": line.pool.code},
        {
            "text": f"{formatting.money(line.amount_micro, currency, exact=True)} {currency}",
            "numeric": True,
            "href": reverse("line", args=[line.public_id]),
        },
    ]
