"""Disputes: opening a case about part of a record, arguing, deciding and withdrawing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from contributions.api.documents import Output
from contributions.api.entries import EntryFields, check_entry
from contributions.api.fields import (
    ChoiceField,
    DayField,
    IdField,
    IntegerField,
    TextField,
    TimeField,
    YesNoField,
)
from contributions.api.parameters import by_id, by_word
from contributions.api.resources import Collection, Item, find
from contributions.api.speaking import SpeakingInput, chosen_voice
from contributions.identifiers import public_id
from contributions.models import (
    ApiToken,
    Contribution,
    Dispute,
    DisputeDecision,
    DisputeMessage,
    Organisation,
    Worker,
)
from contributions.models.products import PPM
from contributions.services.disputing import (
    Case,
    Contested,
    Verdict,
    contested_share,
    decide,
    open_dispute,
    say,
)
from contributions.services.recording import entry_of
from contributions.services.replies import Reply
from contributions.services.speaking import (
    SIGNING,
    SPEAKING,
    Voice,
    newest_version,
    voices,
)

TAG = "Disputes"
_OUTCOMES = [
    DisputeDecision.Outcome.UPHELD,
    DisputeDecision.Outcome.PARTLY,
    DisputeDecision.Outcome.REJECTED,
]


class DisputeInput(SpeakingInput):
    """A case to open. Give `contested_ppm` or `contested_seconds`, not both."""

    grounds = TextField(most=2000)
    contested_ppm = IntegerField(least=1, most=PPM, required=False)
    contested_seconds = IntegerField(least=1, required=False)
    due_on = DayField(help_text="Until when it shall be decided; within a year.")


class DisputeMessageInput(SpeakingInput):
    """Something to say in a case."""

    text = TextField(most=4000)


class DisputedEntryInput(EntryFields):
    """What the record shall say from now on; what is left out stays."""

    outcome = ChoiceField(choices=Contribution.Outcome.values, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the changes as `Entry` names them."""
        return self.entry_fields(attrs)


class DisputeDecisionInput(SpeakingInput):
    """How a case ends. An upheld one corrects the record or withdraws it."""

    outcome = ChoiceField(choices=_OUTCOMES)
    reason = TextField(most=450)
    correction = DisputedEntryInput(required=False)
    withdraws_record = YesNoField(default=False)


class DisputeWithdrawalInput(SpeakingInput):
    """Why the party that opened a case withdraws it."""

    reason = TextField(most=450)


class DisputeDecisionOutput(Output):
    """How a case ended; `correction` is the entry that it made."""

    outcome = ChoiceField(choices=DisputeDecision.Outcome.values)
    reason = TextField(most=450)
    organisation = IdField(Organisation, source="organisation_id", allow_null=True)
    correction = IdField(Contribution, source="correction_id", allow_null=True)
    decided_at = TimeField()


class DisputeOutput(Output):
    """A case about part of a record; `frozen_ppm` is what runs hold back now."""

    id = IdField(Dispute, source="pk")
    contribution = IdField(Contribution, source="contribution_id")
    organisation = IdField(Organisation, source="organisation_id", allow_null=True)
    worker = IdField(Worker, source="worker_id", allow_null=True)
    grounds = TextField(most=2000)
    contested_ppm = IntegerField(allow_null=True)
    contested_seconds = IntegerField(allow_null=True)
    frozen_ppm = IntegerField()
    due_on = DayField()
    opened_at = TimeField()
    decision = DisputeDecisionOutput(allow_null=True)

    def to_representation(self, instance: Dispute) -> dict[str, Any]:
        """Return the case with what follows from whether it is decided."""
        row = instance
        decision = getattr(row, "decision", None)
        return {
            "id": row.public_id,
            "contribution": public_id("con", row.contribution_id),
            "organisation": _id("org", row.organisation_id),
            "worker": _id("wrk", row.worker_id),
            "grounds": row.grounds,
            "contested_ppm": row.contested_ppm,
            "contested_seconds": row.contested_seconds,
            "frozen_ppm": 0 if decision else contested_share(row),
            "due_on": row.due_on.isoformat(),
            "opened_at": TimeField().to_representation(row.opened_at),
            "decision": DisputeDecisionOutput(decision).data if decision else None,
        }


class DisputeMessageOutput(Output):
    """What a party said, or the note that the deadline passed."""

    id = IdField(DisputeMessage, source="pk")
    kind = ChoiceField(choices=DisputeMessage.Kind.values)
    organisation = IdField(Organisation, source="organisation_id", allow_null=True)
    worker = IdField(Worker, source="worker_id", allow_null=True)
    text = TextField(most=4000, blank=True)
    written_at = TimeField()


def visible_disputes(user: Any) -> QuerySet[Dispute]:
    """Return the cases a user may see, ready to be shown."""
    return Dispute.objects.visible_to(user).select_related(
        "decision", "contribution__worker", "contribution__product", "contribution__source"
    )


class DisputesView(Collection):
    """Cases about records that the user may see."""

    tag = TAG
    output = DisputeOutput
    filters = {
        "contribution": by_id(Contribution, "contribution", "Cases about one record."),
        "state": by_word("", ["open", "overdue", "decided"], "Cases in one state."),
    }

    def rows(self) -> QuerySet[Dispute]:
        """Return the cases the asker may see."""
        rows = visible_disputes(self.user)
        state = self.query.get("state")
        today = timezone.localdate()
        if state == "open":
            return rows.filter(decision=None)
        if state == "overdue":
            return rows.filter(decision=None, due_on__lt=today)
        return rows.exclude(decision=None) if state == "decided" else rows


