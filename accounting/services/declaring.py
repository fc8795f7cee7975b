"""Declaring what belongs to a period: revenue, usage, costs, licence uses and facts."""

from __future__ import annotations

from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import Bundle, Cost, Fact, LicenceUse, Period, Revenue, Usage
from contributions.models import Organisation
from contributions.services.lineage import violated_constraint

Figure = TypeVar("Figure", Revenue, Usage, Cost, Fact, LicenceUse)


class PeriodClosed(AccountingError):
    """The period takes no more figures."""

    code = "period_closed"


class CurrencyMixed(AccountingError):
    """An amount is in another currency than its period."""

    code = "currency_mixed"

    def __init__(self, message: str, *, pointer: str) -> None:
        super().__init__(message, pointer=pointer)
        self.pointer = pointer


class BundleKnown(AccountingError):
    """The operator sells a bundle of this name already."""

    code = "bundle_known"


@transaction.atomic
def declare(*, figure: Figure, currency: str = "", pointer: str = "/amount") -> Figure:
    """Add a figure to an open period.

    Args:
        currency: In which currency its amount was stated; '' for a figure without one.
        pointer: Where the amount stood, for the error.

    Raises:
        PeriodClosed: The period is closing or closed.
        CurrencyMixed: The amount is not in the period's currency.
        ValidationError: A field is out of bounds, or another operator's.
    """
    period = figure.period
    if period.state != Period.State.OPEN:
        raise PeriodClosed(_("This period is no longer open."))
    if currency and currency != period.currency:
        raise CurrencyMixed(
            _("This period is kept in %(currency)s.") % {"currency": period.currency},
            pointer=pointer,
        )
    _require_own(figure, period)
    figure.full_clean()
    try:
        with transaction.atomic():
            figure.save(force_insert=True)
    except IntegrityError as error:
        # Somebody closed the period between our look at it and the insertion.
        if violated_constraint(error) == "period_open":
            raise PeriodClosed(_("This period is no longer open.")) from error
        raise
    return figure


@transaction.atomic
def add_bundle(*, operator: Organisation, name: str) -> Bundle:
    """Add a bundle of products that are sold together.

    Raises:
        BundleKnown: There is one of this name.
    """
    bundle, created = Bundle.objects.get_or_create(operator=operator, name=name)
    if not created:
        raise BundleKnown(_("There is a bundle of this name already."))
    return bundle


def _require_own(figure: Figure, period: Period) -> None:
    for name in ("product", "bundle"):
        named = getattr(figure, name, None)
        if named is not None and named.operator_id != period.operator_id:
            raise ValidationError(
                {name: ValidationError(_("This is another operator's."), code="not_of_operator")}
            )
    licence = getattr(figure, "licence", None)
    if licence is not None and licence.product.operator_id != period.operator_id:
        raise ValidationError(
            {"licence": ValidationError(_("This is another operator's."), code="not_of_operator")}
        )
