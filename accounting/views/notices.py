"""Banners: what a reader must know before reading a figure."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounting.models import Assumption, Run
from contributions.models import Organisation
from contributions.views.tables import Notice


def of_operator(operator: Organisation) -> list[Notice]:
    """Return the banner of an operator whose records are not of real life."""
    if operator.nature == Organisation.Nature.SYNTHETIC:
        return [Notice("synthetic")]
    if operator.nature == Organisation.Nature.EXAMPLE:
        return [
            Notice(
                "info",
                _("Invented people and sums, small enough to check every number by hand."),
                _("Worked example"),
            )
        ]
    if operator.nature == Organisation.Nature.SCENARIO:
        return [
            Notice(
                "assumption",
                _(
                    "Who did what is public record. Hours, revenue and transfer coefficients were "
                    "published by nobody and are assumed."
                ),
                _("Scenario"),
                "#assumptions",
                _("Read the assumptions"),
            )
        ]
    return []


def of_run(run: Run) -> list[Notice]:
    """Return the banners of a run's pages."""
    simulation = [Notice("simulation")] if run.simulation else []
    return [*simulation, *of_operator(run.period.operator), *_scaled_down(run)]


def assumptions_of(operator: Organisation) -> list[dict[str, str]]:
    """Return what is assumed of an operator, in the language of the page."""
    chinese = (get_language() or "").startswith("zh")
    return [
        {
            "subject": row.subject,
            "text": row.text_zh if chinese and row.text_zh else row.text,
            "source": row.source,
        }
        for row in Assumption.objects.filter(operator=operator)
    ]


def _scaled_down(run: Run) -> list[Notice]:
    if not any(str(note).startswith("funds_scaled_down") for note in run.notes):
        return []
    return [
        Notice(
            "warning",
            _(
                "The pools together asked for more than the surplus value. All of them were scaled "
                "down in proportion; each pool's page shows both sums."
            ),
            _("Pools scaled down"),
            "#pools",
            _("See the pools"),
        )
    ]
