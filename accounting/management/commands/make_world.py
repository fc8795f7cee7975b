"""`manage.py make_world`: a synthetic world of any size, to try things out and to measure."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounting.cases.case import Case
from accounting.cases.synthetic import World, WorldImpossible, world
from accounting.services import cases, runs


class Command(BaseCommand):
    """Make a world from a seed; the same seed makes the same world on every machine."""

    help = "Record a synthetic world; its organisations are labelled synthetic on every page."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--contributions", type=int, required=True)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--products", type=int, help="default: grows with the world")
        parser.add_argument("--workers", type=int, help="default: grows with the world")
        parser.add_argument("--run", action="store_true", help="compute a run of it here")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = world(
                options["contributions"],
                options["seed"],
                products=options["products"],
                workers=options["workers"],
            )
        except WorldImpossible as error:
            raise CommandError(str(error)) from error
        case = _with_names_of_its_own(made)
        period = cases.loaded_period(case)
        if period is not None:
            raise CommandError(f"This world is here already: period {period.public_id}.")
        period = cases.load_case(case=case, chunks=made.blocks())
        self.stdout.write(f"{case.title_en}: period {period.public_id}")
        if options["run"]:
            run = runs.request_run(period=period, policy=None, requested_by=None)
            runs.compute_run(run_id=run.pk)
            run.refresh_from_db()
            self.stdout.write(f"run {run.public_id} {run.state} {run.failure}".rstrip())


def _with_names_of_its_own(made: World) -> Case:
    # Worlds of other sizes and seeds may live beside this one, and names are unique.
    mark = f"{made.contributions}/{made.seed}"
    organisations = tuple(
        replace(row, name=f"{row.name} {mark}") for row in made.case.organisations
    )
    return replace(made.case, organisations=organisations)
