"""A worker's name, what it is read for, erasing it, and merging two names of one person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from contributions.forms.facets import named_workers
from contributions.forms.fields import PlainTextField, RecordField
from contributions.models import Organisation, Worker
from contributions.services.identities import LONGEST_CONTACT, LONGEST_NAME, Identity


class IdentityForm(forms.Form):
    """Who a worker is and how to reach them."""

    name = PlainTextField(label=_("Name"), longest=LONGEST_NAME)
    contact = PlainTextField(
        label=_("Contact"),
        required=False,
        longest=LONGEST_CONTACT,
        help_text=_("An address, a telephone number or an e-mail address."),
    )

    def identity(self) -> Identity:
        """Return what was typed; call after `is_valid`."""
        return Identity(**self.cleaned_data)


class PurposeForm(forms.Form):
    """What a name is needed for."""

    purpose = PlainTextField(
        label=_("What you need the name for"),
        longest=500,
        help_text=_("The person sees who read the name, when, and for what."),
    )


class ErasureForm(forms.Form):
    """A person's wish to be erased, made unmistakable."""

    understood = forms.BooleanField(
        label=_("I understand that nobody can undo this."), required=True
    )
    reason = PlainTextField(label=_("Reason"), required=False, longest=500)


class MergeForm(forms.Form):
    """Which two workers are one person, and how that is known."""

    organisation = RecordField(
        Organisation.objects.none(), label=_("Kept by"), empty_label=_("Choose an organisation")
    )
    into = PlainTextField(
        label=_("Who stands for both from now on"),
        help_text=_("The pseudonym, or the id that starts with wrk_."),
    )
    reason = PlainTextField(label=_("How you know"), longest=500)

    def __init__(
        self,
        data: Any = None,
        *,
        organisations: QuerySet[Organisation],
        workers: QuerySet[Worker],
        into: str = "",
    ) -> None:
        super().__init__(data, initial={"into": into})
        self.workers = workers
        _offer(self, organisations)

    def clean_into(self) -> Worker:
        """Find the other worker among those this recorder may see.

        Raises:
            ValidationError: Nobody, or several, are called this.
        """
        found = list(self.workers.filter(pk__in=named_workers(self.cleaned_data["into"]))[:2])
        if len(found) != 1:
            raise ValidationError(
                _("Name one worker whom you keep, by the id that starts with wrk_."),
                code="unknown",
            )
        return found[0]


class PartingForm(forms.Form):
    """Why two workers are two people after all."""

    organisation = RecordField(
        Organisation.objects.none(), label=_("Kept by"), empty_label=_("Choose an organisation")
    )
    reason = PlainTextField(label=_("Why these are two people"), longest=500)

    def __init__(self, data: Any = None, *, organisations: QuerySet[Organisation]) -> None:
        super().__init__(data)
        _offer(self, organisations)


def _offer(form: forms.Form, organisations: QuerySet[Organisation]) -> None:
    field: Any = form.fields["organisation"]
    field.queryset = organisations
    if len(organisations) == 1:
        form.initial["organisation"] = organisations[0]
        field.widget = forms.HiddenInput()
