"""Imports on their way into the records: staged files, saved mappings and what imports corrected.

A staged import is a file that was uploaded and looked at, but of which nothing is recorded yet.
The file itself lies below `settings.HUISU_DATA` and names people as their tools do; it is removed
as soon as the import is committed or discarded, together with all that was read out of it.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contributions.models.identified import Identified
from contributions.models.labour import Contribution, ImportBatch, TaskType
from contributions.models.parties import Organisation, User, Worker
from contributions.models.products import Product


class StagedImport(Identified):
    """A file that was uploaded to be imported, and how it is to be read.

    Attributes:
        plan: How to read it (`imports.requests.plan_to_document`); None until chosen.
        effect: How many rows would be new, changed and so on; None until previewed.
    """

    id_prefix = "upl"

    class State(models.TextChoices):
        """Where the import stands."""

        STAGED = "staged", _("not committed yet")
        COMMITTED = "committed", _("committed")
        DISCARDED = "discarded", _("discarded")

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="staged_imports", verbose_name=_("organisation")
    )
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded"), db_default=Now())
    file_name = models.CharField(_("file"), max_length=200)
    file_sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField(_("size (bytes)"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.STAGED)
    plan = models.JSONField(null=True, blank=True)
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, related_name="+")
    task_type = models.ForeignKey(TaskType, models.PROTECT, null=True, blank=True, related_name="+")
    review_task_type = models.ForeignKey(
        TaskType, models.PROTECT, null=True, blank=True, related_name="+"
    )
    worker_status = models.CharField(
        _("how new workers are engaged"),
        max_length=12,
        choices=Worker.Status,
        default=Worker.Status.CROWD,
    )
    evidence_grade = models.CharField(
        _("evidence"),
        max_length=1,
        choices=Contribution.Evidence,
        default=Contribution.Evidence.B,
    )
    effect = models.JSONField(null=True, blank=True)
    batch = models.OneToOneField(
        ImportBatch, models.PROTECT, null=True, blank=True, related_name="staged"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="staged_import_state_known",
                condition=Q(state__in=["staged", "committed", "discarded"]),
            ),
            models.CheckConstraint(
                name="staged_import_committed_has_batch",
                condition=Q(state="committed", batch__isnull=False)
                | (~Q(state="committed") & Q(batch=None)),
            ),
            models.CheckConstraint(
                name="staged_import_size_not_negative", condition=Q(size_bytes__gte=0)
            ),
        ]


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    """Questions asked of jobs."""

    def waking(self) -> ImportJobQuerySet:
        """Keep what nobody works on: queued, or left by a worker whose lease has lapsed."""
        return self.filter(
            Q(state=ImportJob.State.QUEUED)
            | Q(state=ImportJob.State.RECORDING, leased_until__lt=Now())
        )

    def active(self) -> ImportJobQuerySet:
        """Keep what is not over."""
        return self.filter(state__in=[ImportJob.State.QUEUED, ImportJob.State.RECORDING])


class ImportJob(models.Model):
    """The recording of a staged file by a worker, which may die and be replaced.

    This row is the truth about it; the queue only wakes workers. The rows themselves are
    recorded in one transaction, which also ends the job: there are all of them, or none.

    Attributes:
        rows_known: Source rows of the file, as the preview counted them; None without one.
        rows_done: How many of them the present attempt has come through.
        lease_token: Whose attempt it is; `leased_until` by the database's clock.
        failure: Stable code of why it failed, and `failure_text` the sentence.
    """

    class State(models.TextChoices):
        """Where the job stands."""

        QUEUED = "queued", _("queued")
        RECORDING = "recording", _("recording")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    staged = models.OneToOneField(StagedImport, models.CASCADE, related_name="job")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.QUEUED)
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    requested_at = models.DateTimeField(db_default=Now())
    rows_known = models.BigIntegerField(_("rows of the file"), null=True, blank=True)
    rows_done = models.BigIntegerField(_("rows done"), default=0)
    attempts = models.IntegerField(_("attempts"), default=0)
    lease_token = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=64, blank=True)
    failure_text = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="import_job_state_known",
                condition=Q(state__in=["queued", "recording", "done", "failed", "cancelled"]),
            ),
            models.CheckConstraint(
                name="import_job_counts_sane",
                condition=Q(rows_done__gte=0, attempts__gte=0)
                & (Q(rows_known=None) | Q(rows_known__gte=0)),
            ),
            models.CheckConstraint(
                name="import_job_recording_is_leased",
                condition=~Q(state="recording")
                | Q(lease_token__isnull=False, leased_until__isnull=False),
            ),
            models.CheckConstraint(
                name="import_job_failed_says_why", condition=~Q(state="failed") | ~Q(failure="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staged_id}: {self.state}"

    @property
    def is_active(self) -> bool:
        """Whether it is not over."""
        return self.state in {self.State.QUEUED, self.State.RECORDING}


class SavedMapping(Identified):
    """A column mapping that an organisation keeps under a name, as TOML."""

    id_prefix = "map"

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="saved_mappings", verbose_name=_("organisation")
    )
    name = models.CharField(_("name"), max_length=100)
    toml = models.TextField(_("mapping"))
    saved_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    saved_at = models.DateTimeField(_("saved"), auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                name="saved_mapping_name_once", fields=["organisation", "name"]
            ),
            models.CheckConstraint(name="saved_mapping_has_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class ImportedCorrection(models.Model):
    """A correction that an import made because its file states a known row differently.

    Undoing the import takes it back, and the next import compares its rows with what the source
    said last, not with what people corrected by hand.
    """

    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="corrections")
    contribution = models.OneToOneField(
        Contribution, models.PROTECT, related_name="imported_correction"
    )

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.contribution_id}"


class ImportedTrait(models.Model):
    """What an item was to the tool, where it was no ordinary item.

    Attributes:
        is_control: A golden or attention-check item, put in to test the worker. It is labour.
        prelabelled: A machine's draft was there first.
    """

    contribution = models.OneToOneField(
        Contribution, models.PROTECT, primary_key=True, related_name="imported_trait"
    )
    is_control = models.BooleanField(_("control item"), default=False)
    prelabelled = models.BooleanField(_("drafted by a machine"), default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="imported_trait_says_something",
                condition=Q(is_control=True) | Q(prelabelled=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.contribution_id}"
