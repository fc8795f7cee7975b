"""Leases: how a worker that may die keeps a job, and another one gets it afterwards.

The lease stands in the job's row and goes by PostgreSQL's clock, so a worker with a wrong clock
changes nothing. A heartbeat on a connection of its own extends it while the worker is alive; a
dead worker's lease lapses within `LEASE`, and a sweeper hands the job to another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

from django.db import OperationalError, connection, connections

LEASE: Final = timedelta(seconds=30)
BEAT_SECONDS: Final = 8.0
MOST_ATTEMPTS: Final = 4


class Heartbeat:
    """Extends a lease every few seconds from a thread of its own while a block runs."""

    def __init__(self, extend: Callable[[], int], *, seconds: float = BEAT_SECONDS) -> None:
        """Prepare to beat.

        Args:
            extend: Extends the lease and returns how many rows it changed; none means that the
                lease is lost, and ends the beating.
            seconds: From one beat to the next.
        """
        self._extend = extend
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._stop.wait(self._seconds):
                if not self._extend():
                    return
        except OperationalError:
            # The database is away; the worker's own connection tells it so.
            return
        finally:
            # Connections belong to threads; this one must not outlive its thread.
            connections[connection.alias].close()
