"""The parts that home pages are made of."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounting.models import Run
from accounting.views.access import Reader
from accounting.views.runs import runs_table
from contributions.views.tables import Table, Text

NEWEST = 5


@dataclass(frozen=True, slots=True)
class Task:
    """Something waiting for the reader."""

    label: Text
    url: str
    detail: Text = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table of a home page."""

    key: str
    title: Text
    table: Table
    text: Text = ""


def newest_runs(runs: QuerySet[Run], reader: Reader) -> Section:
    """Return the newest of some runs as a section."""
    rows = list(runs.select_related("period__operator", "policy")[:NEWEST])
    return Section("runs", _("Newest runs"), runs_table(rows, reader, caption=_("Five at most")))


def newest_results(runs: QuerySet[Run]) -> list[Run]:
    """Return, of each operator's runs with a result, the newest that counts."""
    rows = runs.filter(
        state__in=[Run.State.COMPUTED, Run.State.APPROVED, Run.State.POSTED], simulation=False
    ).select_related("period__operator", "policy")
    newest: dict[int, Run] = {}
    for run in rows.order_by("-period__ends_on", "-pk"):
        newest.setdefault(run.period.operator_id, run)
    return list(newest.values())
