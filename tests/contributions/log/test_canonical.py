import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contributions.log.canonical import (
    Json,
    NotCanonical,
    NotJson,
    canonical_json,
    read_json_object,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def test_member_names_sort_by_utf16_as_in_the_example_of_the_standard() -> None:
    # RFC 8785 section 3.2.3; the emoji sorts before U+FB33 because of its surrogates.
    names = ["€", "\r", "\ufb33", "1", "😀", "\x80", "ö"]
    members = json.loads(canonical_json(dict.fromkeys(names)))
    assert list(members) == ["\r", "1", "\x80", "ö", "€", "😀", "\ufb33"]


def test_texts_are_escaped_as_little_as_the_standard_says() -> None:
    # RFC 8785 section 3.2.2.2.
    text = '€$\x0f\nA\'B"\\\\"/\x7f'
    assert canonical_json(text) == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"'.encode()


def test_literals_and_nesting_are_written_without_space() -> None:
    value: Json = {"b": [True, None, -5], "a": {"y": 1, "x": "…"}}
    assert canonical_json(value) == '{"a":{"x":"…","y":1},"b":[true,null,-5]}'.encode()


@given(values)
def test_what_is_written_reads_back_the_same(value: Json) -> None:
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written


@pytest.mark.parametrize(
    "value",
    [1.5, float("nan"), 2**53, -(2**53), "\ud800", {"\udc00": 1}, [{"a": 0.1}]],
    ids=["float", "NaN", "too large", "too small", "surrogate", "surrogate name", "nested float"],
)
def test_values_that_readers_could_disagree_about_are_refused(value: Json) -> None:
    with pytest.raises(NotCanonical):
        canonical_json(value)


@pytest.mark.parametrize("value", [{1: 2}, {b"a": 1}, {"a": {1}}, b"bytes"])
def test_what_is_not_json_is_refused(value: Json) -> None:
    with pytest.raises(NotCanonical):
        canonical_json(value)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"a":1,"a":2}', '{"b":{"a":1,"a":2}}', '{"a":NaN}', "[" * 100_000],
    ids=["empty", "list", "cut", "doubled", "doubled within", "NaN", "deep"],
)
def test_ambiguous_or_broken_json_is_refused(text: str) -> None:
    with pytest.raises(NotJson):
        read_json_object(text)
