"""Proving the tables against the log, row by row, and naming the first that was tampered with.

Everything is recomputed: each row's digest from what stands in the table now, each leaf from
the digest and its salt, each signed root from the leaves, each kept tile from the leaves below
it. The pass holds one segment in memory at a time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from contributions.identifiers import public_id, public_ids
from contributions.log.checkpoint import Checkpoint, open_checkpoint
from contributions.log.errors import LogError
from contributions.log.fsck import Fault, Finding, find_first_fault
from contributions.log.leaves import SALT_BYTES, commit_batch
from contributions.log.merkle import HASH_BYTES, Frontier
from contributions.models import LogCheckpoint, LogSegment, LogTile
from contributions.services import checkpoints, log_key, transparency
from contributions.services.log_reading import leaf_blocks, leaf_hashes
from contributions.services.logged import LoggedTable, logged_tables, table_of

_GAP = """
SELECT expected, first_index FROM (
    SELECT first_index,
           coalesce(lag(first_index + count) OVER (ORDER BY first_index), 0) AS expected
    FROM contributions_logsegment
) s WHERE first_index <> expected ORDER BY first_index LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the log or a table, first of its sort.

    Attributes:
        code: Stable name of the fault.
        text: A sentence about it.
        record: The record concerned, as its kind and public id; empty where none can be named.
    """

    code: str
    text: str
    record: str = ""

    def __str__(self) -> str:
        return f"{self.record}: {self.text}" if self.record else self.text


@dataclass(frozen=True, slots=True)
class Proof:
    """The outcome of comparing tables, log and signed checkpoints.

    Attributes:
        leaves: How many leaves the log has.
        signed: How many of them the newest signed checkpoint covers.
        problems: What is wrong; empty when all agree.
    """

    leaves: int
    signed: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the last comparison ended.

    Attributes:
        proven_at: When.
        clean: Whether nothing was wrong.
    """

    proven_at: datetime
    clean: bool


def prove_and_keep(*, now: datetime) -> Proof:
    """Prove the tables and keep the outcome outside the database, for all to see."""
    proof = prove()
    path = _outcome_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.write_text(json.dumps({"at": now.isoformat(), "clean": not proof.problems}))
    draft.replace(path)
    return proof


def kept_outcome() -> Outcome | None:
    """Return how the last comparison ended; None before the first."""
    try:
        kept = json.loads(_outcome_path().read_text())
    except FileNotFoundError:
        return None
    return Outcome(datetime.fromisoformat(kept["at"]), bool(kept["clean"]))


def _outcome_path() -> Path:
    return Path(settings.HUISU_DATA) / "fsck.json"


