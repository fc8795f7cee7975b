"""Gathering the facts of a run's price and of a pool's fund."""

from __future__ import annotations

from accounting.core.declared import amount_of
from accounting.core.tables import MISSING
from accounting.core.trace.context import RunTerms
from accounting.core.trace.facts import LicenceFacts, PoolFacts, RunFacts


def run_facts(run: RunTerms) -> RunFacts:
    """Gather the price categories of a run."""
    price = run.price
    return RunFacts(
        id=run.run_id,
        revenue_micro=price.revenue_micro,
        constant_micro=price.constant_capital_micro,
        variable_micro=price.variable_capital_micro,
        capital_micro=amount_of(run.inputs.facts, "capital_advanced"),
        reference_profit_ppm=run.policy.value.reference_profit_ppm,
    )


def pool_facts(run: RunTerms, place: int) -> PoolFacts:
    """Gather how the pool at a place was funded."""
    outline, pool = run.pools[place], run.funds[place].pool
    floors = [at for at in _floors(run) if _source_of(run, at) == _source_of(run, place)]
    taken = sum(run.pools[at].funded_micro for at in floors)
    is_floor, is_source = pool.kind == "wage_floor", pool.kind == "profit_share"
    left = run.pools[_source_of(run, place)].funded_micro if is_floor else 0
    return PoolFacts(
        id=outline.id,
        kind=outline.kind,
        flow=outline.flow,
        rate_ppm=pool.rate_ppm,
        solidarity_ppm=pool.solidarity_ppm,
        funded_micro=outline.funded_micro,
        unscaled_micro=outline.scaled_from_micro,
        floor_micro=taken if is_source else 0,
        gaps_micro=sum(outline.weights.tolist()) if is_floor else 0,
        available_micro=left
        + sum(run.pools[at].funded_micro for at in floors if is_floor and at >= place),
        claims_micro=_claims(run),
        licence=_licence(run, place),
    )


def _floors(run: RunTerms) -> list[int]:
    return [at for at, share in enumerate(run.pools) if share.kind == "wage_floor"]


def _source_of(run: RunTerms, place: int) -> int:
    """The profit share that a wage floor at this place draws on; of a profit share itself."""
    kinds = [share.kind for share in run.pools]
    return next((at for at in range(place, len(kinds)) if kinds[at] == "profit_share"), MISSING)


def _claims(run: RunTerms) -> int:
    """All claims on surplus value, if they had to be scaled down to it."""
    expired = amount_of(run.inputs.facts, "expired_escrow")
    claims = 0
    for fund in run.funds:
        if fund.pool.kind in {"data_dividend", "profit_share"}:
            claims += max(0, fund.formula_micro)
        elif fund.pool.kind == "commons":
            claims += fund.formula_micro - expired
    return claims if claims > max(0, run.price.surplus_micro) else 0


def _licence(run: RunTerms, place: int) -> LicenceFacts | None:
    fund, licences = run.funds[place], run.inputs.licences
    if fund.pool.kind != "licence":
        return None
    row = licences.id.index(fund.id.removeprefix(f"{fund.pool.id}-"))
    return LicenceFacts(
        id=licences.id[row],
        fee_micro=int(licences.fee_micro[row]),
        price_micro=int(licences.price_micro[row]),
        units=int(licences.units[row]),
        percentage_ppm=int(licences.percentage_ppm[row]),
        base_micro=int(licences.base_micro[row]),
    )
