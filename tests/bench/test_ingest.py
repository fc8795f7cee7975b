"""The comparison of imports runs from its door, small."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings


def test_a_small_comparison_prints_its_ratios(tmp_path: Path) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "HUISU_TEST_EMBEDDED", "HUISU_DATA"}
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.ingest", "--rows", "3000"],
        cwd=settings.BASE_DIR,
        env=environment | {"HUISU_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"\d\.\d\d x$", done.stdout, re.MULTILINE)) == 4
    assert "raw COPY of ready bytes, all triggers" in done.stdout
