"""The parts of the policy form that repeat: pools, and skills with figures of their own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from accounting.forms.amounts import AmountField, PercentField
from accounting.forms.policies_fields import (
    EntriesField,
    LinesField,
    RatioField,
    count_field,
    plain,
)
from accounting.forms.policies_terms import POOL_CHOICES, POOL_TERMS
from contributions.models.labour import LabourType

MOST_ROWS = 200
_POOL = {term.path: term for term in POOL_TERMS}


def _said(name: str, **options: Any) -> dict[str, Any]:
    return {"label": _POOL[name].name, "help_text": _POOL[name].meaning, **options}


class PoolForm(forms.Form):
    """One pool: its fund, who is entitled, how the money flows and by which key."""

    place = count_field(
        label=_("Place"), help_text=_("Pools are filled in this order."), least=1, most=10_000
    )
    id = forms.CharField(label=_("Name in the document"), max_length=64)
    kind = forms.ChoiceField(choices=POOL_CHOICES["kind"], **_said("kind"))
    rate_ppm = PercentField(**_said("rate_ppm", required=False))
    labour_types = forms.MultipleChoiceField(
        choices=LabourType.choices,
        widget=forms.CheckboxSelectMultiple,
        **_said("labour_types", required=False),
    )
    task_types = LinesField(longest=64, rows=2, **_said("task_types", required=False))
    flow = forms.ChoiceField(choices=POOL_CHOICES["flow"], **_said("flow"))
    key = forms.ChoiceField(choices=POOL_CHOICES["key"], **_said("key"))
    solidarity_ppm = PercentField(**_said("solidarity_ppm", required=False))

    def document(self) -> dict[str, Any]:
        """Return the pool as it stands in a policy document."""
        given = self.cleaned_data
        return {
            "id": given["id"],
            "kind": given["kind"],
            "rate_ppm": given["rate_ppm"] or 0,
            "labour_types": given["labour_types"],
            "task_types": given["task_types"],
            "flow": given["flow"],
            "key": given["key"],
            "solidarity_ppm": given["solidarity_ppm"] or 0,
        }


class SkillForm(forms.Form):
    """What is known about the complexity of one task type or grade."""

    of = forms.ChoiceField(
        label=_("Of"),
        choices=[("task_types", _("a task type (metered work)")), ("grades", _("a grade"))],
    )
    code = forms.CharField(label=_("Code"), max_length=64)
    wage = AmountField(label=_("Wage per hour"), required=False)
    training = EntriesField(
        label=_("Training"),
        required=False,
        nameless=True,
        rows=2,
        help_text=_(
            "Hours of teaching and learning by who gives them, one a line, as “engineering: 400”. "
            "Before the colon stands a code of this list, or nothing for simple labour."
        ),
    )
    working_life = count_field(
        label=_("Working life, hours"),
        required=False,
        help_text=_("Over which training is spread."),
    )
    output = RatioField(
        label=_("Output against simple labour, factor"),
        required=False,
        help_text=_("From a regression; 1 is the output of simple labour."),
    )

    def document(self) -> dict[str, Any]:
        """Return the skill as it stands in a policy document."""
        given = self.cleaned_data
        return {
            "wage_micro_per_hour": given["wage"],
            "training": [
                {"trainer": trainer, "hours": hours} for trainer, hours in given["training"]
            ],
            "working_life_hours": given["working_life"],
            "output_ratio_ppm": given["output"],
        }


PoolRows = formset_factory(PoolForm, extra=0, can_delete=True, max_num=MOST_ROWS)
SkillRows = formset_factory(SkillForm, extra=0, can_delete=True, max_num=MOST_ROWS)


def pool_initial(pools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the pools of a complete document as their forms take them."""
    return [
        {
            **pool,
            "place": place,
            "rate_ppm": plain(pool["rate_ppm"], digits=4),
            "solidarity_ppm": plain(pool["solidarity_ppm"], digits=4),
            "task_types": "\n".join(pool["task_types"]),
        }
        for place, pool in enumerate(pools, start=1)
    ]


def skill_initial(complexity: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the skills of a complete document as their forms take them."""
    return [
        {
            "of": of,
            "code": code,
            "wage": _written(skill["wage_micro_per_hour"]),
            "training": "\n".join(f"{row['trainer']}: {row['hours']}" for row in skill["training"]),
            "working_life": skill["working_life_hours"],
            "output": _written(skill["output_ratio_ppm"]),
        }
        for of in ("task_types", "grades")
        for code, skill in complexity[of].items()
    ]


def kept_rows(rows: BaseFormSet[Any]) -> list[Any]:
    """Return the filled forms of a valid set that are not to be deleted."""
    return [row for row in rows.forms if row.cleaned_data and not row.cleaned_data.get("DELETE")]


def _written(micro: int | None) -> str:
    return "" if micro is None else plain(micro, digits=6)
