"""`manage.py fsck`: prove the tables against the transparency log and what was signed."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from contributions.services.proving import prove_and_keep


class Command(BaseCommand):
    """Recompute every leaf and signed root; name the first row that was tampered with."""

    help = "Prove every logged row against the transparency log and its signed checkpoints."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="report as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        proof = prove_and_keep(now=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(asdict(proof)))
        else:
            self.stdout.write(f"{proof.leaves} leaves, {proof.signed} of them signed.")
            for problem in proof.problems:
                self.stdout.write(f"{problem.code}: {problem}")
        if proof.problems:
            raise CommandError("The tables are not what was logged.")
        if not options["json"]:
            self.stdout.write("Every row is what was logged.")
