"""JSON and JSON Lines, read record by record."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contributions.imports import documents
from contributions.imports.documents import Record, read_json, read_json_lines
from contributions.imports.flattening import flatten
from contributions.imports.limits import Limits
from contributions.imports.normal_form import RowFault
from contributions.imports.refusals import ImportRefused


def _values(content: bytes, path: str | None = None) -> list[Any]:
    found = read_json(io.BytesIO(content), Limits(), path)
    return [item.value if isinstance(item, Record) else item.code for item in found]


def test_lists_objects_in_a_row_and_single_objects_are_records() -> None:
    assert _values(b'[{"a": 1}, {"a": 2}]') == [{"a": 1}, {"a": 2}]
    assert _values(b'{\n "a": 1\n}\n{\n "a": 2\n}\n') == [{"a": 1}, {"a": 2}]
    assert _values(b'\xef\xbb\xbf{"a": 1}') == [{"a": 1}]
    assert _values(b" [ ] ") == []


def test_numbers_keep_their_digits() -> None:
    assert _values(b'[{"s": 7.662, "n": 12345678901234567890}]') == [
        {"s": Decimal("7.662"), "n": 12345678901234567890}
    ]


def test_what_is_legal_but_means_nothing_is_a_fault_of_its_record_only() -> None:
    content = b'[{"a": NaN}, {"a": 1, "a": 2}, 7, {"a": 3}, {"a": ' + b"9" * 50 + b"}]"
    assert _values(content) == [
        "json_not_a_number",
        "json_key_repeated",
        "json_row_malformed",
        {"a": 3},
        "json_not_a_number",
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'[{"a": 1}', "json_malformed"),
        (b'[{"a": 1} {"a": 2}]', "json_malformed"),
        (b'{"a": 1} x', "json_malformed"),
        (b"[", "json_malformed"),
        (b"[" * 5_000, "json_too_deep"),
        (b'[{"a": "\xff"}]', "not_utf8"),
    ],
)
def test_malformed_json_is_refused_by_name(content: bytes, code: str) -> None:
    with pytest.raises(ImportRefused) as refusal:
        _values(content)
    assert refusal.value.code == code


def test_records_may_lie_under_a_path() -> None:
    assert _values(b'{"data": {"items": [{"a": 1}, 2]}}', "data.items") == [
        {"a": 1},
        "json_row_malformed",
    ]
    with pytest.raises(ImportRefused, match="records_not_found"):
        _values(b'{"data": {}}', "data.items")


def test_a_bad_line_leaves_the_other_lines_alone() -> None:
    content = b'{"a": 1}\n\n{"a": \n[1]\n{"a": 2, "a": 3}\n{"a": 4}'
    found = list(read_json_lines(io.BytesIO(content), Limits()))

    assert [(item.line, isinstance(item, RowFault)) for item in found] == [
        (1, False),
        (3, True),
        (4, True),
        (5, True),
        (6, False),
    ]
    assert isinstance(found[-1], Record)
    assert found[-1].bytes_read == len(content)


def test_a_record_beyond_all_measure_is_refused() -> None:
    limits = Limits(row_bytes=1_000)
    with pytest.raises(ImportRefused, match="record_too_long"):
        list(read_json_lines(io.BytesIO(b'{"a": "' + b"x" * 2_000 + b'"}'), limits))


def test_nested_values_are_laid_out_by_dotted_paths() -> None:
    record: dict[str, Any] = {"a": {"b": Decimal("1E+2"), "c": None, "d": [1]}, "e": True, "f": "x"}
    assert flatten(record) == {"a.b": "100", "e": "true", "f": "x"}


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
RECORDS = st.lists(st.dictionaries(st.text(max_size=4), JSON_VALUES, max_size=3), max_size=6)


@settings(deadline=None)
@given(RECORDS, st.integers(1, 40), st.booleans())
def test_any_records_are_read_as_they_were_written_in_blocks_of_any_size(
    records: list[dict[str, Any]], block: int, escaped: bool
) -> None:
    content = json.dumps(records, ensure_ascii=escaped).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "READ_CHARACTERS", block)
        assert _values(content) == records


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(ImportRefused):
        _values(content)
    with suppress(ImportRefused):
        list(read_json_lines(io.BytesIO(content), Limits()))
