"""Jobs: any order of blocks, any worker, the same findings."""

from __future__ import annotations

import numpy as np
import pytest

from accounting.valuation.blocks import BlockUnreadable
from accounting.valuation.convergence import Precision
from accounting.valuation.jobs.grown import GrownJob
from accounting.valuation.jobs.job import Job
from accounting.valuation.jobs.nearest import NearestJob
from accounting.valuation.jobs.sampled import SampledJob
from accounting.valuation.jobs.scored import ScoredJob
from accounting.valuation.jobs.tabled import TabledJob
from accounting.valuation.names import Method, ModelKind, TableMethod
from accounting.valuation.points import TestPoints, TrainingPoints
from accounting.valuation.retraining import RetrainedUtility, freeze_retraining
from accounting.valuation.sampling import Sampling, Scheme
from accounting.valuation.utility import freeze, hard

RANDOM = np.random.default_rng(5)
OWNERS = 4


def points(rows: int) -> tuple[np.ndarray, np.ndarray]:
    labels = RANDOM.integers(0, 2, rows)
    return RANDOM.normal(size=(rows, 3)) + labels[:, np.newaxis], labels


FEATURES, LABELS = points(60)
TRAINING = TrainingPoints.of(features=FEATURES, targets=LABELS, owners=np.arange(60) % OWNERS)
TESTS = TestPoints.of(**dict(zip(("features", "targets"), points(40), strict=True)))


def nearest(method: Method = Method.OWNER_SHAPLEY) -> NearestJob:
    utility = freeze(tests=TESTS, embedding="", neighbourhood=hard(3))
    return NearestJob.of(method=method, training=TRAINING, tests=TESTS, utility=utility)


def sampled(*, half_width: float = 0.0, most_blocks: int = 6) -> SampledJob:
    utility = freeze_retraining(tests=TESTS, model=ModelKind.NAIVE_BAYES, seed=1, embedding="")
    return SampledJob(
        measure=RetrainedUtility(training=TRAINING, tests=TESTS, utility=utility),
        sampling=Sampling(Scheme.BETA_SHAPLEY, OWNERS, seed=1, block_size=4),
        precision=Precision(half_width=half_width, correlation=-1.0),
        most_blocks=most_blocks,
        baseline=utility.baseline,
    )


def table(repetitions: int = 1) -> TabledJob:
    coalitions = [[], [0], [1], [0, 1]] * repetitions
    metrics = [0.0, 1.0, 2.0, 4.0] * repetitions
    rounds = [run for run in range(repetitions) for _coalition in range(4)]
    return TabledJob(TableMethod.TABLE_SHAPLEY, 2, coalitions, metrics, rounds)


@pytest.mark.parametrize("job", [nearest(), sampled(), GrownJob(TRAINING, 1, 4, 5), table()])
def test_blocks_valued_backwards_settle_to_the_same(job: Job) -> None:
    forwards = [job.value_block(index) for index in range(job.block_count)]
    backwards = [job.value_block(index) for index in reversed(range(job.block_count))][::-1]
    assert forwards == backwards
    assert job.enough(forwards)
    found = job.settle(forwards)
    assert np.array_equal(found.players, job.settle(backwards).players)


@pytest.mark.parametrize("method", list(Method)[:4])
def test_owners_and_points_stand_side_by_side_where_both_exist(method: Method) -> None:
    job = nearest(method)
    found = job.settle([job.value_block(index) for index in range(job.block_count)])
    assert len(found.runs) == 3
    assert (len(found.others) == OWNERS) == (method is not Method.LEAVE_ONE_OUT)
    assert (len(found.points) == 60) == (method is Method.POINT_SHAPLEY)
    assert found.curves is not None
    assert found.curves.lowest_first[0] == pytest.approx(found.whole)


def test_a_block_missing_is_not_enough() -> None:
    job = nearest()
    assert not job.enough([job.value_block(0)])


def test_a_block_of_another_job_is_refused() -> None:
    job, other = nearest(), nearest(Method.LEAVE_ONE_OUT)
    blocks = [other.value_block(index) for index in range(other.block_count)]
    with pytest.raises(BlockUnreadable):
        job.settle(blocks)
    with pytest.raises(BlockUnreadable):
        GrownJob(TRAINING, 1, 1, 1).settle([b"12345678"])


def test_sampling_is_enough_at_the_first_block_that_meets_the_precision() -> None:
    wide, narrow = sampled(half_width=10.0), sampled()
    blocks = [wide.value_block(index) for index in range(6)]
    assert [wide.enough(blocks[:count]) for count in range(1, 5)] == [False, False, True, True]
    assert [narrow.enough(blocks[:count]) for count in (5, 6)] == [False, True]


def test_a_shapley_sample_adds_up_to_what_the_data_add() -> None:
    job = sampled()
    found = job.settle([job.value_block(index) for index in range(6)])
    assert found.facts["gap"] == pytest.approx(0.0, abs=1e-12)


def test_one_measurement_of_a_table_is_no_run_and_three_are() -> None:
    once, thrice = table(), table(3)
    assert once.settle([once.value_block(0)]).runs == ()
    found = thrice.settle([thrice.value_block(0)])
    assert len(found.runs) == 3
    assert found.players.tolist() == [1.5, 2.5]
    assert found.curves is not None


def test_scores_are_the_mean_of_their_runs_with_their_spread() -> None:
    job = ScoredJob(np.array([[1.0, 2.0], [2.0, 2.0], [3.0, 2.0]]), np.full(2, np.nan))
    found = job.settle([job.value_block(0)])
    assert found.players.tolist() == [2.0, 2.0]
    assert found.player_errors.tolist() == pytest.approx([1 / np.sqrt(3), 0.0])
    assert (len(found.runs), found.samples) == (3, 3)
