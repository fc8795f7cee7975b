"""Check what a log signed, offline: `python -m contributions.log.verify FILE`.

    … verify RECEIPT [--key VKEY] [--witness VKEY]… [--record FILE]
        The record is in the log: its leaf leads to a root that the log signed.

    … verify ADVANCE --older CHECKPOINT-OR-RECEIPT [--key VKEY] [--witness VKEY]…
        The newer checkpoint in ADVANCE contains the whole older tree, unchanged.

    … verify WORK-HISTORY [--key VKEY]
        The work history is as the log's operator signed it.

Needs no network, no database and no Django. Says in plain sentences what holds, or what is wrong.
Exit status: 0 everything holds, 1 something does not, 2 the command was not understood.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from contributions.log.advance import Advance, open_advance
from contributions.log.checkpoint import Checkpoint, open_checkpoint
from contributions.log.cosignature import read_cosignatures
from contributions.log.errors import LogError
from contributions.log.keys import VerifierKey
from contributions.log.note import Note
from contributions.log.receipt import Receipt, verify_receipt
from contributions.log.work_history import (
    WorkHistory,
    is_history,
    subject_of,
    verify_history,
)

_MAX_FILE_BYTES = 4_000_000


class FileUnreadable(LogError):
    """A file to check cannot be read as text."""

    code = "file_unreadable"


class NothingToCompare(LogError):
    """An older state is missing, cannot be trusted, or was given without a proof."""

    code = "nothing_to_compare"


class RecordDiffers(LogError):
    """A record is not the one that its receipt is about."""

    code = "record_differs"


class NotCosigned(LogError):
    """A witness that the reader relies on has not cosigned the checkpoint."""

    code = "not_cosigned"


def check_receipt(
    receipt: Receipt,
    *,
    keys: Sequence[VerifierKey],
    witnesses: Sequence[VerifierKey],
    record: bytes | None,
) -> list[str]:
    """Check a receipt and return what holds, in sentences.

    Args:
        receipt: The receipt.
        keys: Trusted keys of the log; when empty the receipt's own key is used, and said to be.
        witnesses: Keys of witnesses, each of which must have cosigned.
        record: The record's canonical content, when it is at hand.

    Raises:
        LogError: Something does not hold.
    """
    checkpoint = verify_receipt(receipt, keys=keys or [receipt.key])
    statement = receipt.record.statement
    sentences = [
        f"The {statement.kind} {statement.id} is leaf {receipt.record.index} of the log "
        f"{checkpoint.origin}, which had {checkpoint.size} leaves when it signed.",
        f"The record's SHA-256 is {statement.sha256.hex()}.",
    ]
    if record is not None:
        _require_digest(record, statement.sha256)
        sentences.append("The record you have is the one that was logged.")
    if not keys:
        sentences.append(
            "The signature was checked with the key in the receipt itself. Compare it with the "
            f"key the log publishes: {receipt.key}"
        )
    return sentences + _cosigned(receipt.checkpoint, witnesses)


def check_advance(
    advance: Advance,
    *,
    older: Checkpoint,
    keys: Sequence[VerifierKey],
    witnesses: Sequence[VerifierKey],
) -> list[str]:
    """Check that a log only grew since an older checkpoint; return what holds, in sentences.

    Raises:
        LogError: Something does not hold.
    """
    newer = open_advance(advance, older=older, keys=keys)
    sentence = (
        f"The log {newer.origin} grew from {older.size} to {newer.size} leaves "
        "and left every older leaf as it was."
    )
    return [sentence, *_cosigned(advance.note, witnesses)]


def check_history(found: WorkHistory, *, keys: Sequence[VerifierKey]) -> list[str]:
    """Check a work history and return what holds, in sentences.

    Args:
        keys: Trusted keys of the log; when empty the file's own key is used, and said to be.

    Raises:
        LogError: Something does not hold.
    """
    signer = verify_history(found, keys=keys or [found.key])
    number, made_on = subject_of(found.history)
    sentence = f"The work history of {number}, made on {made_on}, is as {signer.name} signed it."
    return [sentence] if keys else [sentence, _own_key(found.key)]


def _own_key(key: VerifierKey) -> str:
    return (
        "The signature was checked with the key in the file itself. Compare it with the key the "
        f"log publishes: {key}"
    )


def _require_digest(record: bytes, digest: bytes) -> None:
    if sha256(record).digest() != digest:
        raise RecordDiffers("The record you have is not the one that was logged.")


def _cosigned(note: str, witnesses: Sequence[VerifierKey]) -> list[str]:
    """Return a sentence for each witness, all of which must have cosigned."""
    times = {
        cosignature.witness: datetime.fromtimestamp(cosignature.cosigned_at_seconds, UTC)
        for cosignature in read_cosignatures(Note.parse(note), witnesses)
    }
    for witness in witnesses:
        if witness.name not in times:
            raise NotCosigned(f"The witness {witness.name} has not cosigned the checkpoint.")
    return [
        f"The witness {name} cosigned at {time:%Y-%m-%d %H:%M:%S} UTC."
        for name, time in times.items()
    ]


def _read_file(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > _MAX_FILE_BYTES:
        raise FileUnreadable(f"{path} is too large to be what it should be.")
    return content


def _read_text(path: str) -> str:
    try:
        return _read_file(path).decode()
    except UnicodeDecodeError as error:
        raise FileUnreadable(f"{path} is not UTF-8 text.") from error


def _read_older(
    path: str | None, keys: Sequence[VerifierKey]
) -> tuple[Checkpoint, list[VerifierKey]]:
    """Return the older checkpoint, and the keys to hold the newer one to."""
    if path is None:
        raise NothingToCompare("Give the checkpoint or receipt you kept with --older.")
    text = _read_text(path)
    if text.lstrip().startswith("{"):
        receipt = Receipt.parse(text)
        trusted = list(keys) or [receipt.key]
        return verify_receipt(receipt, keys=trusted), trusted
    if not keys:
        raise NothingToCompare("A checkpoint needs the log's key: give it with --key.")
    return open_checkpoint(text, keys), list(keys)


def check(arguments: argparse.Namespace) -> list[str]:
    """Check what the command line names and return what holds, in sentences.

    Raises:
        LogError: Something does not hold.
    """
    keys = [VerifierKey.parse(vkey) for vkey in arguments.key]
    witnesses = [VerifierKey.parse(vkey) for vkey in arguments.witness]
    text = _read_text(arguments.file)
    if text.startswith("old "):
        older, keys = _read_older(arguments.older, keys)
        return check_advance(Advance.parse(text), older=older, keys=keys, witnesses=witnesses)
    if arguments.older is not None:
        what = "a work history" if is_history(text) else "a receipt"
        raise NothingToCompare(f"--older goes with a consistency proof, and this is {what}.")
    if is_history(text):
        return check_history(WorkHistory.parse(text), keys=keys)
    record = None if arguments.record is None else _read_file(arguments.record)
    return check_receipt(Receipt.parse(text), keys=keys, witnesses=witnesses, record=record)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m contributions.log.verify",
        description="Check a receipt or work history, or that the log only grew.",
    )
    parser.add_argument(
        "file",
        help="a receipt, a work history, or a newer checkpoint with its consistency proof",
    )
    parser.add_argument(
        "--key", action="append", default=[], help="the log's key, as it publishes it"
    )
    parser.add_argument(
        "--witness", action="append", default=[], help="key of a witness that must have cosigned"
    )
    parser.add_argument("--record", help="the record itself, to compare with its receipt")
    parser.add_argument("--older", help="the checkpoint or receipt you kept from before")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    arguments = _parser().parse_args(argv)
    try:
        sentences = check(arguments)
    except LogError as error:
        sys.stdout.write(f"Does not hold: {error}\n")
        return 1
    sys.stdout.write("".join(f"{sentence}\n" for sentence in sentences) + "Verified.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
