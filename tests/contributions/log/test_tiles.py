from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contributions.log.merkle import HASH_BYTES, NodeUnknown, hash_leaf, hash_range
from contributions.log.proofs import consistency_proof, inclusion_proof
from contributions.log.tiles import (
    MAX_ENTRY_BYTES,
    EntryTooLong,
    NotATilePath,
    TileAddress,
    TileDamaged,
    TileMissing,
    TileNodes,
    decode_bundle,
    encode_bundle,
    tiles_of,
)
from tests.contributions.log.published import PublishedLog, entries, tree_of


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (TileAddress(0, 0), "tile/0/000"),
        (TileAddress(1, 7, 5), "tile/1/007.p/5"),
        (TileAddress(0, 1_234_067), "tile/0/x001/x234/067"),
        (TileAddress(63, 999), "tile/63/999"),
        (TileAddress(2, 1000, 255), "tile/2/x001/000.p/255"),
        (TileAddress(None, 1_234_067), "tile/entries/x001/x234/067"),
        (TileAddress(None, 0, 1), "tile/entries/000.p/1"),
    ],
)
def test_addresses_are_spelled_as_the_standard_says(address: TileAddress, path: str) -> None:
    assert address.path == path
    assert TileAddress.parse(path) == address


@given(st.none() | st.integers(0, 63), st.integers(0, 2**63), st.integers(1, 256))
def test_every_address_reads_back_as_written(level: int | None, index: int, width: int) -> None:
    address = TileAddress(level, index, width)
    assert TileAddress.parse(address.path) == address


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/x234",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000/",
        "/tile/0/000",
        "tile/data/000",
        "tile/0/../000",
        "tile/0/000\n",
        "tile/0/\uff10\uff10\uff10",
        "tile/0/" + "x001/" * 100 + "000",
    ],
)
def test_other_spellings_of_addresses_are_refused(path: str) -> None:
    with pytest.raises(NotATilePath):
        TileAddress.parse(path)


def test_a_tree_of_seventy_thousand_has_the_tiles_of_the_standards_example() -> None:
    widths = [(address.level, address.width) for address in tiles_of(70_000)]
    assert widths.count((0, 256)) == 273
    assert widths[273:] == [(0, 112), (1, 256), (1, 17), (2, 1)]


def test_a_full_tile_is_itself_one_hash_of_the_level_above() -> None:
    assert [address.path for address in tiles_of(256)] == ["tile/0/000", "tile/1/000.p/1"]
    assert list(tiles_of(0)) == []


@pytest.mark.parametrize("batches", [[600], [1, 254, 1, 1, 300], [256, 256], [255, 2], [70_000]])
def test_published_tiles_hold_the_whole_tree(tmp_path: Path, batches: list[int]) -> None:
    log = PublishedLog(tmp_path)
    items = entries(sum(batches))
    start = 0
    for batch in batches:
        log.append(items[start : start + batch])
        start += batch
    tree = tree_of(items)
    for address in tiles_of(start):
        assert address.level is not None
        content = (tmp_path / address.path).read_bytes()
        first = address.index * 256
        assert content == b"".join(
            tree.node(8 * address.level, first + place) for place in range(address.width)
        )
    nodes = TileNodes(log.read, start)
    assert hash_range(nodes, 0, start) == tree.frontier.root()


def test_published_bundles_hold_every_entry(tmp_path: Path) -> None:
    log = PublishedLog(tmp_path)
    items = entries(700)
    log.append(items[:300])
    log.append(items[300:])
    found: list[bytes] = []
    for address in (TileAddress(None, 0), TileAddress(None, 1), TileAddress(None, 2, 188)):
        found += decode_bundle((tmp_path / address.path).read_bytes())
    assert found == items
    leaf_tile = (tmp_path / "tile/0/001").read_bytes()
    assert leaf_tile[:HASH_BYTES] == hash_leaf(items[256])


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 600])
def test_proofs_from_tiles_are_those_from_memory(tmp_path: Path, size: int) -> None:
    log = PublishedLog(tmp_path)
    # Partial tiles of earlier sizes must serve even after the log has grown over them.
    log.append(entries(size))
    log.append(entries(900)[size:])
    nodes = TileNodes(log.read, size)
    tree = tree_of(entries(size))
    for index in {0, size // 3, size - 1}:
        assert inclusion_proof(nodes, index, size) == inclusion_proof(tree, index, size)
        assert consistency_proof(nodes, index, size) == consistency_proof(tree, index, size)


def test_a_full_tile_stands_in_for_a_partial_one_that_was_deleted(tmp_path: Path) -> None:
    log = PublishedLog(tmp_path)
    log.append(entries(200))
    log.append(entries(256)[200:])
    (tmp_path / "tile/0/000.p/200").unlink()
    nodes = TileNodes(log.read, 200)
    assert hash_range(nodes, 0, 200) == tree_of(entries(200)).frontier.root()


def test_a_missing_tile_is_named(tmp_path: Path) -> None:
    log = PublishedLog(tmp_path)
    log.append(entries(300))
    (tmp_path / "tile/0/001.p/44").unlink()
    with pytest.raises(TileMissing, match=r"tile/0/001\.p/44"):
        TileNodes(log.read, 300).node(0, 299)


@pytest.mark.parametrize("content", [b"", bytes(44 * 32 - 1), bytes(45 * 32)])
def test_a_tile_of_the_wrong_length_is_named(tmp_path: Path, content: bytes) -> None:
    log = PublishedLog(tmp_path)
    log.append(entries(300))
    (tmp_path / "tile/0/001.p/44").write_bytes(content)
    with pytest.raises(TileDamaged, match=r"tile/0/001\.p/44"):
        TileNodes(log.read, 300).node(0, 299)


@pytest.mark.parametrize("place", [(0, 300), (8, 1), (9, 0), (0, -1)])
def test_tiles_do_not_invent_subtrees(tmp_path: Path, place: tuple[int, int]) -> None:
    log = PublishedLog(tmp_path)
    log.append(entries(300))
    with pytest.raises(NodeUnknown):
        TileNodes(log.read, 300).node(*place)


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_bundles_read_back_as_written(items: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(items)) == items


def test_the_longest_entry_fits_and_a_longer_one_is_refused() -> None:
    longest = bytes(MAX_ENTRY_BYTES)
    assert decode_bundle(encode_bundle([longest])) == [longest]
    with pytest.raises(EntryTooLong):
        encode_bundle([bytes(MAX_ENTRY_BYTES + 1)])


@pytest.mark.parametrize("content", [b"\x00", b"\x00\x02a", b"\x00\x01ab", b"\x00\x00" * 257])
def test_damaged_bundles_are_refused(content: bytes) -> None:
    with pytest.raises(TileDamaged):
        decode_bundle(content)
