"""How much of a world a user may see: how large a shown group must be, and which single people.

Source: pages-and-api.md, "Disclosure rule".
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from accounting.models import Run
from contributions.models import Consent, Organisation, User, Worker
from contributions.services.visibility import OPERATORS, organisations_of

FEWEST_FOR_REGULATORS = 10
FEWEST_FOR_OTHERS = 5
_UNION = Organisation.Kind.LABOUR_ORGANISATION


def fewest_in_run(user: User, run: Run) -> int:
    """Return how many workers a group of a run needs to be shown to a user; 0 shows all."""
    unions = organisations_of(user, _UNION)
    others = run.statements.exclude(worker__in=_consenting(unions).values("worker"))
    if keeps(user, run.period.operator_id) or (unions.exists() and not others.exists()):
        return 0
    return FEWEST_FOR_OTHERS if unions.exists() else FEWEST_FOR_REGULATORS


def fewest_in_world(user: User, operator_id: int, workers: Collection[int]) -> int:
    """Return the same for workers who are paid by no stored run."""
    unions = organisations_of(user, _UNION)
    if keeps(user, operator_id):
        return 0
    if not unions.exists():
        return FEWEST_FOR_REGULATORS
    agreed = _consenting(unions).filter(worker__in=workers).values("worker").distinct().count()
    return 0 if agreed == len(set(workers)) else FEWEST_FOR_OTHERS


def seen_workers(user: User, operator_id: int, workers: Collection[int]) -> set[int]:
    """Return which of some workers a user may read one by one."""
    if keeps(user, operator_id):
        return set(workers)
    agreed = _consenting(organisations_of(user, _UNION)).values("worker")
    own = Worker.objects.filter(pk__in=workers)
    seen = own.filter(user=user) | own.filter(pk__in=agreed)
    return set(seen.values_list("pk", flat=True))


def keeps(user: User, operator_id: int) -> bool:
    """Return whether a user belongs to the operator whose records these are."""
    return user.is_superuser or organisations_of(user, *OPERATORS).filter(pk=operator_id).exists()


def _consenting(unions: QuerySet[Organisation]) -> QuerySet[Consent]:
    return Consent.objects.filter(organisation__in=unions, withdrawn_at=None)
