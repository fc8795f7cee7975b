"""Home of somebody who belongs nowhere yet."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounting.views.access import Reader


def nobody_home(reader: Reader) -> dict[str, Any]:
    """Return what a user without organisation and without work of their own sees."""
    return {
        "title": _("Welcome, {}").format(reader.user.get_username()),
        "lead": _(
            "Your account belongs to no organisation and to no worker yet. Ask an administrator "
            "to add you; then your page appears here."
        ),
        "cards": [],
        "tasks": [],
        "sections": [],
    }
