"""The question that supervisors and load balancers ask."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """Say whether the database and the queue answer.

    503 without the database. Without the queue the answer is 200 all the same: requests
    are still served, and what they queue is sent later.
    """
    database = database_answers()
    answer = {"database": database, "queue": queue_answers()}
    return JsonResponse(answer, status=200 if database else 503)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return False
    return True


def queue_answers() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2)
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False
    finally:
        client.close()