class DisputeView(Item):
    """One case."""

    tag = TAG
    output = DisputeOutput

    def rows(self) -> QuerySet[Dispute]:
        """Return the cases the asker may see."""
        return visible_disputes(self.user)


class ContributionDisputesView(Item):
    """Opening a case about a record."""

    http_method_names = ["post"]
    tag = TAG
    input = DisputeInput
    output = DisputeOutput

    def rows(self) -> QuerySet[Contribution]:
        """Return the contributions the asker may see."""
        return Contribution.objects.visible_to(self.user).select_related(
            "worker", "product", "source"
        )

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Open a case about part of a record.

        Runs hold that part of its money back, and no more, until the case is decided.
        """
        record: Contribution = self.found()
        collection = request.path.split("/contributions/")[0] + "/disputes"

        def effect(given: Mapping[str, Any]) -> Reply:
            speakers = voices(user=self.user, record=record, roles=SPEAKING)
            made = open_dispute(
                record=record,
                voice=chosen_voice(speakers, given.get("organisation")),
                case=Case(
                    grounds=given["grounds"],
                    contested=Contested(
                        ppm=given.get("contested_ppm"), seconds=given.get("contested_seconds")
                    ),
                    due_on=given["due_on"],
                ),
                today=timezone.localdate(),
            )
            shown = visible_disputes(self.user).get(pk=made.pk)
            return self.created(shown, location=f"{collection}/{made.public_id}")

        return self.write(effect)


class _InCase(DisputeView):
    """Something done in a case by one of its parties."""

    http_method_names = ["post"]

    def voice(self, case: Dispute, given: Mapping[str, Any], roles: Any) -> Voice:
        """Return in whose name a request speaks."""
        speakers = voices(user=self.user, record=case.contribution, roles=roles)
        return chosen_voice(speakers, given.get("organisation"))

    def ended(self, case: Dispute) -> Reply:
        """Return the reply that a case is closed."""
        shown = visible_disputes(self.user).filter(pk=case.pk).first()
        # A correction may have moved the record to where the decider no longer sees it.
        fresh = shown or Dispute.objects.select_related("decision", "contribution").get(pk=case.pk)
        location = self.request.path.rstrip("/").rpartition("/")[0]
        return self.created(fresh, location=location)


class DisputeMessagesView(Collection):
    """What was said in a case."""

    tag = TAG
    input = DisputeMessageInput
    output = DisputeMessageOutput

    def rows(self) -> QuerySet[DisputeMessage]:
        """Return the messages of the case that the address names."""
        return self._case().messages.all()

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Add a message to an open case."""
        case = self._case()

        def effect(given: Mapping[str, Any]) -> Reply:
            speakers = voices(user=self.user, record=case.contribution, roles=SPEAKING)
            voice = chosen_voice(speakers, given.get("organisation"))
            made = say(dispute=case, voice=voice, text=given["text"])
            made.refresh_from_db()
            return self.created(made, location=self.request.path.rstrip("/"))

        return self.write(effect)

    def _case(self) -> Dispute:
        return find_case(self.user, self.kwargs["id"])


class DisputeDecisionView(_InCase):
    """Deciding a case."""

    scope = ApiToken.Scope.AGREE
    input = DisputeDecisionInput

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Decide a case that another party opened.

        Upheld, wholly or in part, it corrects the record by what `correction` names, or withdraws
        it; the entry names the case as its reason. Rejected, it releases what was held back.
        """
        case: Dispute = self.found()

        def effect(given: Mapping[str, Any]) -> Reply:
            decide(
                dispute=case,
                voice=self.voice(case, given, SIGNING),
                verdict=_verdict(case, given),
                today=timezone.localdate(),
            )
            return self.ended(case)

        return self.write(effect)


class DisputeWithdrawalView(_InCase):
    """Withdrawing a case."""

    input = DisputeWithdrawalInput

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Withdraw a case that one's own party opened; what was held back is released."""
        case: Dispute = self.found()

        def effect(given: Mapping[str, Any]) -> Reply:
            decide(
                dispute=case,
                voice=self.voice(case, given, SPEAKING),
                verdict=Verdict(outcome=DisputeDecision.Outcome.WITHDRAWN, reason=given["reason"]),
                today=timezone.localdate(),
            )
            return self.ended(case)

        return self.write(effect)


def find_case(user: Any, text: str) -> Dispute:
    """Return the case with a public id among those a user may see.

    Raises:
        Http404: There is none.
    """
    return find(visible_disputes(user), text)


def _id(prefix: str, number: int | None) -> str | None:
    return None if number is None else public_id(prefix, number)


def _verdict(case: Dispute, given: Mapping[str, Any]) -> Verdict:
    entry = None
    if "correction" in given:
        entry = replace(entry_of(newest_version(case.contribution)), **given["correction"])
        check_entry(entry)
    return Verdict(
        outcome=given["outcome"],
        reason=given["reason"],
        entry=entry,
        withdraws_record=given["withdraws_record"],
    )
