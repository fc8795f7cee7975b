from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounting.models import Run
from config.api import as_yaml, description
from contributions.api.bodies import NDJSON
from tests import factories
from tests.api.client import token_for

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
FEW = hypothesis_settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schemathesis.serializer(NDJSON)
def lines_of_json(_context: Any, value: Any) -> bytes:
    """Write a generated body as a line."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


COMMITTED = Path(settings.BASE_DIR) / "docs" / "api" / "openapi.yaml"


def test_the_committed_description_is_the_generated_one() -> None:
    expected = as_yaml(description())
    assert COMMITTED.read_text(encoding="utf-8") == expected, "run: manage.py describe_api"


@pytest.mark.django_db
def test_the_description_is_served_as_yaml_and_json() -> None:
    client = Client()
    plain = client.get("/api/v1/schema/")
    assert yaml.safe_load(plain.content) == description()
    as_json = client.get("/api/v1/schema/", headers={"Accept": "application/json"})
    assert as_json.json() == description()


def test_every_operation_has_a_name_of_its_own_and_a_sentence() -> None:
    operations = [
        operation for methods in description()["paths"].values() for operation in methods.values()
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names) > 50
    assert all(operation["summary"] for operation in operations)


@pytest.mark.django_db
def test_the_browsable_page_shows_every_operation_without_foreign_code() -> None:
    answer = Client().get("/api/v1/docs/")
    page = answer.content.decode()
    assert answer.status_code == 200
    for path in description()["paths"]:
        assert path in page
    assert "curl" in page
    assert "<style" not in page
    assert " style=" not in page
    assert "http://cdn" not in page


@pytest.mark.django_db(transaction=True)
def test_no_generated_request_breaks_the_api() -> None:
    run: Run = factories.computed_run()
    token = token_for(factories.user(run.period.operator))
    schema = schemathesis.openapi.from_dict(description())
    schema.app = get_wsgi_application()
    tried: set[str] = set()
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        tried.add(operation.label)
        for mode in GenerationMode:
            known = {"path_parameters": {"id": run.public_id}} if _of_run(operation) else {}
            _try(operation.as_strategy(mode, **known), token)
    assert len(tried) > 50


def _of_run(operation: Any) -> bool:
    return "/runs/{id}" in operation.path and "{worker}" not in operation.path


def _try(cases: Any, token: str) -> None:
    @given(case=cases)
    @FEW
    def answered_as_described(case: Any) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        case.validate_response(answer, checks=CHECKS)

    answered_as_described()
