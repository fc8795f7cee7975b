"""An indicator of a run: what it means, from which figures it comes, what it is not for."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounting.models import RunIndicator
from accounting.views import notices
from accounting.views.access import (
    SignedInRequest,
    find_run_with_result,
    reader_of,
    signed_in,
)
from accounting.views.indicator_catalogue import CATALOGUE, hidden_from, shown_value
from accounting.views.indicator_inputs import inputs_of
from accounting.views.runs import run_trail


@require_GET
@signed_in
def indicator(request: SignedInRequest, run_id: str, name: str) -> HttpResponse:
    """Derive one indicator of a run."""
    run = find_run_with_result(request, run_id)
    entry = CATALOGUE.get(name)
    row = RunIndicator.objects.filter(run=run, name=name).first()
    if entry is None or row is None:
        raise Http404(name)
    hidden = hidden_from(run, entry, reader_of(request).fewest_in_cell(run))
    context = {
        "run": run,
        "entry": entry,
        "name": name,
        "hidden": hidden,
        "fewest": entry.fewest,
        "value": "" if hidden else shown_value(entry, row.value),
        "exact": "" if hidden else row.value,
        "steps": [] if hidden else inputs_of(run, name),
        "policy_url": reverse("policy", args=[run.policy.public_id]),
        "notices": notices.of_run(run),
        "assumptions": notices.assumptions_of(run.period.operator),
        "breadcrumb": run_trail(run, str(entry.title)),
    }
    return render(request, "accounting/indicator.html", context)
