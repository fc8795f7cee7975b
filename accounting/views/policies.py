"""Policies: the list, the page that explains an agreement, proposing and ratifying it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounting.core.errors import AccountingError
from accounting.models import Policy, Ratification
from accounting.services import policies as agreements
from accounting.services.visibility import visible_policies
from accounting.views import policy_words
from accounting.views.access import Reader, SignedInRequest, find, reader_of, signed_in
from accounting.views.policy_records import negotiation_events, recorders
from accounting.views.words import policy_tag
from contributions.formatting import day
from contributions.models import Membership, Organisation
from contributions.views.tables import ABSENT, Cell, Empty, Fact, Link, Table, columns

MOST_COMPARED = 20
MAY_BIND = (Membership.Role.ADMIN, Membership.Role.APPROVER)
_SIDES = (
    Organisation.Kind.LABOUR_ORGANISATION,
    Organisation.Kind.PLATFORM,
    Organisation.Kind.PUBLIC_BODY,
)


@require_GET
@signed_in
def policies(request: SignedInRequest) -> HttpResponse:
    """List the policies that concern the reader."""
    reader = reader_of(request)
    may_draft = operators_to_draft_for(reader).exists()
    context = {
        "table": policies_table(list(visible_policies(reader.user)), may_draft=may_draft),
        "may_draft": may_draft,
        "breadcrumb": [Link(_("Home"), reverse("home")), Link(_("Policies"), "")],
    }
    return render(request, "accounting/policies/list.html", context)


def policies_table(rows: list[Policy], *, may_draft: bool = False) -> Table:
    """Return policies as a table, each leading to its page."""
    return Table(
        caption=_("Policies, newest first"),
        columns=columns(_("Policy"), _("Operator"), _("State"), _("Valid from"), _("Signed by")),
        rows=[_row(policy) for policy in rows],
        empty=Empty(
            _("No policies yet"),
            _("A policy is the agreement that says how revenue is shared."),
            reverse("policy-new") if may_draft else "",
            _("Draft one from a preset"),
        ),
    )


@require_GET
@signed_in
def policy(request: SignedInRequest, policy_id: str) -> HttpResponse:
    """Explain an agreement field by field, with its hash and who signed it."""
    reader = reader_of(request)
    found = find(visible_policies(reader.user), policy_id)
    context = {
        "policy": found,
        "tag": policy_tag(found),
        "facts": _facts(found),
        "signing": _signing(found),
        "negotiation": negotiation_events(found),
        "recorders": recorders(found, reader),
        "compared_with": _compared_with(found, reader),
        "may_revise": operators_to_draft_for(reader).exists(),
        "may_withdraw": found.state == Policy.State.PROPOSED and _may_propose(found, reader),
        "sections": policy_words.sections(found.document),
        "pools": policy_words.pools_table(found.document),
        "document": json.dumps(found.document, indent=2, ensure_ascii=False, sort_keys=True),
        "signatures": _signatures(found),
        "signers": _signers(found, reader),
        "may_propose": found.state == Policy.State.DRAFT and _may_propose(found, reader),
        "warns_of_beta": found.document["blend_beta_ppm"] > policy_words.BETA_WARNING_PPM,
        "breadcrumb": [
            Link(_("Home"), reverse("home")),
            Link(_("Policies"), reverse("policies")),
            Link(str(found), ""),
        ],
    }
    return render(request, "accounting/policies/policy.html", context)


@require_POST
@signed_in
def propose(request: SignedInRequest, policy_id: str) -> HttpResponse:
    """Put a draft before both sides."""
    reader = reader_of(request)
    found = find(visible_policies(reader.user), policy_id)
    if not _may_propose(found, reader):
        raise Http404(policy_id)
    try:
        agreements.propose(policy=found)
    except AccountingError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Proposed. It comes into force when both sides have signed."))
    return HttpResponseRedirect(reverse("policy", args=[found.public_id]))


@require_POST
@signed_in
def withdraw(request: SignedInRequest, policy_id: str) -> HttpResponse:
    """Take a proposal back."""
    reader = reader_of(request)
    found = find(visible_policies(reader.user), policy_id)
    if not _may_propose(found, reader):
        raise Http404(policy_id)
    try:
        agreements.withdraw(policy=found)
    except AccountingError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Withdrawn. Nobody can sign it any more."))
    return HttpResponseRedirect(reverse("policy", args=[found.public_id]))


@require_POST
@signed_in
def ratify(request: SignedInRequest, policy_id: str) -> HttpResponse:
    """Sign a proposed policy for one of the reader's organisations."""
    reader = reader_of(request)
    found = find(visible_policies(reader.user), policy_id)
    wanted = request.POST.get("organisation", "")
    signer = next((row for row in _signers(found, reader) if row.public_id == wanted), None)
    if signer is None:
        raise Http404(policy_id)
    try:
        agreements.ratify(
            policy=found,
            organisation=signer,
            ratified_by=request.user,
            today=timezone.localdate(),
        )
    except AccountingError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Signed for {}.").format(signer))
    return HttpResponseRedirect(reverse("policy", args=[found.public_id]))


