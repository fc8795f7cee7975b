"""A run is computed once, whatever happens to workers, broker and messages."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from accounting import tasks
from accounting.models import Line, Run, Statement
from accounting.services import lease, run_inputs, runs
from config.embedded.processes import Worker
from tests import factories


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Block until a condition holds, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def requested() -> Run:
    """A queued run of a period that can be computed."""
    return runs.request_run(period=factories.ready_period(), policy=None, requested_by=None)


def fresh(run: Run) -> Run:
    """The run as the database has it now."""
    return Run.objects.get(pk=run.pk)


@pytest.mark.django_db(transaction=True)
class TestOneComputation:
    def test_a_computed_run_adds_up_in_the_database(self) -> None:
        run = factories.computed_run()
        assert run.state == Run.State.COMPUTED
        assert run.failure == ""
        for pool in run.pools.all():
            shared = sum(pool.lines.values_list("amount_micro", flat=True))
            held = sum(pool.escrow.values_list("amount_micro", flat=True))
            assert shared + held == pool.funded_micro
        stated = sum(run.statements.values_list("amount_micro", flat=True))
        assert stated == sum(
            Line.objects.filter(pool__run=run).values_list("amount_micro", flat=True)
        )

    def test_a_second_delivery_changes_nothing(self) -> None:
        run = factories.computed_run()
        lines = Line.objects.count()
        runs.compute_run(run_id=run.pk)
        again = fresh(run)
        assert (again.attempts, again.result_sha256) == (1, run.result_sha256)
        assert Line.objects.count() == lines

    def test_ten_deliveries_at_once_compute_it_once(self) -> None:
        run = requested()

        def deliver(_number: int) -> None:
            try:
                runs.compute_run(run_id=run.pk)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(10) as pool:
            list(pool.map(deliver, range(10)))
        done = fresh(run)
        assert (done.state, done.attempts) == (Run.State.COMPUTED, 1)

    def test_a_run_under_somebody_elses_lease_is_left_alone(self) -> None:
        run = requested()
        holder = lease.claim(run_id=run.pk)
        assert holder is not None
        assert lease.claim(run_id=run.pk) is None

    def test_a_lapsed_lease_is_taken_over_and_the_first_holder_writes_nothing(self) -> None:
        run = requested()
        first = lease.claim(run_id=run.pk)
        assert first is not None
        Run.objects.filter(pk=run.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
        runs.compute_run(run_id=run.pk)
        with pytest.raises(lease.LeaseLost), transaction.atomic():
            lease.hold(run=first)
        assert fresh(run).state == Run.State.COMPUTED

    def test_an_import_during_the_run_does_not_show(self, monkeypatch: pytest.MonkeyPatch) -> None:
        period = factories.ready_period()
        run = runs.request_run(period=period, policy=None, requested_by=None)
        product = period.operator.products.first()
        assert product is not None
        at_barrier, go_on = threading.Event(), threading.Event()
        pinned = run_inputs.pin

        def slow_pin(**arguments: Any) -> Any:
            period.operator.products.count()
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM contributions_contribution")
            at_barrier.set()
            go_on.wait(10)
            return pinned(**arguments)

        # The barrier stands inside the run's snapshot; nothing is replaced but the pause.
        monkeypatch.setattr(runs, "pin", slow_pin)

        def compute() -> None:
            try:
                runs.compute_run(run_id=run.pk)
            finally:
                connections.close_all()

        thread = threading.Thread(target=compute)
        thread.start()
        assert at_barrier.wait(10)
        factories.contribution(factories.worker(), product)
        go_on.set()
        thread.join()
        assert fresh(run).contributions_count == 3


@pytest.mark.django_db(transaction=True)
class TestAsking:
    def test_two_runs_of_one_period_at_once_are_refused(self) -> None:
        run = requested()
        with pytest.raises(runs.RunInProgress):
            runs.request_run(period=run.period, policy=None, requested_by=None)
        assert Run.objects.count() == 1

    def test_a_period_without_revenue_is_refused(self) -> None:
        operator = factories.organisation()
        factories.policy_in_force(operator)
        with pytest.raises(runs.PeriodEmpty):
            runs.request_run(period=factories.period(operator), policy=None, requested_by=None)
        assert not Run.objects.exists()

    def test_revenue_without_any_labour_is_refused_and_stays(self) -> None:
        operator = factories.organisation()
        factories.policy_in_force(operator)
        period = factories.period(operator)
        factories.revenue(period, factories.product(operator))
        with pytest.raises(runs.NothingToShareBy):
            runs.request_run(period=period, policy=None, requested_by=None)
        assert period.revenue.count() == 1

    def test_a_draft_policy_makes_a_simulation(self) -> None:
        period = factories.ready_period()
        draft = factories.policy(period.operator, version="draft-2")
        run = runs.request_run(period=period, policy=draft, requested_by=None)
        assert run.simulation

    def test_a_simulation_can_never_be_posted(self) -> None:
        period = factories.ready_period()
        draft = factories.policy(period.operator, version="draft-2")
        run = runs.request_run(period=period, policy=draft, requested_by=None)
        runs.compute_run(run_id=run.pk)
        with pytest.raises(IntegrityError, match="run_simulation_never_posted"):
            Run.objects.filter(pk=run.pk).update(state=Run.State.POSTED)

    def test_a_cancelled_run_is_not_computed(self) -> None:
        run = requested()
        runs.cancel_run(run=run)
        runs.compute_run(run_id=run.pk)
        assert fresh(run).state == Run.State.CANCELLED
        assert not Statement.objects.exists()

    def test_a_finished_run_cannot_be_cancelled(self) -> None:
        run = factories.computed_run()
        with pytest.raises(runs.RunNotCancellable):
            runs.cancel_run(run=run)

    def test_wages_in_a_currency_without_a_rate_fail_the_run_with_the_reason(self) -> None:
        period = factories.ready_period()
        product = period.operator.products.first()
        assert product is not None
        factories.contribution(
            factories.worker(), product, wage_micro=5_000_000, wage_currency="USD"
        )
        run = factories.computed_run(period)
        assert (run.state, run.failure_code) == (Run.State.FAILED, "fx_rate_missing")
        assert not Line.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestRealWorker:
    @pytest.mark.usefixtures("celery_worker_process")
    def test_a_queued_run_is_computed_by_the_worker(self) -> None:
        run = requested()
        tasks.enqueue_run(run.pk)
        wait_for(lambda: fresh(run).is_finished)
        assert fresh(run).state == Run.State.COMPUTED

    def test_a_run_survives_the_death_of_its_worker(
        self, worker_environment: Mapping[str, str], tmp_path: Path
    ) -> None:
        run = requested()
        # A worker that died in the middle leaves this behind: computing, under a lapsed lease.
        assert lease.claim(run_id=run.pk) is not None
        Run.objects.filter(pk=run.pk).update(leased_until=timezone.now())
        with Worker(environment=worker_environment, log=tmp_path / "worker.log"):
            tasks.sweep_runs.delay()
            wait_for(lambda: fresh(run).is_finished)
        done = fresh(run)
        assert (done.state, done.attempts) == (Run.State.COMPUTED, 2)

    def test_without_a_broker_the_run_stays_queued_and_the_sweep_finds_it(
        self, worker_environment: Mapping[str, str]
    ) -> None:
        run = requested()
        nobody_listens = {"REDIS_URL": "redis://127.0.0.1:1/0"}
        code = f"from accounting import tasks; tasks.enqueue_run({run.pk})"
        said = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
            env={**os.environ, **worker_environment, **nobody_listens},
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (said.returncode, "waits for the sweeper" in said.stderr) == (0, True), said.stderr
        assert fresh(run).state == Run.State.QUEUED
        tasks.sweep_runs()
        assert fresh(run).state == Run.State.COMPUTED
