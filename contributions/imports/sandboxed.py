"""The inside of the sandbox: takes one request from standard input, answers in frames."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from contributions.imports.frames import BATCH, DONE, HEADER, META, OUT_OF_MEMORY, REFUSED
from contributions.imports.limits import Limits
from contributions.imports.normal_form import Batch
from contributions.imports.refusals import ImportRefused
from contributions.imports.report import preview_to_document
from contributions.imports.requests import look_to_document, plan_from_document
from contributions.imports.source import Source
from contributions.imports.walk import Walk, look


def main() -> None:
    """Answer one request."""
    request = json.loads(sys.stdin.buffer.read())
    limits = Limits(**request["limits"])
    _confine(limits)
    out = sys.stdout.buffer
    try:
        _answer(request, limits, out)
    except ImportRefused as refusal:
        _refuse(out, refusal.code, refusal.facts)
    except MemoryError:
        _refuse(out, OUT_OF_MEMORY, {})
    out.flush()


def _confine(limits: Limits) -> None:
    """Give up what reading does not need: memory, processor time, files to write."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # The first limit sends SIGXCPU, which tells our parent why; the second one only kills.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    statm = Path("/proc/self/statm")
    if statm.exists():
        pages = int(statm.read_text(encoding="ascii").split()[0])
        most = pages * os.sysconf("SC_PAGE_SIZE") + limits.memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _answer(request: dict[str, Any], limits: Limits, out: BinaryIO) -> None:
    source = Source(Path(request["path"]), request["filename"], limits)
    if request["verb"] == "look":
        _send(out, DONE, look_to_document(look(source)))
        return
    walk = Walk(source, plan_from_document(request["plan"]), limits)
    for batch in walk.batches():
        if request["verb"] == "batches":
            _send_batch(out, batch)
    _send(out, DONE, preview_to_document(walk.preview()))


def _refuse(out: BinaryIO, code: str, facts: dict[str, object]) -> None:
    _send(out, REFUSED, {"code": code, "facts": facts})


def _send(out: BinaryIO, kind: bytes, document: dict[str, Any]) -> None:
    payload = json.dumps(document).encode("utf-8", "surrogatepass")
    out.write(HEADER.pack(kind, len(payload)))
    out.write(payload)


def _send_batch(out: BinaryIO, batch: Batch) -> None:
    meta = json.dumps(
        {
            "faults": [dataclasses.asdict(fault) for fault in batch.faults],
            "rows_read": batch.rows_read,
            "bytes_read": batch.bytes_read,
            "bytes_total": batch.bytes_total,
        }
    ).encode()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.rows.schema) as writer:
        writer.write_batch(batch.rows)
    rows = sink.getvalue()
    out.write(HEADER.pack(BATCH, META.size + len(meta) + rows.size))
    out.write(META.pack(len(meta)) + meta)
    out.write(rows)
