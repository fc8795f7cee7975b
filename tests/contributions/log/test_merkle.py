import pytest
from hypothesis import given
from hypothesis import strategies as st

from contributions.log.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    Frontier,
    MemoryTree,
    NodeUnknown,
    hash_leaf,
    hash_node,
    hash_range,
)

# The public test tree of Certificate Transparency: eight entries and the root of each size.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
INNER_NODES = {
    (0, 0): "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    (0, 7): "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
    (1, 1): "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    (1, 3): "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    (2, 1): "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    (3, 0): "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}

leaf_lists = st.lists(st.binary(max_size=8), max_size=70)


def leaf_hashes(entries: list[bytes]) -> bytes:
    return b"".join(hash_leaf(entry) for entry in entries)


def defined_root(entries: list[bytes]) -> bytes:
    """The recursive definition of RFC 6962, section 2.1, word for word."""
    if not entries:
        return EMPTY_ROOT
    if len(entries) == 1:
        return hash_leaf(entries[0])
    split = 1
    while 2 * split < len(entries):
        split *= 2
    return hash_node(defined_root(entries[:split]), defined_root(entries[split:]))


@pytest.mark.parametrize("size", range(9))
def test_the_public_test_tree_has_its_published_root_at_every_size(size: int) -> None:
    root = Frontier().grow(leaf_hashes(ENTRIES[:size])).frontier.root()
    assert root.hex() == ROOTS[size]


def test_the_public_test_tree_has_its_published_inner_nodes() -> None:
    tree = MemoryTree(leaf_hashes(ENTRIES))
    assert {place: tree.node(*place).hex() for place in INNER_NODES} == INNER_NODES


@given(leaf_lists)
def test_the_root_is_the_one_the_standard_defines(entries: list[bytes]) -> None:
    assert MemoryTree(leaf_hashes(entries)).frontier.root() == defined_root(entries)


@given(st.lists(leaf_lists, max_size=5))
def test_batches_make_the_same_tree_as_one_append(batches: list[list[bytes]]) -> None:
    frontier = Frontier()
    for batch in batches:
        frontier = frontier.grow(leaf_hashes(batch)).frontier
    whole = leaf_hashes([entry for batch in batches for entry in batch])
    assert frontier == Frontier().grow(whole).frontier


@given(leaf_lists, leaf_lists)
def test_an_append_reports_every_node_it_completed(first: list[bytes], second: list[bytes]) -> None:
    tree = MemoryTree(leaf_hashes(first))
    growth = tree.append(leaf_hashes(second))
    whole = MemoryTree(leaf_hashes(first + second))
    for level, nodes in enumerate(growth.levels):
        for place in range(len(nodes) // HASH_BYTES):
            node = nodes[place * HASH_BYTES : (place + 1) * HASH_BYTES]
            assert node == whole.node(level, (growth.old_size >> level) + place)


@given(leaf_lists, st.data())
def test_a_range_from_the_left_edge_hashes_to_the_root_of_the_smaller_tree(
    entries: list[bytes], data: st.DataObject
) -> None:
    size = data.draw(st.integers(0, len(entries)))
    tree = MemoryTree(leaf_hashes(entries))
    assert hash_range(tree, 0, size) == defined_root(entries[:size])


def test_a_leaf_never_hashes_like_an_inner_node() -> None:
    left, right = hash_leaf(b"a"), hash_leaf(b"b")
    assert hash_leaf(left + right) != hash_node(left, right)


@pytest.mark.parametrize("place", [(0, 3), (1, 1), (2, 0), (9, 0), (0, -1)])
def test_a_tree_of_three_does_not_invent_subtrees(place: tuple[int, int]) -> None:
    with pytest.raises(NodeUnknown):
        MemoryTree(leaf_hashes(ENTRIES[:3])).node(*place)


def test_half_a_hash_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Frontier().grow(bytes(40))


def test_a_frontier_without_its_peaks_is_refused() -> None:
    with pytest.raises(ValueError, match="one peak per set bit"):
        Frontier(3, (bytes(32),))
