"""What a worker's page shows beside the work: disputes, personal data, and who handled it."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contributions import formatting
from contributions.models import Dispute, Erasure, IdentityKey, User, Worker
from contributions.models.labour import people
from contributions.views.disputes import state_cell
from contributions.views.tables import Cell, Empty, Fact, Notice, Table, columns

_MOST_SHOWN = 50


def disputes(user: User, worker: Worker) -> Table:
    """Return the cases about a person's work, newest first."""
    today = timezone.localdate()
    names = people(Worker.objects.filter(pk=worker.pk))
    rows = Dispute.objects.visible_to(user).filter(contribution__worker__in=names)
    found = rows.select_related("contribution__product", "decision").order_by("-pk")[:_MOST_SHOWN]
    return Table(
        caption=_("Disputes, newest first"),
        columns=columns(_("Dispute"), _("About"), _("Decide by"), _("State")),
        rows=[
            [
                Cell(row.public_id, href=reverse("dispute", args=[row.public_id])),
                Cell(
                    str(row.contribution.product),
                    href=reverse("contribution", args=[row.contribution.public_id]),
                    detail=formatting.day(row.contribution.occurred_on),
                ),
                Cell(formatting.day(row.due_on)),
                state_cell(row, today),
            ]
            for row in found
        ],
        empty=Empty(
            _("Nothing of this work is disputed"),
            _("To object or to open a dispute, go to the record that it is about."),
        ),
    )


def identity_facts(worker: Worker) -> list[Fact]:
    """Say whether a name is kept, and that it is sealed."""
    erased = Erasure.objects.filter(worker=worker).first()
    if erased is not None:
        return [Fact(_("Erased on"), formatting.day(erased.erased_at.date()))]
    kept = IdentityKey.objects.filter(worker=worker).exists()
    return [
        Fact(
            _("Name and contact"),
            _("kept, sealed under a key of this person alone") if kept else _("not written down"),
        )
    ]


def accesses(worker: Worker) -> Table:
    """Return who handled a person's data, when and for what."""
    rows = worker.accesses.select_related("accessed_by")[:_MOST_SHOWN]
    return Table(
        caption=_("Who handled this data"),
        columns=columns(_("Who"), _("What"), _("For what"), _("When")),
        rows=[
            [
                Cell(str(row.accessed_by)),
                Cell(row.get_act_display()),
                Cell(row.purpose),
                Cell(formatting.day(row.accessed_at.date())),
            ]
            for row in rows
        ],
        empty=Empty(_("Nobody has handled it yet")),
    )


def notices(worker: Worker) -> list[Notice]:
    """Say that a worker is the same person as another, or was erased."""
    if worker.merged_into is not None:
        return [
            Notice(
                "info",
                _("This is another name of one person. Runs count both as one."),
                _("Merged"),
                reverse("worker", args=[worker.merged_into.public_id]),
                worker.merged_into.pseudonym,
            )
        ]
    if Erasure.objects.filter(worker=worker).exists():
        return [Notice("info", _("The records stay under a number alone."), _("Erased"))]
    return []
