"""`python -m bench.ingest [--rows N]`: measure imports on servers of their own."""

from __future__ import annotations

import argparse
import os
import sys

import django

from bench.table import render
from config.embedded import default_home, services

ROWS = 1_000_000


def main() -> int:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(prog="python -m bench.ingest")
    parser.add_argument("--rows", type=int, default=ROWS, help="how many rows the file has")
    rows: int = parser.parse_args().rows
    home = default_home() / "bench"
    with services(home) as where:
        os.environ.update(where.environment())
        os.environ["HUISU_MODE"] = "local"
        os.environ["HUISU_HOME"] = str(home)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()

        from bench.ingest.comparison import compare

        sys.stdout.write(render(compare(rows)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
