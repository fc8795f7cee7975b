"""What each column of a table means: a form with one question for each field of labour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contributions.currencies import MINOR_DIGITS
from contributions.forms.fields import PlainTextField, with_blank
from contributions.forms.imports import DURATION_FORMS
from contributions.forms.names import capital
from contributions.imports.durations import DurationForm
from contributions.imports.mapping import (
    ColumnMapping,
    Field,
    QualityForm,
    read_mapping,
    write_mapping,
)
from contributions.imports.normal_form import Outcome, TimeBasis
from contributions.imports.numbers import DecimalMark
from contributions.imports.refusals import ImportRefused
from contributions.imports.times import TimeForm
from contributions.imports.walk import Look
from contributions.models import Contribution
from contributions.services.importing_words import told

_LABELS: Mapping[Field, Any] = {
    Field.WORKER: _("Worker"),
    Field.OCCURRED_AT: _("Day or time of work"),
    Field.ENDED_AT: _("End of work"),
    Field.DURATION: _("Working time"),
    Field.UNITS: _("Units"),
    Field.OUTCOME: _("Outcome"),
    Field.QUALITY: _("Quality"),
    Field.WAGE: _("Wage already paid"),
    Field.CURRENCY: _("Currency of the wage"),
    Field.REVIEWER: _("Reviewer"),
    Field.SOURCE_ID: _("Identifier of the row"),
    Field.TASK: _("Task"),
    Field.PRODUCT: _("Project or data set"),
    Field.ROLE: _("Role"),
    Field.PRELABELLED: _("Drafted by a machine"),
    Field.CONTROL: _("Control item"),
    Field.TIME_GROUP: _("Assignment whose time its rows share"),
}
_HINTS: Mapping[Field, Any] = {
    Field.SOURCE_ID: _("Tells a repeated row from a new one when you import again."),
    Field.WAGE: _("It is kept apart from any share of revenue."),
}
# Date and time, or the parts of an id, may stand in several columns.
_SEVERAL = (Field.OCCURRED_AT, Field.ENDED_AT, Field.SOURCE_ID)
_READINGS: tuple[tuple[str, Any, list[tuple[Any, Any]]], ...] = (
    ("duration_form", _("Working time is written in"), DURATION_FORMS),
    (
        "time_basis",
        _("How the time is known"),
        [
            (code, capital(label))
            for code, label in Contribution.TimeBasis.choices
            if code != TimeBasis.NONE
        ],
    ),
    (
        "times",
        _("Dates are written as"),
        [
            (TimeForm.ISO, "2026-04-03"),
            (TimeForm.DAY_FIRST, _("03/04/2026, day first")),
            (TimeForm.MONTH_FIRST, _("04/03/2026, month first")),
            (TimeForm.DATE_COMMAND, "Fri Apr 03 20:32:50 PST 2026"),
            (TimeForm.UNIX_SECONDS, _("Seconds since 1970")),
            (TimeForm.UNIX_MILLISECONDS, _("Milliseconds since 1970")),
        ],
    ),
    (
        "decimal",
        _("Decimals are set off by"),
        [
            (DecimalMark.POINT, _("a point: 1.5")),
            (DecimalMark.COMMA, _("a comma: 1,5")),
            (DecimalMark.EITHER, _("either")),
        ],
    ),
    (
        "quality_form",
        _("Quality is written as"),
        [(QualityForm.RATIO, _("a share: 0.95")), (QualityForm.PERCENT, _("percent: 95"))],
    ),
)


class ColumnsForm(forms.Form):
    """What each column means; it starts from a guess or from an earlier mapping."""

    def __init__(
        self, *arguments: Any, look: Look, mapping: ColumnMapping, worker: str | None
    ) -> None:
        super().__init__(*arguments)
        self.base = mapping
        self.worker = worker
        columns = [(name, name) for name in columns_of(look, mapping)]
        for field, label in _LABELS.items():
            self._ask_column(field, label, columns)
        self._ask_readings()
        self.fields["outcomes"] = forms.CharField(
            label=_("What other statuses mean"),
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("One a line, such as: done = accepted"),
            initial="\n".join(f"{status} = {one}" for status, one in mapping.outcomes.items()),
        )
        self.fields["tool"] = PlainTextField(
            label=_("Name of the tool"),
            longest=32,
            initial=mapping.tool,
            help_text=_("Small letters, digits, - and _. The records will name it."),
        )
        self.fields["name"] = PlainTextField(
            label=_("Save these columns as"),
            longest=100,
            required=False,
            initial=mapping.name,
            help_text=_("Next time you can choose them by this name."),
        )

    def _ask_column(self, field: Field, label: Any, columns: list[tuple[str, str]]) -> None:
        chosen = self.base.columns.get(field, ())
        places = max(len(chosen), 2) if field in _SEVERAL else max(len(chosen), 1)
        for place in range(places):
            self.fields[_named(field, place)] = forms.ChoiceField(
                label=label if place == 0 else _("… and"),
                required=False,
                choices=with_blank(columns, _("No column")),
                initial=chosen[place] if place < len(chosen) else "",
                help_text=_HINTS.get(field, "") if place == 0 else "",
            )

    def _ask_readings(self) -> None:
        currencies = [(code, code) for code in sorted(MINOR_DIGITS)]
        self.fields["all_currency"] = forms.ChoiceField(
            label=_("Currency, if no column says"),
            required=False,
            choices=with_blank(currencies, _("None")),
            initial=self.base.constants.get(Field.CURRENCY, ""),
        )
        for name, label, choices in _READINGS:
            self.fields[name] = forms.ChoiceField(
                label=label,
                choices=choices,
                initial=getattr(self.base, name.removesuffix("_form")),
            )

    def clean_outcomes(self) -> dict[str, Outcome]:
        """Read what other statuses mean.

        Raises:
            ValidationError: A line says no outcome.
        """
        found: dict[str, Outcome] = {}
        for line in self.cleaned_data["outcomes"].splitlines():
            status, mark, word = line.rpartition("=")
            if not line.strip():
                continue
            if not mark or word.strip() not in set(Outcome) or not status.strip():
                raise ValidationError(
                    _("Write a status, = and one of: %(words)s."),
                    params={"words": ", ".join(Outcome)},
                    code="outcome_unknown",
                )
            found[status.strip().casefold()] = Outcome(word.strip())
        return found

    def clean(self) -> dict[str, Any]:
        """Put the mapping together, and let it refuse what it cannot hold."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        mapping = self._mapping(cleaned)
        if Field.WORKER not in {*mapping.columns, *mapping.constants}:
            self.add_error("worker", _("Say which column names the worker."))
        try:
            cleaned["mapping"] = read_mapping(write_mapping(mapping))
        except ImportRefused as error:
            key = str(error.facts.get("key", ""))
            self.add_error(key if key in self.fields else None, told(error))
        return cleaned

    def _mapping(self, typed: dict[str, Any]) -> ColumnMapping:
        columns = {}
        for field in _LABELS:
            names = [
                typed[name]
                for place in range(len(self.fields))
                if (name := _named(field, place)) in self.fields and typed[name]
            ]
            if names:
                columns[field] = tuple(dict.fromkeys(names))
        constants = dict(self.base.constants)
        constants.pop(Field.CURRENCY, None)
        if self.worker:
            constants[Field.WORKER] = self.worker
        if typed["all_currency"]:
            constants[Field.CURRENCY] = typed["all_currency"]
        return replace(
            self.base,
            name=typed["name"],
            tool=typed["tool"],
            columns=columns,
            constants=constants,
            duration=DurationForm(typed["duration_form"]),
            time_basis=TimeBasis(typed["time_basis"]),
            times=TimeForm(typed["times"]),
            decimal=DecimalMark(typed["decimal"]),
            quality=QualityForm(typed["quality_form"]),
            outcomes=typed["outcomes"],
        )


def _named(field: Field, place: int) -> str:
    return field.value if place == 0 else f"{field.value}_{place + 1}"


def columns_of(look: Look, mapping: ColumnMapping) -> list[str]:
    """Return the headings that may be chosen from, those of the mapping included."""
    names = list(look.columns)
    if not mapping.has_header:
        names = [f"column {number}" for number in range(1, len(names) + 1)]
    if mapping.records or mapping.explode:
        names = sorted(mapping.headings())
    return [
        name for name in dict.fromkeys([*names, *sorted(mapping.headings())]) if "\0" not in name
    ]
