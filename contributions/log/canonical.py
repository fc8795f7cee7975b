"""Canonical JSON (RFC 8785): one value, one byte string, so that hashes of documents agree.

Numbers are the trap of canonical JSON: RFC 8785 prints them as ECMAScript doubles. Huisu hashes
integers within the exact range of a double and writes everything else as a string, so a float or
a larger integer is refused rather than rounded.

Source: RFC 8785 sections 3.2.2 and 3.2.3.
"""

import json
from collections.abc import Mapping, Sequence

from contributions.log.errors import LogError

Json = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None

MAX_EXACT_INTEGER = 2**53 - 1


class NotCanonical(LogError):
    """A value has no agreed canonical form."""

    code = "not_canonical"


class NotJson(LogError):
    """A text is not JSON, or not JSON that everyone reads the same way."""

    code = "not_json"


def canonical_json(value: Json) -> bytes:
    """Return the RFC 8785 form of a value as UTF-8.

    Raises:
        NotCanonical: The value holds a float, an integer beyond 2^53 - 1, a lone surrogate,
            or something that is not JSON.
    """
    text = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("A text holds half of a surrogate pair.") from error


def _ordered(value: Json) -> Json:
    """Return the value with the members of every object in the order of RFC 8785."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_EXACT_INTEGER:
            raise NotCanonical(f"{value} is too large for a JSON number; write it as a string.")
        return value
    if isinstance(value, Mapping):
        # Member names sort by UTF-16 code units, which differs from code points above U+FFFF.
        names = sorted(value, key=_utf16)
        return {name: _ordered(value[name]) for name in names}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    raise NotCanonical(f"A {type(value).__name__} has no canonical JSON form.")


def _utf16(name: object) -> bytes:
    if not isinstance(name, str):
        raise NotCanonical("The member names of a JSON object are strings.")
    return name.encode("utf-16-be", "surrogatepass")


def read_json_object(text: str) -> dict[str, object]:
    """Read a JSON object in which no name appears twice.

    Raises:
        NotJson: The text is something else, or readers could disagree about it.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique_members, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson(f"This is not readable JSON: {error}.") from error
    if not isinstance(value, dict):
        raise NotJson("This is JSON, but not an object.")
    return value


def _unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise NotJson("A name appears twice in one JSON object.")
    return members


def _no_constant(name: str) -> object:
    raise NotJson(f"{name} is not a JSON number.")
