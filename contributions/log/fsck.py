"""Proving a log against the tables it logs, and naming the first row that was tampered with.

Three accounts of the same history are compared: the rows of the tables as they hash today, the
leaves that were stored when the rows were written, and the checkpoints that were signed, of which
copies are in other people's hands. Someone with full rights on the database can change the first
two, but not the third.

Memory stays constant however long the log is, until a difference is found: then the leaves up to
the next checkpoint are held once, to tell whether the row or its leaf was altered.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from contributions.log.checkpoint import Checkpoint
from contributions.log.merkle import Frontier

_LEAVES_PER_APPEND = 8_192


class Fault(StrEnum):
    """What is wrong, as a stable code."""

    ROW_CHANGED = "row_changed"
    ROW_MISSING = "row_missing"
    ROW_DOUBLED = "row_doubled"
    LEAF_CHANGED = "leaf_changed"
    LEAF_MISSING = "leaf_missing"
    ROW_AND_LEAF_DIFFER = "row_and_leaf_differ"
    ROW_AND_LEAF_CHANGED = "row_and_leaf_changed"
    TAIL_CUT = "tail_cut"


_SENTENCES = {
    Fault.ROW_CHANGED: "The row of leaf {first} is not what was logged.",
    Fault.ROW_MISSING: "The row of leaf {first} is gone.",
    Fault.ROW_DOUBLED: "A second row claims leaf {first}.",
    Fault.LEAF_CHANGED: "The stored leaf {first} was changed; its row is what was signed.",
    Fault.LEAF_MISSING: "The row of leaf {first} is there, but the leaf is not.",
    Fault.ROW_AND_LEAF_DIFFER: (
        "The row and the stored leaf {last} differ, and neither leads to what was signed: "
        "the first change lies within the leaves {first} to {last}."
    ),
    Fault.ROW_AND_LEAF_CHANGED: (
        "Rows and stored leaves agree with each other, but not with what was signed: "
        "within the leaves {first} to {last} a row was changed together with its leaf."
    ),
    Fault.TAIL_CUT: "The log ends before leaf {first}, but the leaves up to {last} were signed.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The first fault of a log.

    Attributes:
        fault: What is wrong.
        first: Index of the first leaf that can be concerned.
        last: Index of the last one; the same as `first` where the leaf is certain.
    """

    fault: Fault
    first: int
    last: int

    def __str__(self) -> str:
        return _SENTENCES[self.fault].format(first=self.first, last=self.last)


def find_first_fault(
    *,
    expected: Iterable[tuple[int, bytes]],
    stored: Iterable[bytes],
    checkpoints: Sequence[Checkpoint],
) -> Finding | None:
    """Compare rows, stored leaves and signed checkpoints, and name the first difference.

    Args:
        expected: Leaf index and 32-byte leaf hash recomputed from each row, by ascending index.
        stored: 32-byte leaf hashes as stored, in log order.
        checkpoints: Checkpoints of this log whose signatures hold; those that others kept are
            worth most. Leaves after the last one are compared with their rows only.

    Returns:
        The first fault, or None when the three accounts agree.
    """
    agreed = _Agreed(checkpoints)
    rows = iter(expected)
    leaves = iter(stored)
    row = next(rows, None)
    for index, leaf_hash in enumerate(leaves):
        if row != (index, leaf_hash):
            return _explain(row, index, leaf_hash, leaves, agreed)
        finding = agreed.add(leaf_hash)
        if finding:
            return finding
        row = next(rows, None)
    return _end(row, agreed)


class _Agreed:
    """The leaves on which rows and log agree so far, checked at the size of each checkpoint."""

    def __init__(self, checkpoints: Sequence[Checkpoint]) -> None:
        ascending = sorted(checkpoints, key=lambda checkpoint: checkpoint.size)
        self._ahead = [checkpoint for checkpoint in ascending if checkpoint.size]
        self._flushed = Frontier()
        self._waiting: list[bytes] = []
        self._stop = self._next_stop()
        # Leaves before this one are proven by a checkpoint.
        self.signed_size = 0

    @property
    def size(self) -> int:
        """Number of leaves agreed on."""
        return self._flushed.size + len(self._waiting)

    @property
    def last_signed_size(self) -> int:
        """Size of the largest checkpoint, reached or not."""
        return self._ahead[-1].size if self._ahead else self.signed_size

    def next_checkpoint(self) -> Checkpoint | None:
        """Return the smallest checkpoint not reached yet."""
        return self._ahead[0] if self._ahead else None

    def frontier(self) -> Frontier:
        """Return the tree of the leaves agreed on so far."""
        self._flushed = self._flushed.grow(b"".join(self._waiting)).frontier
        self._waiting.clear()
        return self._flushed

    def add(self, leaf_hash: bytes) -> Finding | None:
        """Add a leaf, and check the tree when it has reached the size of a checkpoint."""
        self._waiting.append(leaf_hash)
        if len(self._waiting) < self._stop:
            return None
        return self._compare(self.frontier())

    def _compare(self, tree: Frontier) -> Finding | None:
        reached = [checkpoint for checkpoint in self._ahead if checkpoint.size == tree.size]
        if any(checkpoint.root != tree.root() for checkpoint in reached):
            return Finding(Fault.ROW_AND_LEAF_CHANGED, self.signed_size, tree.size - 1)
        if reached:
            self._ahead = self._ahead[len(reached) :]
            self.signed_size = tree.size
        self._stop = self._next_stop()
        return None

    def _next_stop(self) -> int:
        if not self._ahead:
            return _LEAVES_PER_APPEND
        return min(_LEAVES_PER_APPEND, self._ahead[0].size - self._flushed.size)


def _explain(
    row: tuple[int, bytes] | None,
    index: int,
    leaf_hash: bytes,
    later_leaves: Iterator[bytes],
    agreed: _Agreed,
) -> Finding:
    """Say what a row that is not the row of the next stored leaf means."""
    if row is None or row[0] > index:
        return Finding(Fault.ROW_MISSING, index, index)
    if row[0] < index:
        return Finding(Fault.ROW_DOUBLED, row[0], row[0])
    signed = agreed.next_checkpoint()
    if signed is None:
        return Finding(Fault.ROW_CHANGED, index, index)
    # Which of the two was altered shows in which of the two leads to the signed root.
    later = b"".join(islice(later_leaves, signed.size - index - 1))
    before = agreed.frontier()
    if before.grow(leaf_hash + later).frontier.root() == signed.root:
        return Finding(Fault.ROW_CHANGED, index, index)
    if before.grow(row[1] + later).frontier.root() == signed.root:
        return Finding(Fault.LEAF_CHANGED, index, index)
    return Finding(Fault.ROW_AND_LEAF_DIFFER, agreed.signed_size, index)


def _end(row: tuple[int, bytes] | None, agreed: _Agreed) -> Finding | None:
    """Say what is left over when the stored leaves have come to their end."""
    size = agreed.size
    if row is not None and row[0] < size:
        return Finding(Fault.ROW_DOUBLED, row[0], row[0])
    if agreed.last_signed_size > size and (row is None or row[0] > size):
        return Finding(Fault.TAIL_CUT, size, agreed.last_signed_size - 1)
    return row and Finding(Fault.LEAF_MISSING, row[0], row[0])
