"""Valuations of one product side by side, and what they would do to pay."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounting.charts import Bar, Figure, Frame, bars
from accounting.core.errors import AccountingError
from accounting.models import Run, Valuation, WorkerValue
from accounting.services.valuation_comparing import Comparison, compare
from accounting.services.valuation_what_if import USUAL_BETAS_PPM, WhatIf, what_if
from accounting.views import links, notices
from accounting.views.access import SignedInRequest, signed_in
from accounting.views.valuations.finding import find_valuation, trail, valuation_url
from accounting.views.valuations.refusals import told
from accounting.views.valuations.words import figure, method_name, title_of, value
from contributions.formatting import factor, money, share
from contributions.models import Worker
from contributions.views.tables import ABSENT, Cell, Column, Empty, Notice, Table, columns, number

MOST_COMPARED = 6
MOST_PEOPLE = 200
PPM = 1_000_000


@require_safe
@signed_in
def comparison(request: SignedInRequest, valuation_id: str) -> HttpResponse:
    """Hold a valuation against the others of its product."""
    found = _computed(request, valuation_id)
    others = (
        Valuation.objects.visible_to(request.user)
        .computed()
        .filter(product=found.product_id)
        .exclude(pk=found.pk)
        .distinct()
    )
    compared = compare([found, *others[: MOST_COMPARED - 1]])
    seen = set(
        WorkerValue.objects.visible_to(request.user)
        .filter(valuation=found)
        .values_list("worker_id", flat=True)
    )
    title = _("Methods side by side")
    context = {
        "valuation": found,
        "title": title,
        "breadcrumb": trail(found, title),
        "notices": notices.of_operator(found.product.operator),
        "alone": len(compared.valuations) == 1,
        "correlations": _correlations(compared),
        "moved": _moved(compared),
        "people": _people(compared, seen),
        "people_count": len(compared.workers),
    }
    return render(request, "accounting/valuations/comparison.html", context)


@require_safe
@signed_in
def pay(request: SignedInRequest, valuation_id: str) -> HttpResponse:
    """Show how pay would change with β, recomputing the newest run for each."""
    found = _computed(request, valuation_id)
    run = _newest_run(request, found)
    title = _("What if data value moved pay more?")
    context = {
        "valuation": found,
        "title": title,
        "breadcrumb": trail(found, title),
        "notices": notices.of_operator(found.product.operator),
        "run": run,
        "reliability": factor(found.reliability_ppm),
    }
    if run is not None:
        context |= _what_if(request, found, run)
    return render(request, "accounting/valuations/what_if.html", context)


def _computed(request: SignedInRequest, valuation_id: str) -> Valuation:
    found = find_valuation(request, valuation_id)
    if found.state != Valuation.State.COMPUTED:
        raise Http404(valuation_id)
    return found


def _newest_run(request: SignedInRequest, found: Valuation) -> Run | None:
    runs = Run.objects.visible_to(request.user).filter(
        state__in=[Run.State.COMPUTED, Run.State.APPROVED, Run.State.POSTED],
        products__product=found.product_id,
    )
    return runs.select_related("period", "policy").order_by("-pk").first()


def _what_if(request: SignedInRequest, found: Valuation, run: Run) -> dict[str, object]:
    agreed = int(run.policy.document["blend_beta_ppm"])
    betas = sorted({*USUAL_BETAS_PPM, agreed})
    try:
        tried = what_if(valuation=found, run=run, betas_ppm=betas)
    except AccountingError as error:
        return {"refused": told(error)}
    seen = set(
        WorkerValue.objects.visible_to(request.user)
        .filter(valuation=found)
        .values_list("worker_id", flat=True)
    )
    people = Worker.objects.in_bulk(seen)
    places = [place for place, worker in enumerate(tried.workers) if worker in seen]
    context: dict[str, object] = {
        "run_url": links.run_url(run),
        "agreed": factor(agreed),
        "table": _pay_table(tried, places[:MOST_PEOPLE], people, run),
        "figure": _pay_figure(tried, places, people, run),
    }
    if tried.pool_moved:
        context["notices"] = [
            *notices.of_operator(found.product.operator),
            Notice(
                "info",
                _(
                    "No pool of the policy follows data value. Here the data dividend is made to "
                    "follow it; in a run nothing would change."
                ),
            ),
        ]
    return context


def _pay_table(tried: WhatIf, places: list[int], people: dict[int, Worker], run: Run) -> Table:
    currency = run.period.currency
    return Table(
        caption=_("Pay in this run, in {}").format(currency),
        columns=[
            Column(_("Person")),
            *(Column(f"β {factor(beta)}", numeric=True) for beta in tried.betas_ppm),
        ],
        rows=[
            [
                Cell(
                    str(people[tried.workers[place]]),
                    href=links.worker_url(tried.workers[place]),
                ),
                *(number(money(paid[place], currency)) for paid in tried.pay_micro),
            ]
            for place in places
        ],
        totals=[
            Cell(_("Everybody in the run")),
            *(number(money(sum(paid), currency)) for paid in tried.pay_micro),
        ],
        empty=Empty(_("Pay of single people is not shown to you.")),
    )


def _pay_figure(tried: WhatIf, places: list[int], people: dict[int, Worker], run: Run) -> Figure:
    currency = run.period.currency
    least, most = tried.pay_micro[0], tried.pay_micro[-1]
    change = sorted(((most[place] - least[place], place) for place in places), reverse=True)
    frame = Frame(
        key="change",
        title=_("Who would gain and who would lose"),
        description=_("Pay at the highest β less pay without data value, for each person."),
        columns=(_("Person"), _("Change ({})").format(currency)),
        empty=_("Pay of single people is not shown to you."),
    )
    items = [
        Bar(
            label=str(people[tried.workers[place]]),
            value=amount,
            value_label=money(amount, currency),
            kind="data" if amount >= 0 else "rent",
            href=links.worker_url(tried.workers[place]),
        )
        for amount, place in change[:40]
    ]
    return bars(frame=frame, items=items)


def _correlations(compared: Comparison) -> Table:
    return _square(
        compared,
        _("Rank correlation"),
        [[figure(cell, digits=3) for cell in row] for row in compared.correlations],
    )


def _moved(compared: Comparison) -> Table:
    return _square(
        compared,
        _("Part of what scores move that changes hands"),
        [[share(round(cell * PPM)) for cell in row] for row in compared.moved],
    )


def _square(compared: Comparison, caption: str, cells: list[list[str]]) -> Table:
    names = [title_of(valuation) for valuation in compared.valuations]
    return Table(
        caption=caption,
        columns=[Column(_("Method")), *(Column(name, numeric=True) for name in names)],
        rows=[
            [
                Cell(name, href=valuation_url(valuation), detail=method_name(valuation)),
                *(number(cell) for cell in row),
            ]
            for name, valuation, row in zip(names, compared.valuations, cells, strict=True)
        ],
        empty=Empty(_("Nothing to compare")),
    )


def _people(compared: Comparison, seen: set[int]) -> Table:
    people = Worker.objects.in_bulk(seen)
    places = [place for place, worker in enumerate(compared.workers) if worker in seen]
    names = [title_of(valuation) for valuation in compared.valuations]
    return Table(
        caption=_("Values of people by each method"),
        columns=columns(_("Person"), *names, numeric=tuple(range(1, len(compared.valuations) + 1))),
        rows=[
            [
                Cell(
                    str(people[compared.workers[place]]),
                    href=links.worker_url(compared.workers[place]),
                ),
                *(number(value(values[place])) for values in compared.values_ppb),
            ]
            for place in places[:MOST_PEOPLE]
        ],
        empty=Empty(ABSENT, _("Values of single people are not shown to you.")),
    )
