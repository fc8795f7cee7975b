"""The list of workers, by pseudonym, and adding one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from contributions import formatting
from contributions.errors import ContributionError
from contributions.forms.fields import PlainTextField, with_blank
from contributions.forms.names import capital
from contributions.forms.parties import WorkerForm
from contributions.models import Contribution, Worker
from contributions.services.parties import add_worker
from contributions.services.visibility import visible_workers
from contributions.views.access import (
    SignedInRequest,
    recording_organisations,
    require,
    sees_rows,
    signed_in,
)
from contributions.views.exports import Rows, Value, answer_as, downloads
from contributions.views.labour_rows import UNKNOWN
from contributions.views.pages import actions_for_recorders, query_of, refuse, sections, trail
from contributions.views.paging import Order, Sort, order_of, page_of, pager, sortable
from contributions.views.tables import Cell, Column, Empty, Table, number
from contributions.views.worker_hours import hours_of

SORTS = (Sort("pseudonym", "pseudonym"), Sort("added", "pk"))
FILE_COLUMNS = (
    "worker_id",
    "pseudonym",
    "status",
    "country",
    "wage_region",
    "records",
    "known_seconds",
    "records_without_time",
)
_ROWS_AT_ONCE = 500


class WorkerFacets(forms.Form):
    """By what workers are narrowed down."""

    pseudonym = PlainTextField(required=False, label=gettext_lazy("Pseudonym contains"))
    status = forms.ChoiceField(required=False, label=gettext_lazy("Status"))

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        status: Any = self.fields["status"]
        choices = [(code, capital(label)) for code, label in Worker.Status.choices]
        status.choices = with_blank(choices, _("All"))
        self.fields["pseudonym"].widget.attrs |= {"data-search": "", "autocomplete": "off"}

    def narrow(self, rows: QuerySet[Worker]) -> QuerySet[Worker]:
        """Keep what all facets ask for; a facet that was refused keeps nothing."""
        if not self.is_valid():
            return rows.none()
        if self.cleaned_data["pseudonym"]:
            rows = rows.filter(pseudonym__icontains=self.cleaned_data["pseudonym"])
        if self.cleaned_data["status"]:
            rows = rows.filter(status=self.cleaned_data["status"])
        return rows


@signed_in
@require_safe
def workers(request: SignedInRequest) -> HttpResponse:
    """Show the workers that a reader may see, with their hours."""
    require(sees_rows(request.user))
    form = WorkerFacets(request.GET)
    rows = form.narrow(visible_workers(request.user))
    context = {
        "breadcrumb": trail((_("Home"), "/"), (_("Workers"), "")),
        "sections": sections(request, "workers"),
        "actions": actions_for_recorders(
            request.user,
            (_("Add a worker"), "worker-new"),
            (_("Likely duplicates"), "duplicates"),
        ),
        "form": form,
        "table": _table(request, rows),
    }
    return render(request, "contributions/workers.html", context)


@signed_in
@require_safe
def download(request: SignedInRequest, form: str) -> HttpResponseBase:
    """Hand out the workers as a file of what the same address shows as a page."""
    require(sees_rows(request.user))
    order = _order(request)
    rows = WorkerFacets(request.GET).narrow(visible_workers(request.user))
    ordered = rows.order_by(f"{'-' if order.descending else ''}{order.sort.column}", "pk")
    values = _file_rows(request, ordered)
    return answer_as(form, Rows("workers", FILE_COLUMNS, values, count=rows.count))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Add a worker to those an organisation keeps records of."""
    organisations = recording_organisations(request.user)
    require(organisations.exists())
    form = WorkerForm(request.POST or None, organisations=organisations)
    if form.is_valid():
        try:
            made = add_worker(
                worker=form.worker(),
                organisation=form.cleaned_data["organisation"],
                agreed_at=timezone.now() if form.cleaned_data["agreed"] else None,
            )
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The worker is added."))
            return redirect("worker", made.public_id)
    title = _("Add a worker")
    context = {
        "breadcrumb": trail((_("Home"), "/"), (_("Workers"), reverse("workers")), (title, "")),
        "title": title,
        "form": form,
        "submit": _("Add this worker"),
        "cancel_url": reverse("workers"),
    }
    return render(request, "contributions/form_page.html", context)


def _order(request: SignedInRequest) -> Order:
    return order_of(request.GET.get("sort", ""), SORTS, "pseudonym")


def _table(request: SignedInRequest, rows: QuerySet[Worker]) -> Table:
    query, order = query_of(request), _order(request)
    page = page_of(rows, order=order, cursor=query.get("cursor", ""))
    count = rows.count()
    summary = ngettext("%(count)s worker", "%(count)s workers", count)
    hours = hours_of(Contribution.objects.visible_to(request.user), page.rows)
    return Table(
        caption=_("Workers"),
        columns=[
            sortable(Column(_("Pseudonym")), "pseudonym", order, query),
            Column(_("Status")),
            Column(_("Country")),
            Column(_("Records"), numeric=True),
            Column(_("without time"), numeric=True),
            Column(_("Known hours"), numeric=True),
        ],
        rows=[_cells(row, *hours.get(row.pk, (0, 0, None))) for row in page.rows],
        empty=_nothing(request),
        pager=pager(page, query, summary % {"count": formatting.number(count)}),
        downloads=downloads("workers-download", query),
    )


def _cells(row: Worker, records: int, timed: int, seconds: int | None) -> list[Cell]:
    return [
        Cell(row.pseudonym, href=reverse("worker", args=[row.public_id])),
        Cell(capital(row.get_status_display())),
        Cell(row.country or UNKNOWN),
        number(formatting.number(records)),
        number(formatting.number(records - timed)),
        number(UNKNOWN if seconds is None else formatting.hours_of_seconds(seconds)),
    ]


def _nothing(request: SignedInRequest) -> Empty:
    if request.GET:
        return Empty(
            _("No worker fits these filters"),
            _("Widen the filters, or clear them to see everybody."),
            reverse("workers"),
            _("Clear filters"),
        )
    actions = actions_for_recorders(request.user, (_("Add a worker"), "worker-new"))
    return Empty(
        _("No worker is recorded yet"),
        _("Add the people whose work is recorded, each under a pseudonym."),
        actions[0].url if actions else "",
        actions[0].label if actions else "",
    )


def _file_rows(request: SignedInRequest, rows: QuerySet[Worker]) -> Iterator[Sequence[Value]]:
    visible = Contribution.objects.visible_to(request.user)
    batch: list[Worker] = []
    for row in rows.iterator(_ROWS_AT_ONCE):
        batch.append(row)
        if len(batch) == _ROWS_AT_ONCE:
            yield from _file_batch(visible, batch)
            batch = []
    yield from _file_batch(visible, batch)


def _file_batch(visible: Any, batch: Sequence[Worker]) -> Iterator[Sequence[Value]]:
    hours = hours_of(visible, batch)
    for row in batch:
        records, timed, seconds = hours.get(row.pk, (0, 0, None))
        yield [
            row.public_id,
            row.pseudonym,
            row.status,
            row.country,
            row.wage_region,
            records,
            seconds,
            records - timed,
        ]
