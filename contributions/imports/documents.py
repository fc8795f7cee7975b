"""JSON and JSON Lines, one record at a time, strictly and in bounded memory.

Duplicate keys, NaN and unlimited nesting are legal to most parsers and to nobody's benefit.
Numbers keep their decimal digits, so 7.662 s stays 7.662 s.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import BinaryIO, Final, NoReturn

from contributions.imports.limits import Limits
from contributions.imports.normal_form import RowFault
from contributions.imports.refusals import CellRefused, ImportRefused
from contributions.imports.text import require_utf8, without_bom

Json = None | bool | int | Decimal | str | list["Json"] | dict[str, "Json"]
READ_CHARACTERS: Final = 1024 * 1024
_SPACES: Final = re.compile(r"[ \t\r\n]*")


class JsonMalformed(ImportRefused):
    """The text is not JSON; facts: record, the number of the record where it stops being so."""

    code = "json_malformed"


class JsonTooDeep(ImportRefused):
    """Records are nested more deeply than any real export; facts: record."""

    code = "json_too_deep"


class RecordTooLong(ImportRefused):
    """A single record is larger than any real one; facts: record."""

    code = "record_too_long"


class RecordsNotFound(ImportRefused):
    """There is no list of records at the named place; facts: path."""

    code = "records_not_found"


class JsonRowMalformed(CellRefused):
    """One line of a JSON Lines file is no JSON object."""

    code = "json_row_malformed"


class JsonKeyRepeated(CellRefused):
    """An object names the same key twice, so one of the values would be lost."""

    code = "json_key_repeated"


class JsonNotANumber(CellRefused):
    """A number is NaN, infinite or absurdly long."""

    code = "json_not_a_number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of a JSON file.

    Attributes:
        line: Line number (JSON Lines) or record number, from 1.
        value: The record.
        raw: Its text as it stands in the file.
        bytes_read: How far into the file it ends, as far as known.
    """

    line: int
    value: dict[str, Json]
    raw: str
    bytes_read: int = 0

    @property
    def digest(self) -> bytes:
        """SHA-256 of the record's text."""
        return hashlib.sha256(self.raw.encode("utf-8", "surrogatepass")).digest()


