"""Recorded labour: task types, sources, import batches and contributions."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from contributions.models.identified import Identified
from contributions.models.parties import Consent, Organisation, User, Worker
from contributions.models.products import PPM, Product


class LabourType(models.TextChoices):
    """The eight kinds of labour behind a model (coverage.md 1 to 8)."""

    PROMPT = "PROMPT", _("knowledge production and prompts")
    DATA = "DATA", _("data set creation")
    MODEL = "MODEL", _("model development and alignment")
    EVAL = "EVAL", _("evaluation and quality control")
    OPS = "OPS", _("deployment and operations")
    INTEG = "INTEG", _("product and integration")
    COMPL = "COMPL", _("compliance and governance")
    BIZ = "BIZ", _("business model")


class Phase(models.TextChoices):
    """When in a model's life the labour was done."""

    TRAIN = "TRAIN", _("training")
    INFER = "INFER", _("inference")
    OPERATE = "OPERATE", _("operation")


class TaskType(Identified):
    """A kind of task under one of the eight labour types; users add their own."""

    id_prefix = "tsk"

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name (English)"), max_length=100)
    name_zh = models.CharField(_("name (Chinese)"), max_length=100, blank=True)
    labour_type = models.CharField(_("labour type"), max_length=6, choices=LabourType)
    phase = models.CharField(_("phase"), max_length=7, choices=Phase)
    unit = models.CharField(_("unit"), max_length=32)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True)

    class Meta:
        ordering = ["labour_type", "code"]
        constraints = [
            models.CheckConstraint(
                name="task_type_code_plain", condition=Q(code__regex="^[a-z0-9][a-z0-9_-]*$")
            ),
            models.CheckConstraint(
                name="task_type_labour_type_known", condition=Q(labour_type__in=LabourType.values)
            ),
            models.CheckConstraint(
                name="task_type_phase_known", condition=Q(phase__in=Phase.values)
            ),
            models.CheckConstraint(
                name="task_type_not_own_parent",
                condition=Q(parent=None) | ~Q(parent=F("id")),
            ),
        ]

    def __str__(self) -> str:
        """Return the Chinese name on a Chinese page if there is one, else the English."""
        chinese = (get_language() or "").startswith("zh")
        return self.name_zh if chinese and self.name_zh else self.name


