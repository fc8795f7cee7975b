"""What each pool has to share, and the scaling down of all together (value-model.md f)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from accounting.core.policy import Policy, Pool
from tests.oracle.price import Price, declared
from tests.oracle.sharing import part_of, share
from tests.oracle.world import Licence, World

PPM = 1_000_000


@dataclass(frozen=True)
class Fund:
    """The money of one pool before it is shared.

    `gained` and `lost` hold a data dividend's money by revenue product, both positive.
    `expired_micro` was set aside in earlier periods and claims nothing of this one.
    """

    id: str
    pool: Pool
    original_micro: int
    amount_micro: int
    licence: Licence | None = None
    gained: dict[str, int] | None = None
    lost: dict[str, int] | None = None
    expired_micro: int = 0


def find_funds(world: World, policy: Policy, price: Price, revenue: dict[str, int]) -> list[Fund]:
    """Return the funds in the order of the policy, scaled down where they are too much."""
    funds: list[Fund] = []
    for pool in policy.pools:
        if pool.kind == "licence":
            funds += [_licence(pool, world.licences[key]) for key in sorted(world.licences)]
        elif pool.kind == "data_dividend":
            funds.append(_dividend(pool, revenue))
        elif pool.kind == "profit_share":
            amount = pool.rate_ppm * max(0, price.surplus_micro) // PPM
            funds.append(Fund(pool.id, pool, amount, amount))
        elif pool.kind == "commons":
            expired = declared(world, "expired_escrow")
            amount = pool.rate_ppm * price.excess_profit_micro // PPM + expired
            funds.append(Fund(pool.id, pool, amount, amount, expired_micro=expired))
        else:
            funds.append(Fund(pool.id, pool, 0, 0))
    return _scaled(funds, max(0, price.surplus_micro))


def _licence(pool: Pool, licence: Licence) -> Fund:
    amount = licence.fee_micro + licence.price_micro * licence.units
    amount += licence.percentage_ppm * licence.base_micro // PPM
    return Fund(f"{pool.id}-{licence.id}", pool, amount, amount, licence=licence)


def _dividend(pool: Pool, revenue: dict[str, int]) -> Fund:
    parts = {key: part_of(amount, pool.rate_ppm) for key, amount in revenue.items()}
    gained = {key: part for key, part in parts.items() if part > 0}
    lost = {key: -part for key, part in parts.items() if part < 0}
    amount = sum(parts.values())
    return Fund(pool.id, pool, amount, amount, gained=gained, lost=lost)


def _scaled(funds: list[Fund], surplus_micro: int) -> list[Fund]:
    """Scale the pools that no contract fixes down to the surplus, in proportion."""
    wanted = {
        position: fund.amount_micro - fund.expired_micro
        for position, fund in enumerate(funds)
        if fund.pool.kind != "licence" and fund.amount_micro > fund.expired_micro
    }
    if sum(wanted.values()) <= surplus_micro:
        return funds
    granted = share(surplus_micro, wanted)
    return [
        _scale(fund, granted[position]) if position in granted else fund
        for position, fund in enumerate(funds)
    ]


def _scale(fund: Fund, amount_micro: int) -> Fund:
    gained, lost = fund.gained, fund.lost
    if gained is not None and lost is not None:
        losses = sum(lost.values()) * amount_micro // fund.amount_micro
        gained = share(amount_micro + losses, gained)
        lost = share(losses, lost) if lost else lost
    return replace(fund, amount_micro=amount_micro + fund.expired_micro, gained=gained, lost=lost)
