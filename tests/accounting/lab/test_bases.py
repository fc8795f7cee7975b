"""Creation costs over months, index measures and rates, as runs read them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction

from accounting.core.allocation import allocate
from accounting.core.verify import verify_bundle
from accounting.models import AmortisationPlan, AmortisedCost, FxRate, IndexMeasure, Period
from accounting.services import amortising, exchange, index_inputs, runs
from accounting.services.run_inputs import pin
from accounting.views.run_reading import new_value_content
from contributions.models import Organisation, Product
from tests import factories

pytestmark = pytest.mark.django_db


def plan(product: Product, months: int = 24, start: date = date(2026, 1, 1)) -> AmortisationPlan:
    return amortising.plan_amortisation(
        plan=AmortisationPlan(product=product, starts_on=start, months=months, reason="agreed")
    )


def cost(plan: AmortisationPlan, amount_micro: int, kind: str = "compute") -> AmortisedCost:
    return amortising.add_cost(
        cost=AmortisedCost(plan=plan, kind=kind, amount_micro=amount_micro, currency="CNY")
    )


def data_set(period: Period) -> Product:
    return Product.objects.get(operator=period.operator, kind="dataset")


@pytest.mark.parametrize("months", [1, 7, 12, 13, 36])
def test_periods_that_follow_on_one_another_take_the_whole_exactly(months: int) -> None:
    made = plan(factories.product(factories.organisation()), months, date(2025, 11, 1))
    spent = cost(made, 1_000_000_007)
    days = [date(2025 + n // 12, n % 12 + 1, 1) for n in range(62)]
    stretches = [
        (first, date.fromordinal(following.toordinal() - 1)) for first, following in pairwise(days)
    ]
    assert sum(spent.part_micro(*stretch) for stretch in stretches) == 1_000_000_007
    assert sum(made.spread_ppm(*stretch) for stretch in stretches) == 1_000_000


@pytest.mark.django_db(transaction=True)
def test_a_run_takes_its_months_of_costs_and_of_labour() -> None:
    period = factories.ready_period()
    whole = factories.computed_run(period)
    made = plan(data_set(period))
    cost(made, 240_000_000)
    run = factories.computed_run(period)
    assert run.price["constant_capital_micro"] == 120_000_000
    assert run.price["compute_micro"] == 120_000_000
    own = whole.products.get(product=made.product).own_content_uh
    assert new_value_content(whole) - new_value_content(run) == own - own // 2
    melt = run.policy.document["value"]["melt_micro_per_hour"]
    assert run.price["new_value_micro"] == new_value_content(run) * melt // 10**6
    assert verify_bundle(runs.bundle_path(run)).ok


def test_a_plan_is_made_once_and_starts_with_a_month() -> None:
    product = factories.product(factories.organisation())
    plan(product)
    with pytest.raises(amortising.AmortisationKnown):
        plan(product)


def test_the_newest_measure_until_the_end_of_the_period_counts() -> None:
    product = factories.product(factories.organisation(), gpu_milli_hours=1)
    assert len(index_inputs.read_index_inputs([product], until=date(2026, 6, 30)).product) == 0
    for day, hours in ((date(2026, 1, 1), 10), (date(2026, 6, 1), 20), (date(2026, 12, 1), 30)):
        index_inputs.add_measure(
            measure=IndexMeasure(
                product=product,
                measured_on=day,
                gpu_milli_hours=hours,
                governance_seconds=3600,
                training_flop=Decimal(10**21),
                source="meter",
            )
        )
    read = index_inputs.read_index_inputs([product], until=date(2026, 6, 30))
    assert read.gpu_milli_hours.tolist() == [20]
    assert read.training_flop == [str(10**21)]


def rate(value: str, day: date, organisation: Organisation | None = None) -> FxRate:
    return exchange.add_rate(
        rate=FxRate(
            organisation=organisation,
            base="USD",
            quote="CNY",
            rate=Decimal(value),
            valid_on=day,
            source="central bank",
        )
    )


def test_the_newest_rate_counts_and_of_one_day_the_operators_own() -> None:
    period = factories.period(factories.organisation())
    with pytest.raises(exchange.FxRateMissing):
        exchange.rate_into("USD", period)
    rate("7.1", date(2026, 1, 1))
    rate("9", date(2026, 2, 1), factories.organisation())
    assert exchange.rate_into("USD", period) == Decimal("7.1")
    rate("7.2", date(2026, 1, 1), period.operator)
    assert exchange.rate_into("USD", period) == Decimal("7.2")
    with pytest.raises(exchange.FxRateKnown):
        rate("7.3", date(2026, 1, 1), period.operator)


def test_wages_in_another_currency_enter_a_run_at_the_rate() -> None:
    period = factories.ready_period()
    product = data_set(period)
    factories.contribution(factories.worker(), product, wage_micro=10_000_000, wage_currency="USD")
    rate("7.25", date(2026, 1, 1))
    policy = period.operator.policies.get()
    assert allocate(pin(period=period, policy=policy).inputs).price.variable_capital_micro == (
        72_500_000
    )


@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_bases_are_only_ever_added(statement: str) -> None:
    product = factories.product(factories.organisation())
    spread = cost(plan(product), 1)
    added = [
        spread,
        spread.plan,
        rate("7", date(2026, 1, 1)),
        index_inputs.add_measure(
            measure=IndexMeasure(
                product=product,
                measured_on=date(2026, 1, 1),
                gpu_milli_hours=1,
                governance_seconds=1,
                training_flop=Decimal(1),
                source="meter",
            )
        ),
    ]
    with connection.cursor() as cursor:
        # The database truncates nothing that a check still waits for.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for row in added:
        with (
            pytest.raises(IntegrityError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement.format(row._meta.db_table))
