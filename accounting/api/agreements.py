"""Policies: drafting one, proposing it, and ratifying it for one's side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from accounting.models import Policy, Ratification
from accounting.services import policies
from accounting.services.visibility import visible_policies
from contributions.api.documents import Input, Output, fail_field
from contributions.api.fields import (
    ChoiceField,
    DayField,
    IdField,
    RecordField,
    StrictField,
    TextField,
    TimeField,
)
from contributions.api.parameters import by_id, by_word
from contributions.api.resources import SIGNING, Collection, Item
from contributions.models import ApiToken, Organisation, User
from contributions.services.replies import Reply
from contributions.services.visibility import OPERATORS, visible_organisations

TAG = "Policies"


class DocumentField(StrictField):
    """A JSON object, as it is; the engine's own rules check it."""

    default_error_messages = {"not_an_object": _("This must be a JSON object.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(json_schema={"type": "object"}, **options)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the object."""
        if not isinstance(data, dict):
            self.fail("not_an_object")
        return data

    def to_representation(self, value: Any) -> Any:
        """Return the object."""
        return value


def _bargained_with(user: User) -> QuerySet[Organisation]:
    """Return for whom a user may draft: labour for any operator, others for those they see."""
    if policies.may_sign_for_labour(user=user):
        return Organisation.objects.filter(kind__in=OPERATORS)
    return visible_organisations(user)


class PolicyInput(Input):
    """A policy to draft: a whole document, or a preset with what differs from it."""

    operator = RecordField(Organisation, visible=_bargained_with)
    based_on = RecordField(Policy, visible=visible_policies, required=False)
    preset = ChoiceField(choices=policies.preset_names(), required=False)
    document = DocumentField(
        help_text="The whole policy; with a preset or a policy it revises, only what differs.",
        required=False,
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the whole document."""
        if not {"based_on", "preset", "document"} & attrs.keys():
            raise fail_field("document", "required", _("Send a document, a preset, or both."))
        document = attrs.get("document", {})
        based_on: Policy | None = attrs.get("based_on")
        if "preset" in attrs:
            document = policies.merged(policies.preset(attrs["preset"]), document)
        elif based_on is not None:
            document = policies.merged(based_on.document, document)
        return {"operator": attrs["operator"], "document": document, "based_on": based_on}


class RatificationOutput(Output):
    """One side's signature under a policy, by its hash."""

    organisation = IdField(Organisation, source="organisation_id")
    side = ChoiceField(choices=Ratification.Side.values)
    policy_sha256 = serializers.CharField()
    ratified_at = TimeField()


class PolicyOutput(Output):
    """A value-sharing policy; its document never changes, only how far it has come."""

    id = IdField(Policy, source="pk")
    operator = IdField(Organisation, source="operator_id")
    name = TextField()
    version = TextField(most=64)
    state = ChoiceField(choices=Policy.State.values)
    sha256 = serializers.CharField(help_text="Of the document in RFC 8785 form.")
    valid_from = DayField(allow_null=True)
    valid_to = DayField(allow_null=True)
    created_at = TimeField()
    based_on = IdField(Policy, source="based_on_id", allow_null=True)
    sides_needed = serializers.ListField(
        child=ChoiceField(choices=Ratification.Side.values),
        help_text="Who must have signed before it comes into force.",
    )
    ratifications = RatificationOutput(many=True)
    document = DocumentField()


class PoliciesView(Collection):
    """Policies that concern the user."""

    tag = TAG
    scope = ApiToken.Scope.AGREE
    input = PolicyInput
    output = PolicyOutput
    filters = {
        "operator": by_id(Organisation, "operator", "Policies of one operator."),
        "state": by_word("state", Policy.State.values, "Policies in one state."),
    }

    def rows(self) -> QuerySet[Policy]:
        """Return the policies the asker may see."""
        return visible_policies(self.user).prefetch_related("ratifications")

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Draft a policy. A change of one is a new version."""
        return self.write(self._draft)

    def _draft(self, given: Mapping[str, Any]) -> Reply:
        operator: Organisation = given["operator"]
        if operator.kind not in OPERATORS:
            raise fail_field("operator", "not_an_operator", _("Only operators have policies."))
        # Labour drafts for any platform, as on the pages; a draft binds nobody.
        if not policies.may_sign_for_labour(user=self.user):
            self.require_role(operator, *SIGNING)
        policy = policies.draft_policy(
            operator=operator,
            document=given["document"],
            created_by=self.user,
            based_on=given["based_on"],
        )
        policy.refresh_from_db()
        return self.created(policy)


class PolicyView(Item):
    """One policy, with its document and who signed it."""

    tag = TAG
    output = PolicyOutput

    def rows(self) -> QuerySet[Policy]:
        """Return the policies the asker may see."""
        return visible_policies(self.user).select_related("operator")


class _Step(PolicyView):
    """A step of the negotiation."""

    scope = ApiToken.Scope.AGREE
    http_method_names = ["post"]

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {200: PolicyOutput}

    def require_author(self, policy: Policy) -> None:
        """Refuse whoever neither drafted the policy nor signs for its operator."""
        if policy.created_by_id != self.user.pk:
            self.require_role(policy.operator, *SIGNING)

    def advanced(self, policy: Policy) -> Reply:
        """Return the reply that the policy came further."""
        where = f"{self.request.path.split('/policies/')[0]}/policies/{policy.public_id}"
        return self.created(policy, status=200, location=where)


class PolicyProposalView(_Step):
    """Putting a draft before both sides."""

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Propose a draft; from then on the other side sees it and may sign."""
        policy: Policy = self.found()
        self.require_author(policy)

        def propose(_nothing: Mapping[str, Any]) -> Reply:
            policies.propose(policy=policy)
            return self.advanced(policy)

        return self.write(propose)


class PolicyWithdrawalView(_Step):
    """Taking a proposal back."""

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Withdraw a proposal; what was signed of it stays on record and binds nobody."""
        policy: Policy = self.found()
        self.require_author(policy)

        def withdraw(_nothing: Mapping[str, Any]) -> Reply:
            policies.withdraw(policy=policy)
            return self.advanced(policy)

        return self.write(withdraw)


class RatificationInput(Input):
    """For whom the policy is signed."""

    organisation = RecordField(Organisation, visible=visible_organisations)


class PolicyRatificationsView(_Step):
    """Signing a policy."""

    input = RatificationInput

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Sign a proposed policy; it is in force when every side has that must.

        Nobody signs for two sides: the second signature answers `one_person_two_sides`.
        """
        policy: Policy = self.found()

        def ratify(given: Mapping[str, Any]) -> Reply:
            self.require_role(given["organisation"], *SIGNING)
            policies.ratify(
                policy=policy,
                organisation=given["organisation"],
                ratified_by=self.user,
                today=timezone.localdate(),
            )
            return self.advanced(policy)

        return self.write(ratify)
