"""The home page: what the person who signed in most needs to know, by what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounting.views.access import Reader, SignedInRequest, reader_of, signed_in
from accounting.views.home.admin import admin_home
from accounting.views.home.nobody import nobody_home
from accounting.views.home.platform import platform_home
from accounting.views.home.regulator import regulator_home
from accounting.views.home.union import union_home
from accounting.views.home.worker import worker_home

_HOMES: dict[str, Callable[[Reader], dict[str, Any]]] = {
    "worker": worker_home,
    "union": union_home,
    "platform": platform_home,
    "regulator": regulator_home,
    "admin": admin_home,
    "nobody": nobody_home,
}


@require_GET
@signed_in
def home(request: SignedInRequest) -> HttpResponse:
    """Show the home page that fits the reader."""
    reader = reader_of(request)
    return render(request, "accounting/home.html", _HOMES[reader.role](reader))
