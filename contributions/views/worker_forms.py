"""The frame of every form about one worker."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from contributions.models import Worker
from contributions.views.access import SignedInRequest
from contributions.views.pages import trail


def worker_form(request: SignedInRequest, row: Worker, context: dict[str, Any]) -> HttpResponse:
    """Show a form that leads back to the worker's page.

    Args:
        context: `title`, `form` and `submit`, and what else the page of a form takes.
    """
    url = reverse("worker", args=[row.public_id])
    steps = trail(
        (_("Home"), "/"),
        (_("Workers"), reverse("workers")),
        (row.pseudonym, url),
        (context["title"], ""),
    )
    words = {"breadcrumb": steps, "cancel_url": url}
    return render(request, "contributions/form_page.html", context | words)
