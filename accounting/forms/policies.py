"""The policy as a form: every term with its explanation, its bounds and what presets say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.utils import ErrorDict
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounting.core.policy import PolicyInvalid, parse_policy, policy_document
from accounting.forms.amounts import AmountField, PercentField
from accounting.forms.policies_fields import (
    EntriesField,
    LinesField,
    RatioField,
    count_field,
    plain,
)
from accounting.forms.policies_rows import (
    PoolRows,
    SkillRows,
    kept_rows,
    pool_initial,
    skill_initial,
)
from accounting.forms.policies_terms import (
    CHOICES,
    LARGEST_COUNT,
    SECTIONS,
    Term,
    Words,
    terms,
    value_at,
)
from accounting.models import Policy
from accounting.services import policies
from contributions.models import Organisation, User

_BOUNDS: dict[str, Words] = {
    "percent": _("0 to 100 %"),
    "ratio": _("0 to 1000"),
    "count": _("a whole number from 0"),
    "days": _("1 to 1 000 000 days, or empty for none"),
    "money": _("from 0, at most six digits behind the point"),
}
_MAY_BE_EMPTY = {"complexity.simple_wage_micro_per_hour"}
_MOST = {"complexity.decimals": 6, "minimum_payout_minor": 2**53}


class TermsForm(forms.Form):
    """All terms but pools and skills, one field each, named by where they stand."""

    operator = forms.ModelChoiceField(label=_("Operator"), queryset=Organisation.objects.none())
    name = forms.CharField(label=_("Name"), max_length=200)
    version = forms.CharField(
        label=_("Version"), max_length=64, help_text=_("A change is always a new version.")
    )

    def __init__(self, *arguments: Any, operators: QuerySet[Organisation], **options: Any) -> None:
        super().__init__(*arguments, **options)
        operator = self.fields["operator"]
        if isinstance(operator, forms.ModelChoiceField):
            operator.queryset = operators
        for term in simple_terms():
            self.fields[term.field_name] = _field(term)

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

    def heading(self) -> list[forms.BoundField]:
        """Return the fields that say whose policy it is and what it is called."""
        return [self[name] for name in ("operator", "name", "version")]

    def sections(self) -> Iterator[tuple[str, Words, list[forms.BoundField]]]:
        """Return the terms by part of the agreement."""
        for key, title, found in SECTIONS:
            yield key, title, [self[term.field_name] for term in found if term.kind != "skills"]


class PolicyForm:
    """The whole policy: its terms, its pools and its skills, checked together.

    Args:
        data: What was sent, or None to show `document`.
        document: What to start from, complete.
    """

    def __init__(
        self,
        data: Any,
        *,
        document: dict[str, Any],
        operators: QuerySet[Organisation],
        operator: Organisation | None = None,
        based_on: Policy | None = None,
    ) -> None:
        self.based_on = based_on
        self._document, self._operators = document, operators
        initial = {"operator": operator, **terms_initial(document)}
        self.terms = TermsForm(data, operators=operators, initial=initial)
        self.pools = PoolRows(data, prefix="pools", initial=pool_initial(document["pools"]))
        self.skills = SkillRows(
            data, prefix="skills", initial=skill_initial(document["complexity"])
        )
        self._pools_in_order: list[Any] = []

    def is_valid(self) -> bool:
        """Check every field of every part."""
        # All three are asked, so that all errors show at once.
        return all([self.terms.is_valid(), self.pools.is_valid(), self.skills.is_valid()])

    def unchecked(self, data: Any) -> PolicyForm:
        """Return the form as it would be sent, without a word about what is wrong in it."""
        form = PolicyForm(
            data, document=self._document, operators=self._operators, based_on=self.based_on
        )
        for part in [form.terms, *form.pools.forms, *form.skills.forms]:
            vars(part)["_errors"] = ErrorDict()
        return form

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """What is wrong: the id of the field, its label and the sentence."""
        found = []
        for form in [self.terms, *self.pools.forms, *self.skills.forms]:
            found += [("", "", str(error)) for error in form.non_field_errors()]
            found += [
                (field.id_for_label or field.auto_id, str(field.label), str(error))
                for field in form
                for error in field.errors
            ]
        return found

    def document(self) -> dict[str, Any]:
        """Return the policy document of a valid form."""
        given = self.terms.cleaned_data
        document: dict[str, Any] = {
            "format": "huisu-policy/1",
            "name": given["name"],
            "version": given["version"],
        }
        for term in simple_terms():
            *parents, last = term.path.split(".")
            table = document
            for name in parents:
                table = table.setdefault(name, {})
            table[last] = _value(term, given[term.field_name])
        for skill in kept_rows(self.skills):
            entries = document["complexity"].setdefault(skill.cleaned_data["of"], {})
            entries[skill.cleaned_data["code"]] = skill.document()
        self._pools_in_order = sorted(
            kept_rows(self.pools), key=lambda row: int(row.cleaned_data["place"])
        )
        document["pools"] = [row.document() for row in self._pools_in_order]
        return document

    def save(self, *, created_by: User) -> Policy | None:
        """Store the draft; a document that breaks its rules marks the field and gives None."""
        try:
            return policies.draft_policy(
                operator=self.terms.cleaned_data["operator"],
                document=self.document(),
                created_by=created_by,
                based_on=self.based_on,
            )
        except PolicyInvalid as error:
            self._mark(error)
        except policies.PolicyKnown as error:
            self.terms.add_error("version", str(error))
        return None

    def _mark(self, error: PolicyInvalid) -> None:
        first, *rest = error.pointer.strip("/").split("/")
        name = "-".join([first, *rest])
        if first == "pools" and rest and rest[0].isdigit():
            row = self._pools_in_order[int(rest[0])]
            field = rest[1] if len(rest) > 1 and rest[1] in row.fields else "kind"
            row.add_error(field, str(error))
        elif name in self.terms.fields:
            self.terms.add_error(name, str(error))
        elif error.pointer == "/index":
            self.terms.add_error("index-gpu_hours_ppm", str(error))
        else:
            self.terms.add_error(None, f"{error} ({error.pointer})")


def simple_terms() -> list[Term]:
    """Return the terms that are one field each; skills repeat."""
    return [term for term in terms() if term.kind != "skills"]


def terms_initial(document: dict[str, Any]) -> dict[str, Any]:
    """Return the terms of a complete document as their fields take them."""
    initial = {"name": document["name"], "version": document["version"]}
    for term in simple_terms():
        initial[term.field_name] = _shown(term, value_at(document, term.path))
    return initial


def complete_preset(name: str) -> dict[str, Any]:
    """Return a preset's document with every default written out."""
    return deepcopy(_complete(name))


