"""`python -m bench.valuation [--without-peers]`: print the table of valuations."""

from __future__ import annotations

import sys

from bench.table import render
from bench.valuation.comparison import measure

if __name__ == "__main__":
    sys.stdout.write(render(measure(with_peers="--without-peers" not in sys.argv)) + "\n")
