"""Tiles: the log as static files that anyone can fetch, cache and prove things from.

    tile/<level>/<index>[.p/<width>]      256 hashes of 32 bytes; tile level L is tree level 8·L
    tile/entries/<index>[.p/<width>]      256 entries, each behind its length in two bytes

Indexes are written in groups of three digits, all but the last marked: 1234067 is x001/x234/067.
A partial tile at the right edge carries its width and is superseded when it fills up.

Source: C2SP tlog-tiles.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from contributions.log.errors import LogError
from contributions.log.merkle import HASH_BYTES, Growth, NodeUnknown, hash_node

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_ENTRY_BYTES = 65_535

_LENGTH_BYTES = 2
_LEVEL = r"0|[1-9]|[1-5][0-9]|6[0-3]"
_WIDTH = r"[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5]"
_PATH = re.compile(
    rf"tile/(?P<level>{_LEVEL}|entries)/(?P<index>(?:x[0-9]{{3}}/)*[0-9]{{3}})"
    rf"(?:\.p/(?P<width>{_WIDTH}))?"
)
# 2^63 has nineteen digits, so a longer path cannot name a tile of any log.
_MAX_PATH_CHARACTERS = 60

# Returns the content at a path of the log, or None when the log has nothing there.
ReadTile = Callable[[str], bytes | None]


class NotATilePath(LogError):
    """A path does not name a tile or an entry bundle."""

    code = "not_a_tile_path"


class TileMissing(LogError):
    """The log does not serve a tile that its size demands."""

    code = "tile_missing"


class TileDamaged(LogError):
    """A tile or entry bundle does not have the content its name demands."""

    code = "tile_damaged"


class EntryTooLong(LogError):
    """A log entry exceeds what an entry bundle can hold."""

    code = "entry_too_long"


@dataclass(frozen=True, slots=True)
class TileAddress:
    """The place of one tile or entry bundle.

    Attributes:
        level: Tile level; None for a bundle of entries.
        index: Index within the level.
        width: Number of hashes or entries, 1 to 256; below 256 the tile is partial.
    """

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The path below the log's prefix, without a leading slash."""
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_spell_index(self.index)}{partial}"

    @classmethod
    def parse(cls, path: str) -> "TileAddress":
        """Read a path below the log's prefix.

        Raises:
            NotATilePath: It is not the one spelling of any tile's address.
        """
        match = _PATH.fullmatch(path) if len(path) <= _MAX_PATH_CHARACTERS else None
        if match is None:
            raise NotATilePath("This path names no tile of the log.")
        level = None if match["level"] == "entries" else int(match["level"])
        index = int(match["index"].replace("x", "").replace("/", ""))
        address = cls(level, index, int(match["width"] or TILE_WIDTH))
        if address.path != path:
            raise NotATilePath("This path spells the index of a tile in a wrong way.")
        return address


def _spell_index(index: int) -> str:
    *leading, last = f"{index:,}".split(",")
    return "/".join([*(f"x{group:0>3}" for group in leading), f"{last:0>3}"])


