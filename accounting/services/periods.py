"""Periods: opening one and declaring what belongs to it."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import Period
from contributions.currencies import minor_digits
from contributions.models import Organisation


class PeriodsOverlap(AccountingError):
    """The operator has a period in this currency that shares a day with it."""

    code = "periods_overlap"


@transaction.atomic
def open_period(*, operator: Organisation, starts_on: date, ends_on: date, currency: str) -> Period:
    """Open a period of one operator in one currency.

    Raises:
        PeriodsOverlap: It shares a day with another.
        CurrencyUnknown: The currency is not in ISO 4217.
        ValidationError: It ends before it starts.
    """
    minor_digits(currency)
    # The operator's row serves as the lock that makes two openings take turns.
    Organisation.objects.select_for_update().get(pk=operator.pk)
    overlapping = Period.objects.filter(
        operator=operator, currency=currency, starts_on__lte=ends_on, ends_on__gte=starts_on
    )
    if overlapping.exists():
        raise PeriodsOverlap(
            _("These days belong to the period %(period)s.") % {"period": overlapping.first()}
        )
    period = Period(operator=operator, starts_on=starts_on, ends_on=ends_on, currency=currency)
    period.full_clean()
    period.save()
    return period
