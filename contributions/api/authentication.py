"""Who is asking: a program with a token, or a person with a session."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from contributions.models import ApiToken, User
from contributions.services.tokens import (
    MARK,
    TokenExpired,
    TokenRevoked,
    TokenUnknown,
    token_of,
)

CHALLENGE = 'Bearer realm="huisu"'


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer hs_live_…`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the token's user; None if there is no token.

        Raises:
            AuthenticationFailed: The token is unknown, ended, or stands in the address.
        """
        if any(MARK in value for values in request.GET.lists() for value in values[1]):
            raise AuthenticationFailed(
                _("Addresses end up in logs: send the token as a header, and revoke this one."),
                "token_in_url",
            )
        scheme, _space, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() != "bearer":
            raise AuthenticationFailed(_("Send the token as a bearer token."), "scheme_unknown")
        try:
            token = token_of(secret=secret.strip(), now=timezone.now())
        except (TokenUnknown, TokenRevoked, TokenExpired) as error:
            raise AuthenticationFailed(str(error), error.code) from error
        return token.user, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """Return how to ask again: it makes the answer 401."""
        return CHALLENGE


class BrowserSession(SessionAuthentication):
    """A person's session; what changes anything needs the CSRF token."""

    def enforce_csrf(self, request: Request) -> None:
        """Refuse a change that another site may have asked for.

        Raises:
            PermissionDenied: The CSRF token is missing or wrong.
        """
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            text = _("The CSRF token is missing or wrong.")
            raise PermissionDenied(text, "csrf_failed") from error


class InScope(BasePermission):
    """Somebody is known, and a token must cover what it is used for."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether somebody is known.

        Raises:
            PermissionDenied: The token lacks the scope.
        """
        if not request.user.is_authenticated:
            return False
        token = request.auth
        needed = ApiToken.Scope.READ if request.method in SAFE_METHODS else view.scope
        if isinstance(token, ApiToken) and needed not in token.scopes:
            raise PermissionDenied(
                _("The token lacks the scope “%(scope)s”.") % {"scope": needed}, "scope_missing"
            )
        return True


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the published description names the token."""

    target_class = BearerToken
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": f"{MARK}…"}


class BrowserSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the published description names the session."""

    target_class = BrowserSession
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        """Return the scheme."""
        return {"type": "apiKey", "in": "cookie", "name": "huisu-session"}
