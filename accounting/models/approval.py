"""Who let money pass: decisions about runs, and the steps by which a period is closed.

Both take two people, and the database looks at these rows before it lets a run become approved
or a period closed (`run_approved_by_another`, `period_closed_by_another`).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounting.models.period import Period
from accounting.models.run import Run
from contributions.models import User
from contributions.models.identified import Identified


class RunDecision(Identified):
    """Somebody other than who asked for a run approves or rejects its result, by its hash."""

    id_prefix = "dec"

    class Decision(models.TextChoices):
        """What was decided."""

        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("turned down")

    run = models.ForeignKey(Run, models.PROTECT, related_name="decisions")
    decision = models.CharField(_("decision"), max_length=8, choices=Decision)
    result_sha256 = models.CharField(max_length=64)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("decided"), db_default=Now())

    class Meta:
        ordering = ["decided_at", "id"]
        constraints = [
            models.UniqueConstraint(name="run_decision_once", fields=["run", "decision"]),
            models.CheckConstraint(
                name="run_decision_known", condition=Q(decision__in=["approved", "rejected"])
            ),
            models.CheckConstraint(
                name="run_rejection_has_reason",
                condition=~Q(decision="rejected") | ~Q(reason=""),
            ),
        ]


class PeriodStep(Identified):
    """A step of closing a period, with the checklist as it stood then."""

    id_prefix = "stp"

    class Step(models.TextChoices):
        """What was done."""

        STARTED = "started", _("closing started")
        REOPENED = "reopened", _("opened again")
        CLOSED = "closed", _("closed")

    period = models.ForeignKey(Period, models.PROTECT, related_name="steps")
    step = models.CharField(_("step"), max_length=8, choices=Step)
    checklist = models.JSONField(_("checklist"), default=dict)
    note = models.CharField(_("note"), max_length=500, blank=True)
    taken_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(_("taken"), db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="period_step_known", condition=Q(step__in=["started", "reopened", "closed"])
            )
        ]
