from hypothesis import given
from hypothesis import strategies as st

from contributions.log.checkpoint import Checkpoint
from contributions.log.fsck import Fault, Finding, find_first_fault
from contributions.log.merkle import hash_leaf
from tests.contributions.log.published import checkpoint_of, entries, tree_of

SIZE = 60
HASHES = [hash_leaf(entry) for entry in entries(SIZE)]
OTHER = hash_leaf(b"tampered")
CHECKPOINTS = [checkpoint_of(tree_of(entries(size))) for size in (1, 20, 40, 50)]

indexes = st.integers(0, SIZE - 1)


def find(
    *,
    rows: list[tuple[int, bytes]] | None = None,
    leaves: list[bytes] | None = None,
    checkpoints: list[Checkpoint] | None = None,
) -> Finding | None:
    return find_first_fault(
        expected=list(enumerate(HASHES)) if rows is None else rows,
        stored=HASHES if leaves is None else leaves,
        checkpoints=CHECKPOINTS if checkpoints is None else checkpoints,
    )


def changed(index: int) -> list[bytes]:
    return [*HASHES[:index], OTHER, *HASHES[index + 1 :]]


def signed_range(index: int) -> tuple[int, int]:
    """The leaves between the two checkpoints around a leaf."""
    sizes = [0, *(checkpoint.size for checkpoint in CHECKPOINTS)]
    return max(size for size in sizes if size <= index), min(size for size in sizes if size > index)


def test_an_untouched_log_has_no_fault() -> None:
    assert find() is None
    assert find(rows=[], leaves=[], checkpoints=[]) is None
    assert find(checkpoints=[]) is None
    assert find(checkpoints=CHECKPOINTS[::-1]) is None


@given(indexes)
def test_an_updated_row_is_named(index: int) -> None:
    assert find(rows=list(enumerate(changed(index)))) == Finding(Fault.ROW_CHANGED, index, index)


@given(indexes, indexes)
def test_the_first_of_several_updated_rows_is_named(one: int, other: int) -> None:
    rows = [(place, OTHER if place in {one, other} else HASHES[place]) for place in range(SIZE)]
    first = min(one, other)
    assert find(rows=rows) == Finding(Fault.ROW_CHANGED, first, first)


@given(indexes)
def test_a_deleted_row_is_named(index: int) -> None:
    rows = list(enumerate(HASHES))
    del rows[index]
    assert find(rows=rows) == Finding(Fault.ROW_MISSING, index, index)


def test_a_truncated_table_misses_its_first_row() -> None:
    assert find(rows=[]) == Finding(Fault.ROW_MISSING, 0, 0)


@given(indexes)
def test_a_second_row_for_one_leaf_is_named(index: int) -> None:
    rows = sorted([*enumerate(HASHES), (index, OTHER)], key=lambda row: row[0])
    assert find(rows=rows) == Finding(Fault.ROW_DOUBLED, index, index)


@given(st.integers(0, 49))
def test_a_changed_leaf_with_an_untouched_row_is_told_from_a_changed_row(index: int) -> None:
    assert find(leaves=changed(index)) == Finding(Fault.LEAF_CHANGED, index, index)


@given(st.integers(0, 49))
def test_a_row_changed_together_with_its_leaf_is_found_between_two_checkpoints(
    index: int,
) -> None:
    begin, end = signed_range(index)
    found = find(rows=list(enumerate(changed(index))), leaves=changed(index))
    assert found == Finding(Fault.ROW_AND_LEAF_CHANGED, begin, end - 1)


def test_an_earlier_joint_change_is_not_hidden_by_a_later_plain_one() -> None:
    leaves = changed(25)
    rows = list(enumerate(leaves))
    rows[30] = (30, OTHER)
    assert find(rows=rows, leaves=leaves) == Finding(Fault.ROW_AND_LEAF_DIFFER, 20, 30)


@given(st.integers(0, 49))
def test_a_cut_tail_is_seen_in_the_checkpoint_that_others_hold(size: int) -> None:
    found = find(rows=list(enumerate(HASHES[:size])), leaves=HASHES[:size])
    assert found == Finding(Fault.TAIL_CUT, size, 49)


def test_a_log_cut_back_to_nothing_is_seen() -> None:
    assert find(rows=[], leaves=[]) == Finding(Fault.TAIL_CUT, 0, 49)


@given(indexes)
def test_rows_without_their_leaves_are_named(size: int) -> None:
    found = find(leaves=HASHES[:size])
    assert found == Finding(Fault.LEAF_MISSING, size, size)


def test_a_gap_in_rows_and_leaves_is_a_cut_tail() -> None:
    rows = [(index, HASHES[index]) for index in (*range(10), 30)]
    assert find(rows=rows, leaves=HASHES[:10]) == Finding(Fault.TAIL_CUT, 10, 49)


def test_a_row_far_beyond_the_signed_log_lacks_its_leaf() -> None:
    rows = [*enumerate(HASHES), (SIZE + 5, OTHER)]
    assert find(rows=rows) == Finding(Fault.LEAF_MISSING, SIZE + 5, SIZE + 5)


def test_a_second_row_for_the_last_leaf_is_named() -> None:
    rows = [*enumerate(HASHES), (SIZE - 1, OTHER)]
    assert find(rows=rows) == Finding(Fault.ROW_DOUBLED, SIZE - 1, SIZE - 1)


def test_a_history_signed_twice_is_found_by_the_checkpoint_of_a_witness() -> None:
    seen_before = checkpoint_of(tree_of([b"before", *entries(40)[1:]]))
    found = find(checkpoints=[*CHECKPOINTS, seen_before])
    assert found == Finding(Fault.ROW_AND_LEAF_CHANGED, 20, 39)


def test_a_long_log_is_checked_across_its_batches() -> None:
    items = entries(20_000)
    tree = tree_of(items)
    hashes = [hash_leaf(item) for item in items]
    signed = [checkpoint_of(tree), checkpoint_of(tree_of(items[:8_192]))]
    assert find(rows=list(enumerate(hashes)), leaves=hashes, checkpoints=signed) is None
    hashes[15_000] = OTHER
    found = find(rows=list(enumerate(hashes)), leaves=hashes, checkpoints=signed)
    assert found == Finding(Fault.ROW_AND_LEAF_CHANGED, 8_192, 19_999)


def test_every_finding_is_a_sentence_naming_its_leaves() -> None:
    for fault in Fault:
        sentence = str(Finding(fault, 3, 7))
        assert sentence.endswith(".")
        assert "3" in sentence
