"""Who workers are: names and contacts under a key of each worker's own, and who looked at them.

The ledger knows pseudonyms. A name stands here as ciphertext, its key in a table of its own; the
key alone can be deleted, and then nothing can read the name any more.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contributions.models.identified import Identified
from contributions.models.parties import Organisation, User, Worker


class WorkerChange(Identified):
    """Two workers turn out to be one person, or turn out not to be after all.

    `Worker.merged_into` says what holds now, these rows what held when. Rows are only ever added.
    """

    id_prefix = "mrg"

    class Kind(models.TextChoices):
        """Which way."""

        MERGED = "merged", _("merged")
        PARTED = "parted", _("parted")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    worker = models.ForeignKey(Worker, models.PROTECT, related_name="changes")
    into = models.ForeignKey(Worker, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=500)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"), db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="worker_change_kind_known", condition=Q(kind__in=["merged", "parted"])
            ),
            models.CheckConstraint(
                name="worker_change_between_two", condition=~Q(worker=models.F("into"))
            ),
            models.CheckConstraint(name="worker_change_says_why", condition=~Q(reason="")),
        ]


class SealedIdentity(Identified):
    """A worker's name and contact, encrypted; the newest of a worker counts.

    Attributes:
        sealed: Base64 of nonce and AES-256-GCM ciphertext, under the worker's own key.
    """

    id_prefix = "idn"

    worker = models.ForeignKey(Worker, models.PROTECT, related_name="identities")
    sealed = models.TextField()
    sealed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    sealed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "sealed identities"


class IdentityKey(models.Model):
    """A worker's key, wrapped by the installation's; deleting this row erases the person.

    Attributes:
        wrapped: Nonce and AES-256-GCM ciphertext of the key.
    """

    worker = models.OneToOneField(Worker, models.PROTECT, related_name="identity_key")
    wrapped = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.worker_id}"


class Erasure(Identified):
    """The tombstone of a person: the key is gone, the ledger and its proofs stand."""

    id_prefix = "ers"

    worker = models.OneToOneField(Worker, models.PROTECT, related_name="erasure")
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    erased_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(_("erased"), db_default=Now())

    class Meta:
        ordering = ["id"]


class IdentityAccess(Identified):
    """Somebody wrote, read, exported or erased personal data; the person can see who and why."""

    id_prefix = "acc"

    class Act(models.TextChoices):
        """What was done."""

        WROTE = "wrote", _("wrote the name")
        READ = "read", _("read the name")
        EXPORTED = "exported", _("exported all personal data")
        ERASED = "erased", _("erased the person")

    worker = models.ForeignKey(Worker, models.PROTECT, related_name="accesses")
    act = models.CharField(_("act"), max_length=8, choices=Act)
    purpose = models.CharField(_("purpose"), max_length=500, blank=True)
    accessed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    accessed_at = models.DateTimeField(_("when"), db_default=Now())

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "identity accesses"
        constraints = [
            models.CheckConstraint(
                name="identity_access_act_known",
                condition=Q(act__in=["wrote", "read", "exported", "erased"]),
            )
        ]
