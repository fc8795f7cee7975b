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