def prove() -> Proof:
    """Compare every logged table with the log, and the log with what was signed.

    One snapshot is looked at, so records that arrive meanwhile are left for the next time.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        signed, problems = _signed()
        problems += _gap() or _compared(signed) or _tree_differing()
        problems += _unlogged()
        return Proof(
            leaves=transparency.head(),
            signed=max((checkpoint.size for checkpoint in signed), default=0),
            problems=tuple(problems),
        )


def _signed() -> tuple[list[Checkpoint], list[Problem]]:
    """Return the checkpoints that hold under the key, and what does not."""
    try:
        signer = log_key.signer()
    except LogError as error:
        return [], [Problem(error.code, str(error))]
    found: list[Checkpoint] = []
    problems: list[Problem] = []
    for note in LogCheckpoint.objects.order_by("size").values_list("note", flat=True):
        try:
            found.append(open_checkpoint(note, [signer.verifier]))
        except LogError as error:
            problems.append(Problem(error.code, str(error)))
            break
    try:
        kept = checkpoints.outside(signer)
    except LogError as error:
        problems.append(Problem(error.code, str(error)))
    else:
        if kept is not None:
            found.append(kept)
    return found, problems


def _gap() -> list[Problem]:
    with connection.cursor() as cursor:
        cursor.execute(_GAP)
        row = cursor.fetchone()
    if row is None:
        return []
    finding = Finding(Fault.LEAF_MISSING, row[0], row[1] - 1)
    text = _("The stored leaves %(first)s to %(last)s are missing from the middle of the log.")
    return [Problem(finding.fault, text % {"first": finding.first, "last": finding.last})]


def _compared(signed: list[Checkpoint]) -> list[Problem]:
    finding = find_first_fault(expected=_expected(), stored=_stored(), checkpoints=signed)
    if finding is None:
        return []
    return [Problem(finding.fault, str(finding), _named(finding))]


def _segments() -> Iterator[LogSegment]:
    # One at a time: a segment is megabytes, and find_first_fault asks both sides in step.
    for index in LogSegment.objects.values_list("first_index", flat=True).iterator():
        yield LogSegment.objects.get(pk=index)


def _stored() -> Iterator[bytes]:
    for segment in _segments():
        hashes = leaf_hashes(_whole(bytes(segment.entries), segment.count * HASH_BYTES))
        for at in range(0, len(hashes), HASH_BYTES):
            yield hashes[at : at + HASH_BYTES]


def _expected() -> Iterator[tuple[int, bytes]]:
    for segment in _segments():
        table = table_of(segment.kind)
        if table is None:
            continue
        yield from _recomputed(segment, table)


def _recomputed(segment: LogSegment, table: LoggedTable) -> Iterator[tuple[int, bytes]]:
    """Yield the place and leaf hash of each row of a segment that is still there."""
    numbers = np.frombuffer(_whole(bytes(segment.numbers), 8 * segment.count), dtype=">i8").astype(
        np.int64
    )
    present, digests = table.digests(
        "r.id = ANY(%(numbers)s)", {"numbers": np.unique(numbers).tolist()}
    )
    at = np.searchsorted(present, numbers)
    here = np.flatnonzero(np.isin(numbers, present))
    digest_rows = np.frombuffer(digests, dtype=f"V{HASH_BYTES}")
    salt_rows = np.frombuffer(
        _whole(bytes(segment.salts), SALT_BYTES * segment.count), dtype=f"V{SALT_BYTES}"
    )
    committed = commit_batch(
        kind=segment.kind,
        ids=public_ids(table.prefix, numbers[here]).tolist(),
        digests=digest_rows[at[here]].tobytes(),
        salts=salt_rows[here].tobytes(),
    )
    for place, offset in enumerate(here.tolist()):
        start = place * HASH_BYTES
        yield segment.first_index + offset, committed.leaf_hashes[start : start + HASH_BYTES]


def _whole(stored: bytes, length: int) -> bytes:
    """Return stored bytes at the length they must have; what was cut off reads as zeros."""
    return stored[:length].ljust(length, b"\x00")


def _named(finding: Finding) -> str:
    """Return the record of the first leaf concerned, where the log still knows it."""
    segment = LogSegment.objects.filter(first_index__lte=finding.first).last()
    if segment is None or finding.first >= segment.first_index + segment.count:
        return ""
    table = table_of(segment.kind)
    if table is None:
        return segment.kind
    numbers = np.frombuffer(_whole(bytes(segment.numbers), 8 * segment.count), dtype=">i8")
    number = int(numbers[finding.first - segment.first_index])
    return f"{segment.kind} {public_id(table.prefix, number)}"


def _unlogged() -> list[Problem]:
    """Return, per table, the first row that must have a leaf and has none."""
    problems: list[Problem] = []
    for table in logged_tables():
        kept = LogSegment.objects.filter(kind__in=table.kinds).values_list("numbers", flat=True)
        logged = [
            np.frombuffer(bytes(numbers)[: len(numbers) // 8 * 8], dtype=">i8")
            for numbers in kept.iterator()
        ]
        missing = np.setdiff1d(table.numbers(), np.concatenate([np.empty(0, np.int64), *logged]))
        if len(missing):
            text = _("%(count)s rows of %(table)s have no leaf; this is the first.")
            problems.append(
                Problem(
                    "row_unlogged",
                    text % {"count": len(missing), "table": table.name},
                    f"{table.kinds[0]} {public_id(table.prefix, int(missing[0]))}",
                )
            )
    return problems


def _tree_differing() -> list[Problem]:
    """Compare what is kept of the tree with the tree of the stored leaves."""
    last = checkpoints.newest()
    if last is None:
        return []
    frontier = Frontier()
    for hashes in leaf_blocks(0, min(last.size, transparency.head())):
        growth = frontier.grow(hashes)
        frontier = growth.frontier
        for tile in checkpoints.completed_tiles(growth):
            kept = LogTile.objects.filter(level=tile.level, index=tile.index, root=tile.root)
            if not kept.exists():
                return [Problem("tile_changed", _("The kept tile %s is not the tree's.") % tile)]
    if frontier.size == last.size and b"".join(frontier.peaks) != bytes(last.peaks):
        return [Problem("peaks_changed", _("The kept peaks of the newest tree are not its own."))]
    return []
