"""Receipts: one record's place in the log, provable without us.

A receipt is one JSON object, `huisu-receipt/1`, with exactly these members:

| member | what |
|---|---|
| `format` | `"huisu-receipt/1"` |
| `statement` | `{"id", "kind", "sha256"}`: which record, and its digest in 64 hex digits |
| `salt` | 32 hex digits; with the statement it makes the public log entry |
| `index` | the leaf's place in the log, counted from 0 |
| `proof` | list of base64 hashes, from the leaf's neighbour up to below the root |
| `checkpoint` | the signed checkpoint whose root the proof leads to, cosignatures included |
| `key` | the log's vkey; compare it with the one the log publishes, or give your own copy |

The record itself is not in it: whoever has the record hashes it and compares. The holder decides
to whom to show the salt.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from contributions.log.canonical import Json, canonical_json, read_json_object
from contributions.log.checkpoint import Checkpoint, open_checkpoint
from contributions.log.errors import LogError
from contributions.log.keys import VerifierKey, decode_base64, encode_base64
from contributions.log.leaves import Statement, commit
from contributions.log.merkle import NodeReader, hash_leaf
from contributions.log.note import Note
from contributions.log.proofs import Proof, inclusion_proof, verify_inclusion

FORMAT = "huisu-receipt/1"

_MEMBERS = {"format", "statement", "salt", "index", "proof", "checkpoint", "key"}
_STATEMENT_MEMBERS = {"id", "kind", "sha256"}

_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_HEX_SALT = re.compile(r"[0-9a-f]{32}")


class MalformedReceipt(LogError):
    """A text is not a receipt."""

    code = "malformed_receipt"


@dataclass(frozen=True, slots=True)
class LoggedRecord:
    """A record's leaf and what it hides.

    Attributes:
        statement: Which record, and its digest.
        salt: 16 bytes.
        index: The leaf's place in the log, from 0.
    """

    statement: Statement
    salt: bytes
    index: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything needed to check one record offline; nothing about it is proven yet.

    Attributes:
        record: The record and its place.
        proof: Inclusion proof in the tree of the checkpoint.
        checkpoint: The signed checkpoint, a note.
        key: The log's own key, as the receipt has it.
    """

    record: LoggedRecord
    proof: Proof
    checkpoint: str
    key: VerifierKey

    def __str__(self) -> str:
        statement = self.record.statement
        members: dict[str, Json] = {
            "format": FORMAT,
            "statement": {
                "id": statement.id,
                "kind": statement.kind,
                "sha256": statement.sha256.hex(),
            },
            "salt": self.record.salt.hex(),
            "index": self.record.index,
            "proof": [encode_base64(item) for item in self.proof],
            "checkpoint": self.checkpoint,
            "key": str(self.key),
        }
        return canonical_json(members).decode()

    @classmethod
    def parse(cls, text: str) -> "Receipt":
        """Read a receipt.

        Raises:
            NotJson: The text is not a JSON object.
            MalformedReceipt: A member is missing, unknown or of the wrong form.
            StatementUnfit: The statement names no possible record.
            MalformedKey: The key is not a vkey.
        """
        members = read_json_object(text)
        _require_names(members, _MEMBERS)
        if members["format"] != FORMAT:
            raise MalformedReceipt(f"The format of the receipt is not {FORMAT}.")
        record = LoggedRecord(
            statement=_read_statement(members["statement"]),
            salt=bytes.fromhex(_read_text(members, "salt", _HEX_SALT)),
            index=_read_index(members["index"]),
        )
        return cls(
            record=record,
            proof=_read_proof(members["proof"]),
            checkpoint=_read_text(members, "checkpoint"),
            key=VerifierKey.parse(_read_text(members, "key")),
        )


def _require_names(members: dict[str, object], names: set[str]) -> None:
    if set(members) != names:
        raise MalformedReceipt(f"A receipt has exactly the members {', '.join(sorted(names))}.")


def _read_text(
    members: dict[str, object], name: str, pattern: re.Pattern[str] | None = None
) -> str:
    value = members[name]
    if not isinstance(value, str) or (pattern and not pattern.fullmatch(value)):
        raise MalformedReceipt(f"The member {name} of the receipt is not of the right form.")
    return value


def _read_statement(value: object) -> Statement:
    if not isinstance(value, dict):
        raise MalformedReceipt("The statement of the receipt is not an object.")
    _require_names(value, _STATEMENT_MEMBERS)
    digest = bytes.fromhex(_read_text(value, "sha256", _HEX_DIGEST))
    return Statement(_read_text(value, "kind"), _read_text(value, "id"), digest)


def _read_index(value: object) -> int:
    # JSON's true is an int in Python, and not a place in a log.
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MalformedReceipt("The index of the receipt is not a whole number from 0.")
    return value


def _read_proof(value: object) -> Proof:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise MalformedReceipt("The proof of the receipt is not a list of base64 hashes.")
    try:
        return tuple(decode_base64(item) for item in value)
    except ValueError as error:
        raise MalformedReceipt(f"A hash of the receipt's proof is {error}.") from error


def issue_receipt(
    *,
    record: LoggedRecord,
    nodes: NodeReader,
    checkpoint: str,
    key: VerifierKey,
) -> Receipt:
    """Make the receipt of a leaf, and check it as its holder would before handing it out.

    Raises:
        OutsideTree: The checkpoint does not yet cover the leaf.
        NotIncluded: The tables do not lead to the signed root, so something was altered.
        LogError: The checkpoint does not hold under the key.
    """
    size = Checkpoint.parse(Note.parse(checkpoint).text).size
    proof = inclusion_proof(nodes, record.index, size)
    receipt = Receipt(record, proof, checkpoint, key)
    verify_receipt(receipt, keys=[key])
    return receipt


def verify_receipt(receipt: Receipt, *, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Check a receipt and return the checkpoint that covers its record.

    Args:
        receipt: What the holder shows.
        keys: Trusted keys of the log.

    Raises:
        LogError: The signature does not hold, or the record is not where the receipt says.
    """
    checkpoint = open_checkpoint(receipt.checkpoint, keys)
    record = receipt.record
    verify_inclusion(
        index=record.index,
        size=checkpoint.size,
        leaf_hash=hash_leaf(commit(record.statement, record.salt)),
        proof=receipt.proof,
        root=checkpoint.root,
    )
    return checkpoint
