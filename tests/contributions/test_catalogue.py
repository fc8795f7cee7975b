"""The starter catalogue of task types."""

from __future__ import annotations

import tomllib
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

from contributions.models import TaskType
from contributions.models.labour import LabourType


def task_types(*path: str) -> dict[str, dict[str, Any]]:
    """Task types of a file by code."""
    text = settings.BASE_DIR.joinpath(*path).read_text(encoding="utf-8")
    return {row["code"]: row for row in tomllib.loads(text)["task_types"]}


def test_every_labour_type_has_task_types_in_both_languages() -> None:
    catalogue = task_types("contributions", "catalogue.toml")
    assert {row["labour_type"] for row in catalogue.values()} == set(LabourType.values)
    assert all(row["name_en"] and row["name_zh"] for row in catalogue.values())


def test_the_demo_cases_mean_the_same_by_the_same_code() -> None:
    catalogue = task_types("contributions", "catalogue.toml")
    for code, row in task_types("accounting", "cases", "task_types.toml").items():
        assert catalogue[code] == row


@pytest.mark.django_db
def test_a_new_installation_starts_with_the_catalogue() -> None:
    catalogue = task_types("contributions", "catalogue.toml")
    # Tests with real transactions empty the tables behind them, this migration's rows too.
    migration = import_module("contributions.migrations.0004_starter_task_types")
    migration.add_task_types(apps, None)
    assert set(catalogue) <= set(TaskType.objects.values_list("code", flat=True))
    assert TaskType.objects.get(code="image-labelling").parent == TaskType.objects.get(
        code="labelling"
    )