class Source(models.Model):
    """Where records come from: one instance of one tool, read by one organisation."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="sources")
    tool = models.CharField(_("tool"), max_length=32)
    instance = models.CharField(_("instance"), max_length=200, blank=True)

    class Meta:
        ordering = ["tool", "instance"]
        constraints = [
            models.UniqueConstraint(name="source_once", fields=["organisation", "tool", "instance"])
        ]

    def __str__(self) -> str:
        return f"{self.tool} {self.instance}".strip()


class ImportBatch(Identified):
    """One committed import: all of its rows are there, or none."""

    id_prefix = "imp"

    class State(models.TextChoices):
        """Whether the rows count."""

        COMMITTED = "committed", _("committed")
        UNDONE = "undone", _("undone")

    source = models.ForeignKey(Source, models.PROTECT, related_name="batches")
    state = models.CharField(max_length=10, choices=State, default=State.COMMITTED)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    file_sha256 = models.CharField(max_length=64)
    rows_read = models.IntegerField(_("rows read"))
    rows_recorded = models.IntegerField(_("rows recorded"))
    options = models.JSONField(default=dict, blank=True)
    committed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    committed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-committed_at", "-id"]
        verbose_name_plural = "import batches"
        constraints = [
            models.CheckConstraint(
                name="import_batch_counts_sane",
                condition=Q(rows_read__gte=0, rows_recorded__gte=0),
            ),
            models.CheckConstraint(
                name="import_batch_state_known", condition=Q(state__in=["committed", "undone"])
            ),
        ]


def consenting_to(unions: models.QuerySet[Organisation] | list[Organisation]) -> Q:
    """Say of a worker that they let one of some labour organisations see their records."""
    return Q(pk__in=_consents(unions))


def people(workers: models.QuerySet[Worker]) -> models.QuerySet[Worker]:
    """Return workers with all who turned out to be the same persons."""
    chosen = workers.order_by().values("pk")
    return Worker.objects.filter(Q(pk__in=chosen) | Q(merged_into__in=chosen)).order_by()


def of_people_seen_by(
    user: User, unions: models.QuerySet[Organisation], *, worker: str = "worker"
) -> Q:
    """Say of a row that its worker is the user, or consents to one of some labour organisations.

    Four small sets, each found by an index; other names of the same persons are in them.

    Args:
        worker: Where the row's worker is, as a lookup.
    """
    own = Worker.objects.filter(user=user).order_by().values("pk")
    consents = _consents(unions)
    merged = Worker.objects.filter(merged_into__isnull=False).order_by()
    return (
        Q(**{f"{worker}__in": own})
        | Q(**{f"{worker}__in": merged.filter(merged_into__in=own).values("pk")})
        | Q(**{f"{worker}__in": consents})
        | Q(**{f"{worker}__in": merged.filter(merged_into__in=consents).values("pk")})
    )


def _consents(
    unions: models.QuerySet[Organisation] | list[Organisation],
) -> models.QuerySet[Consent, Any]:
    in_force = Consent.objects.filter(organisation__in=unions, withdrawn_at=None)
    return in_force.order_by().values("worker")


class ContributionQuerySet(models.QuerySet["Contribution"]):
    """Questions asked of recorded labour."""

    def current(self) -> ContributionQuerySet:
        """Leave out what a correction replaced, what was withdrawn and what was undone."""
        replaced = Contribution.objects.filter(supersedes=OuterRef("pk"))
        undone = ImportBatch.objects.filter(state=ImportBatch.State.UNDONE)
        return self.filter(~Exists(replaced), withdrawn=False).filter(
            Q(batch=None) | ~Q(batch__in=undone.values("pk"))
        )

    def of_concern_to(self, organisation: Organisation) -> ContributionQuerySet:
        """Keep what an organisation may speak about: what `visible_to` lets its members see."""
        if organisation.kind == Organisation.Kind.LABOUR_ORGANISATION:
            consenting = people(Worker.objects.filter(consenting_to([organisation])))
            return self.filter(Q(worker__in=consenting) | Q(source__organisation=organisation))
        if organisation.kind == Organisation.Kind.REGULATOR:
            return self.none()
        return self.filter(product__operator=organisation)

    def of_person(self, worker: Worker) -> ContributionQuerySet:
        """Keep the work of a worker and of those who turned out to be the same person."""
        return self.filter(worker__in=people(Worker.objects.filter(pk=worker.pk)))

    def until(self, day: date) -> ContributionQuerySet:
        """Keep work done up to and including a day."""
        return self.filter(occurred_on__lte=day)

    def visible_to(self, user: User) -> ContributionQuerySet:
        """Keep what this user may see row by row.

        Workers see their own; labour organisations those of consenting members and what they
        recorded themselves; platforms the labour behind their own products. Regulators see
        aggregates only.
        """
        if user.is_superuser:
            return self
        member_of = Organisation.objects.filter(memberships__user=user)
        unions = member_of.filter(kind=Organisation.Kind.LABOUR_ORGANISATION)
        platforms = member_of.filter(
            kind__in=[Organisation.Kind.PLATFORM, Organisation.Kind.PUBLIC_BODY]
        )
        # Small sets to look a row up in; joined instead, all labour there is would be joined.
        return self.filter(
            of_people_seen_by(user, unions)
            | Q(source__in=Source.objects.filter(organisation__in=unions).order_by().values("pk"))
            | Q(product__in=Product.objects.filter(operator__in=platforms).order_by().values("pk"))
        )


class Contribution(Identified):
    """One batch of labour by one worker for one product.

    Rows are only ever added: a correction is a new row that supersedes the old one and says
    why, and a withdrawal is a correction with `withdrawn` set. The database refuses UPDATE,
    DELETE and TRUNCATE (`contribution_append_only`).
    """

    id_prefix = "con"

    class TimeBasis(models.TextChoices):
        """How the working time is known."""

        ACTIVE = "active", _("active time")
        PAGE_OPEN = "page_open", _("page open")
        HELD = "held", _("task held")
        SELF_DECLARED = "self_declared", _("self-declared")
        NONE = "none", _("no time recorded")

    class Outcome(models.TextChoices):
        """What became of the work; all of it is labour."""

        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")
        EXPIRED = "expired", _("expired")
        SKIPPED = "skipped", _("skipped")
        PENDING = "pending", _("pending")

    class Role(models.TextChoices):
        """How the person worked."""

        EXECUTE = "execute", _("executing")
        DIRECT = "direct", _("directing")
        SUPERVISE = "supervise", _("supervising")

    class Evidence(models.TextChoices):
        """How well the record is supported."""

        A = "A", _("A: system log with hash")
        B = "B", _("B: export of a tool")
        C = "C", _("C: confirmed by another person")
        D = "D", _("D: declared only")

    # Keys without an index of their own are found by the first column of an index below; each
    # index costs every import a microsecond a row.
    worker = models.ForeignKey(Worker, models.PROTECT, related_name="contributions", db_index=False)
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="contributions", db_index=False
    )
    task_type = models.ForeignKey(TaskType, models.PROTECT, related_name="contributions")
    phase = models.CharField(_("phase"), max_length=7, choices=Phase)
    occurred_on = models.DateField(_("day of work"))
    occurred_at = models.DateTimeField(_("time of work"), null=True, blank=True)
    seconds = models.IntegerField(_("working time (s)"), null=True, blank=True)
    time_basis = models.CharField(_("time basis"), max_length=13, choices=TimeBasis)
    units = models.BigIntegerField(_("units"), null=True, blank=True)
    quality_ppm = models.IntegerField(_("quality (ppm)"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    machine_share_ppm = models.IntegerField(_("machine share (ppm)"), null=True, blank=True)
    role = models.CharField(_("role"), max_length=9, choices=Role, default=Role.EXECUTE)
    grade = models.CharField(_("grade"), max_length=64, blank=True)
    wage_micro = models.BigIntegerField(_("wage already paid (µ)"), default=0)
    wage_currency = models.CharField(_("wage currency"), max_length=3, blank=True)
    paid_through_ppm = models.IntegerField(_("paid-through rate (ppm)"), null=True, blank=True)
    harmful_exposure = models.BooleanField(_("exposure to harmful content"), default=False)
    evidence_grade = models.CharField(_("evidence"), max_length=1, choices=Evidence)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    reviewer = models.ForeignKey(
        Worker, models.PROTECT, null=True, blank=True, related_name="reviews", db_index=False
    )
    source = models.ForeignKey(Source, models.PROTECT, related_name="contributions", db_index=False)
    external_id = models.CharField(_("id in the source"), max_length=200)
    revision = models.IntegerField(_("revision"), default=0)
    row_sha256 = models.CharField(max_length=64)
    batch = models.ForeignKey(
        ImportBatch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contributions",
        db_index=False,
    )
    # Its unique index covers corrections alone (migration 0007): they are few.
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    withdrawn = models.BooleanField(_("withdrawn"), default=False)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now())

    objects = ContributionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(name="contribution_product_day", fields=["product", "occurred_on"]),
            models.Index(name="contribution_worker_day", fields=["worker", "occurred_on"]),
            # The rows of a batch lie together, so it is enough to know in which pages.
            BrinIndex(name="contribution_batch", fields=["batch"], autosummarize=True),
            models.Index(
                name="contribution_reviewer",
                fields=["reviewer"],
                condition=Q(reviewer__isnull=False),
            ),
            # Corrections are few: what counts now is found by looking at these alone.
            models.Index(
                name="contribution_corrections",
                fields=["supersedes"],
                condition=Q(supersedes__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="contribution_once_a_source", fields=["source", "external_id", "revision"]
            ),
            models.CheckConstraint(
                name="contribution_seconds_positive",
                condition=Q(seconds=None) | Q(seconds__gt=0),
            ),
            models.CheckConstraint(
                name="contribution_time_has_basis",
                condition=Q(seconds=None, time_basis="none")
                | (Q(seconds__isnull=False) & ~Q(time_basis="none")),
            ),
            models.CheckConstraint(
                name="contribution_units_positive", condition=Q(units=None) | Q(units__gt=0)
            ),
            models.CheckConstraint(
                name="contribution_ratios_within_one",
                condition=(Q(quality_ppm=None) | Q(quality_ppm__gte=0, quality_ppm__lte=PPM))
                & (
                    Q(machine_share_ppm=None)
                    | Q(machine_share_ppm__gte=0, machine_share_ppm__lte=PPM)
                )
                & (
                    Q(paid_through_ppm=None) | Q(paid_through_ppm__gte=0, paid_through_ppm__lte=PPM)
                ),
            ),
            models.CheckConstraint(
                name="contribution_wage_not_negative", condition=Q(wage_micro__gte=0)
            ),
            models.CheckConstraint(
                name="contribution_wage_has_currency",
                condition=Q(wage_micro=0) | Q(wage_currency__regex="^[A-Z]{3}$"),
            ),
            models.CheckConstraint(
                name="contribution_codes_known",
                condition=Q(phase__in=Phase.values)
                & Q(time_basis__in=["active", "page_open", "held", "self_declared", "none"])
                & Q(outcome__in=["accepted", "rejected", "expired", "skipped", "pending"])
                & Q(role__in=["execute", "direct", "supervise"])
                & Q(evidence_grade__in=["A", "B", "C", "D"]),
            ),
            models.CheckConstraint(
                name="contribution_correction_has_reason",
                condition=Q(supersedes=None, revision=0, withdrawn=False)
                | (Q(supersedes__isnull=False, revision__gt=0) & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="contribution_reviewer_is_another",
                condition=Q(reviewer=None) | ~Q(reviewer=F("worker")),
            ),
        ]
