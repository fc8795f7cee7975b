"""The accounts in Django's admin: to browse, never to rewrite.

Runs and what they wrote are append-only, figures of a period are entered on their own pages, and
an agreement changes by a new version. So nothing of it can be added, changed or deleted here.
"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model

from accounting import models
from contributions.admin import ReadOnlyAdmin


class ReadOnly(ReadOnlyAdmin):
    """Rows to look at."""

    show_full_result_count = False
    list_per_page = 50


# Relations are fetched with the rows, or each list would ask the database once a row.
_LISTS: dict[type[Model], tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    models.Period: (("__str__", "operator", "currency", "state"), ("state",), ("operator",)),
    models.Policy: (("__str__", "operator", "state", "sha256"), ("state",), ("operator",)),
    models.Ratification: (
        ("__str__", "side", "ratified_at"),
        ("side",),
        ("policy", "organisation"),
    ),
    models.Assumption: (("subject", "operator", "text"), ("operator",), ("operator",)),
    models.Revenue: (
        ("public_id", "period", "product", "channel", "amount_micro"),
        ("channel",),
        ("period__operator", "product"),
    ),
    models.Usage: (
        ("public_id", "period", "product", "quantity", "unit"),
        (),
        ("period__operator", "product"),
    ),
    models.Cost: (
        ("public_id", "period", "kind", "amount_micro"),
        ("kind",),
        ("period__operator",),
    ),
    models.Fact: (("name", "period", "item", "value"), ("name",), ("period__operator",)),
    models.LivingWage: (("region", "currency", "micro_per_hour", "valid_from"), (), ()),
    models.FxRate: (("base", "quote", "rate", "valid_on"), (), ()),
    models.Run: (
        ("public_id", "period", "state", "simulation", "requested_at"),
        ("state", "simulation"),
        ("period__operator",),
    ),
    models.RunPool: (("code", "run", "kind", "funded_micro"), ("kind",), ("run",)),
    models.Statement: (("public_id", "run", "worker", "amount_micro"), (), ("run", "worker")),
    models.Line: (
        ("public_id", "pool", "contribution", "amount_micro"),
        (),
        ("pool", "contribution"),
    ),
    models.EscrowEntry: (
        ("pool", "product", "reason", "amount_micro"),
        ("reason",),
        ("pool", "product"),
    ),
    models.RunIndicator: (("name", "run", "value"), ("name",), ("run",)),
    models.Valuation: (("public_id", "product", "method", "reliability_ppm"), (), ("product",)),
}

for _model, (_columns, _filters, _related) in _LISTS.items():
    admin.site.register(
        _model,
        type(
            f"{_model.__name__}Admin",
            (ReadOnly,),
            {
                "list_display": _columns,
                "list_filter": _filters,
                "list_select_related": _related or False,
            },
        ),
    )
