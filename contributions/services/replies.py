"""One effect per idempotency key: the reply is stored in the transaction of its effect.

So a crash leaves both or neither, and whoever asks again gets what was answered before.

Source: draft-ietf-httpapi-idempotency-key-header-07, section 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import User
from contributions.models.access import StoredReply

KEPT = timedelta(days=30)


class KeyReused(ContributionError):
    """The key belongs to another request."""

    code = "idempotency_key_reused"


class KeyInProgress(ContributionError):
    """A request with this key is being worked on."""

    code = "idempotency_key_in_progress"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request was answered."""

    status: int
    body: str
    content_type: str = "application/json"
    location: str = ""


@transaction.atomic
def answer_once(*, user: User, key: str, request_sha256: str, effect: Callable[[], Reply]) -> Reply:
    """Answer a request, or repeat the answer it got before under the same key.

    An error of `effect` undoes what it did and stores nothing: the next try starts afresh.

    Raises:
        KeyReused: The key came with another request.
        KeyInProgress: The first request is not finished.
    """
    if not _locked(f"{user.pk}:{key}"):
        raise KeyInProgress(_("A request with this key is in progress. Ask again later."))
    stored = StoredReply.objects.filter(user=user, key=key).first()
    if stored is not None and stored.created_at < timezone.now() - KEPT:
        stored.delete()
        stored = None
    if stored is not None:
        if stored.request_sha256 != request_sha256:
            raise KeyReused(_("This key was used for another request. Take a new one."))
        return Reply(stored.status, stored.body, stored.content_type, stored.location)
    reply = effect()
    StoredReply.objects.create(
        user=user,
        key=key,
        request_sha256=request_sha256,
        status=reply.status,
        content_type=reply.content_type,
        location=reply.location,
        body=reply.body,
    )
    return reply


def forget_old_replies() -> int:
    """Delete replies older than thirty days; return how many there were."""
    old = StoredReply.objects.filter(created_at__lt=timezone.now() - KEPT)
    return old.delete()[0]


def _locked(name: str) -> bool:
    # An advisory lock tells "in progress" from "done", which a row not yet committed cannot.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 20))", [name])
        row: tuple[bool] = cursor.fetchone()
    return row[0]
