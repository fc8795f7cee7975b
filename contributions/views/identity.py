"""A worker's name and data: writing and reading it, taking all of it along, erasing the person."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contributions.errors import ContributionError
from contributions.forms.identities import ErasureForm, IdentityForm, PurposeForm
from contributions.models import Membership, Worker
from contributions.services.identities import (
    erase_person,
    keeps_identity,
    read_identity,
    write_identity,
)
from contributions.services.personal_data import personal_data
from contributions.services.visibility import visible_workers
from contributions.views.access import SignedInRequest, find, require, signed_in
from contributions.views.pages import refuse
from contributions.views.tables import Fact
from contributions.views.worker_forms import worker_form


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: SignedInRequest, worker_id: str) -> HttpResponse:
    """Write a worker's name and contact down, sealed under the worker's own key."""
    row = _kept(request, worker_id)
    form = IdentityForm(request.POST or None)
    if form.is_valid():
        try:
            write_identity(worker=row, identity=form.identity(), by=request.user)
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The name is sealed."))
            return redirect("worker", row.public_id)
    return worker_form(
        request,
        row,
        {
            "title": _("Name and contact"),
            "lead": _(
                "They are encrypted under a key of this person alone, apart from all records. "
                "What stood here before is replaced."
            ),
            "form": form,
            "submit": _("Seal this"),
        },
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def read(request: SignedInRequest, worker_id: str) -> HttpResponse:
    """Show a worker's name to whoever says what for; the person sees that it was read."""
    row = _kept(request, worker_id)
    form = PurposeForm(request.POST or None)
    facts: list[Fact] = []
    if form.is_valid():
        try:
            found = read_identity(worker=row, by=request.user, purpose=form.cleaned_data["purpose"])
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            facts = (
                [Fact(_("Name"), found.name), Fact(_("Contact"), found.contact or "—")]
                if found
                else [Fact(_("Name"), _("not written down"))]
            )
    response = worker_form(
        request,
        row,
        {
            "title": _("Read the name"),
            "lead": _("The person sees who read the name, when, and for what."),
            "form": form,
            "submit": _("Show the name"),
            "facts": facts,
        },
    )
    response["Cache-Control"] = "no-store"
    return response


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: SignedInRequest, worker_id: str) -> HttpResponse:
    """Erase a person, on their own wish or by a union's administrator who passes it on."""
    row = find(visible_workers(request.user), worker_id)
    require(keeps_identity(request.user, row, Membership.Role.ADMIN))
    form = ErasureForm(request.POST or None)
    if form.is_valid():
        try:
            erase_person(worker=row, by=request.user, reason=form.cleaned_data["reason"])
        except ContributionError as error:
            refuse(form, error)
        else:
            messages.success(
                request, _("The person is erased. The records stay under a number alone.")
            )
            return redirect("home")
    return worker_form(
        request,
        row,
        {
            "title": _("Erase this person"),
            "lead": _(
                "The key of the name is destroyed, the pseudonym gives way to a number, the "
                "log-in is untied and consents end. Hours, amounts and proofs stay."
            ),
            "form": form,
            "submit": _("Erase for good"),
        },
    )


@signed_in
@require_POST
def export(request: SignedInRequest, worker_id: str) -> HttpResponse:
    """Hand out all that is stored about a person; noted like every access."""
    row = find(visible_workers(request.user), worker_id)
    require(row.user_id == request.user.pk or request.user.is_superuser)
    try:
        content = personal_data(worker=row, by=request.user)
    except ContributionError as error:
        messages.error(request, str(error))
        return redirect("worker", row.public_id)
    return HttpResponse(
        content,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{row.public_id}.zip"',
            "Cache-Control": "no-store",
        },
    )


def _kept(request: SignedInRequest, worker_id: str) -> Worker:
    row = find(visible_workers(request.user), worker_id)
    require(keeps_identity(request.user, row))
    return row
