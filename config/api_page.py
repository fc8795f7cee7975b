"""The page on which people read the API: every operation with an example that can be copied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.api import description

_EXAMPLES = {
    "date": "2026-05-01",
    "date-time": "2026-05-01T08:00:00Z",
    "amount": "12.34",
    "currency": "CNY",
    "external_id": "row-1",
    "If-Match": '"0f9a6c1e"',
    "Idempotency-Key": "2026-05-run-1",
}
_DIGITS = "0000000000001"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of path, query or header."""

    name: str
    place: str
    required: bool
    values: str
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    parameters: list[Parameter]
    curl: str
    answer: str
    status: str


@require_safe
def browser(request: HttpRequest) -> HttpResponse:
    """Show the description of the API to whoever may want to use it; it holds no data."""
    described = description()
    chapters: dict[str, list[Operation]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            shown = _operation(described, path, method, operation)
            chapters.setdefault(operation["tags"][0], []).append(shown)
    context = {"chapters": sorted(chapters.items()), "root": request.build_absolute_uri("/")}
    return render(request, "api/browser.html", context)


def example_of(schema: Mapping[str, Any], parts: Mapping[str, Any], name: str = "") -> Any:
    """Return a value that fits a schema of the description.

    Args:
        parts: The description's component schemas, for references.
        name: The field's name, which some examples follow.
    """
    if "$ref" in schema:
        return example_of(parts[schema["$ref"].rpartition("/")[2]], parts, name)
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in schema:
            return example_of(schema[choice][0], parts, name)
    kinds = schema.get("type", "object")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if kind == "object":
        fields = schema.get("properties", {})
        return {field: example_of(below, parts, field) for field, below in fields.items()}
    if kind == "array":
        return [example_of(schema.get("items", {}), parts, name)]
    return _plain(schema, kind, name)


def _plain(schema: Mapping[str, Any], kind: str, name: str) -> Any:
    if kind == "integer":
        return schema.get("default", schema.get("minimum", 0))
    if kind == "boolean":
        return schema.get("default", False)
    pattern = str(schema.get("pattern", ""))
    if "enum" in schema:
        return schema["enum"][0]
    if pattern.startswith("^") and pattern.endswith("{13}$"):
        return f"{pattern[1:].partition('_')[0]}_{_DIGITS}"
    for key in (str(schema.get("format", "")), name):
        if key in _EXAMPLES:
            return _EXAMPLES[key]
    return "…" if not pattern else "1"


def _operation(
    described: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> Operation:
    parts = described["components"]["schemas"]
    status, answer = next(iter(operation["responses"].items()))
    content = answer.get("content", {}).get("application/json", {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        text=operation["description"].removeprefix(operation["summary"]).strip(),
        parameters=[_parameter(one) for one in operation.get("parameters", [])],
        curl=_curl(parts, path, method, operation),
        answer=_json(example_of(content["schema"], parts)) if content else "",
        status=status,
    )


def _parameter(one: Mapping[str, Any]) -> Parameter:
    schema = one["schema"]
    values = " | ".join(schema["enum"]) if "enum" in schema else str(schema.get("type", ""))
    return Parameter(
        one["name"], one["in"], one.get("required", False), values, one.get("description", "")
    )


def _curl(parts: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> str:
    lines = [f'curl "$HUISU{path}"', '-H "Authorization: Bearer $TOKEN"']
    lines += [
        f"-H '{one['name']}: {_EXAMPLES[one['name']]}'"
        for one in operation.get("parameters", [])
        if one["in"] == "header" and one.get("required")
    ]
    content = operation.get("requestBody", {}).get("content", {})
    if content:
        media_type, body = next(iter(content.items()))
        example = json.dumps(_needed(body["schema"], parts), ensure_ascii=False)
        lines += [f"-H 'Content-Type: {media_type}'", f"--data '{example}'"]
    elif method == "post":
        lines[0] = f'curl -X POST "$HUISU{path}"'
    return " \\\n  ".join(lines)


def _needed(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Any:
    """Return an example with the fields that must be there."""
    whole = parts[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    required = set(whole.get("required", []))
    fields = whole.get("properties", {})
    return {name: example_of(fields[name], parts, name) for name in fields if name in required}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
