"""Recording many entries at once, each on its own: good ones are recorded, bad ones named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import Contribution, Source, User
from contributions.services import transparency
from contributions.services.lineage import violated_constraint
from contributions.services.logged import LABOUR
from contributions.services.recording import AlreadyRecorded, Entry, WorkInTheFuture

_AT_ONCE = 2_000


@transaction.atomic
def record_many(
    *, entries: Sequence[Entry], source: Source, recorded_by: User | None, today: date
) -> list[Contribution | ContributionError]:
    """Record entries whose fields were checked; return for each its record or why there is none.

    Raises:
        AlreadyRecorded: Somebody recorded one of them meanwhile; nothing is recorded.
    """
    known = _known(entries, source)
    outcomes: list[Contribution | ContributionError] = []
    for entry in entries:
        if entry.occurred_on > today:
            outcomes.append(
                WorkInTheFuture(_("The day of work is still to come."), pointer="/occurred_on")
            )
        elif entry.external_id in known:
            outcomes.append(_already())
        else:
            known.add(entry.external_id)
            outcomes.append(_unsaved(entry, source=source, recorded_by=recorded_by))
    records = [one for one in outcomes if isinstance(one, Contribution)]
    try:
        with transaction.atomic():
            Contribution.objects.bulk_create(records, batch_size=_AT_ONCE)
    except IntegrityError as error:
        if violated_constraint(error) == "contribution_once_a_source":
            raise _already() from error
        raise
    transparency.append_many(table=LABOUR, numbers=[record.pk for record in records])
    return outcomes


def _known(entries: Sequence[Entry], source: Source) -> set[str]:
    known: set[str] = set()
    for some in _parts([entry.external_id for entry in entries]):
        known.update(
            Contribution.objects.filter(
                source=source, external_id__in=some, revision=0
            ).values_list("external_id", flat=True)
        )
    return known


def _parts(texts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), _AT_ONCE):
        yield texts[start : start + _AT_ONCE]


def _unsaved(entry: Entry, *, source: Source, recorded_by: User | None) -> Contribution:
    fields = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    return Contribution(**fields, source=source, recorded_by=recorded_by, row_sha256=entry.sha256())


def _already() -> AlreadyRecorded:
    return AlreadyRecorded(
        _("This source has a record with that id already. Correct that one."),
        pointer="/external_id",
    )
