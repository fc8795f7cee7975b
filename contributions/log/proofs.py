"""Inclusion and consistency proofs: making them, and believing them.

A proof is a tuple of 32-byte hashes. Making one reads a logarithmic number of nodes; checking one
needs nothing but the proof, so a worker can do it offline.

Source: RFC 6962 sections 2.1.1 and 2.1.2 (making), RFC 9162 sections 2.1.3.2 and 2.1.4.2
(checking; the trees are the same).
"""

from contributions.log.errors import LogError
from contributions.log.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    NodeReader,
    hash_node,
    hash_range,
)

Proof = tuple[bytes, ...]

# A tree of 2^63 leaves has proofs of at most 63 hashes, and two more for the odd edges.
MAX_PROOF_HASHES = 65


class OutsideTree(LogError):
    """A proof was asked for about leaves the tree does not have."""

    code = "outside_tree"


class NotIncluded(LogError):
    """An inclusion proof does not lead from the leaf to the root."""

    code = "not_included"


class NotConsistent(LogError):
    """A consistency proof does not show that the newer tree extends the older one."""

    code = "not_consistent"


def _split(count: int) -> int:
    """Return the largest power of two below `count`, where RFC 6962 cuts a range of leaves."""
    return 1 << ((count - 1).bit_length() - 1)


def inclusion_proof(nodes: NodeReader, index: int, size: int) -> Proof:
    """Prove that the leaf at `index` belongs to the tree of the first `size` leaves.

    Raises:
        OutsideTree: The tree of that size has no such leaf.
    """
    if not 0 <= index < size:
        raise OutsideTree(f"A tree of {size} leaves has no leaf {index}.")
    proof: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            proof.append(hash_range(nodes, middle, end))
            end = middle
        else:
            proof.append(hash_range(nodes, begin, middle))
            begin = middle
    return tuple(reversed(proof))


def consistency_proof(nodes: NodeReader, old_size: int, new_size: int) -> Proof:
    """Prove that the first `old_size` of `new_size` leaves are what they were.

    Returns:
        The proof; empty when either the sizes are equal or the older tree is empty.

    Raises:
        OutsideTree: The older tree is not the smaller one.
    """
    if not 0 <= old_size <= new_size:
        raise OutsideTree(f"A tree of {new_size} leaves does not extend one of {old_size}.")
    if old_size in {0, new_size}:
        return ()
    proof: list[bytes] = []
    begin, end = 0, new_size
    while old_size != end:
        middle = begin + _split(end - begin)
        if old_size <= middle:
            proof.append(hash_range(nodes, middle, end))
            end = middle
        else:
            proof.append(hash_range(nodes, begin, middle))
            begin = middle
    if begin:
        # The older tree is not itself a node of the newer one, so its last piece is spelled out.
        proof.append(hash_range(nodes, begin, end))
    return tuple(reversed(proof))


def _are_hashes(hashes: Proof) -> bool:
    return len(hashes) <= MAX_PROOF_HASHES and all(len(item) == HASH_BYTES for item in hashes)


def verify_inclusion(*, index: int, size: int, leaf_hash: bytes, proof: Proof, root: bytes) -> None:
    """Check that a leaf is at `index` in the tree with `size` leaves and the given root.

    Raises:
        NotIncluded: The proof does not show it.
    """
    if not 0 <= index < size:
        raise NotIncluded(f"A tree of {size} leaves has no leaf {index}.")
    if not _are_hashes((leaf_hash, *proof)):
        raise NotIncluded("The inclusion proof is not a list of 32-byte hashes.")
    if _replay_inclusion(index, size, leaf_hash, proof) != root:
        raise NotIncluded("The inclusion proof does not lead to the root of the checkpoint.")


def _replay_inclusion(index: int, size: int, leaf_hash: bytes, proof: Proof) -> bytes:
    """Return the root that an inclusion proof leads to."""
    position, last, found = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise NotIncluded("The inclusion proof is longer than the tree is high.")
        if position & 1 or position == last:
            found = hash_node(sibling, found)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            found = hash_node(found, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise NotIncluded("The inclusion proof is shorter than the tree is high.")
    return found


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Proof
) -> None:
    """Check that a newer tree extends an older one without changing any of its leaves.

    Raises:
        NotConsistent: The proof does not show it.
    """
    if not 0 <= old_size <= new_size:
        raise NotConsistent(f"A tree of {new_size} leaves cannot extend one of {old_size}.")
    if old_size in {0, new_size}:
        _verify_trivial_consistency(old_size, old_root, new_root, new_size, proof)
        return
    if not proof or not _are_hashes(proof):
        raise NotConsistent("The consistency proof is not a list of 32-byte hashes.")
    old_found, new_found = _replay_consistency(old_size, new_size, old_root, proof)
    if old_found != old_root:
        raise NotConsistent("The consistency proof does not lead to the root of the older tree.")
    if new_found != new_root:
        raise NotConsistent("The consistency proof does not lead to the root of the newer tree.")


def _verify_trivial_consistency(
    old_size: int, old_root: bytes, new_root: bytes, new_size: int, proof: Proof
) -> None:
    if proof:
        raise NotConsistent("The consistency proof should be empty for these sizes.")
    if old_size == new_size and old_root != new_root:
        raise NotConsistent(f"Two trees of {new_size} leaves have different roots.")
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise NotConsistent("The older tree is empty, but its root is not that of an empty tree.")


def _replay_consistency(
    old_size: int, new_size: int, old_root: bytes, proof: Proof
) -> tuple[bytes, bytes]:
    """Return the roots of the older and the newer tree that a consistency proof leads to."""
    # When the older tree is one complete subtree, its root is the start and is left unsaid.
    path = (old_root, *proof) if old_size.bit_count() == 1 else proof
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old_found = new_found = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise NotConsistent("The consistency proof is longer than the newer tree is high.")
        if position & 1 or position == last:
            old_found = hash_node(sibling, old_found)
            new_found = hash_node(sibling, new_found)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new_found = hash_node(new_found, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise NotConsistent("The consistency proof is shorter than the newer tree is high.")
    return old_found, new_found
