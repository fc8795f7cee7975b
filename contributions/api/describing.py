"""How a view describes itself in OpenAPI: from the same attributes that it works by."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from contributions.api.documents import Output, ProblemOutput
from contributions.api.parameters import LARGEST_PAGE, USUAL_PAGE

PROBLEM = "application/problem+json"
_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


@cache
def page_output(output: type[Output]) -> type[Output]:
    """Return the serializer of a page of some output."""
    name = output.__name__.removesuffix("Output")
    fields = {
        "__doc__": f"A page of {name}.",
        "items": output(many=True),
        "next": serializers.CharField(
            allow_null=True, help_text="The address of the next page; null on the last."
        ),
    }
    return type(f"{name}PageOutput", (Output,), fields)


class OperationSchema(AutoSchema):
    """Describes resources by their `input`, `output`, `filters` and docstrings."""

    view: Any

    def get_operation_id(self) -> str:
        """Return a name for the operation, such as `get_runs`."""
        name = type(self.view).__name__.removesuffix("View")
        return f"{self.method.lower()}_{_WORD_START.sub('_', name).lower()}"

    def get_tags(self) -> list[str]:
        """Return the chapter."""
        return [self.view.tag]

    def get_summary(self) -> str:
        """Return the first sentence about the operation."""
        return self._doc().partition("\n")[0]

    def get_description(self) -> str:  # type: ignore[override]
        """Return what is to know about the operation."""
        return self._doc().partition("Raises:")[0].strip()

    def get_request_serializer(self) -> Any:
        """Return what the operation reads."""
        if self.method not in {"POST", "PATCH"}:
            return None
        return self.view.reads()

    def get_response_serializers(self) -> Any:
        """Return what the operation answers, problems included."""
        problem = OpenApiResponse(ProblemOutput, description="A problem, as RFC 9457 says it.")
        return {**self.view.answers(self.method), ("default", PROBLEM): problem}

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of query and header."""
        parameters = [
            OpenApiParameter(
                name,
                dict(one.json_schema),
                OpenApiParameter.QUERY,
                description=one.description,
            )
            for name, one in self.view.filters.items()
            if self.method == "GET"
        ]
        if self.method == "GET" and self.view.is_list:
            parameters += _page_parameters(list(self.view.orders))
        if self.method == "POST":
            parameters.append(_key_parameter(required=self.view.key_required))
        if self.method in self.view.needs_match:
            parameters.append(
                OpenApiParameter(
                    "If-Match",
                    str,
                    OpenApiParameter.HEADER,
                    required=True,
                    description="The ETag of the version that this change builds on.",
                )
            )
        return parameters

    def _get_format_parameters(self) -> list[Any]:
        """Return nothing: formats are negotiated by header alone."""
        return []

    def _doc(self) -> str:
        own = vars(type(self.view)).get(self.method.lower())
        return inspect.getdoc(own) or inspect.getdoc(type(self.view)) or ""


def _page_parameters(orders: list[str]) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            "ordering", {"type": "string", "enum": orders, "default": orders[0]}, "query"
        ),
        OpenApiParameter(
            "page_size",
            {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": USUAL_PAGE},
            "query",
        ),
        OpenApiParameter("cursor", str, "query", description="Where the page before ended."),
    ]


def _key_parameter(*, required: bool) -> OpenApiParameter:
    return OpenApiParameter(
        "Idempotency-Key",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        OpenApiParameter.HEADER,
        required=required,
        description="Whoever repeats a request with its key gets the same reply, once the effect.",
    )
