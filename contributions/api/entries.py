"""How labour is written down for the API: one batch by one worker for one product."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from contributions.api.documents import Input, Output, fail_field
from contributions.api.fields import (
    ChoiceField,
    DayField,
    IdField,
    IntegerField,
    MoneyField,
    RecordField,
    TextField,
    TimeField,
    YesNoField,
    money,
)
from contributions.api.parties import every_task_type
from contributions.identifiers import public_id
from contributions.models import Contribution, Organisation, Product, TaskType, Worker
from contributions.models.labour import Phase
from contributions.models.products import PPM
from contributions.services.recording import Entry
from contributions.services.visibility import (
    visible_organisations,
    visible_products,
    visible_workers,
)

SHA256 = "[0-9a-f]{64}"
_MOST_SECONDS = 366 * 24 * 3600
_RECORDS = ("worker", "product", "task_type", "reviewer")


class EntryFields(Input):
    """Fields of an entry that recording and correcting share."""

    phase = ChoiceField(choices=Phase.values, required=False)
    occurred_at = TimeField(required=False, allow_null=True)
    seconds = IntegerField(
        least=1, most=_MOST_SECONDS, required=False, allow_null=True, help_text="Working time."
    )
    time_basis = ChoiceField(choices=Contribution.TimeBasis.values, required=False)
    units = IntegerField(least=1, required=False, allow_null=True)
    quality_ppm = IntegerField(most=PPM, required=False, allow_null=True)
    machine_share_ppm = IntegerField(most=PPM, required=False, allow_null=True)
    role = ChoiceField(choices=Contribution.Role.values, required=False)
    grade = TextField(most=64, blank=True, required=False)
    wage = MoneyField(required=False, help_text="What was paid already.")
    paid_through_ppm = IntegerField(most=PPM, required=False, allow_null=True)
    harmful_exposure = YesNoField(required=False)
    evidence_sha256 = TextField(most=64, shape=SHA256, blank=True, required=False)
    reviewer = RecordField(Worker, visible=visible_workers, required=False, allow_null=True)

    def entry_fields(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the fields as `Entry` names them."""
        fields = dict(attrs)
        for name in _RECORDS:
            if name in fields:
                record = fields.pop(name)
                fields[f"{name}_id"] = None if record is None else record.pk
        if "wage" in fields:
            fields["wage_micro"], fields["wage_currency"] = fields.pop("wage")
        return fields


class EntryInput(EntryFields):
    """One batch of labour. What is left out is unknown, which is never the same as zero."""

    organisation = RecordField(
        Organisation,
        visible=visible_organisations,
        required=False,
        help_text="Who records; needed if you record for several.",
    )
    worker = RecordField(Worker, visible=visible_workers)
    product = RecordField(Product, visible=visible_products)
    task_type = RecordField(TaskType, visible=every_task_type)
    occurred_on = DayField()
    external_id = TextField(help_text="The id in your system; no second record can have it.")
    outcome = ChoiceField(choices=Contribution.Outcome.values)
    evidence_grade = ChoiceField(choices=Contribution.Evidence.values)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the entry under `entry`, beside the organisation."""
        organisation = attrs.pop("organisation", None)
        attrs.setdefault("phase", attrs["task_type"].phase)
        entry = Entry(**self.entry_fields(attrs))
        check_entry(entry)
        return {"organisation": organisation, "entry": entry}


class CorrectionInput(EntryFields):
    """What changes about a record, and why."""

    reason = TextField(most=500)
    worker = RecordField(Worker, visible=visible_workers, required=False)
    product = RecordField(Product, visible=visible_products, required=False)
    task_type = RecordField(TaskType, visible=every_task_type, required=False)
    occurred_on = DayField(required=False)
    outcome = ChoiceField(choices=Contribution.Outcome.values, required=False)
    evidence_grade = ChoiceField(choices=Contribution.Evidence.values, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the changes as `Entry` names them, and the reason."""
        return self.entry_fields(attrs)


