"""Blocks keep what rows kept: once each, never changed, nothing added, all to be asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from psycopg.errors import CheckViolation

from accounting.models import LabourBlock, Line, LineBlock, Run, RunLabour
from accounting.models.blocks import BLOCK_SHIFT
from accounting.services import runs
from accounting.services.binary_copy import write_blocks
from contributions.models import Contribution
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run() -> Run:
    """A computed run."""
    return factories.computed_run()


def test_rows_of_a_block_are_found_by_their_numbers(run: Run) -> None:
    block = LineBlock.objects.filter(pool__run=run).first()
    assert block is not None
    for place, contribution in enumerate(block.contributions):
        line = Line.objects.get(pk=(block.pk << BLOCK_SHIFT) + place)
        assert (line.contribution_id, line.amount_micro, line.weight) == (
            contribution,
            block.amounts[place],
            block.weights[place],
        )
    with pytest.raises(Line.DoesNotExist):
        Line.objects.get(pk=(block.pk << BLOCK_SHIFT) + len(block.contributions))


def test_lines_of_a_worker_are_those_of_their_records(run: Run) -> None:
    for worker in run.statements.values_list("worker", flat=True):
        found = set(Line.objects.of_workers(run, [worker]).values_list("pk", flat=True))
        expected = Line.objects.filter(pool__run=run, contribution__worker=worker)
        assert found == set(expected.values_list("pk", flat=True))
        assert found
        labour = RunLabour.objects.filter(run=run, contribution__worker=worker)
        assert list(RunLabour.objects.of_workers(run, [worker])) == list(labour)


@pytest.mark.parametrize("table", ["accounting_lineblock", "accounting_labourblock"])
@pytest.mark.parametrize("change", ["UPDATE {} SET contributions = '{{1}}'", "DELETE FROM {}"])
def test_a_block_is_never_changed(run: Run, table: str, change: str) -> None:
    assert run.has_result
    with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(change.format(table))


def test_nothing_is_added_to_a_computed_run(run: Run) -> None:
    pool = run.pools.get(kind="commons")
    record = Contribution.objects.latest("pk")
    given: dict[str, Any] = {"first": record, "last": record, "contributions": [record.pk]}
    with pytest.raises(IntegrityError, match="nothing is added to this run"):
        LineBlock.objects.create(pool=pool, weights=[1], amounts=[1], **given)
    with pytest.raises(IntegrityError, match="nothing is added to this run"):
        LabourBlock.objects.create(
            run=run,
            credited_uh=[1],
            complexity_ppm=[1],
            decay_ppm=[1],
            content_uh=[1],
            basis=[0],
            **given,
        )


@pytest.mark.parametrize(
    ("contributions", "amounts", "constraint"),
    [
        ([5, 5], [1, 1], "line_block_ascends"),
        ([6, 5], [1, 1], "line_block_ascends"),
        ([5, 6], [1], "line_block_is_even"),
        ([4, 6], [1, 1], "line_block_ascends"),
    ],
)
def test_a_block_that_is_none_is_refused(
    contributions: list[int], amounts: list[int], constraint: str
) -> None:
    run = runs.request_run(period=factories.ready_period(), policy=None, requested_by=None)
    pool = run.pools.create(
        position=0, code="p", kind="commons", flow="direct", funded_micro=0, scaled_from_micro=0
    )
    with pytest.raises(CheckViolation, match=constraint), transaction.atomic():
        write_blocks(
            "accounting_lineblock",
            ("pool_id", "first_id", "last_id", "contributions", "weights", "amounts"),
            [
                (
                    pool.pk,
                    5,
                    contributions[-1],
                    np.array(contributions),
                    np.ones(len(contributions), dtype=np.int64),
                    np.array(amounts),
                )
            ],
        )


def test_labour_of_a_run_is_asked_for_as_rows(run: Run) -> None:
    blocks = LabourBlock.objects.filter(run=run)
    contents = [content for block in blocks for content in block.content_uh]
    rows = RunLabour.objects.filter(run=run).order_by("contribution_id")
    assert list(rows.values_list("content_uh", flat=True)) == contents
    assert set(rows.values_list("basis", flat=True)) <= set(RunLabour.Basis.values)
