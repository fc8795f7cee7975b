"""Fill the catalogue of task types that a new installation starts with."""

from __future__ import annotations

import tomllib
from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CATALOGUE = Path(__file__).resolve().parent.parent / "catalogue.toml"


def add_task_types(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001
    """Add the types that are not there; what users named themselves stays theirs."""
    model = apps.get_model("contributions", "TaskType")
    rows = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["task_types"]
    for row in rows:
        model.objects.get_or_create(
            code=row["code"],
            defaults={
                "name": row["name_en"],
                "name_zh": row["name_zh"],
                "labour_type": row["labour_type"],
                "phase": row["phase"],
                "unit": row["unit"],
            },
        )
    for row in rows:
        if "parent" in row:
            parent = model.objects.get(code=row["parent"])
            model.objects.filter(code=row["code"], parent=None).update(parent=parent)


class Migration(migrations.Migration):
    """Starter catalogue. Going back leaves the types there: work may be recorded under them."""

    dependencies = [("contributions", "0003_api_tokens_and_stored_replies")]

    operations = [migrations.RunPython(add_task_types, migrations.RunPython.noop)]
