"""Home of a union officer: what members did, what is unpaid or unproven, what awaits us."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Run
from accounting.services.visibility import visible_policies
from accounting.views import links
from accounting.views.access import Reader
from accounting.views.home.disputes import dispute_tasks
from accounting.views.home.parts import Section, Task, newest_runs
from accounting.views.policies import awaiting_signature, policies_table
from contributions.formatting import hours_of_seconds
from contributions.formatting import number as figure
from contributions.models import Contribution, Organisation, Worker
from contributions.views.tables import Card, Cell, Empty, Table, columns, number

MOST_MEMBERS = 20
LOGGED = ("active", "page_open", "held")
NEWEST_POLICIES = 5


def union_home(reader: Reader) -> dict[str, Any]:
    """Return what an officer of a labour organisation sees first."""
    unions = reader.organisations(Organisation.Kind.LABOUR_ORGANISATION)
    members = Worker.objects.filter(
        consents__organisation__in=unions, consents__withdrawn_at=None
    ).distinct()
    work = Contribution.objects.current().filter(worker__in=members)
    return {
        "title": ", ".join(str(row) for row in unions),
        "lead": _("What members did, which hours are unpaid, and what lacks evidence."),
        "cards": _cards(members, work),
        "tasks": [*_tasks(reader, work), *dispute_tasks(reader)],
        "sections": [
            newest_runs(Run.objects.visible_to(reader.user), reader),
            Section(
                "members",
                _("Members with most unpaid hours"),
                _members(members),
                _("Members let the union read their records; nobody else is listed."),
            ),
            Section(
                "policies",
                _("Policies"),
                policies_table(list(visible_policies(reader.user)[:NEWEST_POLICIES])),
            ),
        ],
    }


def _cards(members: QuerySet[Worker], work: QuerySet[Contribution]) -> list[Card]:
    sums = work.aggregate(
        worked=Sum("seconds"),
        unpaid=Sum("seconds", filter=Q(wage_micro=0)),
        rows=Count("pk"),
        declared=Count("pk", filter=Q(evidence_grade=Contribution.Evidence.D)),
        unlogged=Sum("seconds", filter=~Q(time_basis__in=LOGGED)),
    )
    url = links.contributions_url()
    return [
        Card(
            _("Members"),
            figure(members.count()),
            reverse("workers"),
            "",
            _("who let us read their records"),
        ),
        Card(
            _("Members' hours"),
            hours_of_seconds(sums["worked"] or 0),
            url,
            "h",
            _("in {} records").format(figure(sums["rows"])),
        ),
        Card(
            _("Unpaid hours"),
            hours_of_seconds(sums["unpaid"] or 0),
            url,
            "h",
            _("recorded without a wage"),
        ),
        Card(
            _("Hours without a log"),
            hours_of_seconds(sums["unlogged"] or 0),
            url,
            "h",
            _("{} records are declared only").format(figure(sums["declared"])),
        ),
    ]


def _tasks(reader: Reader, work: QuerySet[Contribution]) -> list[Task]:
    tasks = [
        Task(
            _("Sign or refuse {}").format(policy),
            reverse("policy", args=[policy.public_id]),
            _("It is proposed and waits for our signature."),
        )
        for policy in awaiting_signature(reader)
    ]
    unmeasured = work.filter(seconds=None, units=None).count()
    if unmeasured:
        tasks.append(
            Task(
                _("{} records have neither time nor units").format(figure(unmeasured)),
                links.contributions_url(),
                _("Their money is held until one of them is added."),
            )
        )
    return tasks


def _members(members: QuerySet[Worker]) -> Table:
    current = Contribution.objects.current().filter(worker__in=members)
    sums = (
        current.order_by()
        .values_list("worker_id", "worker__pseudonym", "worker__status")
        .annotate(
            Sum("seconds"),
            unpaid=Sum("seconds", filter=Q(wage_micro=0)),
            declared=Count("pk", filter=Q(evidence_grade=Contribution.Evidence.D)),
        )
        .order_by(F("unpaid").desc(nulls_last=True), "worker__pseudonym")[:MOST_MEMBERS]
    )
    return Table(
        caption=_("Twenty at most, by unpaid hours"),
        columns=columns(
            _("Member"), _("Hours"), _("Unpaid hours"), _("Declared only"), numeric=(1, 2, 3)
        ),
        rows=[
            [
                Cell(
                    pseudonym,
                    href=links.worker_url(pk),
                    detail=str(Worker.Status(status).label),
                ),
                number(_hours(seconds), links.worker_url(pk)),
                number(_hours(unpaid), links.worker_url(pk)),
                number(figure(declared), links.worker_url(pk)),
            ]
            for pk, pseudonym, status, seconds, unpaid, declared in sums
        ],
        empty=Empty(
            _("No member's work is recorded yet"),
            _("Record it by hand or import it, once members consent."),
            links.contributions_url(),
            _("Go to the contributions"),
        ),
    )


def _hours(seconds: int | None) -> str:
    """Write hours; what nobody measured is unknown and not zero."""
    return _("unknown") if seconds is None else hours_of_seconds(seconds)
