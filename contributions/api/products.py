"""Products, their lineage, and licences on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from contributions.api.documents import Input, Output, fail_field
from contributions.api.fields import (
    ChoiceField,
    DayField,
    IdField,
    IntegerField,
    MoneyField,
    RecordField,
    TextField,
    YesNoField,
)
from contributions.api.parameters import by_id, by_text, by_word
from contributions.api.resources import SIGNING, Collection, Item
from contributions.models import Licence, LineageEdge, Organisation, Product
from contributions.models.products import PPM
from contributions.services import lineage, products
from contributions.services.replies import Reply
from contributions.services.visibility import (
    visible_edges,
    visible_licences,
    visible_organisations,
    visible_products,
)

TAG = "Products"


class ReferencesField(serializers.DictField):
    """Names of a product elsewhere, such as a DOI, by what kind of name it is."""

    child = TextField(most=500)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Return at most twenty references."""
        checked: dict[str, str] = super().to_internal_value(data)
        if len(checked) > 20 or any(not 0 < len(name) <= 64 for name in checked):
            raise serializers.ValidationError(_("At most twenty, with short names."), "too_many")
        return checked


class ProductInput(Input):
    """A version of a product to add."""

    operator = RecordField(Organisation, visible=visible_organisations)
    kind = ChoiceField(choices=Product.Kind.values)
    name = TextField()
    version = TextField(most=64)
    released_on = DayField(required=False, allow_null=True)
    public = YesNoField(default=False)
    gpu_milli_hours = IntegerField(required=False, allow_null=True)
    governance_seconds = IntegerField(required=False, allow_null=True)
    training_flop = TextField(most=40, shape="[0-9]{1,40}", required=False, allow_null=True)
    parameters = IntegerField(required=False, allow_null=True)
    external_refs = ReferencesField(default=dict)


class ProductOutput(Output):
    """One version of a data set, model, prompt library, evaluation or deployment."""

    id = IdField(Product, source="pk")
    operator = IdField(Organisation, source="operator_id")
    kind = ChoiceField(choices=Product.Kind.values)
    name = TextField()
    version = TextField(most=64)
    released_on = DayField(allow_null=True)
    public = YesNoField()
    gpu_milli_hours = IntegerField(allow_null=True)
    governance_seconds = IntegerField(allow_null=True)
    training_flop = TextField(most=40, allow_null=True)
    parameters = IntegerField(allow_null=True)
    external_refs = serializers.DictField()


class ProductsView(Collection):
    """Products that the user may see: their own, public ones, and those near along lineage."""

    tag = TAG
    input = ProductInput
    output = ProductOutput
    filters = {
        "operator": by_id(Organisation, "operator", "Products of one operator."),
        "kind": by_word("kind", Product.Kind.values, "Products of one kind."),
        "name": by_text("name", "The versions of one product."),
    }

    def rows(self) -> QuerySet[Product]:
        """Return the products the asker may see."""
        return visible_products(self.user)

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Add a version of a product. Retraining makes a new version, never a changed one."""
        return self.write(self._add)

    def _add(self, given: Mapping[str, Any]) -> Reply:
        self.require_role(given["operator"])
        return self.created(products.add_product(product=Product(**given)))


class ProductView(Item):
    """One product."""

    tag = TAG
    output = ProductOutput

    def rows(self) -> QuerySet[Product]:
        """Return the products the asker may see."""
        return visible_products(self.user)


class EdgeInput(Input):
    """An edge to add: what went into what, and how much of its value that passes on."""

    upstream = RecordField(Product, visible=visible_products)
    downstream = RecordField(Product, visible=visible_products)
    relation = ChoiceField(choices=LineageEdge.Relation.values)
    transfer_ppm = IntegerField(most=PPM)
    machine_ppm = IntegerField(most=PPM, default=PPM)
    evidence = TextField(most=500, blank=True, default="")
    assumed = YesNoField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an edge from a product to itself."""
        if attrs["upstream"] == attrs["downstream"]:
            raise fail_field(
                "downstream", "lineage_to_itself", _("A product cannot descend from itself.")
            )
        return attrs


class EdgeOutput(Output):
    """A lineage edge."""

    id = IdField(LineageEdge, source="pk")
    upstream = IdField(Product, source="upstream_id")
    downstream = IdField(Product, source="downstream_id")
    relation = ChoiceField(choices=LineageEdge.Relation.values)
    transfer_ppm = IntegerField(most=PPM)
    machine_ppm = IntegerField(most=PPM)
    evidence = TextField(most=500, blank=True)
    assumed = YesNoField()


