"""An advance: a newer checkpoint with the proof that it extends an older one.

    old <older tree size>
    <base64 hash>      … the consistency proof, one hash a line
    <blank line>
    <the newer checkpoint, a signed note>

One text serves both uses: it is what a log posts to a witness, and what a person who kept an old
checkpoint checks offline.

Source: the body of `add-checkpoint` in C2SP tlog-witness.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from contributions.log.checkpoint import Checkpoint, open_checkpoint
from contributions.log.errors import LogError
from contributions.log.keys import VerifierKey, decode_base64, encode_base64
from contributions.log.proofs import NotConsistent, Proof, verify_consistency

_OLD_SIZE = re.compile(r"old (0|[1-9][0-9]{0,18})")
_MAX_PROOF_LINES = 63


class MalformedAdvance(LogError):
    """A text is not a checkpoint with its consistency proof."""

    code = "malformed_advance"


class HistoryRewritten(LogError):
    """A log signed two states that no append-only history can have: its past was re-signed."""

    code = "history_rewritten"


class LogRolledBack(LogError):
    """A log shows a smaller tree than it had signed before."""

    code = "log_rolled_back"


class AnotherLog(LogError):
    """Two checkpoints belong to different logs and cannot be compared."""

    code = "another_log"


@dataclass(frozen=True, slots=True)
class Advance:
    """A newer signed checkpoint and the way to it.

    Attributes:
        old_size: Number of leaves the proof starts from.
        proof: Consistency proof from `old_size`.
        note: The newer checkpoint as a signed note.
    """

    old_size: int
    proof: Proof
    note: str

    def __str__(self) -> str:
        proof_lines = "".join(f"{encode_base64(item)}\n" for item in self.proof)
        return f"old {self.old_size}\n{proof_lines}\n{self.note}"

    @classmethod
    def parse(cls, raw: str) -> "Advance":
        """Take the text of an advance apart; the note in it is not yet checked.

        Raises:
            MalformedAdvance: The text is not one.
        """
        head, blank_line, note = raw.partition("\n\n")
        first, *proof_lines = head.split("\n")
        old_size = _OLD_SIZE.fullmatch(first)
        if not blank_line or not old_size or len(proof_lines) > _MAX_PROOF_LINES:
            raise MalformedAdvance("A consistency proof starts with the old size and its hashes.")
        try:
            proof = tuple(decode_base64(line) for line in proof_lines)
        except ValueError as error:
            raise MalformedAdvance(f"A hash of the consistency proof is {error}.") from error
        return cls(int(old_size[1]), proof, note)


def require_extension(*, older: Checkpoint, newer: Checkpoint, proof: Proof) -> None:
    """Check that a log's newer state contains its older state unchanged.

    Both checkpoints must have been opened with the log's key: then a failure is the log's own
    doing, and the two signed notes are the evidence.

    Raises:
        AnotherLog: The checkpoints are of different logs.
        LogRolledBack: The newer checkpoint has fewer leaves.
        HistoryRewritten: Both have the same size but different roots.
        NotConsistent: The proof does not lead from the one to the other.
    """
    if older.origin != newer.origin:
        raise AnotherLog(f"One checkpoint is of {older.origin}, the other of {newer.origin}.")
    if newer.size < older.size:
        raise LogRolledBack(
            f"The log {newer.origin} shows {newer.size} leaves but had signed {older.size} before."
        )
    if newer.size == older.size and newer.root != older.root:
        raise HistoryRewritten(
            f"The log {newer.origin} signed two different trees of {newer.size} leaves: "
            "its history was re-signed."
        )
    verify_consistency(
        old_size=older.size,
        new_size=newer.size,
        old_root=older.root,
        new_root=newer.root,
        proof=proof,
    )


def open_advance(advance: Advance, *, older: Checkpoint, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Return the newer checkpoint once its signature and its consistency with `older` hold.

    Raises:
        NotConsistent: The proof starts from another size, or does not hold.
        LogError: Any reason `open_checkpoint` or `require_extension` has to refuse.
    """
    newer = open_checkpoint(advance.note, keys)
    if newer.size > older.size and advance.old_size != older.size:
        raise NotConsistent(
            f"The consistency proof starts from {advance.old_size} leaves, "
            f"but the older checkpoint has {older.size}."
        )
    require_extension(older=older, newer=newer, proof=advance.proof)
    return newer
