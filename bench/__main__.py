"""`python -m bench [NAME …]`: run the benchmarks, all or those named, on servers of their own."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import django

from bench.table import render
from config.embedded import default_home, services

BENCHMARKS = ("allocation",)


def main(names: list[str]) -> int:
    """Run benchmarks and print one table each."""
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        sys.stderr.write(f"Choose among: {', '.join(BENCHMARKS)}\n")
        return 2
    home = default_home() / "bench"
    with services(home) as where:
        os.environ.update(where.environment())
        os.environ.update(
            {
                "HUISU_MODE": "local",
                "HUISU_HOME": str(home),
                "DJANGO_SETTINGS_MODULE": "config.settings",
            }
        )
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        for name in names or BENCHMARKS:
            sys.stdout.write(f"\n{name}\n")
            rows = import_module(f"bench.{name}").measure()
            sys.stdout.write(render(rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
