"""Real worker and web processes as children: started, waited for, stopped or killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from celery import Celery

from config.embedded.leash import dies_with_parent
from config.embedded.place import BASE_DIR, broker_url

STOP_SECONDS = 30.0


class ChildDied(Exception):
    """A child process ended, or did not become ready in time."""

    code = "child_died"

    def __init__(self, *, name: str, log: Path) -> None:
        words = log.read_text(errors="replace").splitlines()[-12:] if log.exists() else []
        super().__init__("\n".join([f"The {name} does not run; its log {log} ends:", *words]))
        self.name = name


class Child:
    """One Python process in its own process group, tied to this process's life.

    Start it from the main thread. Used as a context manager it is started, ready on
    entry, and stopped on exit.
    """

    name = "process"

    def __init__(self, *, environment: Mapping[str, str], log: Path) -> None:
        """Describe the process.

        Args:
            environment: Variables on top of this process's own.
            log: File that gets all its output, appended.
        """
        self.environment = {**os.environ, **environment}
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def process_id(self) -> int:
        """The process id of the running child.

        Raises:
            ChildDied: It has not been started.
        """
        if self.process is None:
            raise ChildDied(name=self.name, log=self.log)
        return self.process.pid

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                [sys.executable, *self.command()],
                cwd=BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C at a terminal is for the parent, which stops its children in order.
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        """Block until the process does its work.

        Raises:
            ChildDied: It ended, or is not ready in time.
        """
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if self.has_died() or time.monotonic() > deadline:
                raise ChildDied(name=self.name, log=self.log)
            time.sleep(0.05)

    def stop(self) -> None:
        """Let it finish what it is doing and end; kill it after half a minute."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it and its own children at once with SIGKILL, as a power cut would."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Worker(Child):
    """A Celery worker with a pool of processes.

    The environment must name its database and its broker: DATABASE_URL and REDIS_URL.
    """

    name = "Celery worker"

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        log: Path,
        concurrency: int = 2,
        beat_schedule: Path | None = None,
    ) -> None:
        """Describe the worker.

        Args:
            environment: Variables on top of this process's own.
            log: File that gets all its output, appended.
            concurrency: Number of pool processes.
            beat_schedule: File in which it keeps when the periodic tasks were last sent;
                without one it sends none.
        """
        super().__init__(environment=environment, log=log)
        self.concurrency = concurrency
        self.beat_schedule = beat_schedule
        self.node = f"huisu-{uuid.uuid4().hex[:8]}@localhost"

    def command(self) -> list[str]:
        command = [
            *("-m", "celery", "--app", "config.celery", "worker", "--hostname", self.node),
            *("--concurrency", str(self.concurrency), "--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle"),
        ]
        if self.beat_schedule is not None:
            command += ["--beat", "--schedule", str(self.beat_schedule)]
        return command

    def is_ready(self) -> bool:
        """Tell whether the worker answers a ping through the broker."""
        url = self.environment["REDIS_URL"]
        with Celery(broker=broker_url(url), set_as_current=False) as client:
            answers = client.control.inspect(destination=[self.node], timeout=0.5, limit=1).ping()
        return bool(answers)


class WebServer(Child):
    """The production web server on one loopback port."""

    name = "web server"

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        log: Path,
        port: int,
        address: str = "127.0.0.1",
        threads: int = 4,
    ) -> None:
        """Describe the server.

        Args:
            environment: Variables on top of this process's own.
            log: File that gets all its output, appended.
            port: TCP port to listen on.
            address: Interface to listen on.
            threads: Requests that it answers at once.
        """
        super().__init__(environment=environment, log=log)
        self.port = port
        self.address = address
        self.threads = threads

    def command(self) -> list[str]:
        return [
            *("-m", "granian", "--interface", "wsgi", "config.wsgi:application"),
            *("--host", self.address, "--port", str(self.port), "--no-ws"),
            *("--workers", "1", "--blocking-threads", str(self.threads)),
        ]

    def is_ready(self) -> bool:
        """Tell whether the server answers its health question."""
        url = f"http://{self.address}:{self.port}/health/"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
