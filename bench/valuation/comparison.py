"""Every contender on the same inputs, one after the other, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from accounting.valuation.points import FloatArray
from accounting.valuation.retraining import ModelKind
from bench.table import Row
from bench.valuation.inputs import Size, write_inputs
from bench.valuation.peer_environment import peer_python
from bench.valuation.retraining_overhead import Overhead, our_overhead, write_digits

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).resolve().parent / "peers.py"
TIMEOUT_SECONDS = 1200
POINTS, TESTS = 100_000, 1_000
OWNER_COUNTS = (1_000, 100, 10_000)
REPETITIONS = 3
GROWING_OWNERS = (2_500, 5_000, 10_000)
POINTS_EACH, FEW_TESTS = 10, 200
"""Many owners with few points each, as in MovieLens."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a contender reported: values of points, of owners if any, times and memory."""

    points: FloatArray
    owners: FloatArray
    gap: float
    seconds: float
    cpu_seconds: float
    extra_bytes: int


def measure(*, with_peers: bool = True) -> Iterator[Row]:
    """Compare exact values of points and owners, then the overhead of retraining."""
    python = peer_python() if with_peers else None
    with TemporaryDirectory() as folder:
        inputs = Path(folder) / "inputs.npz"
        size = Size(POINTS, OWNER_COUNTS[0], TESTS)
        write_inputs(inputs, size)
        points = _best(inputs, "point_shapley")
        yield _row("point level, exact, Huisu", size, points)
        if python:
            for peer in ("pydvl", "opendataval"):
                yield _against(peer, size, points, _run([str(python), str(PEERS), peer], inputs))
        for owners in OWNER_COUNTS:
            size = Size(POINTS, owners, TESTS)
            write_inputs(inputs, size)
            outcome = _best(inputs, "owner_shapley")
            name = f"owner level, exact, gap {abs(outcome.gap):.0e}"
            ratio = outcome.seconds / points.seconds
            yield _row(name, size, outcome, against="of the point level", ratio=ratio)
        yield from _growing_rows(inputs)
        yield from _retraining_rows(Path(folder) / "digits.npz", python)


def _growing_rows(inputs: Path) -> Iterator[Row]:
    """Work per owner as the world grows with its owners: cost is linear if the ratio stays.

    Processor time, since wall time swings with whatever else the machine does.
    """
    first = 0.0
    for owners in GROWING_OWNERS:
        size = Size(owners * POINTS_EACH, owners, FEW_TESTS)
        write_inputs(inputs, size)
        outcome = _best(inputs, "owner_shapley")
        each = outcome.cpu_seconds / owners
        first = first or each
        yield _row(
            f"owner level, {POINTS_EACH} points each, {1e6 * each:.0f} µs of CPU an owner",
            size,
            outcome,
            against="of the smallest world's work an owner",
            ratio=each / first,
        )


def _retraining_rows(digits: Path, python: Path | None) -> Iterator[Row]:
    write_digits(digits)
    for kind in (ModelKind.NAIVE_BAYES, ModelKind.RIDGE):
        yield _overhead_row(f"Banzhaf by {kind}, Huisu", our_overhead(digits, kind))
    if python:
        whole, bare = _run([str(python), str(PEERS), "pydvl_banzhaf"], digits).points
        yield _overhead_row("Banzhaf by naive_bayes, pyDVL", Overhead(whole, bare))


def _overhead_row(subject: str, overhead: Overhead) -> Row:
    return Row(
        subject=subject,
        size="400 coalitions of 50 owners",
        seconds=overhead.whole_seconds,
        against=f"of bare fits: {100 * overhead.part:.1f} % more",
        ratio=overhead.whole_seconds / overhead.bare_seconds,
    )


def _against(peer: str, size: Size, ours: Outcome, theirs: Outcome) -> Row:
    """A peer's time over ours, and how far its values are from ours."""
    apart = float(np.abs(ours.points - theirs.points).max())
    return _row(
        f"point level, exact, {peer}",
        size,
        theirs,
        against=f"of Huisu; values {apart:.0e} apart",
        ratio=theirs.seconds / ours.seconds,
    )


def _row(
    subject: str, size: Size, outcome: Outcome, *, against: str = "", ratio: float | None = None
) -> Row:
    # Processor time tells what wall time hides when the machine has other work.
    used = f"{outcome.cpu_seconds:.1f} s of CPU, {outcome.extra_bytes / 1e6:,.0f} MB beyond inputs"
    return Row(
        subject=f"{subject}, {used}",
        size=str(size),
        seconds=outcome.seconds,
        against=against,
        ratio=ratio,
    )


def _best(inputs: Path, method: str) -> Outcome:
    """The fastest of a few runs by Huisu."""
    command = [sys.executable, "-m", "bench.valuation.contender", method]
    runs = [_run(command, inputs) for _ in range(REPETITIONS)]
    return min(runs, key=lambda outcome: outcome.seconds)


def _run(command: list[str], inputs: Path) -> Outcome:
    results = inputs.with_name("results.npz")
    subprocess.run(  # noqa: S603
        [*command, str(inputs), str(results)],
        check=True,
        cwd=ROOT,
        timeout=TIMEOUT_SECONDS,
        capture_output=True,
    )
    with np.load(results) as found:
        return Outcome(
            points=found["points"],
            owners=found.get("owners", np.empty(0)),
            gap=float(found.get("gap", 0.0)),
            seconds=float(found["seconds"]),
            cpu_seconds=float(found.get("cpu_seconds", 0.0)),
            extra_bytes=int(found["extra_bytes"]),
        )
