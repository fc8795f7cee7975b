"""Write the description of the API to where it is committed: `manage.py describe_api`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.api import as_yaml, description


class Command(BaseCommand):
    """Writes docs/api/openapi.yaml."""

    help = "Write the OpenAPI description of the API to docs/api/openapi.yaml."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        place = settings.BASE_DIR / "docs" / "api" / "openapi.yaml"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(as_yaml(description()), encoding="utf-8")
        self.stdout.write(str(place.relative_to(settings.BASE_DIR)))