class WithdrawalInput(Input):
    """Why a record is withdrawn."""

    reason = TextField(most=500)


class ContributionOutput(Output):
    """One batch of labour by one worker for one product, as recorded."""

    id = IdField(Contribution, source="pk")
    worker = IdField(Worker)
    product = IdField(Product)
    task_type = IdField(TaskType)
    phase = ChoiceField(choices=Phase.values)
    occurred_on = DayField()
    occurred_at = TimeField(allow_null=True)
    seconds = IntegerField(allow_null=True)
    time_basis = ChoiceField(choices=Contribution.TimeBasis.values)
    units = IntegerField(allow_null=True)
    quality_ppm = IntegerField(allow_null=True)
    outcome = ChoiceField(choices=Contribution.Outcome.values)
    machine_share_ppm = IntegerField(allow_null=True)
    role = ChoiceField(choices=Contribution.Role.values)
    grade = TextField(most=64, blank=True)
    wage = MoneyField(allow_null=True)
    paid_through_ppm = IntegerField(allow_null=True)
    harmful_exposure = YesNoField()
    evidence_grade = ChoiceField(choices=Contribution.Evidence.values)
    evidence_sha256 = TextField(most=64, blank=True)
    reviewer = IdField(Worker, allow_null=True)
    external_id = TextField()
    revision = IntegerField()
    row_sha256 = TextField(most=64)
    supersedes = IdField(Contribution, allow_null=True)
    superseded_by = IdField(Contribution, allow_null=True)
    withdrawn = YesNoField()
    reason = TextField(most=500, blank=True)
    recorded_at = TimeField()

    def to_representation(self, instance: Contribution) -> dict[str, Any]:
        """Return the record in one pass, for lists are long; the fields above only describe it."""
        row = instance
        return {
            "id": row.public_id,
            "worker": public_id("wrk", row.worker_id),
            "product": public_id("prd", row.product_id),
            "task_type": public_id("tsk", row.task_type_id),
            "phase": row.phase,
            "occurred_on": row.occurred_on.isoformat(),
            "occurred_at": _moment(row.occurred_at),
            "seconds": row.seconds,
            "time_basis": row.time_basis,
            "units": row.units,
            "quality_ppm": row.quality_ppm,
            "outcome": row.outcome,
            "machine_share_ppm": row.machine_share_ppm,
            "role": row.role,
            "grade": row.grade,
            "wage": money(row.wage_micro, row.wage_currency) if row.wage_currency else None,
            "paid_through_ppm": row.paid_through_ppm,
            "harmful_exposure": row.harmful_exposure,
            "evidence_grade": row.evidence_grade,
            "evidence_sha256": row.evidence_sha256,
            "reviewer": _id("wrk", row.reviewer_id),
            "external_id": row.external_id,
            "revision": row.revision,
            "row_sha256": row.row_sha256,
            "supersedes": _id("con", row.supersedes_id),
            "superseded_by": _id("con", getattr(row, "replaced_by", None)),
            "withdrawn": row.withdrawn,
            "reason": row.reason,
            "recorded_at": _moment(row.recorded_at),
        }


def check_entry(entry: Entry) -> None:
    """Refuse an entry whose fields contradict each other.

    Raises:
        ValidationError: By field.
    """
    if (entry.seconds is None) != (entry.time_basis == Contribution.TimeBasis.NONE):
        raise fail_field(
            "time_basis", "time_without_basis", _("Say how the time is known, if it is known.")
        )
    if entry.reviewer_id is not None and entry.reviewer_id == entry.worker_id:
        raise fail_field("reviewer", "reviewed_by_oneself", _("Nobody reviews their own work."))


def _id(prefix: str, number: int | None) -> str | None:
    return None if number is None else public_id(prefix, number)


def _moment(value: Any) -> str | None:
    return None if value is None else value.isoformat().replace("+00:00", "Z")
