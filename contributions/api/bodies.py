"""Reading what a program sent, strictly: what is ambiguous is refused, never guessed.

JSON must be UTF-8 without a byte order mark, every name once, no NaN, no absurd depth or
numbers; strings must hold no NUL, lone surrogate, control, zero-width or bidirectional sign.

Source: trust.md, bad inputs 1 to 9, 38 to 41, 52 and 71 to 78.
"""

from __future__ import annotations

import hashlib
import json
import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from django.http.multipartparser import parse_header_parameters  # type: ignore[attr-defined]
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import (
    APIException,
    ErrorDetail,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.request import Request

JSON = "application/json"
NDJSON = "application/x-ndjson"
LARGEST_BYTES = 10_000_000
DEEPEST = 32
MOST_FIELDS = 1_000
LONGEST_NUMBER = 400
"""Characters; a policy's figures have a few dozen."""

ZERO_WIDTH = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e")
BIDIRECTIONAL = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


class BodyMalformed(APIException):
    """The body is not what its media type says."""

    status_code = 400
    default_code = "body_malformed"
    default_detail = _("The body is not a JSON object in UTF-8.")


class BodyTooLarge(APIException):
    """The body is larger than this resource takes."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = _("The body is too large.")


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a request, as they came."""

    raw: bytes

    @property
    def sha256(self) -> str:
        """The hash by which a repeated request is told from another."""
        return hashlib.sha256(self.raw).hexdigest()


def read_body(request: Request, *, media_type: str = JSON, most: int = LARGEST_BYTES) -> Body:
    """Read the body of a request.

    Raises:
        UnsupportedMediaType: It is compressed, of another type or in another encoding.
        BodyTooLarge: It has more than `most` bytes.
        BodyMalformed: It is shorter than announced.
    """
    declared = _declared_length(request)
    if declared > most:
        raise BodyTooLarge
    _require_type(request, media_type, empty=declared == 0)
    raw: bytes = request._request.read(most + 1)
    if len(raw) > most:
        raise BodyTooLarge
    if len(raw) < declared:
        raise BodyMalformed(_("The body is shorter than Content-Length says."))
    return Body(raw)


def parse_object(raw: bytes) -> dict[str, Any]:
    """Read one JSON object.

    Raises:
        BodyMalformed: It is no JSON object by the strict rules.
        ValidationError: A string holds signs that are not text, by place.
    """
    if not raw.strip():
        raise BodyMalformed(_("The body is empty."))
    if raw.startswith(b"\xef\xbb\xbf"):
        raise BodyMalformed(_("The body starts with a byte order mark."))
    try:
        document = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_fraction,
        )
    except UnicodeDecodeError as error:
        raise BodyMalformed(_("The body is not UTF-8.")) from error
    except RecursionError as error:
        raise BodyMalformed(_("The body is nested too deeply.")) from error
    except json.JSONDecodeError as error:
        raise BodyMalformed(_("The body is not JSON.")) from error
    if not isinstance(document, dict):
        raise BodyMalformed(_("The body must be a JSON object."))
    _require_text(document)
    return document


def text_fault(text: str) -> str:
    """Return the code of what makes a string unfit to store or show, or ''."""
    if text.isascii() and text.isprintable():
        return ""
    for sign in text:
        if sign in ZERO_WIDTH:
            return "text_zero_width"
        if sign in BIDIRECTIONAL:
            return "text_bidirectional"
        if sign not in "\n\t" and unicodedata.category(sign) in {"Cc", "Cs"}:
            return "text_control"
    return ""


def _declared_length(request: Request) -> int:
    text = str(request.META.get("CONTENT_LENGTH") or "0")
    if not (text.isascii() and text.isdigit()):
        raise BodyMalformed(_("Content-Length is not a number."))
    return int(text)


def _require_type(request: Request, media_type: str, *, empty: bool) -> None:
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity")
    if encoding.strip().lower() != "identity":
        raise UnsupportedMediaType(encoding, _("Compressed bodies are not read."))
    header = request.META.get("CONTENT_TYPE", "")
    if empty and not header:
        return
    given, parameters = parse_header_parameters(header)
    if given != media_type or not _is_utf8(parameters.get("charset", "utf-8")):
        raise UnsupportedMediaType(header)


def _is_utf8(charset: str) -> bool:
    return charset.lower() in {"utf-8", "utf8"}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MOST_FIELDS:
        raise BodyMalformed(_("An object has too many fields."), "too_many_fields")
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BodyMalformed(_("An object names a field twice."), "duplicate_name")
    return found


def _no_constant(_name: str) -> NoReturn:
    raise BodyMalformed(_("NaN and Infinity are not JSON."))


def _integer(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise BodyMalformed(_("A number is too long."))
    return int(text)


def _fraction(text: str) -> float:
    number = float(text)
    if len(text) > LONGEST_NUMBER or not math.isfinite(number):
        raise BodyMalformed(_("A number is too large."))
    return number


def _require_text(document: dict[str, Any]) -> None:
    for pointer, depth, value in _walk(document):
        if depth > DEEPEST:
            raise BodyMalformed(_("The body is nested too deeply."))
        fault = text_fault(value)
        if fault:
            place: Any = [_error(fault)]
            for step in reversed(pointer):
                place = {step: place}
            raise ValidationError(place)


def _error(code: str) -> ErrorDetail:
    return ErrorDetail(str(_("This text holds signs that cannot be seen or stored.")), code)


def _walk(document: Any) -> Iterator[tuple[tuple[str, ...], int, str]]:
    """Yield every string with its place and depth, names of fields included."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), document)]
    while waiting:
        at, value = waiting.pop()
        if isinstance(value, str):
            yield at, len(at), value
        elif isinstance(value, dict):
            yield from ((at, len(at), name) for name in value)
            waiting.extend(((*at, name), below) for name, below in value.items())
        elif isinstance(value, list):
            yield at, len(at), ""
            waiting.extend(((*at, str(place)), below) for place, below in enumerate(value))
