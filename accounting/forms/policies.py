"""Drafting a policy from a preset: the terms that parties bargain over most."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounting.core.policy import PolicyInvalid
from accounting.forms.amounts import PercentField
from accounting.models import Policy
from accounting.services import policies
from contributions.models import Organisation, User

_RATES = {
    "data_dividend": "data_dividend",
    "profit_share": "profit_share",
    "commons": "commons",
}
_FIELD_AT = {
    "blend_beta_ppm": "beta",
    "half_life_days": "half_life_days",
    "name": "name",
    "version": "version",
}
_NORM_METHODS = [
    ("mean", _("mean: total credited equals total worked")),
    ("median", _("median of the producers")),
    ("mode", _("half-sample mode of the producers")),
    ("individual", _("individual: everybody's own time")),
]
_NORM_SCOPES = [
    ("sector", _("whole sector")),
    ("platform", _("one platform")),
    ("project", _("one product")),
]


class PolicyForm(forms.Form):
    """Terms laid over a preset; what is left empty stays as the preset has it."""

    operator = forms.ModelChoiceField(label=_("Operator"), queryset=Organisation.objects.none())
    preset = forms.ChoiceField(label=_("Start from"))
    name = forms.CharField(label=_("Name"), max_length=200)
    version = forms.CharField(
        label=_("Version"), max_length=64, help_text=_("A change is always a new version.")
    )
    data_dividend = PercentField(label=_("Data dividend, % of revenue"), required=False)
    profit_share = PercentField(label=_("Profit share, % of surplus value"), required=False)
    commons = PercentField(label=_("Commons fund, % of knowledge rent"), required=False)
    beta = PercentField(
        label=_("Data value β, %"),
        required=False,
        help_text=_(
            "How much of a scored contribution's labour share scores may move. Above 30 % such "
            "scores can be arbitrary and gamed."
        ),
    )
    norm_method = forms.ChoiceField(
        label=_("Norm"), required=False, choices=[("", _("as the preset")), *_NORM_METHODS]
    )
    norm_scope = forms.ChoiceField(
        label=_("Norm taken over"),
        required=False,
        choices=[("", _("as the preset")), *_NORM_SCOPES],
    )
    half_life_days = forms.IntegerField(
        label=_("Half-life of labour, days"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=_("Empty: old labour counts like new."),
    )

    def __init__(self, *arguments: Any, operators: QuerySet[Organisation], **options: Any) -> None:
        super().__init__(*arguments, **options)
        operator, preset = self.fields["operator"], self.fields["preset"]
        if isinstance(operator, forms.ModelChoiceField):
            operator.queryset = operators
        if isinstance(preset, forms.ChoiceField):
            preset.choices = [(name, name) for name in policies.preset_names()]

    def clean(self) -> dict[str, Any]:
        """Refuse a version that exists: agreements never change."""
        cleaned: dict[str, Any] = super().clean() or {}
        same = Policy.objects.filter(
            operator=cleaned.get("operator"),
            name=cleaned.get("name"),
            version=cleaned.get("version"),
        )
        if same.exists():
            self.add_error("version", _("This version exists. Choose another."))
        return cleaned

    def save(self, *, created_by: User) -> Policy | None:
        """Store the draft; a document that breaks its rules marks the field and gives None."""
        try:
            return policies.draft_policy(
                operator=self.cleaned_data["operator"],
                document=self.document(),
                created_by=created_by,
            )
        except PolicyInvalid as error:
            field = _FIELD_AT.get(error.pointer.strip("/"))
            self.add_error(field, f"{error} ({error.pointer})")
            return None

    def document(self) -> dict[str, Any]:
        """Return the preset's document with the terms of the form laid over it."""
        given = self.cleaned_data
        document = policies.preset(given["preset"])
        overrides: dict[str, Any] = {
            "name": given["name"],
            "version": given["version"],
            "pools": [self._pool(row) for row in document["pools"]],
        }
        norm = {
            key: given[field]
            for key, field in (("method", "norm_method"), ("scope", "norm_scope"))
            if given[field]
        }
        if norm:
            overrides["norm"] = norm
        if given["beta"] is not None:
            overrides["blend_beta_ppm"] = given["beta"]
        if given["half_life_days"] is not None:
            overrides["half_life_days"] = given["half_life_days"]
        return policies.merged(document, overrides)

    def _pool(self, pool: dict[str, Any]) -> dict[str, Any]:
        field = _RATES.get(pool["kind"])
        rate = self.cleaned_data[field] if field else None
        return pool if rate is None else pool | {"rate_ppm": rate}
