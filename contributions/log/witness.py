"""Be a witness of a log: `python -m contributions.log.witness`.

    … witness new-key NAME KEYFILE
        Make the witness's key; the public half, to be given to the log and its readers, is shown.

    … witness cosign LOG --log-key VKEY --key KEYFILE --state STATE [--output FILE]
        Read the log at LOG (a web address or a directory of tiles), check that it contains all it
        showed this witness before, remember its checkpoint in STATE, and show the cosigned
        checkpoint, or refuse and say why.

A union or a regulator that runs this now and then holds what a database administrator cannot
change: the last checkpoint. A history re-signed with the log's own key no longer leads to it, and
the two signed checkpoints together prove the rewriting to anyone.

Exit status: 0 cosigned, 1 refused, 2 the command was not understood.
"""

import argparse
import fcntl
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from contributions.log.advance import HistoryRewritten, LogRolledBack, require_extension
from contributions.log.canonical import canonical_json, read_json_object
from contributions.log.checkpoint import Checkpoint, open_checkpoint
from contributions.log.cosignature import cosign
from contributions.log.errors import LogError
from contributions.log.keys import KeyType, SignerKey, VerifierKey
from contributions.log.merkle import EMPTY_ROOT, hash_range
from contributions.log.note import Note
from contributions.log.proofs import NotConsistent, consistency_proof
from contributions.log.sources import open_source, read_checkpoint
from contributions.log.tiles import ReadTile, TileNodes


class TilesNotSigned(LogError):
    """The tiles a log serves do not lead to the root it signed."""

    code = "tiles_not_signed"


class StateUnusable(LogError):
    """The witness's own memory or key cannot be read, so it must not sign."""

    code = "state_unusable"


def require_same_history(*, before: Checkpoint | None, now: Checkpoint, read: ReadTile) -> None:
    """Check that a log's signed state contains what the witness saw before.

    Args:
        before: The checkpoint the witness saw last; None at first sight.
        now: The checkpoint offered, its signature already checked.
        read: The log's tiles.

    Raises:
        TilesNotSigned: The tiles do not make the offered root, so nothing can be said.
        LogRolledBack: The log has fewer leaves than it had signed.
        HistoryRewritten: The offered tree has other leaves where the witness had seen some.
        TileMissing: The log does not serve its tiles.
    """
    nodes = TileNodes(read, now.size)
    if hash_range(nodes, 0, now.size) != now.root:
        raise TilesNotSigned("The tiles of the log do not lead to the root of its checkpoint.")
    older = before or Checkpoint(now.origin, 0, EMPTY_ROOT)
    proof = consistency_proof(nodes, min(older.size, now.size), now.size)
    try:
        require_extension(older=older, newer=now, proof=proof)
    except NotConsistent as error:
        # The tiles make the signed root and yet not the older one: both cannot be one history.
        raise HistoryRewritten(
            f"The tree of {now.size} leaves that {now.origin} signed does not contain the tree of "
            f"{older.size} leaves it had signed before: its history was re-signed."
        ) from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other runs of this witness out, so that none signs what the other has outdated."""
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read_state(path: Path) -> dict[str, str]:
    """Return the last signed checkpoint of each origin."""
    try:
        state = read_json_object(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, LogError) as error:
        raise StateUnusable(f"The witness's state in {path} cannot be read: {error}") from error
    notes = {origin: note for origin, note in state.items() if isinstance(note, str)}
    if len(notes) < len(state):
        raise StateUnusable(f"The witness's state in {path} is damaged.")
    return notes


def _write_durably(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace a file so that after a crash it holds either the old or the new content."""
    draft = path.with_name(f"{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def witness_log(
    *,
    read: ReadTile,
    log_keys: Sequence[VerifierKey],
    signer: SignerKey,
    state_path: Path,
    cosigned_at_seconds: int,
) -> Note:
    """Look at a log once and return its checkpoint, cosigned.

    The new checkpoint is on disk before the cosignature exists, so a crash in between forgets a
    signature, never what was seen.

    Raises:
        LogError: The reason for refusing.
    """
    with _locked(state_path):
        note = Note.parse(read_checkpoint(read))
        now = open_checkpoint(str(note), log_keys)
        state = _read_state(state_path)
        remembered = state.get(now.origin)
        before = None if remembered is None else open_checkpoint(remembered, log_keys)
        try:
            require_same_history(before=before, now=now, read=read)
        except (HistoryRewritten, LogRolledBack) as error:
            # The two signed texts together prove to anyone what the log did.
            error.add_note(
                f"Keep as evidence. Seen before:\n\n{remembered}\nOffered now:\n\n{note}"
            )
            raise
        _write_durably(state_path, canonical_json({**state, now.origin: str(note)}))
        return note.signed(cosign(note, signer, cosigned_at_seconds=cosigned_at_seconds))


def _cosign(arguments: argparse.Namespace) -> int:
    try:
        note = witness_log(
            read=open_source(arguments.log),
            log_keys=[VerifierKey.parse(vkey) for vkey in arguments.log_key],
            signer=_read_key(Path(arguments.key)),
            state_path=Path(arguments.state),
            cosigned_at_seconds=int(time.time()),
        )
    except (LogError, OSError) as error:
        notes: list[str] = getattr(error, "__notes__", [])
        sys.stderr.write("\n".join([f"Refused: {error}", *notes]) + "\n")
        return 1
    if arguments.output:
        _write_durably(Path(arguments.output), str(note).encode())
    sys.stdout.write(str(note))
    return 0


def _read_key(path: Path) -> SignerKey:
    try:
        return SignerKey.parse(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise StateUnusable(f"The witness's key in {path} cannot be read: {error}") from error


def _new_key(arguments: argparse.Namespace) -> int:
    path = Path(arguments.keyfile)
    if path.exists():
        sys.stderr.write(f"{path} exists; a key is not overwritten.\n")
        return 1
    key = SignerKey.generate(name=arguments.name, key_type=KeyType.COSIGNATURE)
    public = str(key.verifier)
    _write_durably(path, f"{key.encoded()}\n".encode(), mode=0o600)
    sys.stdout.write(f"{public}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m contributions.log.witness",
        description="Check that a transparency log never rewrites its past, and sign to that.",
    )
    commands = parser.add_subparsers(required=True)
    new_key = commands.add_parser("new-key", help="make the key of a witness")
    new_key.add_argument("name", help="name of the witness, such as union.example/witness")
    new_key.add_argument("keyfile", help="where to keep the secret key")
    new_key.set_defaults(run=_new_key)
    look = commands.add_parser("cosign", help="look at a log once and cosign or refuse")
    look.add_argument("log", help="web address or directory of the log")
    look.add_argument("--log-key", action="append", required=True, help="the log's vkey")
    look.add_argument("--key", required=True, help="file with the witness's secret key")
    look.add_argument("--state", required=True, help="file in which the witness remembers")
    look.add_argument("--output", help="file for the cosigned checkpoint")
    look.set_defaults(run=_cosign)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    arguments = _parser().parse_args(argv)
    status: int = arguments.run(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main())
