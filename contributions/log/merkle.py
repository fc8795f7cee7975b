"""The RFC 6962 Merkle tree: hashing, and appending in batches without the older leaves.

A tree of any size is known by its *peaks*, the roots of its complete subtrees from left to
right, one per set bit of the size. Appending needs nothing else, so a writer keeps a few hundred
bytes per log and a million leaves cost about a million hashes.

Hashes are 32 raw bytes; many hashes travel as one `bytes` of 32 * n. A *node* is the root of a
complete subtree: level l, index i covers the leaves [i·2^l, (i+1)·2^l).

Source: RFC 6962 section 2.1 (SHA-256, prefix 0x00 for leaves and 0x01 for inner nodes).
"""

from dataclasses import dataclass
from hashlib import sha256
from struct import iter_unpack
from typing import Protocol

from contributions.log.errors import LogError

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()

_PAIR_BYTES = 2 * HASH_BYTES


class NodeUnknown(LogError):
    """A complete subtree was asked for that the tree does not have."""

    code = "node_unknown"


class NodeReader(Protocol):
    """Anything that knows the complete subtrees of one log: memory, tiles, a table."""

    def node(self, level: int, index: int) -> bytes:
        """Return the 32-byte root of the complete subtree at `level` and `index`."""
        ...


def hash_leaf(entry: bytes) -> bytes:
    """Return the 32-byte leaf hash of a log entry."""
    return sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of the node above two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def _hash_pairs(hashes: bytes) -> bytes:
    """Return the parents of an even number of concatenated hashes."""
    # The bound names and the single join keep this at the price of the hashing itself.
    digest_of = sha256
    parents = [digest_of(b"\x01" + pair).digest() for (pair,) in iter_unpack("64s", hashes)]
    return b"".join(parents)


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that must be remembered of a tree to append to it and to know its root.

    Attributes:
        size: Number of leaves.
        peaks: Roots of the complete subtrees, leftmost and largest first, one per set bit of
            `size`.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.peaks) != self.size.bit_count():
            raise ValueError("a frontier has one peak per set bit of its size")

    def root(self) -> bytes:
        """Return the 32-byte Merkle tree hash of all the leaves."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = hash_node(peak, root)
        return root

    def grow(self, leaf_hashes: bytes) -> "Growth":
        """Append leaves and return the new frontier with every subtree they completed.

        Args:
            leaf_hashes: 32 * n bytes, the leaf hashes in log order.

        Returns:
            The frontier after the append, and the newly completed nodes of each level.
        """
        if len(leaf_hashes) % HASH_BYTES:
            raise ValueError("leaf hashes are 32 bytes each")
        waiting = list(self.peaks)
        settled: list[bytes] = []
        levels: list[bytes] = []
        completed = leaf_hashes
        while completed:
            # An odd node left over from earlier appends is the left half of the first pair.
            has_left_half = (self.size >> len(levels)) & 1
            row = waiting.pop() + completed if has_left_half else completed
            levels.append(completed)
            paired_bytes = len(row) - len(row) % _PAIR_BYTES
            if paired_bytes < len(row):
                settled.append(row[paired_bytes:])
            completed = _hash_pairs(row[:paired_bytes])
        peaks = (*waiting, *reversed(settled))
        size = self.size + len(leaf_hashes) // HASH_BYTES
        return Growth(self.size, Frontier(size, peaks), tuple(levels))


@dataclass(frozen=True, slots=True)
class Growth:
    """The result of one append.

    Attributes:
        old_size: Number of leaves before the append.
        frontier: The tree after the append.
        levels: Per level, from the leaves up, the newly completed nodes, concatenated. The first
            node of `levels[l]` has the index `old_size >> l`.
    """

    old_size: int
    frontier: Frontier
    levels: tuple[bytes, ...]


class MemoryTree:
    """A whole tree in memory, 64 bytes a leaf, able to prove anything about itself."""

    def __init__(self, leaf_hashes: bytes = b"") -> None:
        """Build the tree of the given leaf hashes, 32 * n bytes."""
        self.frontier = Frontier()
        self._levels: list[bytearray] = []
        self.append(leaf_hashes)

    def append(self, leaf_hashes: bytes) -> Growth:
        """Append leaf hashes, 32 * n bytes, and return what they completed."""
        growth = self.frontier.grow(leaf_hashes)
        while len(self._levels) < len(growth.levels):
            self._levels.append(bytearray())
        for row, completed in zip(self._levels, growth.levels, strict=False):
            row += completed
        self.frontier = growth.frontier
        return growth

    def node(self, level: int, index: int) -> bytes:
        """Return the 32-byte root of one complete subtree.

        Raises:
            NodeUnknown: The tree has no such complete subtree.
        """
        start = index * HASH_BYTES
        if level < len(self._levels) and 0 <= start < len(self._levels[level]):
            return bytes(self._levels[level][start : start + HASH_BYTES])
        raise NodeUnknown(f"The tree has no complete subtree {index} at level {level}.")


def hash_range(nodes: NodeReader, begin: int, end: int) -> bytes:
    """Return the Merkle tree hash of the leaves [begin, end).

    Args:
        nodes: The log.
        begin: First leaf; a multiple of the largest power of two not above `end - begin`, as
            every range that RFC 6962 splits off is.
        end: One past the last leaf.
    """
    peaks: list[bytes] = []
    position = begin
    for level in reversed(range((end - begin).bit_length())):
        if ((end - begin) >> level) & 1:
            peaks.append(nodes.node(level, position >> level))
            position += 1 << level
    return Frontier(end - begin, tuple(peaks)).root()
