from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contributions.log.leaves import (
    ENTRY_BYTES,
    SALT_BYTES,
    Statement,
    StatementUnfit,
    commit,
    commit_batch,
    new_salts,
)
from contributions.log.merkle import hash_leaf

ID_CHARACTERS = "abcXYZ0189_.:/-"

ids = st.from_regex(rf"[A-Za-z0-9][{ID_CHARACTERS}]{{0,40}}", fullmatch=True)
kinds = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
digests = st.binary(min_size=32, max_size=32)
salts = st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES)
rows = st.lists(st.tuples(ids, digests, salts), max_size=20)


def test_an_entry_is_the_documented_hash_of_salt_and_canonical_statement() -> None:
    salt = bytes(range(16))
    statement = Statement("contribution", "0198c0de-1111-7abc-8def-0123456789ab", bytes(32))
    spelled_out = (
        b"huisu-leaf/1\n"
        + salt
        + b'{"id":"0198c0de-1111-7abc-8def-0123456789ab","kind":"contribution","sha256":"'
        + b"0" * 64
        + b'"}'
    )
    assert commit(statement, salt) == sha256(spelled_out).digest()


@given(kinds, rows)
def test_a_batch_makes_the_leaves_that_its_rows_make_one_by_one(
    kind: str, batch: list[tuple[str, bytes, bytes]]
) -> None:
    committed = commit_batch(
        kind=kind,
        ids=[row[0] for row in batch],
        digests=b"".join(row[1] for row in batch),
        salts=b"".join(row[2] for row in batch),
    )
    entries = [commit(Statement(kind, row[0], row[1]), row[2]) for row in batch]
    assert committed.entries == b"".join(entries)
    assert committed.leaf_hashes == b"".join(hash_leaf(entry) for entry in entries)


@given(st.tuples(kinds, ids, digests, salts), st.tuples(kinds, ids, digests, salts))
def test_different_statements_or_salts_make_different_entries(
    first: tuple[str, str, bytes, bytes], second: tuple[str, str, bytes, bytes]
) -> None:
    entries = {commit(Statement(*item[:3]), item[3]) for item in (first, second)}
    assert len(entries) == len({first, second})


def test_the_same_statement_is_not_recognisable_under_fresh_salts() -> None:
    fresh = new_salts(1000)
    entries = commit_batch(
        kind="run", ids=["1"] * 1000, digests=bytes(32) * 1000, salts=fresh
    ).entries
    assert len({entries[n : n + ENTRY_BYTES] for n in range(0, len(entries), ENTRY_BYTES)}) == 1000


@pytest.mark.parametrize(
    "identity",
    ["", 'a"b', "a\\b", "a\nb", "a b", "ä", "-a", "a" * 129, "\uff11", "\ud800", "a\n"],
)
def test_ids_that_json_would_escape_are_refused_alone_and_in_a_batch(identity: str) -> None:
    with pytest.raises(StatementUnfit):
        Statement("run", identity, bytes(32))
    with pytest.raises(StatementUnfit):
        commit_batch(kind="run", ids=[identity, "b"], digests=bytes(64), salts=bytes(32))


@pytest.mark.parametrize("kind", ["", "Run", "a b", 'a"', "%b", "a" * 41, "run\n"])
def test_kinds_are_lower_case_words(kind: str) -> None:
    with pytest.raises(StatementUnfit):
        Statement(kind, "1", bytes(32))
    with pytest.raises(StatementUnfit):
        commit_batch(kind=kind, ids=[], digests=b"", salts=b"")


def test_a_digest_or_salt_of_another_length_is_refused() -> None:
    with pytest.raises(StatementUnfit):
        Statement("run", "1", bytes(31))
    with pytest.raises(StatementUnfit):
        commit(Statement("run", "1", bytes(32)), bytes(15))
    with pytest.raises(StatementUnfit):
        commit_batch(kind="run", ids=["1", "2"], digests=bytes(63), salts=bytes(32))
    with pytest.raises(StatementUnfit):
        commit_batch(kind="run", ids=["1", "2"], digests=bytes(64), salts=bytes(31))
