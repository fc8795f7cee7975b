"""`manage.py demo`: load the demo cases, compute their runs in a real worker, serve them."""

from __future__ import annotations

import json
import os
import socket
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounting import tasks
from accounting.models import Period, Run, Valuation
from accounting.services import demo, digits
from config.embedded.processes import ChildDied, WebServer, Worker

MOST_SECONDS = 300


class Command(BaseCommand):
    """Show Huisu to somebody on one machine."""

    help = "Load the demo cases, compute their runs in a Celery worker, and serve the dashboard."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="compute, report and stop")
        parser.add_argument("--json", action="store_true", help="report as one JSON object")
        parser.add_argument(
            "--port", type=int, default=int(os.environ.get("PORT", "8000")), help="port to serve on"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["once"]:
            self._require_free(options["port"])
        call_command("migrate", verbosity=0, interactive=False)
        self._say(options, "Loading the demo cases …")
        periods = demo.load_demo()
        log_ins = demo.log_ins()
        try:
            with self._worker():
                self._say(options, "Computing their runs in a Celery worker …")
                asked = self._asked_valuations(periods[demo.VALUED])
                done = []
                for case, period in periods.items():
                    if case == demo.VALUED:
                        self._use_valued(asked)
                    done.append((case, self._computed(demo.run_of(period))))
                self._report(options, [demo.summary(run, case=case) for case, run in done])
                if not options["once"]:
                    self._serve(options["port"], log_ins)
        except ChildDied as error:
            raise CommandError(str(error)) from error

    def _worker(self) -> Worker:
        return Worker(
            environment=_addresses(),
            log=_log("worker.log"),
            concurrency=2,
            beat_schedule=Path(settings.CELERY_BEAT_SCHEDULE_FILENAME),
        )

    def _asked_valuations(self, period: Period) -> list[Valuation]:
        """Let the worker value the digits while it computes runs."""
        asked = digits.asked_valuations(period)
        # One at a time: the first compiles what the others need.
        tasks.enqueue_valuation(asked[0].pk, helpers=1)
        return asked

    def _use_valued(self, asked: list[Valuation]) -> None:
        deadline = time.monotonic() + MOST_SECONDS
        for valuation in asked:
            tasks.enqueue_valuation(valuation.pk, helpers=1)
            while not valuation.is_finished:
                if time.monotonic() > deadline:
                    raise CommandError(f"{valuation.public_id} is still {valuation.state}.")
                time.sleep(0.1)
                valuation.refresh_from_db()
            if valuation.state != Valuation.State.COMPUTED:
                raise CommandError(f"{valuation.public_id}: {valuation.failure}")
        digits.use_first(asked)

    def _computed(self, requested: tuple[Run, bool]) -> Run:
        run, new = requested
        if new:
            tasks.enqueue_run(run.pk)
        deadline = time.monotonic() + MOST_SECONDS
        while not run.is_finished:
            if time.monotonic() > deadline:
                raise CommandError(f"{run.public_id} is still {run.state}.")
            time.sleep(0.1)
            run.refresh_from_db()
        if not run.has_result:
            raise CommandError(f"{run.public_id} {run.state}: {run.failure}")
        return run

    def _report(self, options: dict[str, Any], summaries: list[dict[str, object]]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps({"runs": summaries}))
            return
        for found in summaries:
            self.stdout.write(
                f"  {found['case']}: run {found['run']} {found['state']}, "
                f"{found['payees']} payees, bundle verified: {found['bundle_verified']}"
            )

    def _serve(self, port: int, log_ins: list[demo.LogIn]) -> None:
        with WebServer(environment=_addresses(), log=_log("web.log"), port=port) as server:
            self.stdout.write(f"\nHuisu is at http://127.0.0.1:{port}/\n\nLog in as\n")
            for log_in in log_ins:
                self.stdout.write(f"  {log_in.username:<10} {log_in.password}\n")
            self.stdout.write("\nCtrl-C stops it; the data stays.")
            self.stdout.flush()
            try:
                while not server.has_died():
                    time.sleep(0.5)
            except KeyboardInterrupt:
                self.stdout.write("\nStopping …")
                return
            raise ChildDied(name=server.name, log=server.log)

    def _require_free(self, port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} is taken. Choose another: make demo PORT={port + 1}"
                ) from error

    def _say(self, options: dict[str, Any], text: str) -> None:
        if not options["json"]:
            self.stdout.write(text)
            self.stdout.flush()


def _addresses() -> dict[str, str]:
    # The children join the servers this command runs on, rather than start their own.
    return {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}


def _log(name: str) -> Path:
    return Path(settings.HOME) / "log" / name
