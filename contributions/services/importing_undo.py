"""Undoing an import, as long as no closed period has used it.

Nothing is deleted. The batch is marked as undone, so its rows count for nothing; what people
corrected in them is withdrawn; and what the import corrected in rows of other imports is
corrected back.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import Contribution, ImportBatch, User
from contributions.services import recording

# What is taken back may have been worked tomorrow, where it is tomorrow already.
_GRACE = timedelta(days=1)


class ImportUndone(ContributionError):
    """The import is undone already."""

    code = "import_undone"


class ImportInUse(ContributionError):
    """A closed period was computed with its rows."""

    code = "import_in_use"


def used_by_closed_period(batch: ImportBatch) -> bool:
    """Return whether a run of a closed period counted a row or a correction of an import."""
    ids = Contribution.objects.filter(batch=batch).values("external_id")
    versions = Q(source=batch.source, external_id__in=ids)
    # The accounts hang on the records by foreign keys, and a key is followed back by name.
    return Contribution.objects.filter(
        versions | Q(imported_correction__batch=batch), run_labour__run__period__state="closed"
    ).exists()


@transaction.atomic
def undo(*, batch: ImportBatch, undone_by: User | None, today: date) -> None:
    """Take an import back.

    Raises:
        ImportUndone: It is undone already.
        ImportInUse: A closed period was computed with it.
    """
    locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if locked.state == ImportBatch.State.UNDONE:
        raise ImportUndone(_("This import is undone already."))
    if used_by_closed_period(locked):
        raise ImportInUse(
            _("A closed period was computed with these records. Correct or withdraw them instead.")
        )
    reason = _("The import %(id)s was undone.") % {"id": locked.public_id}
    _take_corrections_back(locked, reason=reason, undone_by=undone_by, today=today)
    _withdraw_descendants(locked, reason=reason, undone_by=undone_by, today=today)
    locked.state = ImportBatch.State.UNDONE
    locked.save(update_fields=["state"])
    batch.refresh_from_db()


def _take_corrections_back(
    batch: ImportBatch, *, reason: str, undone_by: User | None, today: date
) -> None:
    """Restore what this import corrected, except where somebody has built on it since."""
    corrected = Contribution.objects.filter(
        imported_correction__batch=batch, superseded_by=None, withdrawn=False
    ).select_related("source", "supersedes")
    for row in corrected.order_by("pk"):
        if row.supersedes is not None:
            recording.correct(
                replaced=row,
                entry=recording.entry_of(row.supersedes),
                reason=reason,
                recorded_by=undone_by,
                today=today + _GRACE,
            )


def _withdraw_descendants(
    batch: ImportBatch, *, reason: str, undone_by: User | None, today: date
) -> None:
    """Withdraw the newest versions of corrected rows: they belong to no batch and would count."""
    corrected = Contribution.objects.filter(batch=batch, superseded_by__isnull=False)
    names = list(corrected.values_list("external_id", flat=True))
    newest = Contribution.objects.filter(
        source=batch.source, external_id__in=names, superseded_by=None, withdrawn=False
    ).select_related("source")
    for row in newest.order_by("pk"):
        recording.withdraw(replaced=row, reason=reason, recorded_by=undone_by, today=today + _GRACE)
