"""`python -m bench.scale [CONTRIBUTIONS]`: measure one large run on servers of their own."""

from __future__ import annotations

import os
import sys

import django

from bench.table import render
from config.embedded import default_home, services

CONTRIBUTIONS = 10_000_000


def main() -> int:
    """Measure and print one table."""
    contributions = int(sys.argv[1]) if len(sys.argv) > 1 else CONTRIBUTIONS
    home = default_home() / "bench-scale"
    with services(home) as where:
        os.environ.update(where.environment())
        os.environ["HUISU_MODE"] = "local"
        os.environ["HUISU_HOME"] = str(home)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        from django.core.management import call_command

        from bench.scale.measuring import measure

        call_command("migrate", verbosity=0)
        sys.stdout.write(render(measure(contributions)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
