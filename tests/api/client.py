"""A program that talks to the API: a client with a token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from contributions.models import ApiToken, User
from contributions.services.tokens import issue_token

ROOT = "/api/v1/"
EVERYTHING = tuple(ApiToken.Scope.values)


def token_for(user: User, *scopes: str) -> str:
    """Give a user's program a token and return its secret."""
    now = timezone.now()
    issued = issue_token(
        user=user,
        name="test",
        scopes=scopes or EVERYTHING,
        expires_at=now + timedelta(days=1),
        now=now,
    )
    return issued.secret


class Program:
    """Sends JSON as one user; `get("runs")` asks for `/api/v1/runs`."""

    def __init__(self, user: User | None = None, *scopes: str) -> None:
        self.client = Client()
        self.headers: dict[str, str] = {}
        if user is not None:
            self.headers["Authorization"] = f"Bearer {token_for(user, *scopes)}"

    def get(self, path: str, **headers: str) -> Any:
        """GET a resource."""
        return self.send("GET", path, headers=headers)

    def post(self, path: str, document: object = None, **headers: str) -> Any:
        """POST a document."""
        body = b"" if document is None else json.dumps(document).encode()
        return self.send("POST", path, body, headers=headers)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send any request; underscores in names of headers stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        return self.client.generic(
            method,
            path if path.startswith("/") else ROOT + path,
            body,
            content_type,
            headers=self.headers | named,
        )


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a problem of a status and code; return its document."""
    assert answer["Content-Type"] == "application/problem+json", answer.content[:500]
    document: dict[str, Any] = answer.json()
    codes = {document["code"], *[error["code"] for error in document["errors"]]}
    assert (answer.status_code, code in codes) == (status, True), document
    assert document["status"] == status
    assert {"type", "title", "detail", "instance"} <= document.keys()
    return document