class EdgesView(Collection):
    """Lineage edges between products that the user may see."""

    tag = TAG
    input = EdgeInput
    output = EdgeOutput
    filters = {
        "upstream": by_id(Product, "upstream", "What was made with one product."),
        "downstream": by_id(Product, "downstream", "What one product was made of."),
    }

    def rows(self) -> QuerySet[LineageEdge]:
        """Return the edges the asker may see."""
        return visible_edges(self.user)

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Join two products; the operator of the downstream one says what went into it.

        An edge that would close a circle conflicts with the lineage there is (`lineage_cycle`).
        """
        return self.write(self._add)

    def _add(self, given: Mapping[str, Any]) -> Reply:
        self.require_role(given["downstream"].operator)
        return self.created(lineage.add_edge(edge=LineageEdge(**given)))


class EdgeView(Item):
    """One lineage edge."""

    tag = TAG
    output = EdgeOutput

    def rows(self) -> QuerySet[LineageEdge]:
        """Return the edges the asker may see."""
        return visible_edges(self.user)


class LicenceInput(Input):
    """A licence to grant. All its terms are in one currency."""

    product = RecordField(Product, visible=visible_products)
    licensee = RecordField(Organisation, visible=visible_organisations)
    scope = TextField()
    fee = MoneyField(help_text="For each period; 0.00 for none.")
    price = MoneyField(fine=True, required=False, help_text="For each unit used.")
    percentage_ppm = IntegerField(most=PPM, default=0)
    starts_on = DayField()
    expires_on = DayField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse terms in two currencies and an end before the start."""
        fields = dict(attrs)
        fields["fee_micro"], currency = fields.pop("fee")
        fields["price_micro"], other = fields.pop("price", (0, currency))
        if other != currency:
            raise fail_field("price", "currency_mixed", _("Keep all terms in one currency."))
        expires_on = fields.get("expires_on")
        if expires_on is not None and expires_on < fields["starts_on"]:
            raise fail_field("expires_on", "ends_before_start", _("It ends before it starts."))
        return fields | {"currency": currency}


class LicenceOutput(Output):
    """A traceable licence: who may use a product, for what, at which price, how long."""

    id = IdField(Licence, source="pk")
    product = IdField(Product, source="product_id")
    licensee = IdField(Organisation, source="licensee_id")
    scope = TextField()
    fee = MoneyField(source="fee_micro")
    price = MoneyField(source="price_micro")
    percentage_ppm = IntegerField(most=PPM)
    starts_on = DayField()
    expires_on = DayField(allow_null=True)
    revoked_on = DayField(allow_null=True)


class LicencesView(Collection):
    """Licences that the user's organisations grant or hold."""

    tag = TAG
    input = LicenceInput
    output = LicenceOutput
    filters = {
        "product": by_id(Product, "product", "Licences on one product."),
        "licensee": by_id(Organisation, "licensee", "Licences that one organisation holds."),
    }

    def rows(self) -> QuerySet[Licence]:
        """Return the licences the asker may see."""
        return visible_licences(self.user)

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Grant a licence on a product of one's own."""
        return self.write(self._grant)

    def _grant(self, given: Mapping[str, Any]) -> Reply:
        self.require_role(given["product"].operator)
        return self.created(products.grant_licence(licence=Licence(**given)))


class LicenceView(Item):
    """One licence."""

    tag = TAG
    output = LicenceOutput

    def rows(self) -> QuerySet[Licence]:
        """Return the licences the asker may see."""
        return visible_licences(self.user)


class LicenceRevocationView(Item):
    """Ending a licence before its time."""

    tag = TAG
    output = LicenceOutput
    http_method_names = ["post"]
    needs_match = frozenset({"POST"})

    def rows(self) -> QuerySet[Licence]:
        """Return the licences the asker may see."""
        return visible_licences(self.user).select_related("product__operator")

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {200: LicenceOutput}

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Revoke a licence from today on; name the version you read as If-Match."""
        licence: Licence = self.found()
        self.require_role(licence.product.operator, *SIGNING)
        where = request.path.rpartition("/revocation")[0]

        def revoke(_nothing: Mapping[str, Any]) -> Reply:
            self.require_match(licence)
            products.revoke_licence(licence=licence, today=timezone.localdate())
            licence.refresh_from_db()
            return self.created(licence, status=200, location=where)

        return self.write(revoke)
