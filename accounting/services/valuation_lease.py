"""Leases on the blocks of a valuation, and on its settling, by PostgreSQL's clock.

Several workers value different blocks of one valuation; one of them settles it. How leases
work in general is told in `contributions.services.lease`.
"""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from accounting.core.errors import AccountingError
from accounting.models import Valuation, ValuationBlock
from contributions.services.lease import LEASE, MOST_ATTEMPTS, Heartbeat

__all__ = [
    "MOST_ATTEMPTS",
    "Heartbeat",
    "ValuationTriedTooOften",
    "claim_block",
    "claim_settling",
    "extend_block",
    "extend_settling",
    "free_blocks",
    "hold_settling",
    "store_block",
]


class ValuationTriedTooOften(AccountingError):
    """Several workers died computing one part of the valuation."""

    code = "valuation_tried_too_often"


def free_blocks(valuation_id: int) -> QuerySet[ValuationBlock]:
    """Return the blocks of a valuation that nobody is working on and that are not done."""
    return ValuationBlock.objects.filter(valuation=valuation_id, sums=None).filter(
        Q(leased_until=None) | Q(leased_until__lt=Now())
    )


@transaction.atomic
def claim_block(valuation: Valuation) -> ValuationBlock | None:
    """Take the lease of the first free block of a valuation that is being computed.

    Returns:
        The block with a fresh lease, or None when there is none to do.

    Raises:
        ValuationTriedTooOften: Workers keep dying of it.
    """
    if not _computing(valuation.pk).exists():
        return None
    block = (
        free_blocks(valuation.pk).select_for_update(skip_locked=True).order_by("position").first()
    )
    if block is None:
        return None
    if block.attempts >= MOST_ATTEMPTS:
        raise ValuationTriedTooOften("workers died computing a block", block=block.position)
    ValuationBlock.objects.filter(pk=block.pk).update(
        lease_token=uuid.uuid4(), leased_until=Now() + LEASE, attempts=F("attempts") + 1
    )
    block.refresh_from_db()
    return block


def extend_block(block: ValuationBlock) -> int:
    """Extend the lease of a block; 0 if it is lost."""
    return _held(block).update(leased_until=Now() + LEASE)


@transaction.atomic
def store_block(block: ValuationBlock, *, sums: bytes, milliseconds: int) -> bool:
    """Store what a block came to, if its lease is still ours and its valuation wanted."""
    if not _computing(block.valuation_id).exists():
        return False
    stored = _held(block).update(
        sums=sums, milliseconds=milliseconds, done_at=Now(), lease_token=None, leased_until=None
    )
    return bool(stored)


@transaction.atomic
def claim_settling(valuation: Valuation) -> Valuation | None:
    """Take the lease of settling a valuation, or return None if another has it."""
    token = uuid.uuid4()
    free = _computing(valuation.pk).filter(Q(leased_until=None) | Q(leased_until__lt=Now()))
    claimed = free.update(lease_token=token, leased_until=Now() + LEASE, attempts=F("attempts") + 1)
    if not claimed:
        return None
    held = Valuation.objects.select_related("product").get(pk=valuation.pk)
    if held.attempts > MOST_ATTEMPTS:
        raise ValuationTriedTooOften("workers died settling the valuation")
    return held


def extend_settling(valuation: Valuation) -> int:
    """Extend the lease of settling a valuation; 0 if it is lost."""
    held = _computing(valuation.pk).filter(lease_token=valuation.lease_token)
    return held.update(leased_until=Now() + LEASE)


def hold_settling(valuation: Valuation) -> bool:
    """Lock a valuation's row for the rest of the transaction, if its settling is still ours."""
    held = _computing(valuation.pk).filter(lease_token=valuation.lease_token)
    return held.select_for_update().first() is not None


def _computing(number: int) -> QuerySet[Valuation]:
    return Valuation.objects.filter(pk=number, state=Valuation.State.COMPUTING)


def _held(block: ValuationBlock) -> QuerySet[ValuationBlock]:
    return ValuationBlock.objects.filter(pk=block.pk, sums=None, lease_token=block.lease_token)
