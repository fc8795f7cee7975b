"""What a reader can do on a page of the books, and the page they all share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from contributions.errors import ContributionError
from contributions.views.tables import Link, Table

PAGE = "accounting/ledger/sections.html"
FORM_PAGE = "accounting/ledger/form.html"
REFUSED = frozenset({"own_run", "own_batch", "own_closing", "role_missing"})
"""Codes that say who asked may not; they answer 403 as they do in the API."""

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done: a button, or a form with one."""

    key: str
    title: Text
    label: Text = ""
    url: str = ""
    text: Text = ""
    form: forms.Form | None = None
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A table under a heading."""

    key: str
    title: Text
    table: Table
    text: Text = ""


def trail(*steps: tuple[Text, str]) -> list[Link]:
    """Return the way from home to a page, which has no address itself."""
    return [Link(_("Home"), reverse("home")), *(Link(label, url) for label, url in steps)]


def done(request: HttpRequest, act: Callable[[], object], *, said: Text, back: str) -> HttpResponse:
    """Do something and go back to the page, saying that it is done or what stands against it.

    Raises:
        PermissionDenied: Who asks may not do it, as a rule about two people says.
    """
    try:
        act()
    except (AccountingError, ContributionError) as error:
        if error.code in REFUSED:
            raise PermissionDenied(str(error)) from error
        messages.error(request, str(error))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, str(said))
    return HttpResponseRedirect(back)


def filled(form: forms.Form, request: HttpRequest) -> bool:
    """Return whether a form is right; what is wrong is said on the next page otherwise."""
    if form.is_valid():
        return True
    wrong: Sequence[str] = [
        f"{form.fields[name].label}: {text}" if name in form.fields else str(text)
        for name, texts in form.errors.items()
        for text in texts
    ]
    messages.error(request, " ".join(wrong))
    return False
