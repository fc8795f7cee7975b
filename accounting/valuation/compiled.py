"""One way to compile a numeric kernel, typed so that callers stay checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """Compile a kernel to machine code that runs without the interpreter lock.

    The machine code is kept on disk beside the module, so a worker pays for compilation once.
    Fast-math stays off: sums keep their written order, so every machine gets the same bits.
    Threads are ours (see `blocks`), not numba's: its OpenMP layer dies in forked workers and
    its own pool may not be entered twice.

    Args:
        kernel: A function of arrays and numbers only.

    Returns:
        The compiled function, with the type of the one given.
    """
    return cast(Kernel, numba.njit(cache=True, nogil=True)(kernel))