def tiles_of(size: int) -> Iterator[TileAddress]:
    """Yield the address of every hash tile of a tree with `size` leaves, lowest level first."""
    level, width = 0, size
    while width:
        for index in range(width // TILE_WIDTH):
            yield TileAddress(level, index)
        if width % TILE_WIDTH:
            yield TileAddress(level, width // TILE_WIDTH, width % TILE_WIDTH)
        level, width = level + 1, width // TILE_WIDTH


def _tile_at(level: int | None, index: int, hashes_in_level: int) -> TileAddress:
    """Return the address of a tile as wide as a tree with so many hashes at its level has it."""
    width = min(hashes_in_level - index * TILE_WIDTH, TILE_WIDTH)
    return TileAddress(level, index, width)


def _read_partial(read: ReadTile, address: TileAddress) -> bytes:
    """Read a tile; a partial one may since have been superseded by the full one."""
    content = read(address.path)
    if content is None and address.width < TILE_WIDTH:
        content = read(replace(address, width=TILE_WIDTH).path)
    if content is None:
        raise TileMissing(f"The log does not serve {address.path}.")
    return content


def read_tile(read: ReadTile, address: TileAddress) -> bytes:
    """Return the hashes of one tile, 32 * width bytes; they are not proven yet.

    Raises:
        TileMissing: Neither the tile nor the full tile that superseded it is there.
        TileDamaged: The content is not so many hashes.
    """
    content = _read_partial(read, address)
    needed_bytes = address.width * HASH_BYTES
    if len(content) not in {needed_bytes, TILE_WIDTH * HASH_BYTES}:
        raise TileDamaged(f"The content of {address.path} has the wrong length.")
    return content[:needed_bytes]


class TileNodes:
    """The complete subtrees of a log of known size, read from its tiles as they are needed.

    What it returns is only what the log serves. It becomes knowledge when a proof made from it
    leads to a signed root.
    """

    def __init__(self, read: ReadTile, size: int) -> None:
        """Read from `read` the tiles of the tree with `size` leaves."""
        self._read = read
        self._size = size
        self._tiles: dict[TileAddress, _TileTree] = {}

    def node(self, level: int, index: int) -> bytes:
        """Return the 32-byte root of one complete subtree.

        Raises:
            NodeUnknown: A tree of this size has no such complete subtree.
            TileMissing: The log does not serve a tile of this size.
            TileDamaged: A tile is not made of hashes.
        """
        if index < 0 or (index + 1) << level > self._size:
            raise NodeUnknown(f"The tree has no complete subtree {index} at level {level}.")
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        hashes_in_level = self._size >> (tile_level * TILE_HEIGHT)
        address = _tile_at(tile_level, first // TILE_WIDTH, hashes_in_level)
        tile = self._tiles.get(address)
        if tile is None:
            tile = self._tiles[address] = _TileTree(read_tile(self._read, address))
        return tile.node(height, (first % TILE_WIDTH) >> height)


class _TileTree:
    """The hashes of one tile, and the inner nodes between them as they are asked for."""

    def __init__(self, hashes: bytes) -> None:
        self._hashes = hashes

    def node(self, level: int, index: int) -> bytes:
        if level == 0:
            return self._hashes[index * HASH_BYTES : (index + 1) * HASH_BYTES]
        return hash_node(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))


def grown_tiles(read: ReadTile, growth: Growth) -> Iterator[tuple[TileAddress, bytes]]:
    """Yield the hash tiles that an append fills or extends, with their whole contents.

    Args:
        read: The log before the append; read once per level, for its partial tile.
        growth: The append.
    """
    for level, nodes in enumerate(growth.levels[::TILE_HEIGHT]):
        old_width = growth.old_size >> (level * TILE_HEIGHT)
        partial = old_width % TILE_WIDTH
        first = old_width // TILE_WIDTH
        head = read_tile(read, TileAddress(level, first, partial)) if partial else b""
        hashes = head + nodes
        tile_bytes = TILE_WIDTH * HASH_BYTES
        for place in range(0, len(hashes), tile_bytes):
            content = hashes[place : place + tile_bytes]
            address = TileAddress(level, first + place // tile_bytes, len(content) // HASH_BYTES)
            yield address, content


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return an entry bundle: each entry behind its length in two bytes, big-endian.

    Raises:
        EntryTooLong: An entry has more than 65,535 bytes.
    """
    if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise EntryTooLong(f"A log entry has at most {MAX_ENTRY_BYTES} bytes.")
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES) + entry for entry in entries)


def decode_bundle(content: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        TileDamaged: The lengths do not add up, or there are more than 256 entries.
    """
    entries: list[bytes] = []
    place = 0
    while place < len(content):
        start = place + _LENGTH_BYTES
        place = start + int.from_bytes(content[place:start])
        entries.append(content[start:place])
    if place != len(content) or len(entries) > TILE_WIDTH:
        raise TileDamaged("The lengths in an entry bundle do not add up.")
    return entries


def grown_bundles(
    read: ReadTile, old_size: int, entries: Sequence[bytes]
) -> Iterator[tuple[TileAddress, bytes]]:
    """Yield the entry bundles that an append fills or extends, with their whole contents.

    Args:
        read: The log before the append; read once, for its partial bundle.
        old_size: Number of entries before the append.
        entries: The entries appended.
    """
    first, partial = divmod(old_size, TILE_WIDTH)
    head: list[bytes] = []
    if partial:
        head = decode_bundle(_read_partial(read, TileAddress(None, first, partial)))[:partial]
    waiting = [*head, *entries]
    for place in range(0, len(waiting), TILE_WIDTH):
        bundle = waiting[place : place + TILE_WIDTH]
        address = TileAddress(None, first + place // TILE_WIDTH, len(bundle))
        yield address, encode_bundle(bundle)
