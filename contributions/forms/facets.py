"""By what recorded labour is narrowed down; the address of a page holds it all."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from contributions.forms.fields import (
    DateField,
    PlainTextField,
    ProductField,
    RecordField,
    with_blank,
)
from contributions.forms.names import capital
from contributions.identifiers import IdMalformed, parse_public_id
from contributions.models import Contribution, Product, Source, TaskType, Worker
from contributions.models.labour import ContributionQuerySet, LabourType, Phase, people
from contributions.services.attesting import ATTESTED
from contributions.services.disputing import disputed

_COLUMNS = {
    "product": "product",
    "task_type": "task_type",
    "labour_type": "task_type__labour_type",
    "phase": "phase",
    "outcome": "outcome",
    "evidence": "evidence_grade",
    "time_basis": "time_basis",
    "source": "source",
    "from": "occurred_on__gte",
    "to": "occurred_on__lte",
}


class TaskTypeField(RecordField):
    """A choice of task types in the language of the page, under their labour types."""

    def label_from_instance(self, obj: Any) -> str:
        """Name a task type with its labour type."""
        return f"{obj.labour_type} · {obj!s}"


class FacetForm(forms.Form):
    """Facets of recorded labour; each one left empty keeps everything."""

    worker = PlainTextField(required=False, label=_("Worker"), help_text="")
    product = ProductField(Product.objects.none(), required=False, label=_("Product"))
    task_type = TaskTypeField(TaskType.objects.none(), required=False, label=_("Task type"))
    labour_type = forms.ChoiceField(required=False, label=_("Labour type"))
    phase = forms.ChoiceField(required=False, label=_("Phase"))
    outcome = forms.ChoiceField(required=False, label=_("Outcome"))
    evidence = forms.ChoiceField(required=False, label=_("Evidence"))
    time_basis = forms.ChoiceField(required=False, label=_("Time basis"))
    source = forms.ChoiceField(required=False, label=_("Source"))
    attested = forms.ChoiceField(
        required=False,
        label=_("What others say"),
        choices=[
            ("", _("All")),
            ("confirmed", _("Confirmed")),
            ("objected", _("Objected to")),
            ("none", _("Neither")),
        ],
    )
    disputed = forms.ChoiceField(
        required=False,
        label=_("Dispute"),
        choices=[("", _("All")), ("open", _("Open")), ("none", _("None open"))],
    )
    # `from` is a word of Python, so the two ends of the period are added by name.
    versions = forms.ChoiceField(
        required=False,
        label=_("Versions"),
        choices=[("", _("What counts now")), ("all", _("Also replaced and withdrawn"))],
    )

    def __init__(
        self,
        data: Any,
        *,
        products: QuerySet[Product],
        sources: QuerySet[Source],
        single_worker: bool,
    ) -> None:
        super().__init__(data)
        every = _("All")
        self.fields["from"] = DateField(required=False, label=_("From day"))
        self.fields["to"] = DateField(required=False, label=_("To day"))
        self.order_fields([*list(self.fields)[:-3], "from", "to", "versions"])
        self._offer("product", products, every)
        self._offer("task_type", TaskType.objects.all(), every)
        for name, choices in (
            ("labour_type", LabourType.choices),
            ("phase", Phase.choices),
            ("outcome", Contribution.Outcome.choices),
            ("evidence", Contribution.Evidence.choices),
            ("time_basis", Contribution.TimeBasis.choices),
        ):
            self._choose(name, [(code, capital(label)) for code, label in choices])
        self._choose("source", [(str(row.pk), str(row)) for row in sources])
        if single_worker:
            del self.fields["worker"]
        else:
            self.fields["worker"].widget.attrs |= {"data-search": "", "autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it starts.

        Raises:
            ValidationError: It does.
        """
        cleaned = super().clean() or {}
        start, end = cleaned.get("from"), cleaned.get("to")
        if start and end and end < start:
            self.add_error("to", ValidationError(_("This is before the first day."), code="order"))
        return cleaned

    def narrow(self, rows: ContributionQuerySet) -> ContributionQuerySet:
        """Keep what all facets ask for; a facet that was refused keeps nothing."""
        if not self.is_valid():
            return rows.none()
        asked = self.cleaned_data
        if not asked["versions"]:
            rows = rows.current()
        for name, column in _COLUMNS.items():
            if asked[name]:
                rows = rows.filter(**{column: asked[name]})
        if asked.get("worker"):
            rows = rows.filter(worker__in=people(named_workers(asked["worker"])))
        if asked["attested"]:
            rows = ATTESTED[asked["attested"]](rows)
        if asked["disputed"]:
            rows = disputed(rows, openly=asked["disputed"] == "open")
        return rows

    def _offer(self, name: str, rows: QuerySet[Any], blank: Any) -> None:
        field: Any = self.fields[name]
        field.queryset = rows
        field.empty_label = blank

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = with_blank(choices, _("All"))


def named_workers(text: str) -> QuerySet[Worker]:
    """Return the workers whom a text names: by public id, or by the whole pseudonym."""
    by_name = Q(pseudonym=text)
    try:
        return Worker.objects.filter(by_name | Q(pk=parse_public_id(Worker.id_prefix, text)))
    except IdMalformed:
        return Worker.objects.filter(by_name)
