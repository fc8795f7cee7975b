"""The API's one address space, `/api/v1/`, and its description."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import yaml
from django.urls import URLPattern, path, re_path
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounting.api.urls import urlpatterns as of_accounting
from contributions.api.resources import ByHeader, Resource
from contributions.api.urls import urlpatterns as of_contributions

PREFIX = "/api/v1"
_RESOURCES: list[URLPattern] = [*of_contributions, *of_accounting]


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of all resources, in English."""
    patterns = [path(f"api/v1/{one.pattern}", one.callback) for one in _RESOURCES]
    # Enumerations stay where they are used; their invented names would change with every field.
    own: dict[str, Any] = {"POSTPROCESSING_HOOKS": []}
    with patched_settings(own), translation.override("en"):
        generator: Any = SchemaGenerator(patterns=patterns)  # type: ignore[no-untyped-call]
        described = generator.get_schema(request=None, public=True)
    plain: dict[str, Any] = json.loads(json.dumps(described, default=str))
    return plain


class Yaml(BaseRenderer):
    """The description as YAML, the form it is committed in."""

    media_type = "application/vnd.oai.openapi"
    format = "yaml"
    charset = "utf-8"

    def render(self, data: Any, *_arguments: Any, **_options: Any) -> Any:
        """Write YAML."""
        return as_yaml(data)


class DescriptionJson(JSONRenderer):
    """The description as JSON."""

    media_type = "application/vnd.oai.openapi+json"


class DescriptionView(APIView):
    """The OpenAPI description: YAML, or JSON for whoever asks for that."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = (Yaml, DescriptionJson, JSONRenderer)
    content_negotiation_class = ByHeader
    schema = None

    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Answer the description."""
        return Response(description())


class NothingThereView(Resource):
    """Every address of the API that leads nowhere."""

    def initial(self, request: Request, *args: Any, **path: Any) -> None:  # noqa: ARG002
        """Answer 404 to any method.

        Raises:
            NotFound: Always.
        """
        raise NotFound


def as_yaml(document: Any) -> str:
    """Write a document as YAML, in its own order."""
    written: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return written


# Programs differ in whether they end an address with a slash, and a redirect loses a POST.
urlpatterns = [
    *_RESOURCES,
    *[path(f"{one.pattern}/", one.callback) for one in _RESOURCES],
    re_path(r"^schema/?$", DescriptionView.as_view(), name="schema"),
    re_path(r"^.*$", NothingThereView.as_view()),
]
