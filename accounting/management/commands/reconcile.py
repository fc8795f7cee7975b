"""Check that money in equals money out in every table; the exit code says whether it does."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounting.models import Ledger
from accounting.services.reconciling import gaps, reconcile


class Command(BaseCommand):
    """Reconciles all ledgers, or one."""

    help = "Check that money in equals money out in every table, at every level."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a ledger and the form of the answer."""
        parser.add_argument("--ledger", help="the id of one ledger, such as led_0000000000001")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Print the checks that fail; exit with 1 if there is one."""
        checked, found = 0, []
        for ledger in _ledgers(options["ledger"]):
            checks = reconcile(ledger)
            checked += len(checks)
            found += [{"ledger": str(ledger), **asdict(check)} for check in gaps(checks)]
        if options["json"]:
            self.stdout.write(json.dumps({"checks": checked, "gaps": found}, ensure_ascii=False))
        else:
            for gap in found:
                self.stdout.write(
                    "{ledger}: {name} at {where}: {left_micro} is not {right_micro}".format(**gap)
                )
            self.stdout.write(f"{checked} checks, {len(found)} gaps")
        if found:
            raise CommandError(f"{len(found)} gaps", returncode=1)


def _ledgers(text: str | None) -> list[Ledger]:
    rows = Ledger.objects.select_related("operator")
    if text is None:
        return list(rows)
    try:
        return [rows.get(pk=Ledger.number_of(text))]
    except Ledger.DoesNotExist as error:
        raise CommandError(f"There is no ledger {text}.") from error
