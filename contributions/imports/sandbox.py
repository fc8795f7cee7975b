"""Reading a file from outside in a process of its own, which may be killed.

Parsers of files from strangers run in a child with bounded memory, processor time and no right
to write files, without the secrets in our environment. It sends back frames over a pipe: Arrow
batches, and JSON for the rest. The pipe is narrow on purpose: while we insert, it waits.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from contributions.imports.frames import BATCH, DONE, HEADER, META, OUT_OF_MEMORY, REFUSED
from contributions.imports.limits import Limits
from contributions.imports.normal_form import Batch, RowFault
from contributions.imports.refusals import Fact, ImportRefused
from contributions.imports.report import Preview, preview_from_document
from contributions.imports.requests import look_from_document, plan_to_document
from contributions.imports.walk import Look, Plan

ROOT: Final = Path(__file__).resolve().parents[2]
_LARGEST_FRAME: Final = 1024 * 1024 * 1024
_READ_BYTES: Final = 1024 * 1024
_PROGRAM: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from contributions.imports.sandboxed import main; main()"
)


class ReaderTookTooLong(ImportRefused):
    """The reading process used up its time and was killed."""

    code = "reader_took_too_long"


class ReaderOutOfMemory(ImportRefused):
    """The reading process hit its bound on memory."""

    code = OUT_OF_MEMORY


class ReaderCrashed(ImportRefused):
    """The reading process died of the file."""

    code = "reader_crashed"


class FileRefused(ImportRefused):
    """What the reading process refused, under the code it gave.

    Attributes:
        code: The code of the refusal inside the process.
    """

    code = "file_refused"

    def __init__(self, code: str, facts: dict[str, Fact]) -> None:
        super().__init__(**facts)
        self.code = code


@dataclass(kw_only=True)
class ImportRun:
    """An import being read in a child process.

    Attributes:
        path: The file.
        filename: Its name as uploaded.
        plan: How to read it.
        limits: What it may cost.
        preview: What was in it, once `batches` is exhausted.
    """

    path: Path
    filename: str
    plan: Plan
    limits: Limits = field(default_factory=Limits)
    preview: Preview | None = None

    def batches(self) -> Iterator[Batch]:
        """Read the file batch by batch; closing the iterator ends the child.

        Raises:
            FileRefused: The file, the mapping or an answer cannot be used.
            ReaderTookTooLong, ReaderOutOfMemory, ReaderCrashed: As named.
        """
        request = _request("batches", self.path, self.filename, self.limits, self.plan)
        with closing(_frames(request, self.limits)) as frames:
            for kind, payload in frames:
                if kind == BATCH:
                    yield _batch(payload)
                else:
                    self.preview = preview_from_document(json.loads(payload))


def look_at(path: Path, *, filename: str, limits: Limits | None = None) -> Look:
    """Recognise a file and guess a mapping for it.

    Raises:
        FileRefused, ReaderTookTooLong, ReaderOutOfMemory, ReaderCrashed: As named.
    """
    limits = limits or Limits()
    request = _request("look", path, filename, limits, Plan())
    with closing(_frames(request, limits)) as frames:
        for _kind, payload in frames:
            return look_from_document(json.loads(payload))
    raise ReaderCrashed


def preview_of(path: Path, *, filename: str, plan: Plan, limits: Limits | None = None) -> Preview:
    """Read a whole file and tell what recording it would bring.

    Raises:
        FileRefused, ReaderTookTooLong, ReaderOutOfMemory, ReaderCrashed: As named.
    """
    limits = limits or Limits()
    request = _request("preview", path, filename, limits, plan)
    with closing(_frames(request, limits)) as frames:
        for _kind, payload in frames:
            return preview_from_document(json.loads(payload))
    raise ReaderCrashed


def _request(verb: str, path: Path, filename: str, limits: Limits, plan: Plan) -> dict[str, Any]:
    return {
        "verb": verb,
        "path": str(path.resolve()),
        "filename": filename,
        "limits": {name: getattr(limits, name) for name in Limits.__slots__},
        "plan": plan_to_document(plan),
    }


def _batch(payload: bytes) -> Batch:
    (size,) = META.unpack_from(payload)
    meta = json.loads(payload[META.size : META.size + size])
    with pa.ipc.open_stream(pa.py_buffer(payload)[META.size + size :]) as reader:
        rows = reader.read_next_batch()
    return Batch(
        rows=rows,
        faults=tuple(RowFault(**fault) for fault in meta["faults"]),
        rows_read=meta["rows_read"],
        bytes_read=meta["bytes_read"],
        bytes_total=meta["bytes_total"],
    )


def _frames(request: dict[str, Any], limits: Limits) -> Generator[tuple[bytes, bytes], None, None]:
    """Start a child, hand it the request, and give its frames as they come."""
    child = subprocess.Popen(  # noqa: S603 (our own interpreter, no shell)
        [sys.executable, "-I", "-B", "-c", _PROGRAM, str(ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        cwd="/",
        start_new_session=True,
    )
    pipe = _Pipe(child, limits.wall_seconds)
    try:
        pipe.send(json.dumps(request).encode())
        yield from pipe.frames()
    finally:
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                stream.close()


def _environment() -> dict[str, str]:
    """What the child may know: nothing of ours but where time zones lie."""
    kept = {name: os.environ[name] for name in ("PYTHONTZPATH", "TZDIR") if name in os.environ}
    return {
        "LANG": "C.UTF-8",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        **kept,
    }


class _Pipe:
    """The child's output, read with a clock that runs only while we wait for it."""

    def __init__(self, child: subprocess.Popen[bytes], seconds: float) -> None:
        self.child = child
        self.left = seconds

    def send(self, request: bytes) -> None:
        assert self.child.stdin is not None  # noqa: S101 (it was opened as a pipe)
        try:
            self.child.stdin.write(request)
            self.child.stdin.close()
        except BrokenPipeError:
            raise self._how_it_died() from None

    def frames(self) -> Iterator[tuple[bytes, bytes]]:
        """Give kind and payload of each frame up to the last one, which says done.

        Raises:
            FileRefused, ReaderTookTooLong, ReaderOutOfMemory, ReaderCrashed: As named.
        """
        kind = b""
        while kind != DONE:
            kind, size = HEADER.unpack(self._exactly(HEADER.size))
            if size > _LARGEST_FRAME:
                raise ReaderCrashed
            payload = self._exactly(size)
            if kind == REFUSED:
                refusal = json.loads(payload)
                raise _named(refusal["code"], refusal["facts"])
            yield kind, payload

    def _exactly(self, size: int) -> bytes:
        content = bytearray()
        while len(content) < size:
            block = self._some(min(size - len(content), _READ_BYTES))
            if not block:
                raise self._how_it_died()
            content += block
        return bytes(content)

    def _some(self, size: int) -> bytes:
        assert self.child.stdout is not None  # noqa: S101 (it was opened as a pipe)
        began = time.monotonic()
        ready, _w, _x = select.select([self.child.stdout], [], [], max(self.left, 0))
        self.left -= time.monotonic() - began
        if not ready:
            raise ReaderTookTooLong
        return os.read(self.child.stdout.fileno(), size)

    def _how_it_died(self) -> ImportRefused:
        status = self.child.wait()
        return ReaderTookTooLong() if status == -signal.SIGXCPU else ReaderCrashed()


def _named(code: str, facts: dict[str, Fact]) -> ImportRefused:
    if code == ReaderOutOfMemory.code:
        return ReaderOutOfMemory()
    return FileRefused(code, facts)
