"""What all pages of records share: their frame, their forms and their sections."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import Organisation, User
from contributions.views.access import (
    SignedInRequest,
    may_record,
    own_organisations,
    sees_rows,
)
from contributions.views.tables import Link, Notice


def sections(request: SignedInRequest, current: str) -> list[Link]:
    """Return the tabs of all that belongs to records, for whoever asks."""
    names = [("task-types", _("Task types"))]
    if sees_rows(request.user):
        names = [
            ("contributions", _("Contributions")),
            ("disputes", _("Disputes")),
            ("workers", _("Workers")),
            *names,
        ]
    if may_record(request.user):
        names.append(("imports", _("Imports")))
    if own_organisations(request.user).exists():
        names.append(("organisations", _("Organisations")))
    return [Link(label, reverse(name), current=name == current) for name, label in names]


def trail(*steps: tuple[str, str]) -> list[Link]:
    """Return a breadcrumb of labels and addresses; the last is the page itself."""
    return [Link(label, url) for label, url in steps]


def actions_for_recorders(user: User, *actions: tuple[str, str]) -> list[Link]:
    """Return acts that only whoever records may do: pairs of label and URL name."""
    if not may_record(user):
        return []
    return [Link(label, reverse(name)) for label, name in actions]


def nature_notices(organisation: Organisation) -> list[Notice]:
    """Return the banner of records that are not of real life."""
    if organisation.nature == Organisation.Nature.SYNTHETIC:
        return [Notice("synthetic")]
    if organisation.nature == Organisation.Nature.EXAMPLE:
        return [
            Notice(
                "info",
                _("Invented people and work, small enough to check every number by hand."),
                _("Worked example"),
            )
        ]
    if organisation.nature == Organisation.Nature.SCENARIO:
        return [
            Notice(
                "assumption",
                _("Who did what is public record. Hours were published by nobody and are assumed."),
                _("Scenario"),
            )
        ]
    return []


def refuse(form: Form, error: ContributionError | ValidationError) -> None:
    """Put what a service refused on the field at fault, or above the form."""
    if isinstance(error, ContributionError):
        name = error.pointer.removeprefix("/").partition("/")[0]
        form.add_error(name if name in form.fields else None, str(error))
        return
    faults: dict[str, Any] = getattr(error, "error_dict", {"__all__": error})
    for name, fault in faults.items():
        form.add_error(name if name in form.fields else None, fault)


def query_of(request: HttpRequest) -> dict[str, str]:
    """Return the query of an address, each name once and without empty values."""
    return {key: str(value) for key, value in request.GET.items() if value}
