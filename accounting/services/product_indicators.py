"""Indicators of single products of a run: what price and labour say where costs are attributed.

Only costs that name a product count for it; a cost of the whole operator is nobody's here. So
products do not add up to the run, and a product without costs of its own has no ratio of them.

Source: value-model.md, d and i.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction

from accounting.core.indicators import decimal_string
from accounting.models import AmortisedCost, Cost, Fact, Run
from accounting.services.run_cells import Group, groups_of

PPM = 1_000_000


@dataclass(slots=True)
class _Costs:
    constant: int = 0
    wages: int = 0
    compute: int = 0

    def add(self, kind: str, micro: int) -> None:
        """Add a cost of one kind."""
        if kind == Cost.Kind.WAGES:
            self.wages += micro
            return
        self.constant += micro
        self.compute += micro if kind == Cost.Kind.COMPUTE else 0


@dataclass(frozen=True, slots=True)
class _Declared:
    """Declared figures of one product by name."""

    figures: dict[str, Fraction] = field(default_factory=dict)


def product_indicators(run: Run) -> dict[str, dict[str, str]]:
    """Return exact decimals by product number and name; those of people stand with the cells."""
    costs, declared = _costs(run), _declared(run)
    value = run.policy.document["value"]
    revenue = dict(run.products.values_list("product_id", "revenue_micro"))
    found: dict[str, dict[str, str]] = {}
    for group in groups_of(run, "product"):
        number = int(group.key[0])
        figures = _figures(
            revenue.get(number, 0), costs[number], declared[number].figures, group, value
        )
        found[group.key[0]] = {
            name: decimal_string(figure)
            for name, figure in sorted(figures.items())
            if figure is not None
        }
    return found


def _figures(
    revenue: int,
    costs: _Costs,
    declared: dict[str, Fraction],
    group: Group,
    value: dict[str, int],
) -> dict[str, Fraction | None]:
    variable = group.wages_micro + costs.wages
    surplus = revenue - costs.constant - variable
    dead = Fraction(costs.compute * PPM, value["melt_micro_per_hour"] or 1)
    living = group.content_uh
    return {
        "s_rate_price": _ratio(surplus, variable) if costs.constant else None,
        "occ": _ratio(costs.constant, variable) if costs.constant else None,
        "compute_substitution": _ratio(dead, dead + living) if costs.compute else None,
        "rent_share_R": _rent_share(revenue, surplus, declared, value["reference_profit_ppm"]),
        "lerner": _lerner(declared),
        "unrealised_share": 1 - declared["realised_share"]
        if "realised_share" in declared
        else None,
    }


def _rent_share(
    revenue: int, surplus: int, declared: dict[str, Fraction], profit_ppm: int
) -> Fraction | None:
    if "capital_advanced" not in declared:
        return None
    average = declared["capital_advanced"] * PPM * profit_ppm / PPM
    return _ratio(max(Fraction(0), surplus - average), revenue)


def _lerner(declared: dict[str, Fraction]) -> Fraction | None:
    price, cost = declared.get("price"), declared.get("marginal_cost")
    return None if cost is None or not price else (price - cost) / price


def _costs(run: Run) -> defaultdict[int, _Costs]:
    period = run.period
    found: defaultdict[int, _Costs] = defaultdict(_Costs)
    for product, kind, micro in period.costs.exclude(product=None).values_list(
        "product_id", "kind", "amount_micro"
    ):
        found[product or 0].add(kind, micro)
    # A cost that was planned after the run was computed is no part of it.
    spread = AmortisedCost.objects.filter(
        plan__product__run_products__run=run,
        currency=period.currency,
        recorded_at__lte=run.started_at or run.requested_at,
    ).select_related("plan")
    for row in spread:
        part = row.part_micro(period.starts_on, period.ends_on)
        found[row.plan.product_id].add(row.kind, part)
    return found


def _declared(run: Run) -> defaultdict[int, _Declared]:
    found: defaultdict[int, _Declared] = defaultdict(_Declared)
    for row in Fact.objects.filter(period=run.period).exclude(product=None):
        found[row.product_id or 0].figures[row.name] = Fraction(row.value)
    return found


def _ratio(numerator: Fraction | int, denominator: Fraction | int) -> Fraction | None:
    return Fraction(numerator) / denominator if denominator else None
