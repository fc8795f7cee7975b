"""Periods, and what is declared for them: revenue, usage, costs and facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounting.models import Bundle, Cost, Fact, Period, Revenue, Usage
from accounting.services.declaring import add_bundle, declare
from accounting.services.periods import open_period
from accounting.services.visibility import kept_periods, visible_periods
from contributions.api.documents import Input, Output, fail_field
from contributions.api.fields import (
    ChoiceField,
    DayField,
    FigureField,
    IdField,
    IntegerField,
    MoneyField,
    RecordField,
    TextField,
    YesNoField,
)
from contributions.api.parameters import by_id, by_word
from contributions.api.resources import Collection, Item
from contributions.models import ApiToken, Organisation, Product
from contributions.services.replies import Reply
from contributions.services.visibility import (
    OPERATORS,
    organisations_of,
    visible_organisations,
    visible_products,
)

TAG = "Periods and money"


def kept_bundles(user: Any) -> QuerySet[Bundle]:
    """Return the bundles that a user's own operators sell."""
    if user.is_superuser:
        return Bundle.objects.all()
    return Bundle.objects.filter(operator__in=organisations_of(user, *OPERATORS))


class PeriodInput(Input):
    """A period to open."""

    operator = RecordField(Organisation, visible=visible_organisations)
    starts_on = DayField()
    ends_on = DayField()
    currency = TextField(most=3, shape="[A-Z]{3}")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a period that ends before it starts."""
        if attrs["ends_on"] < attrs["starts_on"]:
            raise fail_field("ends_on", "ends_before_start", _("It ends before it starts."))
        return attrs


class PeriodOutput(Output):
    """One operator's accounting period in one currency."""

    id = IdField(Period, source="pk")
    operator = IdField(Organisation, source="operator_id")
    starts_on = DayField()
    ends_on = DayField()
    currency = TextField(most=3)
    state = ChoiceField(choices=Period.State.values)


class PeriodsView(Collection):
    """Accounting periods that the user may see."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT
    input = PeriodInput
    output = PeriodOutput
    filters = {
        "operator": by_id(Organisation, "operator", "Periods of one operator."),
        "state": by_word("state", Period.State.values, "Periods in one state."),
    }

    def rows(self) -> QuerySet[Period]:
        """Return the periods the asker may see."""
        return visible_periods(self.user)

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Open a period."""
        return self.write(self._open)

    def _open(self, given: Mapping[str, Any]) -> Reply:
        self.require_role(given["operator"])
        return self.created(open_period(**given))


class PeriodView(Item):
    """One period."""

    tag = TAG
    output = PeriodOutput

    def rows(self) -> QuerySet[Period]:
        """Return the periods the asker may see."""
        return visible_periods(self.user)


class BundleInput(Input):
    """A bundle to add."""

    operator = RecordField(Organisation, visible=visible_organisations)
    name = TextField()


class BundleOutput(Output):
    """Products sold together at one price."""

    id = IdField(Bundle, source="pk")
    operator = IdField(Organisation, source="operator_id")
    name = TextField()


class BundlesView(Collection):
    """Bundles of products that the user's operators sell at one price."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT
    input = BundleInput
    output = BundleOutput

    def rows(self) -> QuerySet[Bundle]:
        """Return the bundles the asker may see."""
        return kept_bundles(self.user)

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Add a bundle; its usage will divide its revenue among products."""
        return self.write(self._add)

    def _add(self, given: Mapping[str, Any]) -> Reply:
        self.require_role(given["operator"])
        return self.created(add_bundle(**given), location=self.request.path)


class FigureInput(Input):
    """What every declared figure has."""

    period = RecordField(Period, visible=kept_periods)
    assumed = YesNoField(default=False, help_text="Nobody published this figure.")
    note = TextField(most=500, blank=True, default="")


class FigureOutput(Output):
    """What every declared figure has."""

    assumed = YesNoField()
    note = TextField(most=500, blank=True)


