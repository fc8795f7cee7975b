"""Reading a file from outside in a process of its own, which may be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from accounting.valuation.files import refusals
from accounting.valuation.files.child import REFUSED
from accounting.valuation.files.limits import Limits
from accounting.valuation.files.refusals import FileRefused, ReaderStopped
from accounting.valuation.files.scores import Columns

ROOT: Final = Path(__file__).resolve().parents[3]
MODULE: Final = "accounting.valuation.files.child"
KEPT_VARIABLES: Final = ("PATH", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


class Content(StrEnum):
    """What a file is meant to hold."""

    POINTS = "points"
    VALIDATION = "validation"
    COALITIONS = "coalitions"
    SCORES = "scores"


def read_file(
    path: Path,
    content: Content,
    *,
    into: Path,
    columns: Columns | None = None,
    limits: Limits | None = None,
) -> None:
    """Read a file into plain arrays at `into`, an .npz of ours.

    Args:
        path: The file as it was uploaded.
        content: What it is meant to hold.
        into: Where the arrays go; nothing stays there if the file is refused.
        columns: Names of columns, for scores.
        limits: What reading may cost.

    Raises:
        FileRefused: As the subclasses say.
    """
    bounds = limits or Limits()
    request = {
        "path": str(path),
        "content": content.value,
        "columns": asdict(columns or Columns()),
        "limits": asdict(bounds),
    }
    try:
        with into.open("wb") as answer:
            _ask(request, answer, bounds)
    except subprocess.TimeoutExpired:
        into.unlink(missing_ok=True)
        raise ReaderStopped("reading took too long") from None
    except BaseException:
        into.unlink(missing_ok=True)
        raise


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read arrays that `read_file` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def read_document(path: Path) -> dict[str, Any]:
    """Read a document that `read_file` wrote."""
    document: dict[str, Any] = json.loads(read_arrays(path)["document"].tobytes())
    return document


def _ask(request: dict[str, Any], answer: BinaryIO, limits: Limits) -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", MODULE],
        input=json.dumps(request).encode(),
        stdout=answer,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        # Not our secrets; one thread, and allocators that reserve no address space in advance,
        # for it is address space that bounds the child.
        env={
            **{name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "MALLOC_ARENA_MAX": "2",
        },
        timeout=limits.wall_seconds,
        check=False,
    )
    if done.returncode:
        raise _refusal(done)


def _refusal(done: subprocess.CompletedProcess[bytes]) -> FileRefused:
    if done.returncode != REFUSED:
        return ReaderStopped("the reader died of the file", status=done.returncode)
    answer = json.loads(done.stderr)
    for kind in vars(refusals).values():
        if isinstance(kind, type) and getattr(kind, "code", "") == answer["code"]:
            refused: FileRefused = kind(answer["message"], **answer["facts"])
            return refused
    return FileRefused(answer["message"], **answer["facts"])
