"""The inside of the reader's process: one request from standard input, one answer.

The answer is an .npz on standard output; a refusal is JSON on standard error, with exit code 3.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from accounting.valuation.files.coalitions import read_coalitions
from accounting.valuation.files.limits import Limits
from accounting.valuation.files.points import read_points
from accounting.valuation.files.refusals import FileRefused, ReaderStopped
from accounting.valuation.files.scores import Columns, read_scores

REFUSED: Final = 3


def main() -> int:
    """Answer one request."""
    request = json.loads(sys.stdin.buffer.read())
    limits = Limits(**request["limits"])
    _confine(limits)
    try:
        with Path(request["path"]).open("rb") as stream:
            arrays = _read(request, stream, limits)
        np.savez(sys.stdout.buffer, allow_pickle=False, **arrays)
    except FileRefused as refusal:
        return _refuse(refusal)
    except MemoryError:
        return _refuse(ReaderStopped("reading took too much memory"))
    return 0


def _read(request: dict[str, Any], stream: Any, limits: Limits) -> dict[str, Any]:
    match request["content"]:
        case "points":
            return read_points(stream, limits, with_makers=True).arrays()
        case "validation":
            return read_points(stream, limits, with_makers=False).arrays()
        case "coalitions":
            return _document(read_coalitions(stream, limits).as_json())
        case _:
            columns = Columns(**request["columns"])
            return _document(read_scores(stream, limits, columns=columns).as_json())


def _document(document: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
    return {"document": np.frombuffer(json.dumps(document).encode(), dtype=np.uint8)}


def _refuse(refusal: FileRefused) -> int:
    answer = {"code": refusal.code, "message": str(refusal), "facts": refusal.facts}
    sys.stderr.write(json.dumps(answer))
    return REFUSED


def _confine(limits: Limits) -> None:
    """Give up what reading does not need: memory, processor time, files to write."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = 2 * limits.table_bytes
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    statm = Path("/proc/self/statm")
    if statm.exists():
        pages = int(statm.read_text(encoding="ascii").split()[0])
        memory = pages * os.sysconf("SC_PAGE_SIZE") + limits.memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


if __name__ == "__main__":
    sys.exit(main())
