"""Reading the log: entries, hashes and tiles, from segments and full tiles.

A partial tile is stored nowhere. At the lowest level its hashes are those of entries; above,
they are the roots of the full tiles below.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from struct import iter_unpack

from django.db import connection

from contributions.log.leaves import ENTRY_BYTES
from contributions.log.tiles import TILE_WIDTH, ReadTile, TileAddress, encode_bundle
from contributions.models import LogTile
from contributions.models.log import MOST_LEAVES

# Only the segment that the first leaf lies in can start before it, and only by so much.
_ENTRIES = """
SELECT substring(
    entries
    FROM (32 * greatest(%(begin)s - first_index, 0) + 1)::int
    FOR (32 * (least(%(end)s, first_index + count) - greatest(%(begin)s, first_index)))::int
)
FROM contributions_logsegment
WHERE first_index < %(end)s AND first_index > %(begin)s - %(most)s
  AND first_index + count > %(begin)s
ORDER BY first_index
"""


def entries(begin: int, end: int) -> bytes:
    """Return the public entries of the leaves [begin, end), 32 bytes each."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, {"begin": begin, "end": end, "most": MOST_LEAVES})
        return b"".join(bytes(row[0]) for row in cursor.fetchall())


def leaf_hashes(stored: bytes) -> bytes:
    """Return the leaf hashes of entries, 32 bytes each."""
    return b"".join(
        [sha256(b"\x00" + entry).digest() for (entry,) in iter_unpack(f"{ENTRY_BYTES}s", stored)]
    )


def leaf_blocks(begin: int, end: int) -> Iterator[bytes]:
    """Yield the leaf hashes of [begin, end) in blocks of bounded size."""
    for start in range(begin, end, MOST_LEAVES):
        yield leaf_hashes(entries(start, min(start + MOST_LEAVES, end)))


def tile_reader(size: int) -> ReadTile:
    """Return a reader of the tiles of the tree with `size` leaves, by their paths."""

    def read(path: str) -> bytes | None:
        return tile(TileAddress.parse(path), size=size)

    return read


def tile(address: TileAddress, *, size: int) -> bytes | None:
    """Return a tile or entry bundle; None where the tree with `size` leaves has none."""
    begin = address.index * TILE_WIDTH
    end = begin + address.width
    level = address.level or 0
    if end > size >> (8 * level):
        return None
    if address.level is None:
        bundle = entries(begin, end)
        return encode_bundle([entry for (entry,) in iter_unpack(f"{ENTRY_BYTES}s", bundle)])
    if level == 0:
        return leaf_hashes(entries(begin, end))
    roots = LogTile.objects.filter(level=level - 1, index__gte=begin, index__lt=end)
    return b"".join(bytes(root) for root in roots.order_by("index").values_list("root", flat=True))
