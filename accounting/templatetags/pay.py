"""What real hours of a worker have brought, run by run, beside the living wage of the region."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Statement
from accounting.services.real_pay import RealPay, real_pay
from contributions import formatting
from contributions.models import User, Worker

register = template.Library()

_MOST_SHOWN = 12
_PPM = 1_000_000


@register.simple_tag
def worker_pay(worker: Worker, user: User) -> dict[str, object]:
    """Return a worker's pay per real hour in the newest statements that a reader may see.

    Returns:
        `seen`: whether there is any; `table`: one row a statement, newest first.
    """
    statements = (
        Statement.objects.visible_to(user)
        .filter(worker=worker)
        .select_related("worker", "run__period")
        .order_by("-run__period__ends_on", "-pk")[:_MOST_SHOWN]
    )
    rows = [_cells(statement, real_pay(statement)) for statement in statements]
    return {
        "seen": bool(rows),
        "table": {
            "caption": _("Wages and shares per hour really worked"),
            "columns": [
                {"label": _("Statement")},
                {"label": _("Hours"), "numeric": True},
                {"label": _("An hour brought"), "numeric": True},
                {"label": _("Living wage"), "numeric": True},
                {"label": _("Part of it"), "numeric": True},
            ],
            "rows": rows,
            "empty": {"title": _("No statement yet")},
        },
    }


def _cells(statement: Statement, rate: RealPay) -> list[dict[str, object]]:
    period = statement.run.period
    href = reverse("statement", args=[statement.public_id])
    hour, wage = rate.micro_per_hour, rate.living_wage
    return [
        {
            "text": str(period),
            "href": href,
            "detail": _("simulation") if statement.run.simulation else "",
        },
        {"text": formatting.hours_of_seconds(rate.seconds), "numeric": True},
        {
            "text": "—" if hour is None else _money(hour, period.currency),
            "numeric": True,
            "href": f"{href}#rate",
        },
        {
            "text": _money(wage.micro_per_hour, period.currency) if wage else _("not known"),
            "numeric": True,
        },
        {
            "text": formatting.share(hour * _PPM // wage.micro_per_hour, digits=0)
            if wage and hour is not None
            else "—",
            "numeric": True,
        },
    ]


def _money(micro: int, currency: str) -> str:
    return f"{formatting.money(micro, currency)} {currency}"
