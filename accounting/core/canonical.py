"""Canonical JSON (RFC 8785) and its SHA-256, for everything that is hashed or signed.

Our documents hold text, whole numbers, truth values, lists and objects; a number that must not
lose digits is a string. A float is refused: none of our figures is one.

Source: RFC 8785; records.md, "Run bundle".
"""

from __future__ import annotations

import hashlib
import json

from accounting.core.errors import AccountingError

LARGEST_INTEGER = 2**53
"""Beyond this a JSON number may change on its way through another program."""


class NotCanonical(AccountingError):
    """A value has no canonical JSON form that every program reads alike."""

    code = "not_canonical"


def canonical_json(value: object) -> bytes:
    """Return the canonical form of a JSON value, in UTF-8.

    Raises:
        NotCanonical: The value holds a float, an integer beyond 2^53, a lone surrogate or
            something that is not JSON at all.

    >>> canonical_json({"b": [1, True, None], "a": "é"})
    b'{"a":"\\xc3\\xa9","b":[1,true,null]}'
    """
    try:
        return _write(value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical("A text holds half a character.") from error


def sha256_of_json(value: object) -> str:
    """Return the SHA-256 of the canonical form, in lower-case hexadecimal.

    Raises:
        NotCanonical: See `canonical_json`.
    """
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _write(value: object) -> str:
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical(f"{value} is too large for a JSON number; write it as text.")
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(_write(item) for item in value) + "]"
    if isinstance(value, dict):
        return _write_object(value)
    raise NotCanonical(f"A {type(value).__name__} has no canonical JSON form.")


def _write_object(value: dict[object, object]) -> str:
    names = [name for name in value if isinstance(name, str)]
    if len(names) < len(value):
        raise NotCanonical("The names in an object must be text.")
    # RFC 8785 sorts by UTF-16 code units, which differs from Python beyond the basic plane.
    names.sort(key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{_write(name)}:{_write(value[name])}" for name in names) + "}"
