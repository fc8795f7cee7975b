"""The installation itself as an application, so that it is ready when Django is."""

from __future__ import annotations

from django.apps import AppConfig


class HuisuConfig(AppConfig):
    """Everything that is neither labour nor money: settings, queue, addresses."""

    name = "config"
    verbose_name = "Huisu"

    def ready(self) -> None:
        """Make the queue known, so that tasks anywhere bind to it."""
        from config import celery  # noqa: F401