@cache
def _complete(name: str) -> dict[str, Any]:
    return policy_document(parse_policy(policies.preset(name)))


def _field(term: Term) -> forms.Field:
    options: dict[str, Any] = {"label": term.name, "help_text": _help(term)}
    return _FIELDS[term.kind](term, options)


_FIELDS: dict[str, Callable[[Term, dict[str, Any]], forms.Field]] = {
    "choice": lambda term, options: forms.ChoiceField(choices=CHOICES[term.path], **options),
    "choices": lambda term, options: forms.MultipleChoiceField(
        choices=CHOICES[term.path], widget=forms.CheckboxSelectMultiple, **options
    ),
    "flag": lambda _term, options: forms.BooleanField(required=False, **options),
    "count": lambda term, options: count_field(most=_MOST.get(term.path, LARGEST_COUNT), **options),
    "days": lambda _term, options: count_field(least=1, most=1_000_000, required=False, **options),
    "percent": lambda _term, options: PercentField(**options),
    "ratio": lambda _term, options: RatioField(**options),
    # Only the wage of simple labour may be unknown.
    "money": lambda term, options: AmountField(required=term.path not in _MAY_BE_EMPTY, **options),
    "seconds": lambda _term, options: EntriesField(required=False, longest=80, **options),
    "lines": lambda _term, options: LinesField(required=False, **options),
    "text": lambda _term, options: forms.CharField(max_length=1_000, required=False, **options),
}


def _value(term: Term, given: Any) -> Any:
    if term.kind == "seconds":
        return dict(given)
    return given


def _shown(term: Term, value: Any) -> Any:
    if value is None:
        return ""
    if term.kind == "percent":
        return plain(value, digits=4)
    if term.kind in {"ratio", "money"}:
        return plain(value, digits=6)
    if term.kind == "seconds":
        return "\n".join(f"{code}: {seconds}" for code, seconds in value.items())
    if term.kind == "lines":
        return "\n".join(value)
    return value


def _help(term: Term) -> Any:
    parts: list[Any] = [term.meaning]
    if term.kind in _BOUNDS:
        parts.append(format_lazy(_("Bounds: {bounds}."), bounds=_BOUNDS[term.kind]))
    if term.kind == "seconds":
        parts.append(_("One a line: a task type, a colon and seconds."))
    if not term.path.startswith("negotiation") and term.kind not in {"seconds", "lines"}:
        parts.append(format_lazy(_("Presets: {values}."), values=_lazily_in_presets(term)))
    return format_lazy("{}" + " {}" * (len(parts) - 1), *parts)


def _in_presets(term: Term) -> str:
    return ", ".join(
        f"{_in_words(term, value_at(_complete(name), term.path))} ({name})"
        for name in policies.preset_names()
    )


_lazily_in_presets = lazy(_in_presets, str)


def _in_words(term: Term, value: Any) -> str:
    if term.kind == "choice":
        return str(dict(CHOICES[term.path])[value]).partition(":")[0]
    if term.kind == "choices":
        return " + ".join(value)
    if term.kind == "flag":
        return str(_("yes") if value else _("no"))
    return str(_shown(term, value) or _("none")) + (" %" if term.kind == "percent" else "")
