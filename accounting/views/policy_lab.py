"""The policy lab: trying terms on a period, live where the world is small."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounting import tasks
from accounting.core.errors import AccountingError
from accounting.forms.policies_lab import LabForm
from accounting.models import Period, Policy
from accounting.services import comparisons, disclosure, policies, simulations
from accounting.services.comparisons import Result
from accounting.services.simulations import Document, World
from accounting.services.visibility import visible_periods, visible_policies
from accounting.views import comparison_tables, links, notices
from accounting.views.access import MAY_COMPUTE, Reader, SignedInRequest, find, reader_of, signed_in
from accounting.views.policies import MAY_BIND, operators_to_draft_for
from accounting.views.policy_effects import effects
from accounting.views.policy_words import BETA_WARNING_PPM
from contributions.formatting import day
from contributions.models import Organisation
from contributions.views.tables import ABSENT, Cell, Empty, Link, Notice, Table, columns, number


@require_GET
@signed_in
def lab(request: SignedInRequest) -> HttpResponse:
    """List the periods on which the reader may try policies."""
    reader = reader_of(request)
    context = {
        "table": _periods_table(list(_periods(reader))),
        "breadcrumb": [Link(_("Home"), reverse("home")), Link(_("Policy lab"), "")],
    }
    return render(request, "accounting/lab/periods.html", context)


@require_GET
@signed_in
def what_if(request: SignedInRequest, period_id: str) -> HttpResponse:
    """Try terms on a period: sliders over a policy, recomputed by the server at once."""
    reader = reader_of(request)
    period = find(_periods(reader), period_id)
    chosen = _policy(request, period)
    if chosen is None:
        return render(request, "accounting/lab/no_policy.html", _frame(period))
    document = simulations.complete(chosen.document)
    form = LabForm(request.GET if "beta" in request.GET else None, document=document)
    tried = form.tried() if form.is_bound and form.is_valid() else document
    context = _frame(period) | {
        "form": form,
        "policy": chosen,
        "policies": _policies(reader, period),
        "warns_of_beta": tried["blend_beta_ppm"] > BETA_WARNING_PPM,
        "may_simulate": may_simulate(reader, period.operator),
        "may_draft": operators_to_draft_for(reader).filter(pk=period.operator_id).exists(),
        "query": urlencode({name: request.GET[name] for name in request.GET}),
    }
    try:
        world = simulations.open_world(period=period, policy=chosen)
        context |= _results(world, document, tried, reader)
    except AccountingError as error:
        context["obstacle"] = str(error)
    return render(
        request, "accounting/lab/what_if.html", context, status=422 if form.errors else 200
    )


@require_POST
@signed_in
def simulate(request: SignedInRequest, period_id: str) -> HttpResponse:
    """Queue a simulation of a period under a stored policy, drafts included."""
    reader = reader_of(request)
    period = find(_periods(reader), period_id)
    if not may_simulate(reader, period.operator):
        raise Http404(period_id)
    policy = find(_policies(reader, period), request.POST.get("policy", ""))
    try:
        with transaction.atomic():
            run = simulations.request_simulation(
                period=period, policy=policy, requested_by=request.user
            )
            transaction.on_commit(partial(tasks.enqueue_run, run.pk))
    except AccountingError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("lab-period", args=[period.public_id]))
    return HttpResponseRedirect(links.run_url(run))


@require_POST
@signed_in
def keep(request: SignedInRequest, period_id: str) -> HttpResponse:
    """Store what was tried as a draft, so that it can be simulated, compared and proposed."""
    reader = reader_of(request)
    period = find(_periods(reader), period_id)
    if not operators_to_draft_for(reader).filter(pk=period.operator_id).exists():
        raise Http404(period_id)
    base = find(_policies(reader, period), request.POST.get("policy", ""))
    form = LabForm(request.POST, document=simulations.complete(base.document))
    back = reverse("lab-period", args=[period.public_id])
    version = request.POST.get("version", "").strip()
    if not form.is_valid() or not version:
        messages.error(request, _("Give the draft a version of its own, and terms within bounds."))
        return HttpResponseRedirect(back)
    try:
        made = policies.draft_policy(
            operator=period.operator,
            document=form.tried() | {"version": version},
            created_by=request.user,
            based_on=base,
        )
    except AccountingError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(back)
    messages.success(request, _("The draft is stored. Propose it when it is ready."))
    return HttpResponseRedirect(reverse("policy", args=[made.public_id]))


def may_simulate(reader: Reader, operator: Organisation) -> bool:
    """Return whether a reader may have simulations of an operator's periods computed.

    The operator may, and labour that bargains with it.
    """
    unions = reader.organisations(Organisation.Kind.LABOUR_ORGANISATION)
    return reader.acts_for(operator, roles=MAY_COMPUTE) or any(
        reader.acts_for(row, roles=MAY_BIND) for row in unions
    )


def _periods(reader: Reader) -> QuerySet[Period]:
    """Return the periods to try policies on.

    Not for those who only oversee: answers under terms of one's own choice can be subtracted
    from one another until one person is left.
    """
    if reader.role in {"regulator", "nobody"}:
        return Period.objects.none()
    return visible_periods(reader.user).select_related("operator")


def _policies(reader: Reader, period: Period) -> QuerySet[Policy]:
    return visible_policies(reader.user).filter(operator=period.operator)


def _policy(request: SignedInRequest, period: Period) -> Policy | None:
    """Return the policy to start from: the one asked for, else what is in force, else any."""
    rows = _policies(reader_of(request), period)
    wanted = request.GET.get("policy", "")
    if wanted:
        return find(rows, wanted)
    return rows.filter(state=Policy.State.IN_FORCE).first() or rows.first()


def _results(world: World, document: Document, tried: Document, reader: Reader) -> dict[str, Any]:
    operator, workers = world.period.operator_id, world.pinned.worker_ids.tolist()
    fewest = disclosure.fewest_in_world(reader.user, operator, workers)
    seen = disclosure.seen_workers(reader.user, operator, workers)
    before = comparisons.of_allocation(world, world.under(document))
    after = before if tried == document else _under(world, tried)
    names = (_("As the policy has it"), _("As tried"))
    return {
        "tables": [
            comparison_tables.overview_table(before, after, names),
            comparison_tables.pools_table(before, after, names),
            comparison_tables.groups_table(before, after, names, fewest=fewest),
            comparison_tables.people_table(
                comparisons.people(before, after, seen=seen), after, names
            ),
            comparison_tables.indicators_table(before, after, names, fewest=fewest),
        ],
        "effects": effects(world, tried, after, fewest=fewest),
        "fewest": fewest,
    }


def _under(world: World, document: Document) -> Result:
    return comparisons.of_allocation(world, world.under(document))


def _frame(period: Period) -> dict[str, Any]:
    return {
        "period": period,
        "notices": [
            Notice(
                "simulation",
                _("What is tried here is owed to nobody and can never be posted or paid."),
            ),
            *notices.of_operator(period.operator),
        ],
        "assumptions": notices.assumptions_of(period.operator),
        "breadcrumb": [
            Link(_("Home"), reverse("home")),
            Link(_("Policy lab"), reverse("lab")),
            Link(str(period), ""),
        ],
    }


def _periods_table(rows: list[Period]) -> Table:
    return Table(
        caption=_("Periods on which you may try policies"),
        columns=columns(_("Operator"), _("Days"), _("Currency"), _("Runs"), numeric=(3,)),
        rows=[
            [
                Cell(str(row.operator), href=reverse("lab-period", args=[row.public_id])),
                Cell(f"{day(row.starts_on)} {ABSENT} {day(row.ends_on)}"),
                Cell(row.currency),
                number(str(row.runs.count())),
            ]
            for row in rows
        ],
        empty=Empty(
            _("No period to try policies on"),
            _("A period with revenue and labour is needed; whoever only oversees tries nothing."),
        ),
    )
