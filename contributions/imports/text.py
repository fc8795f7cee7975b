"""Names and identifiers out of a file: what they may contain, and in which encoding."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from contributions.imports.refusals import CellRefused, ImportRefused

LONGEST_TEXT: Final = 200
BOM: Final = b"\xef\xbb\xbf"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BIDI: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ZERO_WIDTH: Final = re.compile("[\u00ad\u180e\u200b-\u200d\u2060\ufeff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class NotUtf8(ImportRefused):
    """The file is not UTF-8, most likely Latin-1 or Windows-1252; facts: line."""

    code = "not_utf8"


class Utf16(ImportRefused):
    """The file is UTF-16, as some spreadsheets write "Unicode text"."""

    code = "utf16"


class TextHasControl(CellRefused):
    """A name or identifier contains NUL or another control character."""

    code = "text_has_control"


class TextHasBidi(CellRefused):
    """A name or identifier contains a character that reverses what is read."""

    code = "text_has_bidi"


class TextHasZeroWidth(CellRefused):
    """A name or identifier contains an invisible character."""

    code = "text_has_zero_width"


class TextHasSurrogate(CellRefused):
    """A name or identifier contains half a character."""

    code = "text_has_surrogate"


class TextTooLong(CellRefused):
    """A name or identifier is longer than 200 characters."""

    code = "text_too_long"


_FORBIDDEN: Final = (
    (_CONTROL, TextHasControl),
    (_BIDI, TextHasBidi),
    (_ZERO_WIDTH, TextHasZeroWidth),
    (_SURROGATE, TextHasSurrogate),
)


def parse_text(text: str, longest: int = LONGEST_TEXT) -> str | None:
    """Read a name or identifier: outer spaces dropped, composed characters (NFC).

    Formulas stay the text they are; escaping is for whoever writes a spreadsheet.

    Returns:
        The text, or None if nothing is left of it.

    Raises:
        CellRefused: One of this module's, naming what is wrong.
    """
    text = text.strip(" \t\u00a0\u3000")
    for forbidden, refusal in _FORBIDDEN:
        if forbidden.search(text):
            raise refusal
    text = unicodedata.normalize("NFC", text)
    if len(text) > longest:
        raise TextTooLong
    return text or None


def require_utf8(content: bytes | memoryview, first_line: int = 1) -> None:
    """Check the encoding of complete lines.

    Args:
        content: Bytes that end at the end of a line.
        first_line: Number of their first line, for the error.

    Raises:
        NotUtf8: They are not UTF-8.
    """
    try:
        str(content, "utf-8")
    except UnicodeDecodeError as error:
        before = bytes(content[: error.start])
        raise NotUtf8(line=first_line + before.count(b"\n")) from None


def without_bom(head: bytes) -> bytes:
    """Drop the byte-order mark of UTF-8 from the start of a file.

    Raises:
        Utf16: The mark is that of UTF-16.
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Utf16
    return head.removeprefix(BOM)
