"""Checkpoints: what a log signs about itself.

    <origin>
    <tree size>
    <base64 of the root>
    [extension lines, signed but given no meaning here]

A checkpoint is only believed when a key named like its origin signed it, so the checkpoint of
one log never passes for another's.

Source: C2SP tlog-checkpoint.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from contributions.log.errors import LogError
from contributions.log.keys import (
    MalformedKey,
    SignerKey,
    VerifierKey,
    decode_base64,
    encode_base64,
)
from contributions.log.merkle import EMPTY_ROOT, HASH_BYTES
from contributions.log.note import Note, require_signature, sign_note

MAX_TREE_SIZE = 2**63 - 1

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_ESSENTIAL_LINES = 3


class MalformedCheckpoint(LogError):
    """The text of a signed note is not a checkpoint."""

    code = "malformed_checkpoint"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log at one size.

    Attributes:
        origin: Name of the log, the same as of its key.
        size: Number of leaves.
        root: 32 bytes, the Merkle tree hash of those leaves.
        extensions: Further lines, signed along.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_TREE_SIZE:
            raise MalformedCheckpoint("The tree size of a checkpoint is out of range.")
        if len(self.root) != HASH_BYTES or (self.size == 0 and self.root != EMPTY_ROOT):
            raise MalformedCheckpoint("The root of a checkpoint does not fit its tree size.")
        lines = (self.origin, *self.extensions)
        if any(not line or "\n" in line for line in lines):
            raise MalformedCheckpoint("The lines of a checkpoint are not empty.")

    @property
    def text(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a signed note as a checkpoint.

        Raises:
            MalformedCheckpoint: It is not one.
        """
        lines = text.removesuffix("\n").split("\n")
        if len(lines) < _ESSENTIAL_LINES or not _SIZE.fullmatch(lines[1]):
            raise MalformedCheckpoint("A checkpoint has a line each for origin, size and root.")
        try:
            root = decode_base64(lines[2])
        except ValueError as error:
            raise MalformedCheckpoint(f"The root of the checkpoint is {error}.") from error
        return cls(lines[0], int(lines[1]), root, tuple(lines[_ESSENTIAL_LINES:]))


def sign_checkpoint(checkpoint: Checkpoint, signer: SignerKey) -> Note:
    """Sign a checkpoint with the key of its log.

    Raises:
        MalformedKey: The key belongs to another log.
    """
    if signer.name != checkpoint.origin:
        raise MalformedKey(f"The key of {signer.name} cannot sign for {checkpoint.origin}.")
    return sign_note(checkpoint.text, signer)


def open_checkpoint(raw: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Read a signed checkpoint and check that its own log signed it.

    Args:
        raw: The signed note.
        keys: Trusted keys of logs, of which those named like the origin count; several serve key
            rotation.

    Raises:
        MalformedNote: The text is not a signed note.
        MalformedCheckpoint: The signed text is not a checkpoint.
        SignatureDoesNotHold: The log's signature does not fit the text.
        NotSignedByKnownKey: No trusted key of that log signed.
    """
    note = Note.parse(raw)
    checkpoint = Checkpoint.parse(note.text)
    require_signature(note, [key for key in keys if key.name == checkpoint.origin])
    return checkpoint
