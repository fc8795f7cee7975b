"""Workers share a valuation, die in the middle of it, and change no bit of the result."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from accounting import tasks
from accounting.models import Valuation, ValuationBlock
from accounting.services import valuation_computing, valuations
from accounting.services import valuation_lease as lease
from config.embedded.processes import Worker
from tests.accounting.valuations import worlds

pytestmark = pytest.mark.django_db(transaction=True)

RETRAINED: dict[str, Any] = {"model": "decision_tree", "most_blocks": 6, "half_width": 0.0}


def wait_for(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Block until a condition holds, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def fresh(valuation: Valuation) -> Valuation:
    """The valuation as the database has it now."""
    return Valuation.objects.get(pk=valuation.pk)


def sums_of(valuation: Valuation) -> list[bytes]:
    """What its blocks came to."""
    return [bytes(sums) for sums in valuation.blocks.values_list("sums", flat=True) if sums]


@pytest.mark.parametrize("method", ["owner_shapley", "beta_shapley"])
def test_two_workers_at_once_come_to_the_same_bits_as_one(method: str) -> None:
    of = worlds.world()
    alone = worlds.computed(of, method, parameters=RETRAINED)
    shared = worlds.confirmed(of, method, parameters=RETRAINED)

    def deliver(_number: int) -> None:
        try:
            valuation_computing.work_on(valuation_id=shared.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(deliver, range(2)))
    done = fresh(shared)
    assert (done.state, done.failure) == (Valuation.State.COMPUTED, "")
    assert sums_of(done) == sums_of(alone)
    assert done.result_sha256 == alone.result_sha256


def test_a_block_of_a_dead_worker_is_taken_up_and_its_late_result_refused() -> None:
    of = worlds.world()
    alone = worlds.computed(of)
    valuation = worlds.confirmed(of)
    Valuation.objects.filter(pk=valuation.pk).update(state=Valuation.State.COMPUTING)
    block = lease.claim_block(valuation)
    assert block is not None
    valuation_computing.work_on(valuation_id=valuation.pk)
    assert fresh(valuation).state == Valuation.State.COMPUTING
    ValuationBlock.objects.filter(pk=block.pk).update(
        leased_until=timezone.now() - timedelta(seconds=1)
    )
    valuation_computing.work_on(valuation_id=valuation.pk)
    assert fresh(valuation).result_sha256 == alone.result_sha256
    assert not lease.store_block(block, sums=b"late", milliseconds=1)


def test_a_block_that_kills_its_workers_fails_the_valuation() -> None:
    valuation = worlds.confirmed(worlds.world(2))
    valuation.blocks.update(attempts=lease.MOST_ATTEMPTS)
    valuation_computing.work_on(valuation_id=valuation.pk)
    assert fresh(valuation).failure_code == "valuation_tried_too_often"


def test_a_second_delivery_changes_nothing() -> None:
    valuation = worlds.computed(worlds.world(2))
    valuation_computing.work_on(valuation_id=valuation.pk)
    assert fresh(valuation).attempts == 1


def test_a_cancelled_valuation_is_not_computed() -> None:
    valuation = worlds.confirmed(worlds.world(2))
    valuations.cancel(valuation=valuation)
    valuation_computing.work_on(valuation_id=valuation.pk)
    assert sums_of(valuation) == []


def test_sampling_stops_when_the_asked_precision_is_met() -> None:
    of = worlds.world(2)
    easy = {"model": "naive_bayes", "half_width": 1.0, "correlation": -1.0, "most_blocks": 50}
    valuation = worlds.computed(of, "data_banzhaf", parameters=easy)
    assert valuation.state == Valuation.State.COMPUTED
    assert len(sums_of(valuation)) < 50


class TestRealWorkers:
    def test_a_valuation_survives_a_killed_worker_with_the_same_bits(
        self, worker_environment: Mapping[str, str], tmp_path: Path
    ) -> None:
        of = worlds.world()
        # Enough trees that the worker is killed in the middle.
        slow = {"most_blocks": 12, "trees": 150}
        alone = worlds.computed(of, "data_oob", parameters=slow)
        valuation = worlds.confirmed(of, "data_oob", parameters=slow)
        with Worker(environment=worker_environment, log=tmp_path / "1.log", concurrency=1) as first:
            tasks.enqueue_valuation(valuation.pk, helpers=1)
            wait_for(lambda: len(sums_of(valuation)) >= 2)
            first.kill()
        half = len(sums_of(valuation))
        assert fresh(valuation).state == Valuation.State.COMPUTING
        ValuationBlock.objects.filter(valuation=valuation, sums=None).update(
            leased_until=timezone.now()
        )
        with Worker(environment=worker_environment, log=tmp_path / "2.log", concurrency=1):
            tasks.sweep_valuations.delay()
            wait_for(lambda: fresh(valuation).is_finished)
        done = fresh(valuation)
        assert (done.state, half < 12) == (Valuation.State.COMPUTED, True)
        assert sums_of(done) == sums_of(alone)
        assert done.result_sha256 == alone.result_sha256

    def test_two_worker_processes_share_test_points(
        self, worker_environment: Mapping[str, str], tmp_path: Path
    ) -> None:
        of = worlds.world()
        alone = worlds.computed(of)
        valuation = worlds.confirmed(of)
        with Worker(environment=worker_environment, log=tmp_path / "worker.log", concurrency=2):
            tasks.enqueue_valuation(valuation.pk)
            wait_for(lambda: fresh(valuation).is_finished)
        assert fresh(valuation).result_sha256 == alone.result_sha256
