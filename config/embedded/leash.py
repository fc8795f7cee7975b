"""Child processes that do not outlive the process that started them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

# From linux/prctl.h.
PR_SET_PDEATHSIG = 1

# Looked up once here: between fork and exec, loading a library could deadlock.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def dies_with_parent(last_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` by which the kernel sends `last_signal` to the child when we end.

    It also holds when this process is killed with SIGKILL. Linux only: elsewhere a child
    of a killed parent stays, and the next start ends it. Linux means the *thread* that
    starts the child, so start children from the main thread.
    """
    parent = os.getpid()

    def tie() -> None:
        if _prctl is None:
            return
        _prctl(PR_SET_PDEATHSIG, int(last_signal), 0, 0, 0)
        # The parent may have ended before the kernel knew about the tie.
        if os.getppid() != parent:
            os._exit(1)

    return tie
