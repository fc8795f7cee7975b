"""Trying a policy on a period: live in this process for small worlds, as a run for any.

Nothing here is ever owed to anybody. A live result is not stored at all; a stored one is a run
that the database keeps from being approved or posted.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounting.core.allocation import allocate
from accounting.core.errors import AccountingError
from accounting.core.policy import parse_policy, policy_document
from accounting.core.tables import Allocation
from accounting.models import Period, Policy, Run
from accounting.services import runs
from accounting.services.run_inputs import Pinned, pin, universe
from contributions.models import Contribution, User

MOST_LIVE_CONTRIBUTIONS = 20_000
MOST_WAITING = 3
TENTH_PPM = 100_000
POINT_PPM = 10_000
YEAR_DAYS = 365

Document = dict[str, Any]


class WorldTooLarge(AccountingError):
    """A period's world is too large to be computed while somebody waits."""

    code = "world_too_large"


class SimulationsWaiting(AccountingError):
    """Enough simulations of the period wait for a worker."""

    code = "simulations_waiting"


@dataclass(frozen=True, slots=True)
class World:
    """All that a period's runs read, pinned once and tried under any policy."""

    period: Period
    pinned: Pinned

    def under(self, document: Document) -> Allocation:
        """Compute the period under a policy document.

        Raises:
            PolicyInvalid: The document breaks its own rules.
            AccountingError: The records contradict themselves.
        """
        return allocate(replace(self.pinned.inputs, policy_document=document))


@dataclass(frozen=True, slots=True)
class Lever:
    """One contested choice, and the document with it moved; None where it cannot be."""

    code: str
    moved: Callable[[Document], Document | None]


def size_of(period: Period) -> int:
    """Return how many contributions a run of a period would read, counted no further than needed.

    It is more than `MOST_LIVE_CONTRIBUTIONS` for a world that is too large to try live.
    """
    products = [product.pk for product in universe(period)]
    rows = Contribution.objects.current().until(period.ends_on).filter(product__in=products)
    return int(rows.order_by()[: MOST_LIVE_CONTRIBUTIONS + 1].count())


def open_world(*, period: Period, policy: Policy) -> World:
    """Read a small world in one snapshot.

    Raises:
        WorldTooLarge: It is not small; queue a simulation instead.
        FxRateMissing: A wage is in a currency without a rate into the ledger's.
    """
    if size_of(period) > MOST_LIVE_CONTRIBUTIONS:
        raise WorldTooLarge(
            _("This world is too large to be computed at once. Queue a simulation instead.")
        )
    nested = connection.in_atomic_block
    with transaction.atomic():
        if not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return World(period, pin(period=period, policy=policy))


@transaction.atomic
def request_simulation(*, period: Period, policy: Policy, requested_by: User | None) -> Run:
    """Queue a run that nobody can ever be paid by. Enqueuing the task is the caller's, on commit.

    Raises:
        SimulationsWaiting: Enough of them wait already.
        PeriodEmpty: There is no money to share.
        NothingToShareBy: There is no labour to share it by.
    """
    # The period's row serves as the lock that makes two requests take turns.
    Period.objects.select_for_update().get(pk=period.pk)
    if Run.objects.unfinished().filter(period=period, simulation=True).count() >= MOST_WAITING:
        raise SimulationsWaiting(
            _("Simulations of this period wait for a worker already. Try again when one is done.")
        )
    return runs.request_run(
        period=period, policy=policy, requested_by=requested_by, simulation=True
    )


def complete(document: Document) -> Document:
    """Return a document with every default written out."""
    return policy_document(parse_policy(document))


def with_rate(document: Document, kind: str, rate_ppm: int) -> Document:
    """Return a document whose first pool of a kind has another rate."""
    return _with_pool(document, kind, rate_ppm=rate_ppm)


def with_solidarity(document: Document, solidarity_ppm: int) -> Document:
    """Return a document whose first data dividend has another solidarity."""
    return _with_pool(document, "data_dividend", solidarity_ppm=solidarity_ppm)


def with_floor(document: Document, *, floor: bool) -> Document:
    """Return a document with a wage floor before its first profit share, or without any."""
    changed = deepcopy(document)
    pools = [pool for pool in changed["pools"] if pool["kind"] != "wage_floor"]
    at = next((at for at, pool in enumerate(pools) if pool["kind"] == "profit_share"), None)
    if not floor or at is None:
        changed["pools"] = pools
    elif len(pools) == len(changed["pools"]):
        taken = {pool["id"] for pool in pools}
        code = next(code for code in ("wage-floor", "wage-floor-2") if code not in taken)
        changed["pools"] = [*pools[:at], {"id": code, "kind": "wage_floor"}, *pools[at:]]
    return complete(changed)


def with_flat_complexity(document: Document) -> Document:
    """Return a document under which every hour counts the same."""
    changed = deepcopy(document)
    changed["complexity"] |= {
        "wage_ratio_weight": 0,
        "training_cost_weight": 0,
        "output_weight": 0,
        "flat_weight": 1,
        "cap_low_ppm": min(changed["complexity"]["cap_low_ppm"], 1_000_000),
    }
    return changed


def with_norm(document: Document, method: str) -> Document:
    """Return a document with another method for the norm."""
    changed = deepcopy(document)
    changed["norm"]["method"] = method
    return changed


def pool_of(document: Document, kind: str) -> Document | None:
    """Return the first pool of a kind."""
    return next((pool for pool in document["pools"] if pool["kind"] == kind), None)


def _with_pool(document: Document, kind: str, **fields: int) -> Document:
    changed = deepcopy(document)
    pool = pool_of(changed, kind)
    if pool is not None:
        pool |= fields
    return changed


def _dearer(kind: str) -> Callable[[Document], Document | None]:
    def moved(document: Document) -> Document | None:
        pool = pool_of(document, kind)
        if pool is None:
            return None
        return with_rate(document, kind, min(1_000_000, pool["rate_ppm"] + POINT_PPM))

    return moved


def _beta(document: Document) -> Document | None:
    # Without scores at stake the lever is tried from its preset.
    return document | {"blend_beta_ppm": 0 if document["blend_beta_ppm"] else 2 * TENTH_PPM}


def _kappa(document: Document) -> Document | None:
    flat = with_flat_complexity(document)
    return None if flat["complexity"] == document["complexity"] else flat


def _norm(document: Document) -> Document | None:
    return with_norm(document, "mean" if document["norm"]["method"] != "mean" else "individual")


def _solidarity(document: Document) -> Document | None:
    pool = pool_of(document, "data_dividend")
    if pool is None:
        return None
    return with_solidarity(document, 0 if pool["solidarity_ppm"] else TENTH_PPM)


def _decay(document: Document) -> Document | None:
    return document | {"half_life_days": None if document["half_life_days"] else YEAR_DAYS}


def _floor(document: Document) -> Document | None:
    if pool_of(document, "profit_share") is None:
        return None
    return with_floor(document, floor=pool_of(document, "wage_floor") is None)


LEVERS = (
    Lever("alpha_dividend", _dearer("data_dividend")),
    Lever("alpha_profit", _dearer("profit_share")),
    Lever("alpha_commons", _dearer("commons")),
    Lever("beta", _beta),
    Lever("kappa", _kappa),
    Lever("norm", _norm),
    Lever("solidarity", _solidarity),
    Lever("decay", _decay),
    Lever("floor", _floor),
)
"""What can be moved one at a time, in the order in which the lab explains it."""
