"""Spreading what it took to make a product over months."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import AmortisationPlan, AmortisedCost
from contributions.currencies import minor_digits
from contributions.services.lineage import violated_constraint


class AmortisationKnown(AccountingError):
    """The product's creation is spread already; a plan is never changed."""

    code = "amortisation_known"
    pointer = "/product"


@transaction.atomic
def plan_amortisation(*, plan: AmortisationPlan) -> AmortisationPlan:
    """Spread a product's creation over months: its stated costs and its training-phase labour.

    Raises:
        AmortisationKnown: It is spread already.
        ValidationError: A field is out of bounds.
    """
    plan.full_clean(validate_unique=False)
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
    except IntegrityError as error:
        if "product_id" in violated_constraint(error):
            raise AmortisationKnown(_("The creation of this product is spread already.")) from error
        raise
    return plan


@transaction.atomic
def add_cost(*, cost: AmortisedCost) -> AmortisedCost:
    """Add a cost of making a product to its plan.

    Raises:
        CurrencyUnknown: The currency is not in ISO 4217.
        ValidationError: A field is out of bounds.
    """
    minor_digits(cost.currency)
    cost.full_clean()
    cost.save(force_insert=True)
    return cost
