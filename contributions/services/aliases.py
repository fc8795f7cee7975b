"""Two names for one person: finding them, merging them, and parting them again.

Records keep the worker they were recorded of. Who stands for whom is one step away and can be
taken back; runs count one person as one producer, whatever names the tools gave them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from contributions.errors import ContributionError
from contributions.models import Alias, Organisation, User, Worker, WorkerChange
from contributions.services import transparency
from contributions.services.logged import WORKER_CHANGE

Int = NDArray[np.int64]


class NotKeptHere(ContributionError):
    """The organisation keeps no records of one of the two."""

    code = "not_kept_here"


class MergedAlready(ContributionError):
    """One of the two is merged into somebody already."""

    code = "merged_already"


class StandsForOthers(ContributionError):
    """The worker stands for others, who would lose whom they were merged into."""

    code = "stands_for_others"


class SignsIn(ContributionError):
    """The worker signs in here and would lose their own page."""

    code = "signs_in"


class NotMerged(ContributionError):
    """The worker is merged into nobody."""

    code = "not_merged"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Workers whom several tools call by the same name.

    Attributes:
        sources: The tools, in words.
    """

    workers: tuple[Worker, ...]
    sources: tuple[str, ...]


@transaction.atomic
def merge_workers(
    *, worker: Worker, into: Worker, organisation: Organisation, reason: str, made_by: User
) -> WorkerChange:
    """Let one worker stand for another who is the same person.

    Raises:
        NotKeptHere: The organisation has no alias of one of the two.
        MergedAlready: One of them is merged into somebody.
        StandsForOthers: Somebody is merged into the first.
        SignsIn: The first signs in here.
        ValidationError: No reason, or both are the same.
    """
    transparency.take_turn()
    worker, into = _locked(worker.pk), _locked(into.pk)
    _require_distinct(worker, into, reason)
    for one in (worker, into):
        if not Alias.objects.filter(worker=one, source__organisation=organisation).exists():
            raise NotKeptHere(_("You keep no records of %(worker)s.") % {"worker": one})
        if one.merged_into_id is not None:
            raise MergedAlready(_("%(worker)s is merged already.") % {"worker": one})
    if worker.absorbed.exists():
        raise StandsForOthers(
            _("Others are merged into %(worker)s. Merge the other way round.") % {"worker": worker}
        )
    if worker.user_id is not None:
        raise SignsIn(
            _("%(worker)s signs in here. Merge the other way round.") % {"worker": worker}
        )
    return _changed(
        WorkerChange.Kind.MERGED, worker, into, organisation=organisation, why=(reason, made_by)
    )


@transaction.atomic
def part_workers(
    *, worker: Worker, organisation: Organisation, reason: str, made_by: User
) -> WorkerChange:
    """Let a merged worker stand for themselves again.

    Raises:
        NotMerged: The worker is merged into nobody.
        NotKeptHere: The organisation has no alias of the worker.
        ValidationError: No reason.
    """
    transparency.take_turn()
    worker = _locked(worker.pk)
    if worker.merged_into is None:
        raise NotMerged(_("%(worker)s is merged into nobody.") % {"worker": worker})
    if not Alias.objects.filter(worker=worker, source__organisation=organisation).exists():
        raise NotKeptHere(_("You keep no records of %(worker)s.") % {"worker": worker})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why these are two people.")})
    return _changed(
        WorkerChange.Kind.PARTED,
        worker,
        worker.merged_into,
        organisation=organisation,
        why=(reason, made_by),
    )


def likely_duplicates(organisation: Organisation) -> list[Duplicate]:
    """Return workers of different numbers whom several tools of an organisation call the same.

    A tool's name of a worker is kept as a digest keyed by the organisation, so the same name in
    two of its tools has one digest. Those merged already are left out.
    """
    aliases = Alias.objects.filter(source__organisation=organisation)
    shared = (
        aliases.order_by()
        .values("reference_hmac")
        .annotate(count=Count("worker", distinct=True))
        .filter(count__gt=1)
        .values("reference_hmac")
    )
    found: dict[str, list[Alias]] = defaultdict(list)
    for alias in aliases.filter(reference_hmac__in=shared).select_related("worker", "source"):
        found[alias.reference_hmac].append(alias)
    duplicates = []
    for some in found.values():
        workers = {alias.worker_id: alias.worker for alias in some}
        if len({one.merged_into_id or one.pk for one in workers.values()}) > 1:
            ordered = tuple(workers[pk] for pk in sorted(workers))
            duplicates.append(Duplicate(ordered, tuple(sorted(str(row.source) for row in some))))
    return sorted(duplicates, key=lambda one: one.workers[0].pk)


def representatives(worker_ids: Int) -> Int:
    """Return for each worker, by row number, who stands for them now."""
    merged = np.array(
        Worker.objects.exclude(merged_into=None).order_by("pk").values_list("pk", "merged_into"),
        dtype=np.int64,
    ).reshape(-1, 2)
    if not len(merged):
        return worker_ids
    at = np.minimum(np.searchsorted(merged[:, 0], worker_ids), len(merged) - 1)
    return np.where(merged[at, 0] == worker_ids, merged[at, 1], worker_ids)


def merged_at(moment: datetime) -> dict[int, int]:
    """Return who stood for whom at a moment: row number of the merged to the other's."""
    standing: dict[int, int] = {}
    for change in WorkerChange.objects.filter(made_at__lte=moment).order_by("pk"):
        if change.kind == WorkerChange.Kind.MERGED:
            standing[change.worker_id] = change.into_id
        else:
            standing.pop(change.worker_id, None)
    return standing


def _locked(number: int) -> Worker:
    return Worker.objects.select_for_update().get(pk=number)


def _require_distinct(worker: Worker, into: Worker, reason: str) -> None:
    if worker == into:
        raise ValidationError({"into": _("This is the same worker.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Say how you know that these are one person.")})


def _changed(
    kind: str, worker: Worker, into: Worker, *, organisation: Organisation, why: tuple[str, User]
) -> WorkerChange:
    worker.merged_into = into if kind == WorkerChange.Kind.MERGED else None
    worker.save(update_fields=["merged_into"])
    reason, made_by = why
    change = WorkerChange.objects.create(
        kind=kind,
        worker=worker,
        into=into,
        organisation=organisation,
        reason=reason,
        made_by=made_by,
    )
    transparency.append(table=WORKER_CHANGE, number=change.pk)
    return change
