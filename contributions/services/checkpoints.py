"""Signing the log: growing its tree over what was appended, and publishing its state.

Signing has a lock of its own, so that recorders never wait for it. What was signed last is also
kept in a file outside the database: a database that was set back shows fewer leaves than the
file, and is then not signed again until a person has decided.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from contributions.log.advance import HistoryRewritten, LogRolledBack
from contributions.log.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from contributions.log.errors import LogError
from contributions.log.keys import SignerKey
from contributions.log.merkle import HASH_BYTES, Frontier, Growth, hash_range
from contributions.log.tiles import TILE_HEIGHT, TileNodes
from contributions.models import LogCheckpoint, LogTile
from contributions.services import log_key, transparency
from contributions.services.log_reading import leaf_blocks, tile_reader

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('huisu.log.signing'))"


class WitnessFileUnusable(LogError):
    """The copy of the last checkpoint outside the database cannot be read or written."""

    code = "witness_file_unusable"


def newest() -> LogCheckpoint | None:
    """Return the newest signed state, if anything was signed."""
    return LogCheckpoint.objects.order_by("-size").first()


@transaction.atomic
def publish() -> LogCheckpoint:
    """Sign the log as it stands; what is signed already is not signed again.

    Raises:
        LogRolledBack: The log is shorter than one that was signed before.
        HistoryRewritten: It is another log than the one that was signed before.
        LogError: There is no key, or the copy outside the database cannot be used.
    """
    signer = log_key.signer()
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
    size = transparency.head()
    last = newest()
    if last is not None and last.size == size:
        _require_same(outside(signer), size=size)
        return last
    frontier = _grow(last, size)
    _require_same(outside(signer), size=size)
    note = str(sign_checkpoint(Checkpoint(signer.name, size, frontier.root()), signer))
    made = LogCheckpoint.objects.create(size=size, peaks=b"".join(frontier.peaks), note=note)
    _keep_outside(note)
    return made


def covering() -> str:
    """Return a signed checkpoint of all that is committed now; empty where none can be made.

    A missing key or a rolled-back log must not stop what only wants to cite the log.
    """
    try:
        return publish().note
    except LogError:
        return ""


def outside(signer: SignerKey) -> Checkpoint | None:
    """Return the checkpoint that is kept outside the database; None before the first signing.

    Raises:
        WitnessFileUnusable: The file cannot be read.
        LogError: It is not a checkpoint that this log's key signed.
    """
    try:
        note = outside_path().read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise WitnessFileUnusable(_("The kept checkpoint cannot be read: %s") % error) from error
    return open_checkpoint(note, [signer.verifier])


def outside_path() -> Path:
    """Return where the last signed checkpoint is kept outside the database."""
    return Path(settings.HUISU_DATA) / "checkpoint"


def _grow(last: LogCheckpoint | None, size: int) -> Frontier:
    frontier = Frontier()
    if last is not None:
        if last.size > size:
            raise LogRolledBack(_rolled_back(last.size, size))
        peaks = bytes(last.peaks)
        frontier = Frontier(
            last.size,
            tuple(peaks[at : at + HASH_BYTES] for at in range(0, len(peaks), HASH_BYTES)),
        )
    for hashes in leaf_blocks(frontier.size, size):
        growth = frontier.grow(hashes)
        LogTile.objects.bulk_create(completed_tiles(growth))
        frontier = growth.frontier
    return frontier


def completed_tiles(growth: Growth) -> list[LogTile]:
    """Return the tiles an append filled: the nodes it completed at each tile's height."""
    return [
        LogTile(
            level=level // TILE_HEIGHT - 1,
            index=(growth.old_size >> level) + place // HASH_BYTES,
            root=nodes[place : place + HASH_BYTES],
        )
        for level, nodes in enumerate(growth.levels)
        if level and level % TILE_HEIGHT == 0
        for place in range(0, len(nodes), HASH_BYTES)
    ]


def _require_same(kept: Checkpoint | None, *, size: int) -> None:
    if kept is None or kept.size == 0:
        return
    if kept.size > size:
        raise LogRolledBack(_rolled_back(kept.size, size))
    nodes = TileNodes(tile_reader(size), size)
    if hash_range(nodes, 0, kept.size) != kept.root:
        raise HistoryRewritten(
            _("The log is not the one that was signed with %s leaves.") % kept.size
        )


def _rolled_back(signed: int, size: int) -> str:
    return _(
        "The log has %(size)s leaves, but %(signed)s were signed: the database was set back. "
        "Nothing is signed until a person has decided."
    ) % {"size": size, "signed": signed}


def _keep_outside(note: str) -> None:
    # The leaves are committed already, so a file ahead of the checkpoint's row does no harm.
    path = outside_path()
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise WitnessFileUnusable(_("The checkpoint cannot be kept: %s") % error) from error