def digest_of(value: Json) -> bytes:
    """SHA-256 of a part of a record, written with sorted keys and without spaces."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).digest()


def _no_constant(_name: str) -> NoReturn:
    raise JsonNotANumber


def _no_repeats(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise JsonKeyRepeated
    return record


def _integer(digits: str) -> int:
    if len(digits) > 40:
        raise JsonNotANumber
    return int(digits)


_DECODER: Final = json.JSONDecoder(
    parse_float=Decimal,
    parse_int=_integer,
    parse_constant=_no_constant,
    object_pairs_hook=_no_repeats,
)

# Finds where a refused record ends, keeping nothing of it.
_FORGIVING: Final = json.JSONDecoder(parse_int=str, parse_float=str)


def read_json_lines(stream: BinaryIO, limits: Limits) -> Iterator[Record | RowFault]:
    """Read one JSON object a line; a bad line is a fault of that line only.

    Raises:
        NotUtf8, Utf16: The file is in another encoding.
        RecordTooLong, JsonTooDeep: A line is beyond any real record.
    """
    line, bytes_read = 0, 0
    while content := stream.readline(limits.row_bytes + 1):
        line += 1
        bytes_read += len(content)
        if len(content) > limits.row_bytes:
            raise RecordTooLong(record=line)
        content = without_bom(content) if line == 1 else content
        require_utf8(content, line)
        text = content.decode().strip(" \t\r\n")
        if text:
            yield _line_record(text, line, bytes_read)


def _line_record(text: str, line: int, bytes_read: int) -> Record | RowFault:
    code = JsonRowMalformed.code
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise JsonTooDeep(record=line) from None
    except CellRefused as refusal:
        value, code = None, refusal.code
    except ValueError:
        value = None
    if not isinstance(value, dict):
        return RowFault(line=line, column="", code=code, raw=text)
    return Record(line=line, value=value, raw=text, bytes_read=bytes_read)


def read_json(
    stream: BinaryIO, limits: Limits, records: str | None = None
) -> Iterator[Record | RowFault]:
    """Read the records of a JSON file.

    Args:
        stream: The file; either a list of objects, or objects one after the other.
        limits: What is refused.
        records: Dotted path to the list of records inside each top object; None takes the top
            objects themselves.

    Raises:
        JsonMalformed, JsonTooDeep, RecordTooLong, RecordsNotFound: As named.
        NotUtf8, Utf16: The file is in another encoding.
    """
    if records is None:
        yield from _Values(stream, limits).records()
        return
    number = 0
    for top in _Values(stream, limits).records():
        if isinstance(top, RowFault):
            yield top
            continue
        found = at_path(top.value, records)
        if not isinstance(found, list):
            raise RecordsNotFound(path=records)
        for item in found:
            number += 1
            raw = json.dumps(item, ensure_ascii=False, default=str)
            if isinstance(item, dict):
                yield Record(line=number, value=item, raw=raw, bytes_read=top.bytes_read)
            else:
                yield RowFault(line=number, column="", code=JsonRowMalformed.code, raw=raw)


def at_path(value: Json, path: str) -> Json:
    """Follow a dotted path of keys; None where it leads nowhere."""
    for key in path.split(".") if path else ():
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


class _Values:
    """The objects of a JSON text, decoded one by one from a buffer that grows as needed."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self.stream = stream
        self.limits = limits
        self.buffer = ""
        self.place = 0
        self.tail = b""
        self.bytes_read = 0
        self.ended = False
        self.number = 0
        self.line = 1

    def records(self) -> Iterator[Record | RowFault]:
        in_list = self._skip_to_value() == "["
        if in_list:
            self.place += 1
        if self._skip_to_value() in ("", "]"):
            if in_list and self._skip_to_value() == "]":
                return
            raise JsonMalformed(record=1)
        more = True
        while more:
            self.number += 1
            yield self._record()
            more = self._list_goes_on() if in_list else self._text_goes_on()

    def _list_goes_on(self) -> bool:
        mark = self._skip_to_value()
        if mark not in (",", "]"):
            raise JsonMalformed(record=self.number)
        self.place += 1
        self._skip_to_value()
        return mark == ","

    def _text_goes_on(self) -> bool:
        mark = self._skip_to_value()
        if mark not in ("{", ""):
            raise JsonMalformed(record=self.number)
        return mark == "{"

    def _record(self) -> Record | RowFault:
        while True:
            begin, code = self.place, ""
            try:
                value, self.place = _DECODER.raw_decode(self.buffer, begin)
            except RecursionError:
                raise JsonTooDeep(record=self.number) from None
            except CellRefused as refusal:
                value, code = None, refusal.code
                _skipped, self.place = _FORGIVING.raw_decode(self.buffer, begin)
            except json.JSONDecodeError:
                self._grow()
                continue
            raw = self.buffer[begin : self.place]
            if isinstance(value, dict):
                return Record(line=self.number, value=value, raw=raw, bytes_read=self.bytes_read)
            code = code or JsonRowMalformed.code
            return RowFault(line=self.number, column="", code=code, raw=raw)

    def _grow(self) -> None:
        """Read on because the record at hand may only be cut off."""
        if self.ended:
            raise JsonMalformed(record=self.number)
        if len(self.buffer) - self.place > self.limits.row_bytes:
            raise RecordTooLong(record=self.number)
        self._more()

    def _skip_to_value(self) -> str:
        """Go to the next character that is no space; empty at the end."""
        while True:
            found = _SPACES.match(self.buffer, self.place)
            self.place = found.end() if found else self.place
            if self.place < len(self.buffer):
                return self.buffer[self.place]
            if self.ended:
                return ""
            self._more()

    def _more(self) -> None:
        """Read on, at least doubling what is unread, so that long records stay linear."""
        unread = self.buffer[self.place :]
        block = self.stream.read(max(READ_CHARACTERS, len(unread)))
        self.ended = not block
        self.bytes_read += len(block)
        content = self.tail + (without_bom(block) if self.bytes_read == len(block) else block)
        cut = len(content) if self.ended else _last_whole(content)
        require_utf8(content[:cut], self.line)
        self.line += content[:cut].count(b"\n")
        self.tail = content[cut:]
        self.buffer = unread + content[:cut].decode()
        self.place = 0


def _last_whole(content: bytes) -> int:
    """Where the last whole UTF-8 character of some bytes ends."""
    for back in range(1, min(4, len(content)) + 1):
        lead = content[-back]
        if lead < 0x80:
            return len(content) - back + 1
        if lead >= 0xC0:
            width = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            return len(content) - back + (width if width <= back else 0)
    return len(content)
