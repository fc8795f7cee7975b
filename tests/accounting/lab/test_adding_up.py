"""Large runs are added up by a worker, once, for everybody."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from accounting import tasks
from accounting.services import run_cells
from tests import factories
from tests.api.client import Program, assert_problem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("empty_queue")
def test_a_large_runs_groups_come_when_a_worker_has_added_them_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = factories.computed_run()
    at_once = run_cells.groups_of(run, "phase")
    cache.clear()
    monkeypatch.setattr(run_cells, "MOST_AT_ONCE", 1)
    user = factories.user(run.period.operator)
    client = Client()
    client.force_login(user)
    pages = [
        f"/runs/{run.public_id}/by/phase/",
        f"/comparisons/?before={run.public_id}&after={run.public_id}",
        "/indicators/?by=phase&name=unpaid_share",
    ]
    for page in pages:
        assert "Being added up" in client.get(page).content.decode()
    waiting = Program(user).get(f"runs/{run.public_id}/cells/phase")
    assert_problem(waiting, 409, "cells_pending")
    tasks.add_up_run(run_id=run.pk)
    assert run_cells.groups_of(run, "phase") == at_once
    cache.clear()
    assert run_cells.groups_of(run, "phase") == at_once
    for page in pages:
        assert "Being added up" not in client.get(page).content.decode()
    assert Program(user).get(f"runs/{run.public_id}/cells/phase").status_code == 200
