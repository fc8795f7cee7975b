"""What figures stand on: index measures, creation over months, and rates of exchange."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from accounting.models import AmortisationPlan, AmortisedCost, Cost, FxRate, IndexMeasure
from accounting.models.creation import MOST_MONTHS
from accounting.services import amortising, exchange, index_inputs
from contributions.api.documents import Input, Output, fail_field
from contributions.api.fields import (
    ChoiceField,
    DayField,
    IdField,
    IntegerField,
    MoneyField,
    RecordField,
    TextField,
    TimeField,
    YesNoField,
)
from contributions.api.parameters import by_id, by_text
from contributions.api.resources import Collection, rendered
from contributions.models import ApiToken, Organisation, Product, User
from contributions.services.replies import Reply
from contributions.services.visibility import OPERATORS, organisations_of

TAG = "Bases"


def own_operators(user: User) -> QuerySet[Organisation]:
    """Return the operators whose bases a user may read."""
    if user.is_superuser:
        return Organisation.objects.filter(kind__in=OPERATORS)
    return organisations_of(user, *OPERATORS)


def own_products(user: User) -> QuerySet[Product]:
    """Return the products of these operators."""
    return Product.objects.filter(operator__in=own_operators(user))


def own_plans(user: User) -> QuerySet[AmortisationPlan]:
    """Return the plans of their products."""
    return AmortisationPlan.objects.filter(product__in=own_products(user))


class _Bases(Collection):
    """Records that are only ever added."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT

    def stored(self, record: Any) -> Reply:
        """Return the reply that a record was made; it has no address of its own."""
        record.refresh_from_db()
        return Reply(201, rendered(self.shown(record)).decode())


class FxRateInput(Input):
    """A rate for one operator's periods: one `base` is `rate` `quote`."""

    operator = RecordField(Organisation, visible=own_operators)
    base = TextField(most=3, shape="[A-Z]{3}")
    quote = TextField(most=3, shape="[A-Z]{3}")
    rate = TextField(most=21, shape=r"[0-9]{1,10}(\.[0-9]{1,10})?")
    valid_on = DayField()
    source = TextField(most=300)  # type: ignore[assignment]

    def validate_rate(self, rate: str) -> Decimal:
        """Refuse zero."""
        value = Decimal(rate)
        if not value:
            raise serializers.ValidationError(_("A rate is above zero."), "rate_zero")
        return value


class FxRateOutput(Output):
    """A rate with its day and source; without an operator it counts for everybody."""

    operator = IdField(Organisation, source="organisation_id", allow_null=True)
    base = serializers.CharField()
    quote = serializers.CharField()
    rate = serializers.DecimalField(20, 10, normalize_output=True)
    valid_on = DayField()
    source = TextField(most=300)  # type: ignore[assignment]
    recorded_at = TimeField()


class FxRatesView(_Bases):
    """Rates of exchange; each ledger is kept in one currency."""

    input = FxRateInput
    output = FxRateOutput
    filters = {
        "base": by_text("base", "Rates from one currency."),
        "quote": by_text("quote", "Rates into one currency."),
    }

    def rows(self) -> QuerySet[FxRate]:
        """Return everybody's rates and those of the asker's operators."""
        own = Q(organisation__in=own_operators(self.user))
        return FxRate.objects.filter(own | Q(organisation=None))

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Add a rate; it never changes, and a later day's takes over."""
        return self.write(self._add)

    def _add(self, given: Mapping[str, Any]) -> Reply:
        fields = dict(given)
        operator = fields.pop("operator")
        self.require_role(operator)
        rate = FxRate(organisation=operator, recorded_by=self.user, **fields)
        return self.stored(exchange.add_rate(rate=rate))


class IndexMeasureInput(Input):
    """What the composite index reads of a product, as of a day."""

    product = RecordField(Product, visible=own_products)
    measured_on = DayField()
    gpu_milli_hours = IntegerField()
    governance_seconds = IntegerField()
    training_flop = TextField(most=40, shape="[1-9][0-9]{0,39}")
    source = TextField(most=300)  # type: ignore[assignment]
    assumed = YesNoField(default=False)


