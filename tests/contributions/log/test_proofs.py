import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contributions.log.merkle import EMPTY_ROOT, MemoryTree, hash_leaf
from contributions.log.proofs import (
    NotConsistent,
    NotIncluded,
    OutsideTree,
    Proof,
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from tests.contributions.log.test_merkle import ENTRIES, ROOTS, leaf_hashes

# Published proofs of the Certificate Transparency test tree: (leaf, size) and (older, newer).
INCLUSION_PROOFS = {
    (0, 1): (),
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
CONSISTENCY_PROOFS = {
    (1, 1): (),
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
    (6, 7): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
}
PUBLIC_TREE = MemoryTree(leaf_hashes(ENTRIES))

sizes = st.integers(1, 300)
TREE = MemoryTree(leaf_hashes([str(place).encode() for place in range(300)]))


def root_at(size: int) -> bytes:
    return MemoryTree(leaf_hashes([str(place).encode() for place in range(size)])).frontier.root()


def leaf_at(index: int) -> bytes:
    return hash_leaf(str(index).encode())


def flipped(raw: bytes, bit: int) -> bytes:
    place, mask = divmod(bit % (8 * len(raw)), 8)
    return raw[:place] + bytes([raw[place] ^ (1 << mask)]) + raw[place + 1 :]


@pytest.mark.parametrize(("index", "size"), INCLUSION_PROOFS)
def test_published_inclusion_proofs_are_made_and_hold(index: int, size: int) -> None:
    proof = inclusion_proof(PUBLIC_TREE, index, size)
    assert tuple(item.hex() for item in proof) == INCLUSION_PROOFS[index, size]
    root = bytes.fromhex(ROOTS[size])
    leaf_hash = hash_leaf(ENTRIES[index])
    verify_inclusion(index=index, size=size, leaf_hash=leaf_hash, proof=proof, root=root)


@pytest.mark.parametrize(("old_size", "new_size"), CONSISTENCY_PROOFS)
def test_published_consistency_proofs_are_made_and_hold(old_size: int, new_size: int) -> None:
    proof = consistency_proof(PUBLIC_TREE, old_size, new_size)
    assert tuple(item.hex() for item in proof) == CONSISTENCY_PROOFS[old_size, new_size]
    verify_consistency(
        old_size=old_size,
        new_size=new_size,
        old_root=bytes.fromhex(ROOTS[old_size]),
        new_root=bytes.fromhex(ROOTS[new_size]),
        proof=proof,
    )


@given(sizes, st.data())
def test_every_leaf_of_every_tree_is_provable(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(TREE, index, size)
    verify_inclusion(
        index=index, size=size, leaf_hash=leaf_at(index), proof=proof, root=root_at(size)
    )


@given(sizes, st.data())
def test_an_inclusion_proof_fails_with_any_bit_flipped(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    parts = [leaf_at(index), root_at(size), *inclusion_proof(TREE, index, size)]
    damaged = data.draw(st.integers(0, len(parts) - 1))
    parts[damaged] = flipped(parts[damaged], data.draw(st.integers(0, 255)))
    leaf_hash, root, *proof = parts
    with pytest.raises(NotIncluded):
        verify_inclusion(index=index, size=size, leaf_hash=leaf_hash, proof=tuple(proof), root=root)


@given(sizes, st.data())
def test_an_inclusion_proof_serves_no_other_place(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-1, size + 1))
    assume(other != index)
    with pytest.raises(NotIncluded):
        verify_inclusion(
            index=other,
            size=size,
            leaf_hash=leaf_at(index),
            proof=inclusion_proof(TREE, index, size),
            root=root_at(size),
        )


@pytest.mark.parametrize(
    "proof",
    [
        inclusion_proof(PUBLIC_TREE, 5, 8)[:-1],
        (*inclusion_proof(PUBLIC_TREE, 5, 8), bytes(32)),
        (bytes(32), *inclusion_proof(PUBLIC_TREE, 5, 8)),
        (*inclusion_proof(PUBLIC_TREE, 5, 8), b""),
        inclusion_proof(PUBLIC_TREE, 5, 8)[::-1],
        (bytes(32),) * 1000,
    ],
    ids=["cut", "longer", "shifted", "with an empty hash", "reversed", "endless"],
)
def test_an_inclusion_proof_of_the_wrong_shape_fails(proof: Proof) -> None:
    with pytest.raises(NotIncluded):
        verify_inclusion(
            index=5,
            size=8,
            leaf_hash=hash_leaf(ENTRIES[5]),
            proof=proof,
            root=bytes.fromhex(ROOTS[8]),
        )


@pytest.mark.parametrize(("claimed_size", "reason"), [(4, "longer"), (16, "shorter")])
def test_an_inclusion_proof_serves_no_tree_of_another_height(
    claimed_size: int, reason: str
) -> None:
    with pytest.raises(NotIncluded, match=f"{reason} than the tree is high"):
        verify_inclusion(
            index=0,
            size=claimed_size,
            leaf_hash=hash_leaf(ENTRIES[0]),
            proof=inclusion_proof(PUBLIC_TREE, 0, 8),
            root=bytes.fromhex(ROOTS[8]),
        )


@pytest.mark.parametrize(("claimed_size", "reason"), [(4, "longer"), (16, "shorter")])
def test_a_consistency_proof_serves_no_tree_of_another_height(
    claimed_size: int, reason: str
) -> None:
    with pytest.raises(NotConsistent, match=f"{reason} than the newer tree is high"):
        verify_consistency(
            old_size=1,
            new_size=claimed_size,
            old_root=bytes.fromhex(ROOTS[1]),
            new_root=bytes.fromhex(ROOTS[8]),
            proof=consistency_proof(PUBLIC_TREE, 1, 8),
        )


@given(sizes, st.data())
def test_every_tree_provably_extends_every_smaller_one(new_size: int, data: st.DataObject) -> None:
    old_size = data.draw(st.integers(0, new_size))
    verify_consistency(
        old_size=old_size,
        new_size=new_size,
        old_root=root_at(old_size),
        new_root=root_at(new_size),
        proof=consistency_proof(TREE, old_size, new_size),
    )


@given(sizes, st.data())
def test_a_consistency_proof_fails_with_any_bit_flipped(new_size: int, data: st.DataObject) -> None:
    old_size = data.draw(st.integers(1, new_size))
    proof = consistency_proof(TREE, old_size, new_size)
    parts = [root_at(old_size), root_at(new_size), *proof]
    damaged = data.draw(st.integers(0, len(parts) - 1))
    parts[damaged] = flipped(parts[damaged], data.draw(st.integers(0, 255)))
    with pytest.raises(NotConsistent):
        verify_consistency(
            old_size=old_size,
            new_size=new_size,
            old_root=parts[0],
            new_root=parts[1],
            proof=tuple(parts[2:]),
        )


@given(st.integers(2, 300), st.data())
def test_a_rewritten_tree_has_no_consistency_proof(new_size: int, data: st.DataObject) -> None:
    old_size = data.draw(st.integers(1, new_size - 1))
    changed = data.draw(st.integers(0, old_size - 1))
    entries = [str(place).encode() for place in range(new_size)]
    entries[changed] += b" rewritten"
    rewritten = MemoryTree(leaf_hashes(entries))
    with pytest.raises(NotConsistent):
        verify_consistency(
            old_size=old_size,
            new_size=new_size,
            old_root=root_at(old_size),
            new_root=rewritten.frontier.root(),
            proof=consistency_proof(rewritten, old_size, new_size),
        )


@pytest.mark.parametrize(
    ("old_size", "new_size", "old_root", "new_root", "proof"),
    [
        (8, 6, ROOTS[8], ROOTS[6], ()),
        (6, 8, ROOTS[6], ROOTS[8], ()),
        (6, 8, ROOTS[6], ROOTS[8], (bytes(31),) * 3),
        (6, 8, ROOTS[6], ROOTS[8], (*consistency_proof(PUBLIC_TREE, 6, 8), bytes(32))),
        (6, 8, ROOTS[6], ROOTS[8], consistency_proof(PUBLIC_TREE, 6, 8)[:-1]),
        (4, 4, ROOTS[4], ROOTS[5], ()),
        (4, 4, ROOTS[4], ROOTS[4], (bytes(32),)),
        (0, 4, ROOTS[4], ROOTS[4], ()),
        (0, 4, ROOTS[0], ROOTS[4], (bytes(32),)),
        (-1, 4, ROOTS[0], ROOTS[4], ()),
    ],
    ids=[
        "a tree that shrank",
        "no proof",
        "short hashes",
        "a longer proof",
        "a cut proof",
        "two trees of one size",
        "a proof between equal trees",
        "an empty tree with another root",
        "a proof from the empty tree",
        "a negative size",
    ],
)
def test_inconsistent_trees_are_refused(
    old_size: int, new_size: int, old_root: str, new_root: str, proof: Proof
) -> None:
    with pytest.raises(NotConsistent):
        verify_consistency(
            old_size=old_size,
            new_size=new_size,
            old_root=bytes.fromhex(old_root),
            new_root=bytes.fromhex(new_root),
            proof=proof,
        )


def test_the_empty_tree_is_extended_by_every_tree() -> None:
    verify_consistency(
        old_size=0, new_size=300, old_root=EMPTY_ROOT, new_root=root_at(300), proof=()
    )


@pytest.mark.parametrize(("index", "size"), [(8, 8), (-1, 8), (0, 0)])
def test_no_inclusion_proof_is_made_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(OutsideTree):
        inclusion_proof(PUBLIC_TREE, index, size)


def test_no_consistency_proof_is_made_towards_a_smaller_tree() -> None:
    with pytest.raises(OutsideTree):
        consistency_proof(PUBLIC_TREE, 8, 7)
