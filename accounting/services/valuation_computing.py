"""Computing a valuation: workers share its blocks, and whoever ends it settles it.

Every delivery of the task does the same: take free blocks until there are none, then settle if
enough are there. The result depends on the blocks alone, so it is the same to the last bit
however many workers there were, and whichever of them died.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import Valuation, ValuationBlock
from accounting.services import valuation_lease as lease
from accounting.services.valuation_inputs import Prepared, prepare
from accounting.services.valuation_results import write_results
from contributions.errors import ContributionError

BLOCKS_AT_ONCE: Final = 4


def work_on(*, valuation_id: int) -> None:
    """Value free blocks of a valuation until none is left; settle it if that is due.

    An anticipated error makes the valuation `failed` with the reason. Anything else is raised;
    the lease lapses, and the sweep tries again a few times.
    """
    valuation = _begun(valuation_id)
    if valuation is None:
        return
    try:
        if not _has_work(valuation):
            return
        prepared = prepare(valuation)
        while not _enough(valuation, prepared):
            block = lease.claim_block(valuation)
            if block is None:
                return
            _value(block, prepared)
        _settle(valuation, prepared)
    except (AccountingError, ContributionError) as error:
        _fail(valuation, error)


@dataclass(frozen=True, slots=True)
class StoredSums:
    """The sums of the first blocks, in order, up to the first that is not done.

    They are read anew whenever they are walked, a few at a time: together they may be large.

    Attributes:
        valuation_id: Whose blocks.
        most: How many at most.
    """

    valuation_id: int
    most: int

    def __iter__(self) -> Iterator[bytes]:
        """Walk the blocks."""
        rows = ValuationBlock.objects.filter(valuation=self.valuation_id).order_by("position")
        sums_of = rows.values_list("sums", flat=True)[: self.most]
        for sums in sums_of.iterator(chunk_size=BLOCKS_AT_ONCE):
            if sums is None:
                return
            yield bytes(sums)


def _begun(valuation_id: int) -> Valuation | None:
    Valuation.objects.filter(pk=valuation_id, state=Valuation.State.QUEUED).update(
        state=Valuation.State.COMPUTING, started_at=Now()
    )
    return (
        Valuation.objects.filter(pk=valuation_id, state=Valuation.State.COMPUTING)
        .select_related("product")
        .first()
    )


def _has_work(valuation: Valuation) -> bool:
    """Whether a block is free, or none is being worked on and the end is due."""
    if lease.free_blocks(valuation.pk).exists():
        return True
    return not ValuationBlock.objects.filter(valuation=valuation, sums=None).exists()


def _enough(valuation: Valuation, prepared: Prepared) -> bool:
    if prepared.job.may_stop_early:
        return prepared.job.enough(StoredSums(valuation.pk, valuation.blocks_count))
    return not ValuationBlock.objects.filter(valuation=valuation, sums=None).exists()


def _value(block: ValuationBlock, prepared: Prepared) -> None:
    started = time.monotonic()
    with lease.Heartbeat(partial(lease.extend_block, block)):
        sums = prepared.job.value_block(block.position)
    took = int((time.monotonic() - started) * 1000)
    lease.store_block(block, sums=sums, milliseconds=took)


def _settle(valuation: Valuation, prepared: Prepared) -> None:
    held = lease.claim_settling(valuation)
    if held is None:
        return
    with lease.Heartbeat(partial(lease.extend_settling, held)):
        findings = prepared.job.settle(_needed(held, prepared))
        write_results(valuation=held, prepared=prepared, findings=findings)


def _needed(valuation: Valuation, prepared: Prepared) -> StoredSums:
    """The fewest first blocks that are enough: what others valued beyond them does not count."""
    if not prepared.job.may_stop_early:
        return StoredSums(valuation.pk, valuation.blocks_count)
    kept: list[bytes] = []
    for sums in StoredSums(valuation.pk, valuation.blocks_count):
        kept.append(sums)
        if prepared.job.enough(kept):
            break
    return StoredSums(valuation.pk, len(kept))


def _fail(valuation: Valuation, error: AccountingError | ContributionError) -> None:
    Valuation.objects.filter(pk=valuation.pk, state=Valuation.State.COMPUTING).update(
        state=Valuation.State.FAILED,
        failure_code=error.code,
        failure=(str(error) or _("It cannot be computed."))[:1000],
        lease_token=None,
        leased_until=None,
        finished_at=Now(),
    )
