"""How far a valuation is, and how long it will still take."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.db.models import Count, Q, Sum
from django.db.models.functions import Now

from accounting.models import Valuation, ValuationBlock


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a valuation stands.

    Attributes:
        done: Blocks that are done.
        total: Blocks there are, at most for a method that may stop earlier.
        workers: Workers that hold a block now.
        seconds_left: At the pace so far; None while nothing is done.
    """

    done: int
    total: int
    workers: int
    seconds_left: int | None


def progress_of(valuation: Valuation) -> Progress:
    """Return how far a valuation is, by its blocks and the time they took."""
    sums = ValuationBlock.objects.filter(valuation=valuation).aggregate(
        done=Count("pk", filter=Q(done_at__isnull=False)),
        busy=Count("pk", filter=Q(leased_until__gt=Now())),
        spent=Sum("milliseconds"),
    )
    done, busy = sums["done"], sums["busy"]
    left = None
    if done:
        waiting = valuation.blocks_count - done
        left = math.ceil(sums["spent"] / 1000 / done * waiting / max(busy, 1))
    return Progress(done, valuation.blocks_count, busy, left)
