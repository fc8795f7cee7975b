"""Opening, arguing and deciding a dispute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contributions.forms.fields import (
    DateField,
    DecimalTextField,
    PercentField,
    PlainTextField,
    with_blank,
)
from contributions.forms.labour import MINUTES_AN_HOUR, as_typed
from contributions.forms.names import capital
from contributions.forms.speaking import VoiceForm
from contributions.models import Contribution, DisputeDecision
from contributions.services.disputing import USUAL_DAYS, Case, Contested, Verdict
from contributions.services.recording import entry_of
from contributions.services.speaking import Voice

_MOST_HOURS = 24 * 366
_HOURS = pgettext_lazy("typed duration", "Hours")


class ParagraphField(PlainTextField):
    """A text of several lines, without letters that deceive the eye."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs["rows"] = "4"

    def to_python(self, value: Any) -> str:
        """Read the lines, each by itself, and join them again."""
        lines = [super(ParagraphField, self).to_python(line) for line in _lines(value)]
        text = "\n".join(lines).strip()
        if len(text) > self.longest:
            raise ValidationError(_("This is too long."), code="text_too_long")
        return text


def _lines(value: Any) -> list[str]:
    return str(value or "").replace("\r\n", "\n").split("\n")


def _seconds(hours: int | None, minutes: int | None) -> int | None:
    if hours is None and minutes is None:
        return None
    return ((hours or 0) * MINUTES_AN_HOUR + (minutes or 0)) * MINUTES_AN_HOUR


class DisputeForm(VoiceForm):
    """What is contested about a record, and why."""

    grounds = ParagraphField(
        label=_("What is wrong"),
        longest=2000,
        help_text=_("Everybody who may see the record reads this. It stays."),
    )
    share = PercentField(
        label=_("Contested share (%)"),
        required=False,
        help_text=_("Or give the contested time below. Only this part of the money waits."),
    )
    hours = DecimalTextField(label=_HOURS, required=False, largest=_MOST_HOURS)
    minutes = DecimalTextField(label=_("Minutes"), required=False, largest=MINUTES_AN_HOUR - 1)
    due_on = DateField(label=_("To be decided by"))

    def __init__(self, data: Any = None, *, voices: Sequence[Voice], today: date) -> None:
        super().__init__(
            data, voices=voices, initial={"due_on": today + timedelta(days=USUAL_DAYS)}
        )

    def clean(self) -> dict[str, Any]:
        """Ask for a share or a time, not both."""
        cleaned = super().clean() or {}
        seconds = _seconds(cleaned.get("hours"), cleaned.get("minutes"))
        if (cleaned.get("share") is None) == (seconds is None) and not self.errors:
            fault = _("Give either the contested share or the contested time.")
            self.add_error("share", ValidationError(fault, code="either"))
        cleaned["seconds"] = seconds
        return cleaned

    def case(self) -> Case:
        """Return what was typed as a case; call after `is_valid`."""
        typed = self.cleaned_data
        return Case(
            grounds=typed["grounds"],
            contested=Contested(ppm=typed["share"], seconds=typed["seconds"]),
            due_on=typed["due_on"],
        )


class MessageForm(VoiceForm):
    """Something to say in a dispute."""

    text = ParagraphField(label=_("Message"), longest=4000)


class DecisionForm(VoiceForm):
    """How a dispute ends, and what the record shall say from then on."""

    outcome = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("rejected", _("Rejected: the record stays, the money is released")),
            ("partly", _("Upheld in part: the record is corrected as below")),
            ("upheld", _("Upheld: the record is corrected as below")),
            ("withdraws", _("Upheld: the record counts for nothing any more")),
        ],
    )
    reason = PlainTextField(label=_("Why"), longest=450)
    hours = DecimalTextField(label=_HOURS, required=False, largest=_MOST_HOURS)
    minutes = DecimalTextField(label=_("Minutes"), required=False, largest=MINUTES_AN_HOUR - 1)
    units = DecimalTextField(label=_("Units"), required=False)
    quality_ppm = PercentField(label=_("Quality (%)"), required=False)
    result = forms.ChoiceField(label=_("Outcome of the work"), required=False)

    def __init__(self, data: Any = None, *, voices: Sequence[Voice], record: Contribution) -> None:
        typed = as_typed(record)
        names = ("hours", "minutes", "units", "quality_ppm")
        super().__init__(data, voices=voices, initial={name: typed[name] for name in names})
        self.record = record
        result: Any = self.fields["result"]
        result.choices = with_blank(
            [(code, capital(label)) for code, label in Contribution.Outcome.choices],
            _("As recorded"),
        )

    def clean(self) -> dict[str, Any]:
        """See to it that a correction corrects something and keeps time and basis together."""
        cleaned = super().clean() or {}
        if self.errors or cleaned.get("outcome") not in {"partly", "upheld"}:
            return cleaned
        seconds = self._seconds(cleaned)
        if seconds == 0 or (seconds is None) != (self.record.seconds is None):
            fault = _("Keep a time if the record has one, and none if it has none.")
            self.add_error("hours", ValidationError(fault, code="time"))
        elif self._entry(cleaned) == entry_of(self.record):
            fault = _("Change what the record shall say from now on.")
            self.add_error("outcome", ValidationError(fault, code="unchanged"))
        return cleaned

    def verdict(self) -> Verdict:
        """Return what was typed as a verdict; call after `is_valid`."""
        typed = self.cleaned_data
        outcome = DisputeDecision.Outcome
        if typed["outcome"] == "withdraws":
            return Verdict(outcome=outcome.UPHELD, reason=typed["reason"], withdraws_record=True)
        if typed["outcome"] == "rejected":
            return Verdict(outcome=outcome.REJECTED, reason=typed["reason"])
        return Verdict(outcome=typed["outcome"], reason=typed["reason"], entry=self._entry(typed))

    def _seconds(self, typed: dict[str, Any]) -> int | None:
        # Unchanged hours and minutes keep the seconds behind them.
        if (typed["hours"], typed["minutes"]) == (self.initial["hours"], self.initial["minutes"]):
            return self.record.seconds
        return _seconds(typed["hours"], typed["minutes"])

    def _entry(self, typed: dict[str, Any]) -> Any:
        return replace(
            entry_of(self.record),
            seconds=self._seconds(typed),
            units=typed["units"],
            quality_ppm=typed["quality_ppm"],
            outcome=typed["result"] or self.record.outcome,
        )


class WithdrawnDisputeForm(VoiceForm):
    """Why a dispute is withdrawn by the party that opened it."""

    reason = PlainTextField(label=_("Why you withdraw it"), longest=450)


class DisputeFacets(forms.Form):
    """By what disputes are narrowed down."""

    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[
            ("", _("All")),
            ("open", _("Open")),
            ("overdue", _("Overdue")),
            ("decided", _("Decided")),
        ],
    )

    def narrow(self, rows: Any, *, today: date) -> Any:
        """Keep what all facets ask for; a facet that was refused keeps nothing."""
        if not self.is_valid():
            return rows.none()
        state = self.cleaned_data["state"]
        if state == "open":
            return rows.open()
        if state == "overdue":
            return rows.overdue(today)
        return rows.exclude(decision=None) if state == "decided" else rows
