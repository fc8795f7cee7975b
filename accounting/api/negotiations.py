"""The record of a negotiation, and what one policy says otherwise than another."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounting.api.agreements import TAG, DocumentField
from accounting.core.policy import parse_policy, policy_document
from accounting.forms.policies import complete_preset
from accounting.forms.policies_terms import (
    BETA_WARNING_PPM,
    CHOICES,
    POOL_CHOICES,
    POOL_TERMS,
    Term,
    Words,
    terms,
    value_at,
)
from accounting.models import NegotiationStep, Policy
from accounting.services import negotiation, policies
from accounting.services.policy_changes import ABSENT, Change, changes
from accounting.services.visibility import visible_policies
from contributions.api.documents import Input, Output, fail_field
from contributions.api.fields import (
    ChoiceField,
    DayField,
    IdField,
    RecordField,
    TextField,
    TimeField,
)
from contributions.api.resources import KEEPING, SIGNING, Collection, Item, Resource, find
from contributions.models import ApiToken, Organisation
from contributions.services.replies import Reply
from contributions.services.visibility import visible_organisations


class NegotiationInput(Input):
    """A step of the negotiation; a small file of minutes may come with it in base64."""

    organisation = RecordField(Organisation, visible=visible_organisations)
    kind = ChoiceField(choices=NegotiationStep.Kind.values)
    held_on = DayField()
    parties = serializers.ListField(child=TextField(), required=False, max_length=100)
    text = TextField(most=2_000, blank=True, required=False)
    url = TextField(most=500, blank=True, required=False)
    file_name = TextField(required=False)
    file_base64 = TextField(most=1_000_000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the step with its file decoded."""
        text = attrs.pop("file_base64", None)
        name = attrs.pop("file_name", "minutes")
        if text is not None:
            try:
                content = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError) as error:
                raise fail_field(
                    "file_base64", "not_base64", _("This is not in base64.")
                ) from error
            attrs["minutes"] = negotiation.Minutes(name, content)
        return attrs


class NegotiationOutput(Output):
    """A step of the negotiation, as it stands in the log."""

    id = IdField(NegotiationStep, source="pk")
    policy = IdField(Policy, source="policy_id")
    organisation = IdField(Organisation, source="organisation_id")
    kind = ChoiceField(choices=NegotiationStep.Kind.values)
    held_on = DayField()
    parties = serializers.ListField(child=TextField())
    text = TextField(most=2_000, blank=True)
    url = TextField(most=500, blank=True)
    file_name = TextField(blank=True)
    file_sha256 = serializers.CharField()
    file_bytes = serializers.IntegerField(allow_null=True)
    recorded_at = TimeField()


class PolicyNegotiationView(Collection):
    """The record of how a policy was negotiated."""

    tag = TAG
    scope = ApiToken.Scope.AGREE
    input = NegotiationInput
    output = NegotiationOutput

    def policy(self) -> Policy:
        """Return the policy that the address names."""
        return find(visible_policies(self.user), self.kwargs["id"])

    def rows(self) -> QuerySet[NegotiationStep]:
        """Return the steps on record."""
        return NegotiationStep.objects.filter(policy=self.policy())

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Add a step for an organisation that is a party; it is logged and never changes."""
        policy = self.policy()

        def record(given: Mapping[str, Any]) -> Reply:
            self.require_role(given["organisation"], *KEEPING, *SIGNING)
            fields = {key: value for key, value in given.items() if key != "minutes"}
            step = negotiation.record_step(
                step=NegotiationStep(policy=policy, **fields),
                recorded_by=self.user,
                today=timezone.localdate(),
                minutes=given.get("minutes"),
            )
            step.refresh_from_db()
            return self.created(step)

        return self.write(record)


class ChangeOutput(Output):
    """One term that differs; `null` where a pool or a skill is new or gone."""

    path = serializers.CharField(help_text="Such as `norm.method` or `pools.rate_ppm`.")
    entry = serializers.CharField(help_text="Of which pool, skill or task type.")
    name = serializers.CharField(help_text="In words.")
    meaning = serializers.CharField(help_text="What the term decides.")
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class ComparedOutput(Output):
    """Two policies, held against one another."""

    before = IdField(Policy)
    after = IdField(Policy)
    warnings = serializers.ListField(child=serializers.CharField())
    changes = ChangeOutput(many=True)
    document = DocumentField(help_text="The later document, with every default written out.")


class PolicyChangesView(Item):
    """What a policy says otherwise than another."""

    tag = TAG
    output = ComparedOutput

    def rows(self) -> QuerySet[Policy]:
        """Return the policies the asker may see."""
        return visible_policies(self.user)

    def get(self, request: Request, **_path: str) -> Response:  # noqa: ARG002
        """Answer what differs, term by term, from `other` to this policy."""
        after: Policy = self.found()
        before = find(self.rows(), self.kwargs["other"])
        document = policy_document(parse_policy(after.document))
        warnings = ["blend_beta_high"] if document["blend_beta_ppm"] > BETA_WARNING_PPM else []
        compared = {
            "before": before.pk,
            "after": after.pk,
            "warnings": warnings,
            "changes": [_told(row) for row in changes(before.document, after.document)],
            "document": document,
        }
        return Response(self.shown(compared))


def _told(change: Change) -> dict[str, Any]:
    by_path = {f"pools.{term.path}": term for term in POOL_TERMS}
    by_path |= {term.path: term for term in terms()}
    term = by_path.get(change.path)
    return {
        "path": change.path,
        "entry": change.entry,
        "name": str(term.name if term else _("Pools")),
        "meaning": str(term.meaning if term else ""),
        "before": None if change.before is ABSENT else change.before,
        "after": None if change.after is ABSENT else change.after,
    }


class TermOutput(Output):
    """A term of a policy: what it decides, what it holds, and what the presets say."""

    path = serializers.CharField(help_text="Where it stands in the document.")
    name = serializers.CharField()
    meaning = serializers.CharField()
    kind = serializers.CharField(help_text="How its value is written.")
    choices = serializers.ListField(child=serializers.CharField())
    presets = serializers.JSONField(help_text="Name of a preset to what it says.")


class TermsOutput(Output):
    """Every term of a policy, and of a pool in it."""

    terms = TermOutput(many=True)
    pool_terms = TermOutput(many=True)
    presets = serializers.JSONField(help_text="Name to the whole document.")


class PolicyTermsView(Resource):
    """What can be agreed on."""

    tag = TAG
    output = TermsOutput

    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Answer every term with what it decides, and the presets to start from."""
        presets = {name: complete_preset(name) for name in policies.preset_names()}
        return Response(
            self.shown(
                {
                    "terms": [_term(row, CHOICES, presets) for row in terms()],
                    "pool_terms": [_term(row, POOL_CHOICES, {}) for row in POOL_TERMS],
                    "presets": presets,
                }
            )
        )


def _term(
    term: Term, choices: Mapping[str, list[tuple[str, Words]]], presets: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    return {
        "path": term.path,
        "name": str(term.name),
        "meaning": str(term.meaning),
        "kind": term.kind,
        "choices": [code for code, _words in choices.get(term.path, [])],
        "presets": {name: value_at(document, term.path) for name, document in presets.items()},
    }
