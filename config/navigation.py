"""The main navigation, by what the user is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_EVERYBODY = [
    ("home", _("Home")),
    ("runs", _("Runs")),
    ("statements", _("Statements")),
    ("contributions", _("Contributions")),
    ("products", _("Products")),
    ("valuations", _("Valuations")),
    ("periods", _("Periods")),
    ("ledgers", _("Ledger")),
    ("policies", _("Policies")),
    ("lab", _("Policy lab")),
    ("indicators", _("Indicators")),
]
# Entering records and money is for those who keep them; a worker or regulator reads.
_FOR_WORKERS = {
    "home",
    "statements",
    "ledgers",
    "contributions",
    "products",
    "valuations",
    "policies",
    "lab",
}
_FOR_REGULATORS = {
    "home",
    "runs",
    "ledgers",
    "products",
    "valuations",
    "periods",
    "policies",
    "indicators",
}


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the navigation."""

    label: str | Promise
    url: str
    current: bool


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the navigation of the person who asks."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    wanted = _wanted(request)
    links = []
    for name, label in _EVERYBODY:
        if name not in wanted:
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        current = request.path == url or (url != "/" and request.path.startswith(url))
        links.append(Link(label, url, current))
    return {"navigation": links}


def _wanted(request: HttpRequest) -> set[str]:
    user: Any = request.user
    if user.is_superuser:
        return {name for name, _label in _EVERYBODY}
    kinds = set(user.memberships.values_list("organisation__kind", flat=True))
    if not kinds:
        return _FOR_WORKERS
    if kinds == {"regulator"}:
        return _FOR_REGULATORS
    return {name for name, _label in _EVERYBODY}
