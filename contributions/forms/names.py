"""Names of records in the language of the page."""

from __future__ import annotations

from django.utils.translation import get_language

from contributions.models import TaskType
from contributions.models.labour import LabourType


def task_type_name(task_type: TaskType) -> str:
    """Return a task type's Chinese name on a Chinese page if it has one, else the English."""
    chinese = (get_language() or "").startswith("zh")
    return task_type.name_zh if chinese and task_type.name_zh else task_type.name


def capital(text: object) -> str:
    """Return a label as it stands at the head of a line."""
    words = str(text)
    return words[:1].upper() + words[1:]


def labour_name(code: str) -> str:
    """Return a labour type in words."""
    return capital(LabourType(code).label)
