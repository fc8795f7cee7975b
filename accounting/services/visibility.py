"""Which periods, policies and declared figures a user may see."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounting.models import Period, Policy, Statement, Valuation
from contributions.models import Contribution, Organisation, User
from contributions.services.visibility import OPERATORS, organisations_of

OVERSEERS = (Organisation.Kind.REGULATOR, Organisation.Kind.LABOUR_ORGANISATION)


def visible_periods(user: User) -> QuerySet[Period]:
    """Return periods of a user's organisations or that paid them; who oversees reads all."""
    if user.is_superuser or organisations_of(user, *OVERSEERS).exists():
        return Period.objects.select_related("operator")
    paid = Statement.objects.filter(worker__user=user).values("run__period_id")
    periods = Period.objects.select_related("operator")
    return periods.filter(Q(operator__in=organisations_of(user)) | Q(pk__in=paid))


def kept_periods(user: User) -> QuerySet[Period]:
    """Return the periods whose single declared figures a user may read: their own operators'."""
    if user.is_superuser:
        return Period.objects.all()
    return Period.objects.filter(operator__in=organisations_of(user, *OPERATORS))


def visible_policies(user: User) -> QuerySet[Policy]:
    """Return policies: drafts to their authors' side, the others to everybody concerned."""
    policies = Policy.objects.select_related("operator")
    if user.is_superuser:
        return policies
    own = Q(operator__in=organisations_of(user)) | Q(created_by=user)
    put_forward = ~Q(state=Policy.State.DRAFT)
    if organisations_of(user, *OVERSEERS).exists():
        return policies.filter(own | put_forward)
    paid_by = Statement.objects.filter(worker__user=user).values("run__period__operator_id")
    worked_for = Contribution.objects.filter(worker__user=user).values("product__operator_id")
    concerned = Q(operator__in=paid_by) | Q(operator__in=worked_for)
    return policies.filter(own | (concerned & put_forward))


def visible_valuations(user: User) -> QuerySet[Valuation]:
    """Return valuations of a user's own products, and computed ones that concern them."""
    seen = Valuation.objects.visible_to(user).values("pk")
    return Valuation.objects.filter(pk__in=seen)
