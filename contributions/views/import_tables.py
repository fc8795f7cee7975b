"""What the pages of an import show: totals, first rows, and rows that were refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contributions import formatting
from contributions.forms.names import capital
from contributions.imports.answers import Question
from contributions.imports.durations import MILLISECONDS_A_SECOND
from contributions.imports.normal_form import LabourRow
from contributions.imports.report import Preview
from contributions.imports.walk import Look
from contributions.models import Contribution, StagedImport
from contributions.services.importing import plan_of, tool_of
from contributions.services.importing_rows import Effect
from contributions.services.importing_words import told_fault
from contributions.views.labour_rows import OUTCOME_STATES, UNKNOWN
from contributions.views.tables import (
    Cell,
    Column,
    Empty,
    Fact,
    Link,
    Notice,
    Table,
    columns,
    number,
)

SHOWN_FAULTS = 50
_SHOWN_COLUMNS = 12
_SHOWN_SAMPLES = 5


def preview_facts(staged: StagedImport, found: Preview) -> list[Fact]:
    """Return what the file is and what its work belongs to."""
    days = UNKNOWN
    if found.first_day and found.last_day:
        days = _("%(first)s to %(last)s") % {
            "first": formatting.day(found.first_day),
            "last": formatting.day(found.last_day),
        }
    return [
        Fact(_("File"), staged.file_name),
        Fact(_("Tool"), tool_of(plan_of(staged))),
        Fact(_("Recording for"), str(staged.organisation)),
        Fact(_("Product"), str(staged.product)),
        Fact(_("Task type"), str(staged.task_type)),
        Fact(_("Rows read"), formatting.number(found.rows_read)),
        Fact(_("Workers"), formatting.number(found.workers)),
        Fact(_("Days of work"), days),
        Fact(_("Control items"), formatting.number(found.control_rows)),
        Fact(_("File digest (SHA-256)"), hash=staged.file_sha256),
    ]


def preview_notices(found: Preview) -> list[Notice]:
    """Return what has to be answered, and what was found in the times."""
    asked = {
        Question.ZONE: _("The file has times without a time zone. Choose the zone they are in."),
        Question.DATE_ORDER: _("Dates such as 03/04/2026 can be read in two ways. Choose one."),
        Question.DURATION_UNIT: _("The file does not say in which unit its times are. Choose it."),
        Question.DAY: _("Some rows have no day of work. Give the day for them."),
    }
    notices = [Notice("warning", asked[question]) for question in sorted(found.questions)]
    if found.hit_time is not None:
        notices.append(
            Notice(
                "info",
                _("One working time stands on several rows of an assignment. It is counted once."),
            )
        )
    if found.rows_rejected:
        notices.append(
            Notice(
                "warning",
                ngettext(
                    "%(count)s row cannot be read and will not be recorded.",
                    "%(count)s rows cannot be read and will not be recorded.",
                    found.rows_rejected,
                )
                % {"count": formatting.number(found.rows_rejected)},
            )
        )
    return notices


def effect_table(effect: Effect, found: Preview) -> Table:
    """Return how many rows would be recorded, and what becomes of the others."""
    rows = [
        (_("New records"), effect.new),
        (_("Recorded already, unchanged"), effect.known),
        (_("Changed in the source: corrections"), effect.changed),
        (_("Withdrawn here: they stay so"), effect.withdrawn),
        (_("The same row again in this file"), effect.repeated),
        (_("Rejected rows"), found.rows_rejected),
        (_("Workers met for the first time"), effect.new_workers),
    ]
    return Table(
        caption=_("What committing does"),
        columns=columns(_("What"), _("How many"), numeric=(1,)),
        rows=[[Cell(label), number(formatting.number(count))] for label, count in rows],
        empty=_empty(),
    )


def hours_table(totals: Mapping[str, Any]) -> Table:
    """Return hours by time basis, as the file states them and as they are recorded.

    Args:
        totals: `imports.report.Totals` as plain values.
    """
    return Table(
        caption=_("Hours by time basis"),
        columns=columns(
            _("Time basis"),
            _("Rows"),
            _("Hours in the file"),
            _("Hours recorded"),
            numeric=(1, 2, 3),
        ),
        rows=[
            [
                Cell(capital(Contribution.TimeBasis(found["time_basis"]).label)),
                number(formatting.number(found["rows"])),
                number(_hours(found["milliseconds_in_file"] or None)),
                number(_hours(found["milliseconds_recorded"] or None)),
            ]
            for found in totals["time"]
        ],
        empty=_empty(),
    )


def outcomes_table(found: Preview) -> Table:
    """Return rows by outcome."""
    names = dict(Contribution.Outcome.choices)
    return Table(
        caption=_("Rows by outcome"),
        columns=columns(_("Outcome"), _("Rows"), numeric=(1,)),
        rows=[
            [
                Cell(names[code], state=OUTCOME_STATES[Contribution.Outcome(code)]),
                number(formatting.number(count)),
            ]
            for code, count in sorted(found.rows_by_outcome.items())
        ],
        empty=_empty(),
    )


def first_rows_table(found: Preview, pseudonym: Callable[[str], str]) -> Table:
    """Return the first rows as they would be recorded."""
    return Table(
        caption=_("The first rows, as they would be recorded"),
        columns=columns(
            _("Line"),
            _("Day"),
            _("Worker"),
            _("Hours"),
            _("Units"),
            _("Outcome"),
            _("Wage already paid"),
            numeric=(0, 3, 4, 6),
        ),
        rows=[_row_cells(row, pseudonym) for row in found.first_rows],
        empty=_empty(),
    )


def _row_cells(row: LabourRow, pseudonym: Callable[[str], str]) -> list[Cell]:
    outcome = Contribution.Outcome(row.outcome)
    basis = Contribution.TimeBasis(row.time_basis).label
    wage = UNKNOWN
    if row.wage_micro and row.wage_currency:
        wage = formatting.money(row.wage_micro, row.wage_currency)
    return [
        number(str(row.line)),
        Cell(formatting.day(row.occurred_on) if row.occurred_on else UNKNOWN),
        Cell(pseudonym(row.worker_ref)),
        number(_hours(row.milliseconds), detail=basis),
        number(UNKNOWN if row.units is None else formatting.number(row.units)),
        Cell(outcome.label, state=OUTCOME_STATES[outcome]),
        number(wage),
    ]


def faults_table(found: Preview, staged: StagedImport) -> Table:
    """Return the first rejected rows with line and reason, and where to get them all."""
    return Table(
        caption=_("Rejected rows"),
        columns=columns(_("Line"), _("Column"), _("Reason"), numeric=(0,)),
        rows=[
            [number(str(fault.line)), Cell(fault.column or UNKNOWN), Cell(told_fault(fault))]
            for fault in found.faults[:SHOWN_FAULTS]
        ],
        empty=_empty(),
        downloads=[Link("CSV", reverse("import-rejected", args=[staged.public_id]))],
    )


def sample_table(look: Look) -> Table:
    """Return the first rows of the file as they stand there."""
    names = look.columns[:_SHOWN_COLUMNS]
    return Table(
        caption=_("The first rows of the file"),
        columns=[Column(name) for name in names],
        rows=[[Cell(row.get(name, "")) for name in names] for row in look.rows[:_SHOWN_SAMPLES]],
        empty=_empty(),
    )


def _empty() -> Empty:
    return Empty(_("There are no rows"))


def _hours(milliseconds: int | None) -> str:
    if milliseconds is None:
        return UNKNOWN
    return formatting.hours_of_seconds(round(milliseconds / MILLISECONDS_A_SECOND))
