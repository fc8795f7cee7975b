from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from contributions.models import StoredReply, User
from contributions.services.replies import (
    KEPT,
    KeyInProgress,
    KeyReused,
    Reply,
    answer_once,
    forget_old_replies,
)
from tests import factories

SHA = "0" * 64


class Failed(Exception):
    """An effect that goes wrong."""


def _ask(user: User, effect: Any, *, request: str = SHA) -> Reply:
    return answer_once(user=user, key="key", request_sha256=request, effect=effect)


@pytest.mark.django_db
def test_an_effect_happens_once_a_key_and_user() -> None:
    calls: list[int] = []

    def effect() -> Reply:
        calls.append(1)
        return Reply(201, "made", location="/there")

    user, other = factories.user(), factories.user()
    assert {_ask(user, effect) for _time in range(3)} == {Reply(201, "made", location="/there")}
    assert len(calls) == 1
    _ask(other, effect)
    assert len(calls) == 2


@pytest.mark.django_db
def test_a_key_stands_for_one_request() -> None:
    user = factories.user()
    _ask(user, lambda: Reply(201, "made"))
    with pytest.raises(KeyReused):
        _ask(user, lambda: Reply(201, "other"), request="1" * 64)


@pytest.mark.django_db
def test_a_failed_effect_leaves_the_key_free() -> None:
    user = factories.user()

    def effect() -> Reply:
        factories.organisation(name="half done")
        raise Failed

    with pytest.raises(Failed):
        _ask(user, effect)
    assert not StoredReply.objects.exists()
    assert _ask(user, lambda: Reply(201, "made")).body == "made"


@pytest.mark.django_db
def test_replies_are_forgotten_after_thirty_days() -> None:
    user = factories.user()
    _ask(user, lambda: Reply(201, "old"))
    StoredReply.objects.update(created_at=timezone.now() - KEPT - timedelta(days=1))
    assert _ask(user, lambda: Reply(201, "new")).body == "new"
    StoredReply.objects.update(created_at=timezone.now() - KEPT - timedelta(days=1))
    assert forget_old_replies() == 1


@pytest.mark.django_db(transaction=True)
def test_a_request_in_progress_is_not_begun_again() -> None:
    user = factories.user()
    begun, finish = threading.Event(), threading.Event()
    replies: list[Reply] = []

    def slow() -> Reply:
        begun.set()
        finish.wait(10)
        return Reply(201, "first")

    def first() -> None:
        replies.append(_ask(user, slow))
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert begun.wait(10)
        with pytest.raises(KeyInProgress):
            _ask(user, lambda: Reply(201, "second"))
    finally:
        finish.set()
        thread.join()
    assert replies == [Reply(201, "first")]
    assert _ask(user, lambda: Reply(201, "second")) == replies[0]
