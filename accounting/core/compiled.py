"""One way to compile a numeric kernel, typed so that callers stay checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """Compile a kernel to machine code that runs without the interpreter lock.

    The machine code is kept on disk, so a process pays for compilation once. Fast-math stays
    off: sums keep their written order, so every machine gets the same bits.

    Args:
        kernel: A function of arrays and numbers only.

    Returns:
        The compiled function, with the type of the one given.
    """
    # Imported here because it takes a second, and small runs never need it.
    import numba
    from numba.core import config as numba_config

    # numba sets its configuration from the environment, out of sight of its own types.
    config: Any = numba_config
    usual = config.CACHE_DIR
    # The folder is chosen when a kernel is declared, so this need not outlive the declaration.
    config.CACHE_DIR = str(_code_folder(usual))
    try:
        return cast(Kernel, numba.njit(cache=True, nogil=True)(kernel))
    finally:
        config.CACHE_DIR = usual


@cache
def _code_folder(chosen: str) -> Path:
    """Where the machine code of exactly these kernels belongs.

    numba alone notices only that the called kernel's own file has changed; a name made of all
    kernels' text can never lead to stale code.
    """
    folder = Path(__file__).parent
    source = (folder / "kernels.py").read_bytes()
    base = Path(chosen) if chosen else folder / "__pycache__"
    return base / f"kernels-{hashlib.sha256(source).hexdigest()[:16]}"