class IndexMeasureOutput(Output):
    """Inputs of the composite index as of a day, with their source."""

    product = IdField(Product, source="product_id")
    measured_on = DayField()
    gpu_milli_hours = IntegerField()
    governance_seconds = IntegerField()
    training_flop = TextField(most=40)
    source = TextField(most=300)  # type: ignore[assignment]
    assumed = YesNoField()
    recorded_at = TimeField()


class IndexMeasuresView(_Bases):
    """Inputs of the composite technical index."""

    input = IndexMeasureInput
    output = IndexMeasureOutput
    filters = {"product": by_id(Product, "product", "Measures of one product.")}

    def rows(self) -> QuerySet[IndexMeasure]:
        """Return the measures of the asker's products."""
        return IndexMeasure.objects.filter(product__in=own_products(self.user))

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Add a measure; it never changes, and a later day's takes over."""
        return self.write(self._add)

    def _add(self, given: Mapping[str, Any]) -> Reply:
        self.require_role(given["product"].operator)
        fields = {**given, "training_flop": Decimal(given["training_flop"])}
        measure = IndexMeasure(recorded_by=self.user, **fields)
        return self.stored(index_inputs.add_measure(measure=measure))


class AmortisationInput(Input):
    """The months over which a product's creation is spread."""

    product = RecordField(Product, visible=own_products)
    starts_on = DayField(help_text="The first day of the first month.")
    months = IntegerField(least=1, most=MOST_MONTHS)
    reason = TextField(most=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a day that is not a month's first."""
        if attrs["starts_on"].day != 1:
            raise fail_field("starts_on", "not_first_of_month", _("Write a month's first day."))
        return attrs


class AmortisationOutput(Output):
    """A plan; costs added to it and training-phase labour count by its months."""

    id = IdField(AmortisationPlan, source="pk")
    product = IdField(Product, source="product_id")
    starts_on = DayField()
    months = IntegerField()
    reason = TextField(most=500)
    recorded_at = TimeField()


class AmortisationsView(_Bases):
    """Creation of products, spread over months in a straight line."""

    input = AmortisationInput
    output = AmortisationOutput
    filters = {"product": by_id(Product, "product", "The plan of one product.")}

    def rows(self) -> QuerySet[AmortisationPlan]:
        """Return the plans of the asker's products."""
        return own_plans(self.user)

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Spread a product's creation; a plan never changes."""
        return self.write(self._add)

    def _add(self, given: Mapping[str, Any]) -> Reply:
        self.require_role(given["product"].operator)
        plan = AmortisationPlan(recorded_by=self.user, **given)
        return self.stored(amortising.plan_amortisation(plan=plan))


class AmortisedCostInput(Input):
    """A cost of making a product, spread by its plan."""

    plan = RecordField(AmortisationPlan, visible=own_plans)
    kind = ChoiceField(choices=Cost.Kind.values)
    amount = MoneyField()
    assumed = YesNoField(default=False)
    note = TextField(most=500, blank=True, default="")


class AmortisedCostOutput(Output):
    """A cost that is spread; all periods together bear the whole of it."""

    id = IdField(AmortisedCost, source="pk")
    plan = IdField(AmortisationPlan, source="plan_id")
    kind = ChoiceField(choices=Cost.Kind.values)
    amount = MoneyField(source="amount_micro")
    assumed = YesNoField()
    note = TextField(most=500, blank=True)
    recorded_at = TimeField()


class AmortisedCostsView(_Bases):
    """Costs of creation that are spread over months."""

    input = AmortisedCostInput
    output = AmortisedCostOutput
    filters = {"plan": by_id(AmortisationPlan, "plan", "Costs under one plan.")}

    def rows(self) -> QuerySet[AmortisedCost]:
        """Return the costs under the asker's plans."""
        return AmortisedCost.objects.filter(plan__in=own_plans(self.user))

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Add a cost to a plan."""
        return self.write(self._add)

    def _add(self, given: Mapping[str, Any]) -> Reply:
        fields = dict(given)
        micro, currency = fields.pop("amount")
        self.require_role(fields["plan"].product.operator)
        cost = AmortisedCost(amount_micro=micro, currency=currency, recorded_by=self.user, **fields)
        return self.stored(amortising.add_cost(cost=cost))
