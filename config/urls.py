"""Which address leads where."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config.api_page import browser
from config.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/", health, name="health"),
    path("admin/", admin.site.urls),
    path("account/", include("django.contrib.auth.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("api/v1/docs/", browser, name="schema-browser"),
    path("api/v1/", include("config.api")),
    path("", include("contributions.urls")),
    path("", include("accounting.urls")),
]

handler400 = "config.problems.bad_request"
