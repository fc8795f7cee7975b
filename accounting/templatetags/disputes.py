"""What open disputes held back in a run, as a table of records."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Run, Statement
from accounting.services.held_back import Held, held_back
from accounting.services.real_pay import workers_behind
from contributions import formatting
from contributions.models import Contribution, Dispute, User

register = template.Library()

_MOST_SHOWN = 100


@register.simple_tag
def held_by_disputes(
    run: Run, user: User, statement: Statement | None = None
) -> dict[str, object] | None:
    """Return the contested records of a run that a reader may see, or None if there are none.

    Args:
        statement: Keep the records behind this statement alone.
    """
    held = {one.contribution_id: one for one in held_back(run)}
    seen = Contribution.objects.visible_to(user).filter(pk__in=held)
    if statement is not None:
        seen = seen.filter(worker__in=workers_behind(statement))
    records = list(seen.select_related("worker", "product").order_by("pk")[:_MOST_SHOWN])
    if not records:
        return None
    currency = run.period.currency
    return {
        "caption": _("Held back because it was in dispute"),
        "columns": [
            {"label": _("Record")},
            {"label": _("Dispute")},
            {"label": _("Contested"), "numeric": True},
            {"label": _("Held back"), "numeric": True},
        ],
        "rows": [_cells(record, held[record.pk], run, currency) for record in records],
    }


def _cells(record: Contribution, held: Held, run: Run, currency: str) -> list[dict[str, object]]:
    total = sum(held.micro_by_pool.values())
    pools = ", ".join(
        f"{code} {formatting.money(micro, currency, exact=True)}"
        for code, micro in held.micro_by_pool.items()
    )
    return [
        {
            "text": f"{record.worker.pseudonym} · {record.product}",
            "href": reverse("contribution", args=[record.public_id]),
            "detail": formatting.day(record.occurred_on),
        },
        _case(record, run),
        {"text": formatting.share_exactly(held.share_ppm), "numeric": True},
        {
            "text": _("all that it would earn")
            if held.whole
            else f"{formatting.money(total, currency, exact=True)} {currency}",
            "numeric": True,
            "detail": pools,
        },
    ]


def _case(record: Contribution, run: Run) -> dict[str, object]:
    """Return the newest case about a record that was opened before the run."""
    cases = Dispute.objects.filter(
        contribution__source=record.source_id, contribution__external_id=record.external_id
    )
    if run.finished_at is not None:
        cases = cases.filter(opened_at__lte=run.finished_at)
    case = cases.select_related("decision").order_by("-pk").first()
    if case is None:
        return {"text": ""}
    decided = getattr(case, "decision", None)
    return {
        "text": case.public_id,
        "href": reverse("dispute", args=[case.public_id]),
        "detail": _("decided since: the next run follows it") if decided else _("not yet decided"),
    }
