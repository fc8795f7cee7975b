"""How hard the properties are tried: alike on every machine by default, harder on request."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

THOROUGH = os.environ.get("HUISU_THOROUGH") == "1"


def effort(examples: int) -> Callable[[Any], Any]:
    """Try so many examples, the same ones every time.

    With `HUISU_THOROUGH=1` thirty times as many are tried and new ones each time.
    """
    return settings(
        max_examples=examples * (30 if THOROUGH else 1),
        derandomize=not THOROUGH,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
