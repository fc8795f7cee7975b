"""Rates of exchange: finding the one that counts, and adding one with its day and source."""

from __future__ import annotations

from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import FxRate, Period
from contributions.currencies import minor_digits
from contributions.services.lineage import violated_constraint


class FxRateMissing(AccountingError):
    """An amount is in another currency and no rate into the ledger's is known."""

    code = "fx_rate_missing"


class FxRateKnown(AccountingError):
    """There is a rate for these currencies and this day."""

    code = "fx_rate_known"
    pointer = "/valid_on"


class CurrenciesAlike(AccountingError):
    """A rate from a currency into itself."""

    code = "currencies_alike"
    pointer = "/quote"


def rate_into(currency: str, period: Period) -> Decimal:
    """Return what one unit of a currency is worth in the period's, as of its last day.

    The newest day's rate counts; of one day's, the operator's own before everybody's.

    Raises:
        FxRateMissing: No rate is known.
    """
    if currency == period.currency:
        return Decimal(1)
    rate = (
        FxRate.objects.filter(base=currency, quote=period.currency, valid_on__lte=period.ends_on)
        .filter(Q(organisation=None) | Q(organisation=period.operator_id))
        .order_by("-valid_on", F("organisation").asc(nulls_last=True))
        .first()
    )
    if rate is None:
        raise FxRateMissing(
            _("Wages are recorded in %(base)s; add a rate from %(base)s to %(quote)s first.")
            % {"base": currency, "quote": period.currency}
        )
    return rate.rate


@transaction.atomic
def add_rate(*, rate: FxRate) -> FxRate:
    """Add a rate; it is never changed, only followed by one of a later day.

    Raises:
        CurrencyUnknown: A currency is not in ISO 4217.
        CurrenciesAlike: Both are the same.
        FxRateKnown: There is one for this day.
        ValidationError: A field is out of bounds.
    """
    for currency in (rate.base, rate.quote):
        minor_digits(currency)
    if rate.base == rate.quote:
        raise CurrenciesAlike(_("A rate leads from one currency into another."))
    rate.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            rate.save(force_insert=True)
    except IntegrityError as error:
        if violated_constraint(error) == "fx_rate_once":
            raise FxRateKnown(_("There is a rate for these currencies and this day.")) from error
        raise
    return rate
