from __future__ import annotations

import socket
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

from config.embedded.processes import ChildDied, WebServer, Worker


def test_a_worker_answers_until_it_is_killed(celery_worker_process: Worker) -> None:
    assert celery_worker_process.is_ready()
    celery_worker_process.kill()
    assert celery_worker_process.has_died()
    assert not celery_worker_process.is_ready()


def test_a_worker_that_cannot_start_is_reported_with_its_last_words(
    worker_environment: Mapping[str, str], tmp_path: Path
) -> None:
    broken = {**worker_environment, "HUISU_MODE": "nonsense"}
    worker = Worker(environment=broken, log=tmp_path / "worker.log")
    with pytest.raises(ChildDied, match="HUISU_MODE must be one of"), worker:
        pass


def test_the_web_server_answers_on_its_port(
    worker_environment: Mapping[str, str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = tmp_path / "web.log"
    with WebServer(environment=worker_environment, log=log, port=port) as web:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/huisu.css", timeout=5) as page:
            assert page.status == 200
        web.stop()
        assert not web.is_ready()
