"""Public ids: a prefix that names the kind, and the row's number in fixed-width base 32.

`run_000000000001C` sorts as its number does, can be read over the telephone (Crockford's
alphabet has no I, L, O or U) and costs no column. Decision 0003 says why not a ULID.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
WIDTH = 13
_PATTERN = re.compile(r"([a-z]{2,4})_([0-9A-HJKMNP-TV-Z]{13})", re.ASCII)
_LARGEST = 2**63 - 1


class IdMalformed(ValueError):
    """The text is not a public id of the expected kind."""

    code = "id_malformed"


def public_id(prefix: str, number: int) -> str:
    """Write a row number as a public id.

    >>> public_id("run", 44)
    'run_000000000001C'
    """
    digits = []
    for _place in range(WIDTH):
        number, digit = divmod(number, 32)
        digits.append(ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(digits))}"


def parse_public_id(prefix: str, text: str) -> int:
    """Read the row number out of a public id.

    Raises:
        IdMalformed: Another prefix, width or alphabet.
    """
    match = _PATTERN.fullmatch(text)
    if match is None or match[1] != prefix:
        raise IdMalformed(text)
    number = 0
    for letter in match[2]:
        number = number * 32 + ALPHABET.index(letter)
    if number > _LARGEST:
        raise IdMalformed(text)
    return number


def public_ids(prefix: str, numbers: NDArray[np.int64]) -> NDArray[np.str_]:
    """Write many row numbers at once: shape (n,) of int64 to (n,) of text."""
    letters = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
    head = f"{prefix}_".encode()
    table = np.empty((len(numbers), len(head) + WIDTH), dtype=np.uint8)
    table[:, : len(head)] = np.frombuffer(head, dtype=np.uint8)
    for place in range(WIDTH):
        table[:, -1 - place] = letters[(numbers >> (5 * place)) & 31]
    return table.view(f"S{table.shape[1]}").ravel().astype(f"U{table.shape[1]}")
