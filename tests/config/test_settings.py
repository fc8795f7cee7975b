from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    key = tmp_path / "secret-key"
    key.write_text("a-production-key-" + "0123456789abcdef" * 4)
    return {
        "DATABASE_URL": "postgresql://huisu@db/huisu",
        "REDIS_URL": "redis://queue:6379/0",
        "SECRET_KEY_FILE": str(key),
        "HUISU_DATA": str(tmp_path / "data"),
        "HUISU_HOSTS": "huisu.example",
        "HUISU_HOME": str(tmp_path / "home"),
    }


def manage(
    *arguments: str, environment: dict[str, str], mode: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "HUISU_MODE": mode, **environment},
    )


@pytest.mark.parametrize(
    "missing", ["SECRET_KEY_FILE", "DATABASE_URL", "REDIS_URL", "HUISU_DATA", "HUISU_HOSTS"]
)
def test_production_does_not_start_without(missing: str, production: dict[str, str]) -> None:
    del production[missing]
    done = manage("check", environment=production, mode="production")
    assert done.returncode != 0
    assert f"{missing} is missing" in done.stderr


def test_production_passes_the_deployment_check(production: dict[str, str]) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", environment=production)
    assert done.returncode == 0, done.stderr
    assert not Path(production["HUISU_HOME"]).exists()


def test_a_key_too_short_to_sign_with_fails_the_deployment_check(
    production: dict[str, str],
) -> None:
    Path(production["SECRET_KEY_FILE"]).write_text("short")
    done = manage("check", "--deploy", "--fail-level", "WARNING", environment=production)
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_debugging_needs_to_be_asked_for(production: dict[str, str]) -> None:
    show = "from django.conf import settings; print(settings.DEBUG, settings.MODE)"
    plain = manage("shell", "--no-imports", "-c", show, environment=production)
    assert plain.stdout.split() == ["False", "production"]
    debugging = {**production, "HUISU_DEBUG": "yes"}
    asked = manage("shell", "--no-imports", "-c", show, environment=debugging)
    assert asked.stdout.split() == ["True", "production"]


def test_one_s_own_machine_needs_no_variables_at_all(tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = manage("check", environment={"HUISU_HOME": str(home)})
    assert done.returncode == 0, done.stderr
    assert (home / "secret-key").exists()


def test_static_files_can_be_collected_for_production(
    production: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "static"
    environment = {**production, "HUISU_STATIC": str(folder)}
    done = manage("collectstatic", "--no-input", environment=environment)
    assert done.returncode == 0, done.stderr
    assert (folder / "staticfiles.json").exists()
