"""Periods: the list, opening one, and the page where its figures are."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Sum
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounting.core.errors import AccountingError
from accounting.forms.periods import PeriodForm, RunForm
from accounting.models import Period, Run
from accounting.services.periods import open_period
from accounting.services.visibility import visible_periods
from accounting.views import notices, period_tables
from accounting.views.access import MAY_COMPUTE, Reader, SignedInRequest, find, reader_of, signed_in
from accounting.views.runs import runs_table
from contributions.errors import ContributionError
from contributions.formatting import day, money
from contributions.models import Organisation
from contributions.views.tables import ABSENT, Cell, Empty, Link, Table, columns, number


@require_GET
@signed_in
def periods(request: SignedInRequest) -> HttpResponse:
    """List the periods that the reader may see."""
    reader = reader_of(request)
    may_open = operators_of(reader).exists()
    context = {
        "table": _table(list(visible_periods(reader.user)), may_open=may_open),
        "may_open": may_open,
        "breadcrumb": [Link(_("Home"), reverse("home")), Link(_("Periods"), "")],
    }
    return render(request, "accounting/periods.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def open_new(request: SignedInRequest) -> HttpResponse:
    """Open a period of an operator that the reader acts for."""
    operators = operators_of(reader_of(request))
    if not operators.exists():
        raise Http404
    form = PeriodForm(request.POST or None, operators=operators)
    if request.method == "POST" and form.is_valid():
        try:
            period = open_period(**form.cleaned_data)
        except (AccountingError, ContributionError) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The period is open. Add what came in and what it cost."))
            return HttpResponseRedirect(reverse("period", args=[period.public_id]))
    context = {
        "form": form,
        "breadcrumb": [
            Link(_("Home"), reverse("home")),
            Link(_("Periods"), reverse("periods")),
            Link(_("Open a period"), ""),
        ],
    }
    status = 422 if form.errors else 200
    return render(request, "accounting/period_new.html", context, status=status)


@require_GET
@signed_in
def period(request: SignedInRequest, period_id: str) -> HttpResponse:
    """Show a period: its figures, what is assumed, and its runs."""
    reader = reader_of(request)
    found = find(visible_periods(reader.user), period_id)
    return render(request, "accounting/period.html", page_of(found, reader))


def page_of(period: Period, reader: Reader, run_form: RunForm | None = None) -> dict[str, Any]:
    """Return what the page of a period shows; a refused request for a run keeps its form."""
    may_add = reader.acts_for(period.operator)
    runs = Run.objects.visible_to(reader.user).filter(period=period)
    return {
        "period": period,
        "title": _("{first} to {last}").format(
            first=day(period.starts_on), last=day(period.ends_on)
        ),
        "notices": notices.of_operator(period.operator),
        "assumptions": notices.assumptions_of(period.operator),
        "sections": period_tables.sections(
            period, may_add=may_add and period.state == Period.State.OPEN
        ),
        "run_form": run_form or RunForm(period=period),
        "closing_url": reverse("period-closing", args=[period.public_id])
        if reader.acts_for(period.operator, roles=MAY_COMPUTE)
        else "",
        "may_compute": reader.acts_for(period.operator, roles=MAY_COMPUTE),
        "runs": runs_table(
            list(runs.select_related("period__operator", "policy")),
            reader,
            caption=_("Runs of this period"),
        ),
        "breadcrumb": [
            Link(_("Home"), reverse("home")),
            Link(_("Periods"), reverse("periods")),
            Link(str(period), ""),
        ],
    }


def operators_of(reader: Reader) -> Any:
    """Return the operators for which the reader may enter figures."""
    rows = Organisation.objects.filter(
        kind__in=[Organisation.Kind.PLATFORM, Organisation.Kind.PUBLIC_BODY]
    )
    return rows.filter(pk__in=[row.pk for row in rows if reader.acts_for(row)])


def _table(rows: list[Period], *, may_open: bool) -> Table:
    return Table(
        caption=_("Periods, newest first"),
        columns=columns(
            _("Operator"), _("Days"), _("State"), _("Revenue"), _("Runs"), numeric=(3, 4)
        ),
        rows=[_row(period) for period in rows],
        empty=Empty(
            _("No periods yet"),
            _("A period is the time whose revenue is shared out."),
            reverse("period-new") if may_open else "",
            _("Open a period"),
        ),
    )


def _row(period: Period) -> list[Cell]:
    url = reverse("period", args=[period.public_id])
    revenue = period.revenue.aggregate(sum=Sum("amount_micro"))["sum"] or 0
    return [
        Cell(str(period.operator), href=url),
        Cell(f"{day(period.starts_on)} {ABSENT} {day(period.ends_on)}"),
        Cell(str(period.get_state_display()), state="good" if period.state == "closed" else "busy"),
        number(f"{money(revenue, period.currency)} {period.currency}", f"{url}#revenue"),
        number(str(period.runs.count()), f"{url}#runs"),
    ]
