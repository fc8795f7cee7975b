"""Reading what was declared for a period: revenue, usage, costs, licences and facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from accounting.core.amortisation import SHARE as AMORTISED_SHARE
from accounting.core.tables import MISSING, Costs, Facts, Licences, Revenue, Usage
from accounting.models import AmortisationPlan, AmortisedCost, LicenceUse, Period
from contributions.identifiers import public_id
from contributions.models import Licence

Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MoneyInputs:
    """The declared tables; `licence_of` gives each product's first licence or `MISSING`."""

    bundles: list[str]
    revenue: Revenue
    usage: Usage
    costs: Costs
    licences: Licences
    licence_of: Int
    facts: Facts


def read_money(period: Period, product_ids: Int) -> MoneyInputs:
    """Read the declared figures of a period for some products (row numbers, ascending)."""
    at = {int(number): position for position, number in enumerate(product_ids)}
    revenue = list(period.revenue.order_by("pk"))
    usage = [row for row in period.usage.order_by("bundle_id", "product_id", "pk") if row.bundle_id]
    bundle_numbers = sorted(
        {row.bundle_id for row in revenue if row.bundle_id}
        | {row.bundle_id for row in usage if row.bundle_id}
    )
    bundle_at = {number: position for position, number in enumerate(bundle_numbers)}
    costs = _costs(period, at)
    licences = licences_in_force(period, product_ids)
    return MoneyInputs(
        bundles=[public_id("bun", number) for number in bundle_numbers],
        revenue=Revenue(
            id=[row.public_id for row in revenue],
            product=_integers(at.get(row.product_id or 0, MISSING) for row in revenue),
            bundle=_integers(bundle_at.get(row.bundle_id or 0, MISSING) for row in revenue),
            channel=[row.channel for row in revenue],
            amount_micro=_integers(row.amount_micro for row in revenue),
        ),
        usage=Usage(
            bundle=_integers(bundle_at.get(row.bundle_id or 0, MISSING) for row in usage),
            product=_integers(at[row.product_id] for row in usage),
            unit=[row.unit for row in usage],
            quantity=_integers(row.quantity for row in usage),
        ),
        costs=costs,
        licences=_licence_table(licences, period, at),
        licence_of=_first_licence(licences, at),
        facts=_facts(period, at),
    )


def licences_in_force(period: Period, product_ids: Int) -> list[Licence]:
    """Return the licences on some products that run at any time in a period, by id."""
    return list(
        Licence.objects.filter(
            product__in=product_ids.tolist(),
            currency=period.currency,
            starts_on__lte=period.ends_on,
        )
        .filter(Q(expires_on=None) | Q(expires_on__gte=period.starts_on))
        .filter(Q(revoked_on=None) | Q(revoked_on__gt=period.starts_on))
        .select_related("licensee")
        .order_by("pk")
    )


def _licence_table(licences: list[Licence], period: Period, at: dict[int, int]) -> Licences:
    uses = {use.licence_id: use for use in LicenceUse.objects.filter(period=period)}
    used = [uses.get(licence.pk) for licence in licences]
    return Licences(
        id=[licence.public_id for licence in licences],
        product=_integers(at[licence.product_id] for licence in licences),
        licensee=[licence.licensee.public_id for licence in licences],
        fee_micro=_integers(licence.fee_micro for licence in licences),
        price_micro=_integers(licence.price_micro for licence in licences),
        units=_integers(0 if use is None else use.units for use in used),
        percentage_ppm=_integers(licence.percentage_ppm for licence in licences),
        base_micro=_integers(0 if use is None else use.base_micro for use in used),
    )


def _first_licence(licences: list[Licence], at: dict[int, int]) -> Int:
    first = np.full(len(at), MISSING, dtype=np.int64)
    for position, licence in reversed(list(enumerate(licences))):
        first[at[licence.product_id]] = position
    return first


def _costs(period: Period, at: dict[int, int]) -> Costs:
    """Return the period's own costs, and its part of those that are spread over months."""
    own = list(period.costs.order_by("pk"))
    spread = [
        (row, row.part_micro(period.starts_on, period.ends_on))
        for row in AmortisedCost.objects.filter(plan__product__in=at, currency=period.currency)
        .select_related("plan")
        .order_by("pk")
    ]
    spread = [(row, part) for row, part in spread if part]
    return Costs(
        # `acs` stands before `cst`, and rows stand in the order of their ids.
        id=[*(row.public_id for row, _part in spread), *(row.public_id for row in own)],
        product=_integers(
            [
                *(at[row.plan.product_id] for row, _part in spread),
                *(at.get(row.product_id or 0, MISSING) for row in own),
            ]
        ),
        kind=[*(row.kind for row, _part in spread), *(row.kind for row in own)],
        amount_micro=_integers(
            [*(part for _row, part in spread), *(row.amount_micro for row in own)]
        ),
        gpu_milli_hours=_integers(
            [*(0 for _each in spread), *(row.gpu_milli_hours for row in own)]
        ),
    )


def _facts(period: Period, at: dict[int, int]) -> Facts:
    rows = list(period.facts.order_by("name", "product_id", "item", "pk"))
    facts = [
        (row.name, row.product_id or 0, row.item, _plain(row.value), _plain(row.weight))
        for row in rows
    ]
    facts += [
        (AMORTISED_SHARE, plan.product_id, "", _plain(_part_of(plan, period)), "1")
        for plan in AmortisationPlan.objects.filter(product__in=at)
    ]
    facts.sort(key=lambda fact: fact[:3])
    return Facts(
        name=[name for name, *_rest in facts],
        product=_integers(at.get(product, MISSING) for _name, product, *_rest in facts),
        item=[fact[2] for fact in facts],
        value=[fact[3] for fact in facts],
        weight=[fact[4] for fact in facts],
    )


def _part_of(plan: AmortisationPlan, period: Period) -> Decimal:
    return Decimal(plan.spread_ppm(period.starts_on, period.ends_on)).scaleb(-6)


def _plain(value: object) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _integers(values: Iterable[int]) -> Int:
    return np.fromiter(values, dtype=np.int64)
