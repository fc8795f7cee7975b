"""Home of an administrator: everything, and the state of the installation."""

from __future__ import annotations

from typing import Any

import django
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Line, Period, Policy, Run
from accounting.views import links
from accounting.views.access import Reader
from accounting.views.home.parts import Section, Task, newest_runs
from contributions.formatting import number as figure
from contributions.models import Contribution, Organisation, Product, User, Worker
from contributions.views.tables import Card, Cell, Empty, Table, columns, number


def admin_home(reader: Reader) -> dict[str, Any]:
    """Return what an administrator sees first."""
    runs = Run.objects.visible_to(reader.user)
    return {
        "title": _("This installation"),
        "lead": _("What is recorded, what is being computed, and how the servers are."),
        "cards": _cards(),
        "tasks": _tasks(),
        "sections": [
            newest_runs(runs, reader),
            Section("organisations", _("Organisations"), _organisations()),
            Section("state", _("State"), _state()),
        ],
    }


def _cards() -> list[Card]:
    counts = [
        (_("Contributions"), Contribution, links.contributions_url()),
        (_("Workers"), Worker, reverse("workers")),
        (_("Products"), Product, reverse("products")),
        (_("Periods"), Period, reverse("periods")),
        (_("Policies"), Policy, reverse("policies")),
        (_("Users"), User, reverse("admin:index")),
    ]
    return [
        Card(label, figure(model._default_manager.count()), url) for label, model, url in counts
    ]


def _tasks() -> list[Task]:
    tasks = [
        Task(_("Run {} failed").format(run.public_id), links.run_url(run), run.failure)
        for run in Run.objects.filter(state=Run.State.FAILED)[:5]
    ]
    waiting = Run.objects.waking().count()
    if waiting:
        tasks.append(
            Task(
                _("{} runs wait for a worker").format(figure(waiting)),
                reverse("runs"),
                _("If they wait for minutes, see whether the worker runs."),
            )
        )
    return tasks


def _organisations() -> Table:
    return Table(
        caption=_("All that take part"),
        columns=columns(_("Organisation"), _("Kind"), _("Records"), _("Members"), numeric=(3,)),
        rows=[
            [
                Cell(str(row), href=reverse("organisation", args=[row.public_id])),
                Cell(str(row.get_kind_display())),
                Cell(str(row.get_nature_display())),
                number(
                    figure(row.memberships.count()),
                    reverse("organisation", args=[row.public_id]),
                ),
            ]
            for row in Organisation.objects.all()
        ],
        empty=Empty(
            _("No organisations yet"),
            _("Add the labour organisation and the platform first."),
            reverse("organisation-new"),
            _("Add an organisation"),
        ),
    )


def _state() -> Table:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database())"
        )
        version, size = cursor.fetchone()
    facts = [
        ("Django", django.get_version()),
        ("PostgreSQL", str(version)),
        (_("Size of the database"), _("{} MB").format(figure(size // 1_000_000))),
        (_("Lines written"), figure(Line.objects.count())),
        (_("Changes in the admin"), figure(LogEntry.objects.count())),
    ]
    return Table(
        caption=_("Servers"),
        columns=columns(_("What"), _("Figure"), numeric=(1,)),
        rows=[[Cell(label), number(value, reverse("health"))] for label, value in facts],
        empty=Empty(_("Nothing to say")),
    )
