"""Contributions: recording labour one batch at a time, correcting and withdrawing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from contributions.api.documents import Output, fail_field
from contributions.api.entries import (
    ContributionOutput,
    CorrectionInput,
    EntryInput,
    WithdrawalInput,
    check_entry,
)
from contributions.api.parameters import Filter, by_day, by_id, by_text, by_word
from contributions.api.resources import KEEPING, Collection, Item
from contributions.models import Contribution, Organisation, Product, TaskType, Worker
from contributions.models.labour import LabourType, Phase
from contributions.services import recording
from contributions.services.attesting import ATTESTED
from contributions.services.disputing import disputed
from contributions.services.replies import Reply
from contributions.services.visibility import KEEPERS

TAG = "Labour"
TOOL = "api"

FILTERS: dict[str, Filter] = {
    "worker": by_id(Worker, "worker", "Labour of one worker."),
    "product": by_id(Product, "product", "Labour on one product."),
    "operator": by_id(Organisation, "product__operator", "Labour on one operator's products."),
    "task_type": by_id(TaskType, "task_type", "Labour of one task type."),
    "labour_type": by_word("task_type__labour_type", LabourType.values, "One of the eight kinds."),
    "phase": by_word("phase", Phase.values, "Labour in one phase."),
    "outcome": by_word("outcome", Contribution.Outcome.values, "Labour of one outcome."),
    "evidence_grade": by_word("evidence_grade", Contribution.Evidence.values, "One grade."),
    "time_basis": by_word("time_basis", Contribution.TimeBasis.values, "One way to know time."),
    "attested": by_word("", list(ATTESTED), "Records confirmed, objected to, or neither."),
    "disputed": by_word("", ["open", "none"], "Records with an open dispute, or without one."),
    "external_id": by_text("external_id", "The record of one id in its source."),
    "occurred_from": by_day("occurred_on__gte", "Labour from this day on."),
    "occurred_until": by_day("occurred_on__lte", "Labour until this day."),
    "current": by_word("", ["true"], "Only what no correction replaced and nobody withdrew."),
}


class Labour:
    """What the views of contributions share."""

    tag: ClassVar[str] = TAG
    output: ClassVar[type[Output]] = ContributionOutput
    user: Any

    def rows(self) -> QuerySet[Contribution]:
        """Return the contributions the asker may see, each with what replaced it."""
        return Contribution.objects.visible_to(self.user).annotate(
            replaced_by=F("superseded_by__id")
        )

    def shown_again(self, record: Contribution) -> Contribution:
        """Return a new record as the database has it."""
        return (
            Contribution.objects.filter(pk=record.pk)
            .annotate(replaced_by=F("superseded_by__id"))
            .get()
        )


class ContributionsView(Labour, Collection):
    """Recorded labour that the user may see."""

    input = EntryInput
    filters = FILTERS
    orders = {
        "id": "pk",
        "-id": "-pk",
        "occurred_on": "occurred_on",
        "-occurred_on": "-occurred_on",
    }

    def rows(self) -> QuerySet[Contribution]:
        """Return the contributions the asker may see."""
        rows = super().rows()
        if self.query.get("current"):
            rows = rows.filter(pk__in=Contribution.objects.current().values("pk"))
        if self.query.get("attested"):
            rows = ATTESTED[self.query["attested"]](rows)
        if self.query.get("disputed"):
            rows = disputed(rows, openly=self.query["disputed"] == "open")
        return rows

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Record one batch of labour. Rejected, expired and skipped work is labour too."""
        return self.write(self._record)

    def _record(self, given: Mapping[str, Any]) -> Reply:
        organisation = recorder(self, given.get("organisation"))
        record = recording.record(
            entry=given["entry"],
            source=recording.source_of(organisation=organisation, tool=TOOL),
            recorded_by=self.user,
            today=timezone.localdate(),
        )
        return self.created(self.shown_again(record))


class ContributionView(Labour, Item):
    """One contribution."""


class _Change(Labour, Item):
    """A change of a contribution, which is a new record that supersedes the old."""

    http_method_names = ["post"]

    def change(self, request: Request, apply: Any) -> HttpResponse:
        """Apply a change to the contribution that the address names."""
        replaced: Contribution = self.found()
        self.require_role(replaced.source.organisation)
        collection = request.path.split("/contributions/")[0] + "/contributions"

        def effect(given: Mapping[str, Any]) -> Reply:
            record = self.shown_again(apply(replaced, given))
            return self.created(record, location=f"{collection}/{record.public_id}")

        return self.write(effect)


class ContributionCorrectionsView(_Change):
    """Correcting a contribution."""

    input = CorrectionInput

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Replace a record by a corrected one: send what changes, and the reason.

        The old record stays and names its successor. A worker's, product's or task type's id can
        be corrected like any other field.
        """
        return self.change(request, self._correct)

    def _correct(self, replaced: Contribution, given: Mapping[str, Any]) -> Contribution:
        changes = dict(given)
        reason = changes.pop("reason")
        entry = replace(recording.entry_of(replaced), **changes)
        check_entry(entry)
        return recording.correct(
            replaced=replaced,
            entry=entry,
            reason=reason,
            recorded_by=self.user,
            today=timezone.localdate(),
        )


class ContributionWithdrawalView(_Change):
    """Withdrawing a contribution."""

    input = WithdrawalInput

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Withdraw a record: it stays, superseded by one that counts for nothing."""
        return self.change(request, self._withdraw)

    def _withdraw(self, replaced: Contribution, given: Mapping[str, Any]) -> Contribution:
        return recording.withdraw(
            replaced=replaced,
            reason=given["reason"],
            recorded_by=self.user,
            today=timezone.localdate(),
        )


def recorder(view: Any, named: Organisation | None) -> Organisation:
    """Return for which organisation somebody records: the one they name, or their only one.

    Raises:
        PermissionDenied: They do not keep its records.
        ValidationError: They keep records for several, or for none.
    """
    if named is not None:
        view.require_role(named)
        return named
    keeps = list(
        Organisation.objects.filter(
            kind__in=KEEPERS, memberships__user=view.user, memberships__role__in=KEEPING
        )[:2]
    )
    if len(keeps) != 1:
        raise fail_field(
            "organisation", "organisation_unclear", _("Say for which organisation you record.")
        )
    return keeps[0]
