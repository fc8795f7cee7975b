# ruff: noqa: RUF001 - the letters of the value model are Greek
"""The levers of the policy lab: the terms that parties bargain over most, as sliders."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounting.forms.amounts import PercentField
from accounting.forms.policies_fields import count_field, plain
from accounting.forms.policies_terms import CHOICES
from accounting.services import simulations
from accounting.services.simulations import Document, pool_of

Words = str | Promise


class SliderField(PercentField):
    """A percentage on a slider up to a most that makes sense to try."""

    def __init__(self, *, most: int, **options: Any) -> None:
        super().__init__(**options)
        self.widget = forms.NumberInput(
            attrs={"type": "range", "min": "0", "max": str(most), "step": "0.1"}
        )


class LabForm(forms.Form):
    """What is tried: each field changes one term of the policy that the lab starts from."""

    dividend = SliderField(
        label=_("α, data dividend"),
        most=20,
        help_text=_("Per cent of each product's revenue, back along its lineage."),
    )
    profit = SliderField(
        label=_("α, profit share"),
        most=50,
        help_text=_("Per cent of surplus value, for all living labour."),
    )
    commons = SliderField(
        label=_("γ, commons fund"),
        most=50,
        help_text=_("Per cent of knowledge rent, for public projects."),
    )
    solidarity = SliderField(
        label=_("ς, solidarity of the dividend"),
        most=100,
        help_text=_("Per cent of the dividend that ignores the lineage."),
    )
    beta = SliderField(
        label=_("β, data value"),
        most=100,
        help_text=_("Per cent of a scored contribution's labour share that scores may move."),
    )
    norm = forms.ChoiceField(
        label=_("Norm"),
        choices=CHOICES["norm.method"],
        help_text=_("Whose time a unit of work is credited with."),
    )
    kappa = forms.ChoiceField(
        label=_("κ, complexity"),
        choices=[("policy", _("as the policy has it")), ("flat", _("every hour counts the same"))],
        help_text=_("How much more an hour of skilled labour counts."),
    )
    half_life = count_field(
        label=_("Decay: half-life of labour, days"),
        required=False,
        least=1,
        most=1_000_000,
        help_text=_("Empty: old labour counts like new."),
    )
    floor = forms.ChoiceField(
        label=_("Wage floor"),
        choices=[("on", _("on")), ("off", _("off"))],
        help_text=_("What is missing to a living wage is taken first out of the profit share."),
    )

    def __init__(self, data: Any, *, document: Document) -> None:
        super().__init__(data, initial=lab_initial(document))
        self.document = document
        for name, kind in _OF_POOLS.items():
            if pool_of(document, kind) is None:
                del self.fields[name]

    def tried(self) -> Document:
        """Return the policy document with what was entered laid over it."""
        given = self.cleaned_data
        document = self.document
        for name, kind in _RATES.items():
            if name in given:
                document = simulations.with_rate(document, kind, given[name])
        if "solidarity" in given:
            document = simulations.with_solidarity(document, given["solidarity"])
        if "floor" in given:
            document = simulations.with_floor(document, floor=given["floor"] == "on")
        if given["kappa"] == "flat":
            document = simulations.with_flat_complexity(document)
        document = simulations.with_norm(document, given["norm"])
        return simulations.complete(
            document | {"blend_beta_ppm": given["beta"], "half_life_days": given["half_life"]}
        )


_RATES = {"dividend": "data_dividend", "profit": "profit_share", "commons": "commons"}
_OF_POOLS = _RATES | {"solidarity": "data_dividend", "floor": "profit_share"}


def lab_initial(document: Document) -> dict[str, Any]:
    """Return the levers as a policy document has them."""
    initial: dict[str, Any] = {
        "beta": plain(document["blend_beta_ppm"], digits=4),
        "norm": document["norm"]["method"],
        "kappa": "policy",
        "half_life": document["half_life_days"] or "",
        "floor": "off" if pool_of(document, "wage_floor") is None else "on",
    }
    for name, kind in _RATES.items():
        pool = pool_of(document, kind)
        if pool is not None:
            initial[name] = plain(pool["rate_ppm"], digits=4)
    dividend = pool_of(document, "data_dividend")
    if dividend is not None:
        initial["solidarity"] = plain(dividend["solidarity_ppm"], digits=4)
    return initial
