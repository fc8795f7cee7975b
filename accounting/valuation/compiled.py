"""One way to compile a numeric kernel, typed so that callers stay checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config as numba_config

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """Compile a kernel to machine code that runs without the interpreter lock.

    The machine code is kept on disk, so a worker pays for compilation once; see `code_folder`.
    Fast-math stays off: sums keep their written order, so every machine gets the same bits.
    Threads are ours (see `blocks`), not numba's: its OpenMP layer dies in forked workers and
    its own pool may not be entered twice.

    Args:
        kernel: A function of arrays and numbers only.

    Returns:
        The compiled function, with the type of the one given.
    """
    # numba sets its configuration from the environment, out of sight of its own types.
    config: Any = numba_config
    usual = config.CACHE_DIR
    # The folder is chosen when a kernel is declared, so this need not outlive the declaration.
    config.CACHE_DIR = _own_folder(usual)
    try:
        return cast(Kernel, numba.njit(cache=True, nogil=True)(kernel))
    finally:
        config.CACHE_DIR = usual


@cache
def _own_folder(chosen: str) -> str:
    return str(code_folder(Path(__file__).parent, chosen))


def code_folder(sources: Path, chosen: str) -> Path:
    """Where the machine code of exactly these sources belongs.

    numba alone compares only the file of the kernel that is called: a change to a kernel it
    calls in another file would go on running the old code.

    Args:
        sources: Folder of the modules.
        chosen: Folder for machine code that the environment names, or empty.
    """
    digest = hashlib.sha256()
    for source in sorted(sources.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    base = Path(chosen) if chosen else sources / "__pycache__"
    return base / f"kernels-{digest.hexdigest()[:16]}"
