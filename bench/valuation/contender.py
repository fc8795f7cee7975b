"""One exact valuation by Huisu in a process of its own: `python -m bench.valuation.contender`.

Arguments: method, inputs (.npz), results (.npz). Compilation is paid before the clock starts,
on a few points; a worker pays it once in its life, and the machine code stays on disk.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from accounting.valuation.blocks import Valuation, value_all
from accounting.valuation.methods import Method, prepare
from accounting.valuation.points import TestPoints, TrainingPoints
from accounting.valuation.utility import freeze, hard
from bench.valuation import memory


def value(method: Method, inputs: Mapping[str, npt.NDArray[Any]], part: slice) -> Valuation:
    """Value a part of the inputs from plain arrays to values, checks and digests included."""
    training = TrainingPoints.of(
        features=inputs["features"][part],
        targets=inputs["labels"][part],
        owners=inputs["owners"][part],
        owner_count=int(inputs["owner_count"]),
    )
    tests = TestPoints.of(features=inputs["test_features"], targets=inputs["test_labels"])
    utility = freeze(
        tests=tests, embedding="bench", neighbourhood=hard(int(inputs["k"])), baseline=0.0
    )
    return value_all(prepare(method=method, training=training, tests=tests, utility=utility))


def main(method: str, inputs_path: str, results_path: str) -> None:
    """Load, warm up, value, and write values, seconds and memory."""
    with np.load(inputs_path) as stored:
        inputs = {name: stored[name] for name in stored.files}
    few = {
        **inputs,
        "test_features": inputs["test_features"][:3],
        "test_labels": inputs["test_labels"][:3],
    }
    value(Method(method), few, slice(0, 50))
    before = memory.reset_peak()
    started, worked = time.perf_counter(), time.process_time()
    valuation = value(Method(method), inputs, slice(None))
    seconds = time.perf_counter() - started
    np.savez(
        Path(results_path),
        points=valuation.points,
        owners=valuation.owners,
        gap=valuation.gap,
        seconds=seconds,
        cpu_seconds=time.process_time() - worked,
        extra_bytes=memory.peak() - before,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
