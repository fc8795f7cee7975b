"""The same inputs give the same result, however many workers there are and whatever falls over."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from accounting import tasks
from accounting.cases.synthetic import world
from accounting.models import LabourSegment, Period, Run
from accounting.services import cases, runs
from config.embedded.processes import Worker
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 4_000
EMBEDDED = "HUISU_TEST_EMBEDDED" in os.environ


def wait_for(condition: Callable[[], bool], seconds: float = 90.0) -> None:
    """Block until a condition holds, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def period() -> Period:
    """A synthetic world."""
    made = world(ROWS, 23)
    return cases.load_case(case=made.case, chunks=made.blocks())


def simulations(period: Period, count: int) -> list[Run]:
    """Several runs of one period that wait for workers."""
    return [
        runs.request_run(period=period, policy=None, requested_by=None, simulation=True)
        for _number in range(count)
    ]


def results_of(waiting: list[Run]) -> set[tuple[str, str]]:
    """Send runs to the workers, wait for them, and return their digests."""
    for run in waiting:
        tasks.enqueue_run(run.pk)
    numbers = [run.pk for run in waiting]
    wait_for(lambda: not Run.objects.unfinished().filter(pk__in=numbers).exists())
    done = Run.objects.filter(pk__in=numbers)
    assert {run.state for run in done} == {Run.State.COMPUTED}, [run.failure for run in done]
    return set(done.values_list("inputs_sha256", "result_sha256"))


def test_one_worker_and_four_give_the_same_result(
    period: Period, worker_environment: Mapping[str, str], tmp_path: Path
) -> None:
    with Worker(environment=worker_environment, log=tmp_path / "one.log"):
        alone = results_of(simulations(period, 2))
    with ExitStack() as workers:
        for number in range(4):
            log = tmp_path / f"{number}.log"
            workers.enter_context(Worker(environment=worker_environment, log=log))
        together = results_of(simulations(period, 6))
    assert len(alone) == 1
    assert together == alone


def test_shuffled_rows_give_the_same_result(period: Period) -> None:
    before = factories.computed_run(period)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM contributions_contribution LIMIT 50")
        ascending = cursor.fetchall()
        # The rows of the table, physically in another order.
        cursor.execute("CLUSTER contributions_contribution USING contribution_worker_day")
        cursor.execute("SELECT id FROM contributions_contribution LIMIT 50")
        assert cursor.fetchall() != ascending
    LabourSegment.objects.all().delete()
    after = factories.computed_run(period)
    assert after.result_sha256 == before.result_sha256 != ""
    assert after.inputs_sha256 == before.inputs_sha256


def database_is_back() -> bool:
    """Whether PostgreSQL answers again."""
    connections.close_all()
    try:
        return Run.objects.count() >= 0
    except DatabaseError:
        return False


@pytest.mark.skipif(not EMBEDDED, reason="only a server of our own may be killed")
def test_a_run_whose_server_restarts_in_the_middle_gives_the_same_result(
    period: Period, worker_environment: Mapping[str, str], tmp_path: Path
) -> None:
    undisturbed = factories.computed_run(period)
    (run,) = simulations(period, 1)
    identity = Path(os.environ["HUISU_HOME"]) / "servers" / "postgresql" / "postmaster.pid"
    with Worker(environment=worker_environment, log=tmp_path / "worker.log"):
        tasks.enqueue_run(run.pk)
        wait_for(lambda: Run.objects.get(pk=run.pk).state == Run.State.COMPUTING)
        # As `pg_ctl stop -m immediate` does: no checkpoint, no farewell.
        os.kill(int(identity.read_text().split("\n")[0]), signal.SIGQUIT)
        wait_for(database_is_back)
        assert not Run.objects.get(pk=run.pk).is_finished
        # The sweeper would wait for the lease to lapse by itself.
        Run.objects.filter(pk=run.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
        assert results_of([run]) == {(undisturbed.inputs_sha256, undisturbed.result_sha256)}