class Figures(Collection):
    """Declared figures of one kind; operators read and write their own."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT
    model: ClassVar[Any]
    filters = {"period": by_id(Period, "period", "Figures of one period.")}

    def rows(self) -> QuerySet[Any]:
        """Return the figures of the asker's own operators."""
        kept = kept_periods(self.user).values("pk")
        rows: QuerySet[Any] = self.model.objects.filter(period__in=kept)
        return rows.select_related("period")

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Declare a figure of an open period."""
        return self.write(self._declare)

    def _declare(self, given: Mapping[str, Any]) -> Reply:
        fields = dict(given)
        self.require_role(fields["period"].operator)
        currency = ""
        if "amount" in fields:
            fields["amount_micro"], currency = fields.pop("amount")
        figure = declare(figure=self.model(**fields), currency=currency)
        listed = f"{self.request.path}?period={fields['period'].public_id}"
        return self.created(figure, location=listed)


class RevenueInput(FigureInput):
    """Income from a product, or from a bundle; a refund is negative."""

    product = RecordField(Product, visible=visible_products, required=False)
    bundle = RecordField(Bundle, visible=kept_bundles, required=False)
    channel = ChoiceField(choices=Revenue.Channel.values)
    amount = MoneyField(signed=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for a product or a bundle, and not for both."""
        if ("product" in attrs) == ("bundle" in attrs):
            raise fail_field(
                "product", "product_or_bundle", _("Name either a product or a bundle.")
            )
        return attrs


class RevenueOutput(FigureOutput):
    """Income of a period."""

    id = IdField(Revenue, source="pk")
    period = IdField(Period, source="period_id")
    product = IdField(Product, source="product_id", allow_null=True)
    bundle = IdField(Bundle, source="bundle_id", allow_null=True)
    channel = ChoiceField(choices=Revenue.Channel.values)
    amount = MoneyField(source="amount_micro", currency="period.currency")


class RevenueView(Figures):
    """Revenue of the user's own operators."""

    model = Revenue
    input = RevenueInput
    output = RevenueOutput


class UsageInput(FigureInput):
    """How much a product was used."""

    product = RecordField(Product, visible=visible_products)
    bundle = RecordField(Bundle, visible=kept_bundles, required=False)
    unit = TextField(most=32)
    quantity = IntegerField()


class UsageOutput(FigureOutput):
    """How much a product was used in a period; within a bundle it divides the price."""

    id = IdField(Usage, source="pk")
    period = IdField(Period, source="period_id")
    product = IdField(Product, source="product_id")
    bundle = IdField(Bundle, source="bundle_id", allow_null=True)
    unit = TextField(most=32)
    quantity = IntegerField()


class UsageView(Figures):
    """Usage of the products of the user's own operators."""

    model = Usage
    input = UsageInput
    output = UsageOutput


class CostInput(FigureInput):
    """A cost of the period."""

    product = RecordField(Product, visible=visible_products, required=False)
    kind = ChoiceField(choices=Cost.Kind.values)
    amount = MoneyField()
    gpu_milli_hours = IntegerField(default=0)


class CostOutput(FigureOutput):
    """A cost of a period; everything but wages is constant capital."""

    id = IdField(Cost, source="pk")
    period = IdField(Period, source="period_id")
    product = IdField(Product, source="product_id", allow_null=True)
    kind = ChoiceField(choices=Cost.Kind.values)
    amount = MoneyField(source="amount_micro", currency="period.currency")
    gpu_milli_hours = IntegerField()


class CostsView(Figures):
    """Costs of the user's own operators."""

    model = Cost
    input = CostInput
    output = CostOutput


class FactInput(FigureInput):
    """A declared figure that no other list holds."""

    name = ChoiceField(choices=Fact.Name.values)
    product = RecordField(Product, visible=visible_products, required=False)
    item = TextField(most=100, blank=True, default="")
    value = FigureField()
    weight = FigureField(default="1")


class FactOutput(FigureOutput):
    """A declared figure of a period."""

    period = IdField(Period, source="period_id")
    name = ChoiceField(choices=Fact.Name.values)
    product = IdField(Product, source="product_id", allow_null=True)
    item = TextField(most=100, blank=True)
    value = FigureField()
    weight = FigureField()


class FactsView(Figures):
    """Other declared figures of the user's own operators."""

    model = Fact
    input = FactInput
    output = FactOutput
