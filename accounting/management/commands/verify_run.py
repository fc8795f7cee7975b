"""`manage.py verify_run RUN`: hold the database against the bundle, cell by cell."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounting.core.errors import AccountingError
from accounting.core.verify import verify_bundle
from accounting.models import Run
from accounting.services.exporting import bundle_of
from accounting.services.verifying import RunVerdict, verify_run


class Command(BaseCommand):
    """Names the first cell of every table in which database and bundle differ."""

    help = "Compare a run in the database with its bundle, and the bundle with its own inputs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", help="its id, such as run_0000000000001")
        parser.add_argument("--json", action="store_true", help="answer as one JSON object")
        parser.add_argument(
            "--recompute", action="store_true", help="recompute the bundle from its inputs too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = Run.objects.get(pk=Run.number_of(options["run"]))
            verdict = verify_run(run=run)
            recomputed = _recomputed(run) if options["recompute"] else []
        except Run.DoesNotExist as error:
            raise CommandError(f"There is no run {options['run']}.") from error
        except AccountingError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(_document(run, verdict, recomputed), ensure_ascii=False))
        else:
            for difference in (*map(str, verdict.differences), *recomputed):
                self.stdout.write(difference)
        if verdict.differences or recomputed:
            raise CommandError(f"{run.public_id} is not what its bundle says.")
        if not options["json"]:
            self.stdout.write(
                f"{run.public_id}: {verdict.rows} rows are alike, result {run.result_sha256}."
            )


def _recomputed(run: Run) -> list[str]:
    return [difference.message for difference in verify_bundle(bundle_of(run)).differences]


def _document(run: Run, verdict: RunVerdict, recomputed: list[str]) -> dict[str, object]:
    return {
        "run": run.public_id,
        "rows": verdict.rows,
        "differences": [asdict(difference) for difference in verdict.differences],
        "recomputed": recomputed,
        "ok": not verdict.differences and not recomputed,
    }
