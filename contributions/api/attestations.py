"""Attestations: a party confirms a record, objects to it, or takes that back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from contributions.api.documents import Output
from contributions.api.fields import (
    ChoiceField,
    DayField,
    IdField,
    IntegerField,
    RecordField,
    TextField,
    TimeField,
)
from contributions.api.parameters import by_id, by_word
from contributions.api.resources import Collection, Item, Resource, rendered
from contributions.api.speaking import SpeakingInput, chosen_voice
from contributions.models import (
    Attestation,
    Contribution,
    Organisation,
    Product,
    Worker,
)
from contributions.models.labour import ContributionQuerySet, people
from contributions.services.attesting import attest, attest_many
from contributions.services.replies import Reply
from contributions.services.speaking import SIGNING, voices, voices_for_many
from contributions.services.visibility import visible_products, visible_workers

TAG = "Attestations"


class AttestationInput(SpeakingInput):
    """What a party says of a record."""

    stance = ChoiceField(choices=Attestation.Stance.values)
    comment = TextField(most=1000, blank=True, default="", help_text="Needed for an objection.")


class AttestationOutput(Output):
    """What a party said of a record; its last word counts."""

    id = IdField(Attestation, source="pk")
    contribution = IdField(Contribution, source="contribution_id")
    organisation = IdField(Organisation, source="organisation_id", allow_null=True)
    worker = IdField(Worker, source="worker_id", allow_null=True)
    stance = ChoiceField(choices=Attestation.Stance.values)
    comment = TextField(most=1000, blank=True)
    made_at = TimeField()


class ManyInput(AttestationInput):
    """What a party says of all records that some filters keep."""

    worker = RecordField(Worker, visible=visible_workers, required=False)
    product = RecordField(Product, visible=visible_products, required=False)
    evidence_grade = ChoiceField(choices=Contribution.Evidence.values, required=False)
    outcome = ChoiceField(choices=Contribution.Outcome.values, required=False)
    occurred_from = DayField(required=False)
    occurred_until = DayField(required=False)


class CountOutput(Output):
    """How many records were marked."""

    attested = IntegerField()


class AttestationsView(Collection):
    """What was said of records that the user may see."""

    tag = TAG
    output = AttestationOutput
    filters = {
        "contribution": by_id(Contribution, "contribution", "What was said of one record."),
        "organisation": by_id(Organisation, "organisation", "What one organisation said."),
        "stance": by_word("stance", Attestation.Stance.values, "Attestations of one kind."),
    }

    def rows(self) -> QuerySet[Attestation]:
        """Return the attestations of records the asker may see."""
        seen = Contribution.objects.visible_to(self.user)
        return Attestation.objects.filter(contribution__in=seen)


class ContributionAttestationsView(Item):
    """Attesting one record."""

    http_method_names = ["post"]
    tag = TAG
    input = AttestationInput
    output = AttestationOutput

    def rows(self) -> QuerySet[Contribution]:
        """Return the contributions the asker may see."""
        return Contribution.objects.visible_to(self.user).select_related(
            "worker", "product", "source"
        )

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Confirm a record, object to it, or take back what was said before.

        It is about this version of the record. A confirmation by somebody else lets declared
        work (evidence D) count as confirmed (C).
        """
        record: Contribution = self.found()
        collection = request.path.split("/contributions/")[0] + "/attestations"

        def effect(given: Mapping[str, Any]) -> Reply:
            speakers = voices(user=self.user, record=record, roles=SIGNING)
            made = attest(
                record=record,
                voice=chosen_voice(speakers, given.get("organisation")),
                stance=given["stance"],
                comment=given["comment"],
            )
            made.refresh_from_db()
            return self.created(made, location=f"{collection}?contribution={record.public_id}")

        return self.write(effect)


class AttestationBatchView(Resource):
    """Attesting many records at once."""

    tag = TAG
    input = ManyInput
    output = CountOutput

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status, for the description."""
        return {200: CountOutput}

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Say the same of every record that counts now and that the filters keep.

        Records of which the party says so already are passed over.
        """
        return self.write(self._attest)

    def _attest(self, given: Mapping[str, Any]) -> Reply:
        speakers = voices_for_many(user=self.user, roles=SIGNING)
        made = attest_many(
            records=_kept(Contribution.objects.visible_to(self.user), given),
            voice=chosen_voice(speakers, given.get("organisation")),
            stance=given["stance"],
            comment=given["comment"],
        )
        return Reply(200, rendered({"attested": made}).decode())


_LOOKUPS = {
    "product": "product",
    "evidence_grade": "evidence_grade",
    "outcome": "outcome",
    "occurred_from": "occurred_on__gte",
    "occurred_until": "occurred_on__lte",
}


def _kept(rows: ContributionQuerySet, given: Mapping[str, Any]) -> ContributionQuerySet:
    lookups = {_LOOKUPS[name]: given[name] for name in _LOOKUPS if name in given}
    rows = rows.filter(**lookups)
    if "worker" not in given:
        return rows
    return rows.filter(worker__in=people(Worker.objects.filter(pk=given["worker"].pk)))
