"""Which valuation a page is about, and what its reader may do with it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Valuation
from accounting.views.access import Reader, SignedInRequest, find, reader_of
from accounting.views.valuations.words import title_of
from contributions.models import Membership, Organisation, Product
from contributions.views.tables import Link

MAY_ASK = (Membership.Role.ADMIN, Membership.Role.RECORDER, Membership.Role.APPROVER)


def find_valuation(request: SignedInRequest, public_id: str) -> Valuation:
    """Return a valuation that the reader may see."""
    rows = Valuation.objects.visible_to(request.user)
    return find(rows.select_related("product__operator", "requested_by"), public_id)


def find_own(request: SignedInRequest, public_id: str) -> Valuation:
    """Return a valuation that the reader may change.

    Raises:
        Http404: It is not theirs.
    """
    valuation = find_valuation(request, public_id)
    if not may_change(reader_of(request), valuation):
        raise Http404(public_id)
    return valuation


def may_change(reader: Reader, valuation: Valuation) -> bool:
    """Return whether the reader keeps the records of the valued product."""
    return reader.acts_for(valuation.product.operator, roles=MAY_ASK)


def products_to_value(reader: Reader) -> QuerySet[Product]:
    """Return the products whose labour the reader may have valued."""
    products = Product.objects.select_related("operator").filter(contributions__isnull=False)
    if not reader.user.is_superuser:
        kept = Organisation.objects.filter(
            memberships__user=reader.user, memberships__role__in=MAY_ASK
        )
        products = products.filter(operator__in=kept)
    return products.distinct()


def valuation_url(valuation: Valuation, page: str = "valuation") -> str:
    """Return the address of a valuation's page, or of one of its parts by URL name."""
    return reverse(page, args=[valuation.public_id])


def trail(valuation: Valuation | None = None, page: str = "") -> list[Link]:
    """Return the way from home to a valuation, or to one of its pages."""
    first = [Link(_("Home"), reverse("home"))]
    if valuation is None:
        if not page:
            return [*first, Link(_("Valuations"), "")]
        return [*first, Link(_("Valuations"), reverse("valuations")), Link(page, "")]
    way = [*first, Link(_("Valuations"), reverse("valuations"))]
    if not page:
        return [*way, Link(title_of(valuation), "")]
    return [*way, Link(title_of(valuation), valuation_url(valuation)), Link(page, "")]
