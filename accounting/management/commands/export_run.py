"""`manage.py export_run RUN --to DIR`: hand a run out, to be recomputed anywhere."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounting.core.errors import AccountingError
from accounting.models import Run
from accounting.services.exporting import export_run


class Command(BaseCommand):
    """Copies a run's bundle and describes it beside as an RO-Crate."""

    help = "Copy the bundle of a run into a folder, with RO-Crate metadata beside it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", help="its id, such as run_0000000000001")
        parser.add_argument("--to", type=Path, required=True, help="a folder; made if need be")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = Run.objects.get(pk=Run.number_of(options["run"]))
            target = export_run(run=run, to=options["to"])
        except Run.DoesNotExist as error:
            raise CommandError(f"There is no run {options['run']}.") from error
        except AccountingError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{target}\npython -m accounting.core.verify {target}")
