"""Columns of labour laid out twice: as rows of binary COPY, and as the text that leaves hash.

Both are put together a column at a time by Arrow, which costs a microsecond a row; Python's own
string formatting would cost ten. The text is byte for byte what PostgreSQL's `row_to_json` makes
of the stored row (see `logged`), so that a bulk's leaves need not be hashed by the database.

Source: PostgreSQL, "COPY", file formats; `escape_json` and `JsonEncodeDateTime` for the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Int = NDArray[np.int64]

MISSING: Final = -1
NO_MOMENT: Final = np.iinfo(np.int64).min
"""What stands for an unknown moment, since -1 is one (in microseconds since 1970)."""

COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
COPY_TAIL: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"
# PostgreSQL counts from 2000-01-01.
_DAYS_TO_2000: Final = 10_957
_MICROSECONDS_TO_2000: Final = _DAYS_TO_2000 * 86_400_000_000
_UNPLAIN: Final = r'["\\\x00-\x1f]'
_HEX: Final = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint8)


@dataclass(frozen=True, slots=True)
class Laid:
    """One column, laid out for the database and for the leaves.

    Attributes:
        copied: Its field of binary COPY: length and value; `bytes` if all rows have the same.
        told: Its value as JSON; `bytes` if all rows have the same.
    """

    copied: pa.Array | bytes
    told: pa.Array | bytes

    @classmethod
    def whole(cls, values: Int, *, size: int) -> Self:
        """Lay out whole numbers of `size` bytes."""
        return cls(_sized(values, size), _decimal(values))

    @classmethod
    def optional(cls, values: Int, *, size: int) -> Self:
        """Lay out whole numbers of which `MISSING` ones are unknown."""
        missing = values == MISSING
        if missing.all():
            return cls.null()
        laid = cls.whole(values, size=size)
        return laid.without(missing) if missing.any() else laid

    @classmethod
    def days(cls, days: Int) -> Self:
        """Lay out days since 1970-01-01."""
        told = pc.binary_join_element_wise(
            b'"', _text(pa.array(days.astype(np.int32), pa.date32())), b'"', b""
        )
        return cls(_sized(days - _DAYS_TO_2000, 4), told)

    @classmethod
    def moments(cls, moments: Int) -> Self:
        """Lay out moments in microseconds since 1970; `NO_MOMENT` is unknown."""
        missing = moments == NO_MOMENT
        if missing.all():
            return cls.null()
        known = np.where(missing, 0, moments)
        laid = cls(_sized(known - _MICROSECONDS_TO_2000, 8), _iso(known))
        return laid.without(missing) if missing.any() else laid

    @classmethod
    def words(cls, words: Sequence[str], positions: Int) -> Self:
        """Lay out words of a small vocabulary, given by their positions in it."""
        at = pa.array(positions)
        copied = pa.array([_field(word.encode()) for word in words], pa.binary())
        told = pa.array([_json(word).encode() for word in words], pa.binary())
        return cls(copied.take(at), told.take(at))

    @classmethod
    def texts(cls, texts: pa.StringArray) -> Self:
        """Lay out texts of any kind."""
        unplain = pc.any(pc.match_substring_regex(texts, _UNPLAIN)).as_py()
        escaped = pa.array(map(_inside, texts.to_pylist()), pa.string()) if unplain else texts
        sizes = np.asarray(pc.binary_length(texts)).astype(">i4")
        content = texts.cast(pa.binary())
        copied = pc.binary_join_element_wise(_fixed(sizes.view("V4")), content, b"")
        told = pc.binary_join_element_wise(b'"', escaped.cast(pa.binary()), b'"', b"")
        return cls(copied, told)

    @classmethod
    def digests(cls, digests: bytes) -> Self:
        """Lay out SHA-256 digests, 32 bytes each, as hexadecimal text."""
        raw = np.frombuffer(digests, np.uint8).reshape(-1, 32)
        digits = _HEX.reshape(256, 2)[raw].reshape(-1, 64)
        told = np.full((len(raw), 66), ord('"'), np.uint8)
        told[:, 1:65] = digits
        copied = np.empty((len(raw), 68), np.uint8)
        copied[:, :4] = np.frombuffer((64).to_bytes(4), np.uint8)
        copied[:, 4:] = digits
        return cls(_fixed(copied), _fixed(told))

    @classmethod
    def null(cls) -> Self:
        """Lay out what is unknown in all rows."""
        return cls(_NULL, b"null")

    @classmethod
    def same_whole(cls, value: int | None, *, size: int) -> Self:
        """Lay out one whole number for all rows."""
        if value is None:
            return cls.null()
        return cls(_field(value.to_bytes(size, signed=True)), str(value).encode())

    @classmethod
    def same_text(cls, text: str) -> Self:
        """Lay out one text for all rows."""
        return cls(_field(text.encode()), _json(text).encode())

    @classmethod
    def never(cls) -> Self:
        """Lay out false for all rows."""
        return cls(_field(b"\0"), b"false")

    @classmethod
    def flags(cls, flags: NDArray[np.bool_]) -> Self:
        """Lay out what is true of some rows."""
        at = pa.array(flags.astype(np.int64))
        copied = pa.array([_field(b"\0"), _field(b"\1")], pa.binary())
        return cls(copied.take(at), pa.array([b"false", b"true"], pa.binary()).take(at))

    def for_all(self) -> Self:
        """Say of all rows what the first one says."""
        return type(self)(_first(self.copied), _first(self.told))

    def without(self, missing: NDArray[np.bool_]) -> Self:
        """Leave unknown what is missing."""
        mask = pa.array(missing)
        return type(self)(
            pc.if_else(mask, _NULL, self.copied), pc.if_else(mask, b"null", self.told)
        )


def copied_rows(columns: Mapping[str, Laid], *, count: int) -> memoryview:
    """Put fields together to rows of binary COPY, without its head and tail."""
    fields = (laid.copied for laid in columns.values())
    rows = _joined([len(columns).to_bytes(2), *fields], count)
    _valid, offsets, content = rows.buffers()
    ends = np.frombuffer(offsets, np.int32)[: len(rows) + 1]
    return memoryview(content)[int(ends[0]) : int(ends[-1])]


def told_rows(columns: Mapping[str, Laid], *, count: int) -> pa.Array:
    """Put values together to one JSON object a row, with the columns in their order."""
    pieces: list[pa.Array | bytes] = []
    for number, (name, laid) in enumerate(columns.items()):
        pieces += [b"%b%b:" % (b"," if number else b"{", _json(name).encode()), laid.told]
    return _joined([*pieces, b"}"], count)


def digests_of(rows: pa.Array) -> bytes:
    """Hash every row; 32 bytes each."""
    _valid, offsets, content = rows.buffers()
    view = memoryview(content)
    stops = np.frombuffer(offsets, np.int32)[: len(rows) + 1].tolist()
    return b"".join([sha256(view[start:stop]).digest() for start, stop in pairwise(stops)])


def _first(laid: pa.Array | bytes) -> bytes:
    first: bytes = laid if isinstance(laid, bytes) else laid[0].as_py()
    return first


def _joined(pieces: Sequence[pa.Array | bytes], count: int) -> pa.Array:
    merged = list(_merged(pieces))
    if all(isinstance(piece, bytes) for piece in merged):
        return pa.array([b"".join(merged)] * count, pa.binary())
    return pc.binary_join_element_wise(*merged, b"")


def _merged(pieces: Sequence[pa.Array | bytes]) -> Iterator[pa.Array | bytes]:
    """Join neighbours that are the same on every row, which then cost nothing."""
    same = b""
    for piece in pieces:
        if isinstance(piece, bytes):
            same += piece
            continue
        if same:
            yield same
        same = b""
        yield piece
    if same:
        yield same


def _field(value: bytes) -> bytes:
    return len(value).to_bytes(4) + value


def _sized(values: Int, size: int) -> pa.Array:
    rows = np.empty(len(values), [("size", ">i4"), ("value", f">i{size}")])
    rows["size"] = size
    rows["value"] = values
    return _fixed(rows)


def _fixed(rows: NDArray[np.generic]) -> pa.Array:
    """View rows of equally many bytes as a binary column."""
    width = rows.nbytes // max(len(rows), 1)
    offsets = np.arange(len(rows) + 1, dtype=np.int32) * width
    content = pa.py_buffer(np.ascontiguousarray(rows).tobytes())
    return pa.Array.from_buffers(pa.binary(), len(rows), [None, pa.py_buffer(offsets), content])


def _decimal(values: Int) -> pa.Array:
    return _text(pa.array(values, pa.int64()))


def _text(column: pa.Array) -> pa.Array:
    return column.cast(pa.string()).cast(pa.binary())


def _iso(moments: Int) -> pa.Array:
    """Write moments as JSON: ISO form, no zone, fractions without trailing zeros."""
    if (moments % 1_000_000 == 0).all():
        texts = pa.array(moments // 1_000_000, pa.timestamp("s")).cast(pa.string())
    else:
        texts = pa.array(moments, pa.timestamp("us")).cast(pa.string())
        texts = pc.replace_substring_regex(texts, r"\.?0*$", "")
    texts = pc.replace_substring(texts, " ", "T")
    return pc.binary_join_element_wise(b'"', texts.cast(pa.binary()), b'"', b"")


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _inside(text: str) -> str:
    return _json(text)[1:-1]
