"""Organisations and who belongs to them."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contributions.errors import ContributionError
from contributions.forms.names import capital
from contributions.forms.parties import MemberForm, OrganisationForm
from contributions.models import Organisation
from contributions.services.parties import LastAdministrator, add_member, remove_member
from contributions.views.access import (
    SignedInRequest,
    find,
    manages,
    own_organisations,
    require,
    signed_in,
)
from contributions.views.pages import refuse, sections, trail
from contributions.views.tables import Cell, Empty, Link, Table, columns


@signed_in
@require_safe
def organisations(request: SignedInRequest) -> HttpResponse:
    """Show the organisations a user belongs to."""
    found = own_organisations(request.user)
    actions = []
    if request.user.is_superuser:
        actions = [Link(_("Add an organisation"), reverse("organisation-new"))]
    context = {
        "breadcrumb": trail((_("Home"), "/"), (_("Organisations"), "")),
        "sections": sections(request, "organisations"),
        "actions": actions,
        "table": Table(
            caption=_("Organisations"),
            columns=columns(_("Name"), _("Kind"), _("Country"), _("Records")),
            rows=[_cells(row) for row in found],
            empty=Empty(
                _("You belong to no organisation"),
                _("An administrator of your organisation can add you by your user name."),
            ),
        ),
    }
    return render(request, "contributions/organisations.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: SignedInRequest, organisation_id: str) -> HttpResponse:
    """Show an organisation's members; its administrators add and remove them here."""
    row = find(own_organisations(request.user), organisation_id)
    may_manage = manages(request.user, row)
    form = MemberForm(request.POST or None)
    if request.method == "POST":
        require(may_manage)
        if form.is_valid():
            try:
                add_member(organisation=row, **form.cleaned_data)
            except ContributionError as error:
                refuse(form, error)
            else:
                messages.success(request, _("The member is added."))
                return redirect("organisation", row.public_id)
    context = {
        "breadcrumb": trail(
            (_("Home"), "/"), (_("Organisations"), reverse("organisations")), (row.name, "")
        ),
        "organisation": row,
        "members": row.memberships.select_related("user").order_by("user__username"),
        "may_manage": may_manage,
        "form": form,
    }
    return render(request, "contributions/organisation.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Add an organisation."""
    require(request.user.is_superuser)
    form = OrganisationForm(request.POST or None)
    if form.is_valid():
        made = form.organisation()
        try:
            made.full_clean()
        except ValidationError as error:
            refuse(form, error)
        else:
            made.save()
            messages.success(request, _("The organisation is added."))
            return redirect("organisation", made.public_id)
    title = _("Add an organisation")
    context = {
        "breadcrumb": trail(
            (_("Home"), "/"), (_("Organisations"), reverse("organisations")), (title, "")
        ),
        "title": title,
        "form": form,
        "submit": _("Add this organisation"),
        "cancel_url": reverse("organisations"),
    }
    return render(request, "contributions/form_page.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: SignedInRequest, organisation_id: str, member_id: int) -> HttpResponse:
    """Ask whether somebody shall leave an organisation, and end the membership."""
    row = find(own_organisations(request.user), organisation_id)
    require(manages(request.user, row))
    membership = row.memberships.select_related("user").filter(pk=member_id).first()
    if membership is None:
        raise Http404(member_id)
    if request.method == "POST":
        try:
            remove_member(membership=membership)
        except LastAdministrator as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The member is removed."))
        return redirect("organisation", row.public_id)
    title = _("Remove this member")
    url = reverse("organisation", args=[row.public_id])
    context = {
        "breadcrumb": trail((_("Home"), "/"), (row.name, url), (title, "")),
        "title": title,
        "text": _("%(user)s will no longer see what %(organisation)s sees.")
        % {"user": membership.user.get_username(), "organisation": row.name},
        "submit": title,
        "cancel_url": url,
    }
    return render(request, "contributions/confirm.html", context)


def _cells(row: Organisation) -> list[Cell]:
    return [
        Cell(row.name, href=reverse("organisation", args=[row.public_id])),
        Cell(capital(row.get_kind_display())),
        Cell(row.country),
        Cell(capital(row.get_nature_display())),
    ]
