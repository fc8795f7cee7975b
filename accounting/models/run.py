"""The run: one computation of a period under a policy, and where it stands.

This row, not Celery, is the truth. A worker may compute only while it holds the lease, and
every step it takes is guarded by the lease's token; so a run that is delivered twice, or whose
worker died, is computed once.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounting.models.agreement import Policy
from accounting.models.period import Period
from contributions.models import Organisation, User
from contributions.models.identified import Identified


class RunQuerySet(models.QuerySet["Run"]):
    """Questions asked of runs."""

    def unfinished(self) -> RunQuerySet:
        """Keep runs that a worker still owes a result."""
        return self.filter(state__in=[Run.State.QUEUED, Run.State.COMPUTING])

    def waking(self) -> RunQuerySet:
        """Keep runs nobody is working on: queued, or computing with a lapsed lease."""
        return self.filter(
            Q(state=Run.State.QUEUED) | Q(state=Run.State.COMPUTING, leased_until__lt=Now())
        )

    def visible_to(self, user: User) -> RunQuerySet:
        """Keep runs of the user's operators, of operators whose labour concerns them, or all.

        Regulators and labour organisations read every run that was computed; what they see of
        single workers is decided line by line elsewhere.
        """
        if user.is_superuser:
            return self
        member_of = Organisation.objects.filter(memberships__user=user)
        overseers = member_of.filter(
            kind__in=[Organisation.Kind.REGULATOR, Organisation.Kind.LABOUR_ORGANISATION]
        )
        if overseers.exists():
            return self
        return self.filter(
            Q(period__operator__in=member_of) | Q(statements__worker__user=user)
        ).distinct()


class Run(Identified):
    """One allocation run."""

    id_prefix = "run"

    class State(models.TextChoices):
        """Where a run stands."""

        QUEUED = "queued", _("queued")
        COMPUTING = "computing", _("computing")
        COMPUTED = "computed", _("computed")
        APPROVED = "approved", _("approved")
        POSTED = "posted", _("posted")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")

    class Stage(models.TextChoices):
        """What a computing run is doing, in order."""

        WAITING = "waiting", _("waiting for a worker")
        READING = "reading", _("reading the records")
        ALLOCATING = "allocating", _("allocating")
        WRITING = "writing", _("writing the results")
        BUNDLING = "bundling", _("writing the bundle")
        DONE = "done", _("done")

    period = models.ForeignKey(Period, models.PROTECT, related_name="runs")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="runs")
    simulation = models.BooleanField(_("simulation"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.QUEUED)
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.WAITING)
    algorithm = models.CharField(_("algorithm"), max_length=32)
    policy_sha256 = models.CharField(max_length=64)
    inputs_sha256 = models.CharField(max_length=64, blank=True)
    result_sha256 = models.CharField(max_length=64, blank=True)
    bundle_name = models.CharField(_("bundle"), max_length=100, blank=True)
    price = models.JSONField(_("price categories"), default=dict, blank=True)
    notes = models.JSONField(_("notes"), default=list, blank=True)
    contributions_count = models.BigIntegerField(_("contributions"), null=True)
    payees_count = models.BigIntegerField(_("payees"), null=True)
    failure_code = models.CharField(_("failure"), max_length=64, blank=True)
    failure = models.CharField(_("what went wrong"), max_length=1000, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.IntegerField(_("attempts"), default=0)
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    requested_at = models.DateTimeField(_("requested"), db_default=Now())
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                name="run_one_at_a_time",
                fields=["period"],
                condition=Q(state__in=["queued", "computing"], simulation=False),
            ),
            models.CheckConstraint(
                name="run_state_known",
                condition=Q(
                    state__in=[
                        "queued",
                        "computing",
                        "computed",
                        "approved",
                        "posted",
                        "cancelled",
                        "failed",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="run_simulation_never_posted",
                condition=~Q(simulation=True, state__in=["approved", "posted"]),
            ),
            models.CheckConstraint(
                name="run_result_is_hashed",
                condition=~Q(state__in=["computed", "approved", "posted"]) | ~Q(result_sha256=""),
            ),
            models.CheckConstraint(
                name="run_finishes_after_start",
                condition=Q(finished_at=None)
                | Q(started_at=None)
                | Q(finished_at__gte=F("started_at")),
            ),
        ]

    @property
    def is_finished(self) -> bool:
        """Whether the run will not change by itself any more."""
        return self.state not in {self.State.QUEUED, self.State.COMPUTING}

    @property
    def has_result(self) -> bool:
        """Whether pools, lines and statements were written."""
        return self.state in {self.State.COMPUTED, self.State.APPROVED, self.State.POSTED}