def awaiting_signature(reader: Reader) -> list[Policy]:
    """Return the proposed policies that the reader may sign."""
    proposed = visible_policies(reader.user).filter(state=Policy.State.PROPOSED)
    return [row for row in proposed if _signers(row, reader)]


def operators_to_draft_for(reader: Reader) -> Any:
    """Return the operators for which the reader may draft; labour may draft for any platform."""
    rows = Organisation.objects.filter(
        kind__in=[Organisation.Kind.PLATFORM, Organisation.Kind.PUBLIC_BODY]
    )
    unions = reader.organisations(Organisation.Kind.LABOUR_ORGANISATION)
    if reader.user.is_superuser or any(reader.acts_for(row, roles=MAY_BIND) for row in unions):
        return rows
    return rows.filter(pk__in=[row.pk for row in rows if reader.acts_for(row, roles=MAY_BIND)])


def _may_propose(policy: Policy, reader: Reader) -> bool:
    return policy.created_by_id == reader.user.pk or reader.acts_for(
        policy.operator, roles=MAY_BIND
    )


def _signers(policy: Policy, reader: Reader) -> list[Organisation]:
    """Return the reader's organisations that have not signed a proposed policy yet."""
    if policy.state != Policy.State.PROPOSED:
        return []
    signatures = list(policy.ratifications.all())
    signed = {row.organisation_id for row in signatures}
    # Whoever signed for one side signs for no other.
    own_side = {row.side for row in signatures if row.ratified_by_id == reader.user.pk}
    return [
        row.organisation
        for row in reader.memberships
        if row.role in MAY_BIND
        and row.organisation.kind in _SIDES
        and row.organisation_id not in signed
        and (
            row.organisation.kind != Organisation.Kind.PLATFORM
            or row.organisation_id == policy.operator_id
        )
        and (
            not own_side
            or agreements.side_of(policy=policy, organisation=row.organisation) in own_side
        )
    ]


def _row(policy: Policy) -> list[Cell]:
    tag = policy_tag(policy)
    signed = policy.ratifications.select_related("organisation")
    return [
        Cell(str(policy), href=reverse("policy", args=[policy.public_id])),
        Cell(str(policy.operator)),
        Cell(tag.label, state=tag.state or "busy"),
        Cell(day(policy.valid_from) if policy.valid_from else ABSENT),
        Cell(", ".join(str(row.organisation) for row in signed) or ABSENT),
    ]


def _facts(policy: Policy) -> list[Fact]:
    facts = [Fact(_("Operator"), str(policy.operator))]
    if policy.based_on is not None:
        revised = reverse("policy", args=[policy.based_on.public_id])
        facts.append(Fact(_("Revises"), str(policy.based_on), revised))
    if policy.valid_from:
        facts.append(Fact(_("Valid from"), day(policy.valid_from)))
    if policy.valid_to:
        facts.append(Fact(_("Valid to"), day(policy.valid_to)))
    return [*facts, Fact(_("Hash"), hash=policy.sha256)]


def _signing(policy: Policy) -> list[Fact]:
    """Return each side that must sign, and whether it has."""
    signed = {row.side: row for row in policy.ratifications.select_related("organisation")}
    return [
        Fact(
            str(Ratification.Side(side).label),
            str(signed[side].organisation) if side in signed else _("has not signed"),
            detail=day(signed[side].ratified_at.date()) if side in signed else "",
        )
        for side in policy.sides_needed
    ]


def _compared_with(policy: Policy, reader: Reader) -> list[Policy]:
    """Return what a policy can be held against: what it revises first, then its operator's."""
    others = visible_policies(reader.user).filter(operator=policy.operator).exclude(pk=policy.pk)
    rows = list(others[:MOST_COMPARED])
    return sorted(rows, key=lambda row: row.pk != policy.based_on_id)


def _signatures(policy: Policy) -> Table:
    return Table(
        caption=_("Who signed"),
        columns=columns(_("Organisation"), _("Side"), _("Day"), _("Hash signed")),
        rows=[
            [
                Cell(str(row.organisation)),
                Cell(str(row.get_side_display())),
                Cell(day(row.ratified_at.date())),
                Cell("", hash=row.policy_sha256),
            ]
            for row in policy.ratifications.select_related("organisation")
        ],
        empty=Empty(
            _("Nobody has signed yet"),
            _("Labour and platform both sign a proposed policy; then it comes into force."),
        ),
    )
