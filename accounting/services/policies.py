"""Policies: presets, new versions, and ratification by both sides."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounting.core.canonical import sha256_of_json
from accounting.core.errors import AccountingError
from accounting.core.policy import parse_policy, policy_document
from accounting.models import Policy, Ratification
from accounting.services.logged import POLICY, RATIFICATION
from contributions.models import Membership, Organisation, User
from contributions.services import transparency
from contributions.services.lineage import violated_constraint

PRESETS = Path(__file__).resolve().parent.parent / "policies"


class PresetUnknown(AccountingError):
    """No preset policy has this name."""

    code = "preset_unknown"


class NotASide(AccountingError):
    """The organisation signs for neither side of this policy."""

    code = "not_a_side"


class PolicyKnown(AccountingError):
    """The operator has a policy of this name and version already."""

    code = "policy_known"


class PolicyNotDraft(AccountingError):
    """Only a draft can be proposed."""

    code = "policy_not_draft"


class PolicyNotProposed(AccountingError):
    """Only a proposed policy can be ratified or withdrawn."""

    code = "policy_not_proposed"


class OnePersonTwoSides(AccountingError):
    """Who signed for one side of a policy signs for no other."""

    code = "one_person_two_sides"


def preset_names() -> list[str]:
    """Return the names of the presets that ship with Huisu."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def preset(name: str) -> dict[str, Any]:
    """Return the document of a preset.

    Raises:
        PresetUnknown: There is none of that name.
    """
    if name not in preset_names():
        raise PresetUnknown(_("There is no preset called %(name)s.") % {"name": name})
    return tomllib.loads((PRESETS / f"{name}.toml").read_text(encoding="utf-8"))


def merged(document: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """Return a document with overrides laid over it: tables field by field, lists whole."""
    result = dict(document)
    for key, value in overrides.items():
        below = result.get(key)
        result[key] = (
            merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
        )
    return result


@transaction.atomic
def draft_policy(
    *,
    operator: Organisation,
    document: dict[str, Any],
    created_by: User | None,
    based_on: Policy | None = None,
) -> Policy:
    """Store a policy as a draft, with every default written out, under its hash.

    Args:
        based_on: The policy that it revises.

    Raises:
        PolicyInvalid: The document breaks its own rules.
        PolicyKnown: There is such a version; give the changed one another.
        ValidationError: The name or version is too long.
    """
    policy = parse_policy(document)
    complete = policy_document(policy)
    drafted = Policy(
        operator=operator,
        name=policy.name,
        version=policy.version,
        document=complete,
        sha256=sha256_of_json(complete),
        created_by=created_by,
        based_on=based_on,
    )
    drafted.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            drafted.save(force_insert=True)
    except IntegrityError as error:
        if violated_constraint(error) == "policy_version_once":
            raise PolicyKnown(
                _("There is such a version already. Give the new one another version.")
            ) from error
        raise
    return drafted


@transaction.atomic
def propose(*, policy: Policy) -> None:
    """Put a draft before both sides.

    Raises:
        PolicyNotDraft: It was proposed before.
    """
    changed = Policy.objects.filter(pk=policy.pk, state=Policy.State.DRAFT).update(
        state=Policy.State.PROPOSED
    )
    if not changed:
        raise PolicyNotDraft(_("This policy is no longer a draft."))
    policy.refresh_from_db()


@transaction.atomic
def withdraw(*, policy: Policy) -> None:
    """Take a proposal back; what was signed of it so far stays on record and binds nobody.

    Raises:
        PolicyNotProposed: It is a draft, in force, or no longer up.
    """
    changed = Policy.objects.filter(pk=policy.pk, state=Policy.State.PROPOSED).update(
        state=Policy.State.WITHDRAWN
    )
    if not changed:
        raise PolicyNotProposed(_("This policy is not up for ratification."))
    policy.refresh_from_db()


@transaction.atomic
def ratify(
    *, policy: Policy, organisation: Organisation, ratified_by: User | None, today: date
) -> None:
    """Sign a proposed policy; it comes into force when every side has that must.

    Raises:
        PolicyNotProposed: It is a draft, in force already, or superseded.
        NotASide: A regulator, or another platform than the policy's operator.
        OnePersonTwoSides: The same person has signed for the other side.
    """
    locked = Policy.objects.select_for_update().get(pk=policy.pk)
    if locked.state != Policy.State.PROPOSED:
        raise PolicyNotProposed(_("This policy is not up for ratification."))
    side = side_of(policy=locked, organisation=organisation)
    signed = locked.ratifications.exclude(side=side)
    if ratified_by is not None and signed.filter(ratified_by=ratified_by).exists():
        raise OnePersonTwoSides(
            _("You signed this policy for the other side. Somebody else must sign for this one.")
        )
    ratification, new = Ratification.objects.get_or_create(
        policy=locked,
        organisation=organisation,
        defaults={
            "side": side,
            "policy_sha256": locked.sha256,
            "ratified_by": ratified_by,
        },
    )
    sides = set(locked.ratifications.values_list("side", flat=True))
    if set(locked.sides_needed) <= sides:
        _bring_into_force(locked, today=today)
    if new:
        # Last, because the log is locked from here on and no row may be waited for any more.
        transparency.append(table=RATIFICATION, number=ratification.pk)
    policy.refresh_from_db()


def may_sign(*, user: User, organisation: Organisation) -> bool:
    """Return whether a user may bind an organisation."""
    return Membership.objects.filter(
        user=user,
        organisation=organisation,
        role__in=[Membership.Role.ADMIN, Membership.Role.APPROVER],
    ).exists()


def may_sign_for_labour(*, user: User) -> bool:
    """Return whether a user may bind any labour organisation; who may, drafts for any operator."""
    return Membership.objects.filter(
        user=user,
        organisation__kind=Organisation.Kind.LABOUR_ORGANISATION,
        role__in=[Membership.Role.ADMIN, Membership.Role.APPROVER],
    ).exists()


def side_of(*, policy: Policy, organisation: Organisation) -> str:
    """Return for which side an organisation signs a policy.

    Raises:
        NotASide: A regulator, or another platform than the policy's operator.
    """
    if organisation.kind == Organisation.Kind.LABOUR_ORGANISATION:
        return Ratification.Side.LABOUR
    if organisation.pk == policy.operator_id:
        return Ratification.Side.PLATFORM
    if organisation.kind == Organisation.Kind.PUBLIC_BODY:
        return Ratification.Side.PUBLIC
    raise NotASide(_("This organisation is no party to the policy."))


def _bring_into_force(policy: Policy, *, today: date) -> None:
    Policy.objects.filter(operator=policy.operator, state=Policy.State.IN_FORCE).update(
        state=Policy.State.SUPERSEDED, valid_to=today
    )
    policy.state = Policy.State.IN_FORCE
    policy.valid_from = policy.valid_from or today
    policy.save(update_fields=["state", "valid_from"])
    transparency.append(table=POLICY, number=policy.pk)
