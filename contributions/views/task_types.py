"""The catalogue of task types under the eight labour types, and adding one's own."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contributions.forms.names import labour_name
from contributions.forms.parties import TaskTypeForm
from contributions.models import TaskType
from contributions.views.access import SignedInRequest, may_record, require, signed_in
from contributions.views.pages import actions_for_recorders, refuse, sections, trail
from contributions.views.tables import Cell, Empty, Table, columns


@signed_in
@require_safe
def task_types(request: SignedInRequest) -> HttpResponse:
    """Show the catalogue."""
    actions = actions_for_recorders(request.user, (_("Add a task type"), "task-type-new"))
    found = TaskType.objects.select_related("parent")
    context = {
        "breadcrumb": trail((_("Home"), "/"), (_("Task types"), "")),
        "sections": sections(request, "task-types"),
        "actions": actions,
        "table": Table(
            caption=_("Task types"),
            columns=columns(
                _("Task type"), _("Labour type"), _("Phase"), _("Unit"), _("Wider task type")
            ),
            rows=[_cells(row) for row in found],
            empty=Empty(_("No task type is recorded yet")),
        ),
    }
    return render(request, "contributions/task_types.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Add a task type."""
    require(may_record(request.user))
    form = TaskTypeForm(request.POST or None)
    if form.is_valid():
        task_type = form.task_type()
        try:
            task_type.full_clean()
        except ValidationError as error:
            refuse(form, error)
        else:
            task_type.save()
            messages.success(request, _("The task type is added."))
            return redirect("task-types")
    title = _("Add a task type")
    context = {
        "breadcrumb": trail(
            (_("Home"), "/"), (_("Task types"), reverse("task-types")), (title, "")
        ),
        "title": title,
        "form": form,
        "submit": _("Add this task type"),
        "cancel_url": reverse("task-types"),
    }
    return render(request, "contributions/form_page.html", context)


def _cells(row: TaskType) -> list[Cell]:
    return [
        Cell(str(row), detail=row.code),
        Cell(labour_name(row.labour_type), kind=row.labour_type.lower()),
        Cell(row.get_phase_display()),
        Cell(row.unit),
        Cell(str(row.parent) if row.parent else ""),
    ]
