"""The files that describe production agree with the code they start."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from django.conf import settings

COMPOSE: dict[str, Any] = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())
OURS = ("migrate", "web", "worker", "beat")


@pytest.mark.parametrize("service", sorted(set(COMPOSE["services"]) - {"migrate"}))
def test_every_lasting_service_is_asked_for_its_health(service: str) -> None:
    assert COMPOSE["services"][service]["healthcheck"]["test"]


@pytest.mark.parametrize("service", OURS)
def test_our_services_get_secrets_only_as_files(service: str) -> None:
    described = COMPOSE["services"][service]
    named = {key.removesuffix("_FILE").lower() for key in described["environment"] if "FILE" in key}
    assert named == set(described["secrets"]) == set(COMPOSE["secrets"])
    assert not [key for key in described["environment"] if re.search("KEY$|PASSWORD$", key)]


@pytest.mark.parametrize("service", OURS)
def test_our_services_name_every_variable_that_production_demands(service: str) -> None:
    source = (settings.BASE_DIR / "config/settings.py").read_text()
    demanded = set(re.findall(r'"(\w+)",[^\n]* if LOCAL else None', source))
    image = (settings.BASE_DIR / "Dockerfile").read_text()
    named = set(COMPOSE["services"][service]["environment"]) | set(re.findall(r"(\w+)=", image))
    assert demanded == {"DATABASE_URL", "REDIS_URL", "HUISU_DATA", "HUISU_HOSTS"}
    assert demanded <= named


@pytest.mark.parametrize("lock", ["", "-embedded", "-dev"])
def test_every_locked_package_is_pinned_by_hash_and_names_no_registry(lock: str) -> None:
    text = (settings.BASE_DIR / f"requirements{lock}.txt").read_text()
    pinned = re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==", text, flags=re.MULTILINE)
    packages = re.findall(r"^[\w.-]", text, flags=re.MULTILINE)
    hashed = re.findall(r"^[\w.-][^\n]*\\\n    --hash=sha256:", text, flags=re.MULTILINE)
    assert len(pinned) == len(packages) == len(hashed) > 1
    assert "://" not in text
    assert "--index" not in text
