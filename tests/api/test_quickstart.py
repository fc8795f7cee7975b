from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from accounting.models import Run
from config.embedded.processes import Worker
from contributions.models import Contribution, Membership, User
from tests import factories

BASE = Path(settings.BASE_DIR)
GUIDE = BASE / "docs" / "api" / "quickstart.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
@pytest.mark.django_db(transaction=True)
def test_the_quickstart_works_by_copy_and_paste(
    live_server: LiveServer,
    celery_worker_process: Worker,  # noqa: ARG001
    worker_environment: Mapping[str, str],
    tmp_path: Path,
) -> None:
    User.objects.create_superuser("admin", password="correct horse")  # noqa: S106
    union = factories.organisation(kind="labour_organisation")
    Membership.objects.create(
        user=User.objects.create_user("union"), organisation=union, role=Membership.Role.APPROVER
    )
    blocks = re.findall(
        r"^```sh\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    script = "\n".join(["set -eo pipefail", *blocks])
    for written, here in {
        "http://localhost:8000": live_server.url,
        ".venv/bin/python": sys.executable,
        "manage.py": str(BASE / "manage.py"),
    }.items():
        assert written in script
        script = script.replace(written, here)
    done = subprocess.run(
        ["bash", "-c", script],  # noqa: S607
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, **worker_environment, "PYTHONPATH": str(BASE)},
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert Contribution.objects.count() == 101
    assert Run.objects.get().state == Run.State.COMPUTED
    assert '"kind": "run"' in done.stdout
