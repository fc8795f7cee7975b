"""Entering the figures of a period, one form per kind."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounting.forms.entries import ENTRY_FORMS
from accounting.models import Period
from accounting.services.visibility import visible_periods
from accounting.views.access import SignedInRequest, find, reader_of, signed_in
from contributions.views.tables import Link


@require_http_methods(["GET", "POST"])
@signed_in
def add(request: SignedInRequest, period_id: str, kind: str) -> HttpResponse:
    """Enter one figure; what was typed stays on the form until it is right.

    Raises:
        Http404: There is no such kind, the period is closed, or it is another organisation's.
    """
    reader = reader_of(request)
    period = find(visible_periods(reader.user), period_id)
    if (
        kind not in ENTRY_FORMS
        or period.state != Period.State.OPEN
        or not reader.acts_for(period.operator)
    ):
        raise Http404(kind)
    kind_of_form = ENTRY_FORMS[kind]
    form = kind_of_form(request.POST or None, period=period)
    url = reverse("period", args=[period.public_id])
    if request.method == "POST" and form.is_valid() and form.save():
        messages.success(request, _("Added. The next run counts it."))
        return HttpResponseRedirect(f"{url}#{form.fragment}")
    context = {
        "form": form,
        "title": kind_of_form.title,
        "period": period,
        "cancel_url": f"{url}#{form.fragment}",
        "breadcrumb": [
            Link(_("Home"), reverse("home")),
            Link(_("Periods"), reverse("periods")),
            Link(str(period), url),
            Link(kind_of_form.title, ""),
        ],
    }
    status = 422 if form.errors else 200
    return render(request, "accounting/entry.html", context, status=status)
