"""API tokens: making one, finding whose it is, and ending it.

A token is `hs_live_`, eight characters to find it by, and a secret that only its holder knows.
The secret has 256 random bits, so one SHA-256 of it is as good as a slow hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import User
from contributions.models.access import ApiToken

MARK = "hs_live_"
LONGEST = timedelta(days=366)
_SHAPE = re.compile(r"hs_live_([0-9a-f]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
_NOTED_EVERY = timedelta(minutes=1)


class TokenUnknown(ContributionError):
    """Nobody was given this token."""

    code = "token_unknown"


class TokenExpired(ContributionError):
    """The token's time is over."""

    code = "token_expired"


class TokenRevoked(ContributionError):
    """The token was revoked."""

    code = "token_revoked"


class TokenTermsInvalid(ContributionError):
    """A token needs known scopes and an end within a year."""

    code = "token_terms_invalid"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token; `secret` is shown once and kept nowhere."""

    token: ApiToken
    secret: str


def issue_token(
    *, user: User, name: str, scopes: Sequence[str], expires_at: datetime, now: datetime
) -> Issued:
    """Give a program a token.

    Raises:
        TokenTermsInvalid: No scope or an unknown one, or an end before now or beyond a year.
        ValidationError: The name is empty or too long.
    """
    if not scopes or not set(scopes) <= set(ApiToken.Scope.values):
        raise TokenTermsInvalid(_("Name at least one known scope."), pointer="/scopes")
    if not now < expires_at <= now + LONGEST:
        raise TokenTermsInvalid(_("A token ends within a year."), pointer="/expires_at")
    prefix = secrets.token_hex(4)
    secret = f"{MARK}{prefix}_{secrets.token_urlsafe(32)}"
    token = ApiToken(
        user=user,
        name=name,
        prefix=prefix,
        sha256=_sha256(secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    token.full_clean(validate_constraints=False)
    token.save(force_insert=True)
    token.refresh_from_db()
    return Issued(token, secret)


def token_of(*, secret: str, now: datetime) -> ApiToken:
    """Return the token that a secret opens, and note that it was used.

    Raises:
        TokenUnknown: It is not a token, or its owner may not log in any more.
        TokenRevoked: Its owner ended it.
        TokenExpired: Its time is over.
    """
    shape = _SHAPE.fullmatch(secret)
    token = (
        ApiToken.objects.select_related("user").filter(prefix=shape[1], user__is_active=True)
        if shape
        else ApiToken.objects.none()
    ).first()
    if token is None or not hmac.compare_digest(token.sha256, _sha256(secret)):
        raise TokenUnknown(_("This token is not known here."))
    if token.revoked_at is not None:
        raise TokenRevoked(_("This token was revoked."))
    if token.expires_at <= now:
        raise TokenExpired(_("This token has expired."))
    # A busy program must not turn every read into a write of the same row.
    ApiToken.objects.filter(pk=token.pk).filter(
        Q(last_used_at=None) | Q(last_used_at__lt=now - _NOTED_EVERY)
    ).update(last_used_at=now)
    return token


def revoke_token(*, token: ApiToken) -> None:
    """End a token; asking twice changes nothing."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=Now())
    token.refresh_from_db()


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
