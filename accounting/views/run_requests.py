"""Asking for a run and taking the request back."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounting import tasks
from accounting.core.errors import AccountingError
from accounting.forms.periods import RunForm
from accounting.services import runs
from accounting.services.visibility import visible_periods
from accounting.views import links
from accounting.views.access import (
    MAY_COMPUTE,
    SignedInRequest,
    find,
    find_run,
    reader_of,
    signed_in,
)
from accounting.views.periods import page_of


@require_POST
@signed_in
def request_run(request: SignedInRequest, period_id: str) -> HttpResponse:
    """Queue a run of a period and show it; what stands against it is said on the form."""
    reader = reader_of(request)
    period = find(visible_periods(reader.user), period_id)
    if not reader.acts_for(period.operator, roles=MAY_COMPUTE):
        raise Http404(period_id)
    form = RunForm(request.POST, period=period)
    if form.is_valid():
        try:
            with transaction.atomic():
                run = runs.request_run(
                    period=period,
                    policy=form.cleaned_data["policy"],
                    simulation=form.cleaned_data["simulation"],
                    requested_by=request.user,
                )
                transaction.on_commit(partial(tasks.enqueue_run, run.pk))
        except AccountingError as error:
            form.add_error(None, str(error))
        else:
            return HttpResponseRedirect(links.run_url(run))
    return render(request, "accounting/period.html", page_of(period, reader, form), status=422)


@require_POST
@signed_in
def cancel(request: SignedInRequest, run_id: str) -> HttpResponse:
    """Cancel a run that is not finished."""
    run = find_run(request, run_id)
    if not reader_of(request).acts_for(run.period.operator, roles=MAY_COMPUTE):
        raise Http404(run_id)
    try:
        runs.cancel_run(run=run)
    except runs.RunNotCancellable as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The run is cancelled. It wrote nothing."))
    return HttpResponseRedirect(links.run_url(run))
