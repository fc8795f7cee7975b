"""A small log with a real key, real tiles on disk and real signed checkpoints."""

from collections.abc import Sequence
from pathlib import Path

from contributions.log.checkpoint import Checkpoint, sign_checkpoint
from contributions.log.keys import KeyType, SignerKey
from contributions.log.merkle import MemoryTree, hash_leaf
from contributions.log.sources import open_source
from contributions.log.tiles import grown_bundles, grown_tiles

ORIGIN = "log.example/huisu"
SIGNER = SignerKey(ORIGIN, KeyType.NOTE, bytes(range(32)))
WITNESS = SignerKey("union.example/witness", KeyType.COSIGNATURE, bytes(range(1, 33)))


def entries(count: int, *, prefix: str = "entry") -> list[bytes]:
    return [f"{prefix} {place}".encode() for place in range(count)]


def tree_of(items: Sequence[bytes]) -> MemoryTree:
    return MemoryTree(b"".join(hash_leaf(item) for item in items))


def checkpoint_of(tree: MemoryTree) -> Checkpoint:
    return Checkpoint(ORIGIN, tree.frontier.size, tree.frontier.root())


class PublishedLog:
    """A log that publishes itself as files below `folder`, as a server would serve them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = MemoryTree()
        self.read = open_source(str(folder))
        self._write("checkpoint", self.note().encode())

    def note(self) -> str:
        return str(sign_checkpoint(checkpoint_of(self.tree), SIGNER))

    def append(self, items: Sequence[bytes]) -> str:
        old_size = self.tree.frontier.size
        growth = self.tree.append(b"".join(hash_leaf(item) for item in items))
        for address, content in grown_tiles(self.read, growth):
            self._write(address.path, content)
        for address, content in grown_bundles(self.read, old_size, items):
            self._write(address.path, content)
        self._write("checkpoint", self.note().encode())
        return self.note()

    def _write(self, path: str, content: bytes) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
