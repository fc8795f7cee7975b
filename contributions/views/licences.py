"""Traceable licences: recording and revoking them."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contributions.errors import ContributionError
from contributions.forms.products import LicenceForm
from contributions.models import Licence, Organisation
from contributions.services.products import LicenceRevoked, grant_licence, revoke_licence
from contributions.services.visibility import visible_products
from contributions.views.access import (
    SignedInRequest,
    find,
    recording_organisations,
    records_for,
    require,
    signed_in,
)
from contributions.views.pages import refuse, trail


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest, product_id: str) -> HttpResponse:
    """Record a licence on a product."""
    row = find(visible_products(request.user), product_id)
    require(records_for(request.user, row.operator))
    form = LicenceForm(request.POST or None, licensees=Organisation.objects.all())
    if form.is_valid():
        try:
            grant_licence(licence=form.licence(row))
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The licence is recorded."))
            return redirect("product", row.public_id)
    url = reverse("product", args=[row.public_id])
    title = _("Add a licence")
    context = {
        "breadcrumb": trail(
            (_("Home"), "/"), (_("Products"), reverse("products")), (str(row), url), (title, "")
        ),
        "title": title,
        "lead": _("What a licence yields by contract goes to the licensed work."),
        "form": form,
        "submit": _("Record this licence"),
        "cancel_url": url,
    }
    return render(request, "contributions/form_page.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: SignedInRequest, licence_id: str) -> HttpResponse:
    """Ask whether a licence shall be revoked, and revoke it."""
    keeping = recording_organisations(request.user)
    rows = Licence.objects.filter(product__operator__in=keeping)
    licence = find(rows.select_related("product", "licensee"), licence_id)
    url = reverse("product", args=[licence.product.public_id])
    if request.method == "POST":
        try:
            revoke_licence(licence=licence, today=timezone.localdate())
        except LicenceRevoked as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The licence is revoked."))
        return redirect(url)
    title = _("Revoke this licence")
    context = {
        "breadcrumb": trail((_("Home"), "/"), (str(licence.product), url), (title, "")),
        "title": title,
        "text": _("%(licensee)s may no longer use %(product)s from today on.")
        % {"licensee": licence.licensee, "product": licence.product},
        "submit": title,
        "cancel_url": url,
    }
    return render(request, "contributions/confirm.html", context)
