"""Which periods, policies and declared figures a user may see."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounting.models import Period, Policy, Statement
from contributions.models import Organisation, User
from contributions.services.visibility import OPERATORS, organisations_of

OVERSEERS = (Organisation.Kind.REGULATOR, Organisation.Kind.LABOUR_ORGANISATION)


def visible_periods(user: User) -> QuerySet[Period]:
    """Return periods of a user's organisations or that paid them; who oversees reads all."""
    if user.is_superuser or organisations_of(user, *OVERSEERS).exists():
        return Period.objects.all()
    paid = Statement.objects.filter(worker__user=user).values("run__period_id")
    return Period.objects.filter(Q(operator__in=organisations_of(user)) | Q(pk__in=paid))


def kept_periods(user: User) -> QuerySet[Period]:
    """Return the periods whose single declared figures a user may read: their own operators'."""
    if user.is_superuser:
        return Period.objects.all()
    return Period.objects.filter(operator__in=organisations_of(user, *OPERATORS))


def visible_policies(user: User) -> QuerySet[Policy]:
    """Return policies: drafts to their authors' side, the others to everybody concerned."""
    if user.is_superuser:
        return Policy.objects.all()
    own = Q(operator__in=organisations_of(user)) | Q(created_by=user)
    put_forward = ~Q(state=Policy.State.DRAFT)
    if organisations_of(user, *OVERSEERS).exists():
        return Policy.objects.filter(own | put_forward)
    concerned = Q(
        operator__in=Statement.objects.filter(worker__user=user).values("run__period__operator_id")
    )
    return Policy.objects.filter(own | (concerned & put_forward))
