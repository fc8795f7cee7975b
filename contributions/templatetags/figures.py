"""Filters that write the integers of the records as people read them."""

from __future__ import annotations

from django import template

from contributions import formatting

register = template.Library()

register.filter("money", formatting.money)
register.filter("hours", formatting.hours_of_seconds)
register.filter("content_hours", formatting.hours_of_content)
register.filter("share", formatting.share)
register.filter("factor", formatting.factor)
register.filter("figure", formatting.number)
register.filter("day", formatting.day)


@register.filter
def money_exactly(micro: int, currency: str) -> str:
    """Write an amount with all six digits that the ledger keeps."""
    return formatting.money(micro, currency, exact=True)
