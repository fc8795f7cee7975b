"""What one leaf commits to, and how it hides it.

A *statement* says which record is meant and what its content hashes to. The public *entry* of the
log is not the statement but a commitment to it:

    entry     = SHA-256("huisu-leaf/1\\n" ‖ salt ‖ statement)              32 bytes
    statement = {"id":"…","kind":"…","sha256":"…"}                         RFC 8785 JSON
    leaf hash = SHA-256(0x00 ‖ entry)                                       RFC 6962

The 16 random bytes of salt are kept apart and shown only in the receipt, so nobody can guess a
record from the public log, and destroying the salt leaves the tree provable but the leaf mute.
The salt has a fixed length, so no other salt and statement join to the same bytes.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from struct import iter_unpack

from contributions.log.canonical import canonical_json
from contributions.log.errors import LogError
from contributions.log.merkle import HASH_BYTES

SALT_BYTES = 16
ENTRY_BYTES = 32
DOMAIN = b"huisu-leaf/1\n"

# Both alphabets need no escaping in JSON, which is what lets a batch be written without a writer.
_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}")
_IDS = re.compile(rf"{_ID.pattern}(?:\n{_ID.pattern})*")


class StatementUnfit(LogError):
    """A record cannot be stated in the log as it is named or hashed."""

    code = "statement_unfit"


@dataclass(frozen=True, slots=True)
class Statement:
    """Which record a leaf is about.

    Attributes:
        kind: What the record is: contribution, correction, attestation, policy, run, payment, …
        id: The record's own opaque id, unique within its kind; never a personal datum.
        sha256: 32 bytes, the digest of the record's canonical content.
    """

    kind: str
    id: str
    sha256: bytes

    def __post_init__(self) -> None:
        _require_kind(self.kind)
        if not _ID.fullmatch(self.id):
            raise StatementUnfit("The id of a logged record is 1 to 128 plain ASCII characters.")
        if len(self.sha256) != HASH_BYTES:
            raise StatementUnfit("The digest of a logged record is 32 bytes.")

    def encoded(self) -> bytes:
        """Return the statement as canonical JSON."""
        return canonical_json({"id": self.id, "kind": self.kind, "sha256": self.sha256.hex()})


@dataclass(frozen=True)
class CommittedBatch:
    """Entries and leaf hashes of many records, in their order.

    Attributes:
        entries: 32 * n bytes, the public log entries.
    """

    entries: bytes

    @cached_property
    def leaf_hashes(self) -> bytes:
        """32 * n bytes, what the Merkle tree is built from; hashed when asked for."""
        starts = range(0, len(self.entries), ENTRY_BYTES)
        entries = (self.entries[at : at + ENTRY_BYTES] for at in starts)
        return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])


def _require_kind(kind: str) -> None:
    if not _KIND.fullmatch(kind):
        raise StatementUnfit("The kind of a logged record is one lower-case word.")


def new_salts(count: int) -> bytes:
    """Return fresh salts for `count` leaves, 16 * count random bytes."""
    return secrets.token_bytes(SALT_BYTES * count)


def commit(statement: Statement, salt: bytes) -> bytes:
    """Return the public log entry, 32 bytes, that commits to one statement.

    Args:
        statement: The statement to hide.
        salt: 16 random bytes, used for this leaf only.
    """
    if len(salt) != SALT_BYTES:
        raise StatementUnfit("The salt of a leaf is 16 bytes.")
    return sha256(DOMAIN + salt + statement.encoded()).digest()


def commit_batch(*, kind: str, ids: Sequence[str], digests: bytes, salts: bytes) -> CommittedBatch:
    """Commit to many records of one kind: the same leaves as `commit`, one by one, makes.

    Args:
        kind: The kind of all the records.
        ids: Their n ids.
        digests: 32 * n bytes, the digests of their canonical contents.
        salts: 16 * n bytes from `new_salts`.

    Raises:
        StatementUnfit: A name, an id or a length is not allowed.
    """
    _require_kind(kind)
    if len(digests) != HASH_BYTES * len(ids) or len(salts) != SALT_BYTES * len(ids):
        raise StatementUnfit("A batch needs one digest and one salt for each id.")
    if not ids:
        return CommittedBatch(b"")
    joined_ids = "\n".join(ids)
    if not _IDS.fullmatch(joined_ids) or joined_ids.count("\n") != len(ids) - 1:
        raise StatementUnfit("The id of a logged record is 1 to 128 plain ASCII characters.")
    entries = _entries(kind, joined_ids.encode().split(b"\n"), digests, salts)
    return CommittedBatch(b"".join(entries))


def _entries(kind: str, ids: list[bytes], digests: bytes, salts: bytes) -> list[bytes]:
    """Return the commitments of a checked batch.

    Statement and domain are one template filled in per row: two thirds of the time of joining the
    parts, and what remains is mostly the hashing.
    """
    template = DOMAIN + b'%b{"id":"%b","kind":"' + kind.encode() + b'","sha256":"%b"}'
    rows = zip(
        iter_unpack(f"{SALT_BYTES}s", salts),
        ids,
        iter_unpack(f"{2 * HASH_BYTES}s", digests.hex().encode()),
        strict=True,
    )
    return [
        sha256(template % (salt, identity, digest)).digest()
        for (salt,), identity, (digest,) in rows
    ]
