"""In whose name something is said: a choice for whoever may speak for several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contributions.services.speaking import Voice


class VoiceForm(forms.Form):
    """A form of somebody who speaks for one of some parties; one alone is not asked for."""

    party = forms.ChoiceField(label=_("In the name of"))

    def __init__(
        self, data: Any = None, *, voices: Sequence[Voice], initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.voices = {_key(voice): voice for voice in voices}
        party: Any = self.fields["party"]
        party.choices = [
            (key, _("myself") if voice.worker else str(voice)) for key, voice in self.voices.items()
        ]
        if len(self.voices) == 1:
            self.initial["party"] = next(iter(self.voices))
            party.widget = forms.HiddenInput()

    def voice(self) -> Voice:
        """Return the chosen voice; call after `is_valid`."""
        return self.voices[self.cleaned_data["party"]]


def _key(voice: Voice) -> str:
    party = voice.worker or voice.organisation
    return "" if party is None else party.public_id
