"""`manage.py publish_checkpoint`: sign the transparency log as it stands, or make its key."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contributions.log.errors import LogError
from contributions.services import checkpoints, log_key


class Command(BaseCommand):
    """Sign the log now instead of within half a minute."""

    help = "Sign the transparency log as it stands and show the checkpoint."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--new-key",
            nargs=2,
            metavar=("NAME", "FILE"),
            help="make the key of a log called NAME in FILE, show its public half, sign nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["new_key"]:
                name, file = options["new_key"]
                key = log_key.make_key(name=name, path=Path(file))
                self.stdout.write(str(key.verifier))
            else:
                self.stdout.write(checkpoints.publish().note, ending="")
        except LogError as error:
            raise CommandError(str(error)) from error
