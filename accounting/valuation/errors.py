"""The root of every anticipated refusal of a valuation."""

from __future__ import annotations

from accounting.core.errors import AccountingError


class ValuationError(AccountingError):
    """A valuation cannot go on, for a reason the person who asked can act on.

    Each subclass is named as the fact it states and lives beside the code that raises it;
    its `facts` are numbers and words that JSON can hold.
    """

    code = "valuation_refused"
