"""What a test may ask for: a real database and queue, a real worker, a real browser.

Nothing starts before the first test that needs it. DATABASE_URL and REDIS_URL in the
environment replace the embedded servers.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import django
import pytest

from config.embedded import addresses, prepare, services
from config.embedded.server import locked

BASE_DIR = Path(__file__).resolve().parents[1]
# The processes of a parallel run inherit the environment that their parent has set already.
EMBEDDED = (
    "HUISU_TEST_EMBEDDED" in os.environ or not {"DATABASE_URL", "REDIS_URL"} <= os.environ.keys()
)


def own_home() -> tuple[Path, int]:
    """Find a home that no other test process uses now.

    Two test runs at once, or the processes of one parallel run, would empty each other's
    tables and queues. Each holds a lock for its life, so homes are used again, never shared.
    """
    folder = BASE_DIR / ".huisu"
    folder.mkdir(exist_ok=True)
    for number in itertools.count(1):
        lock = os.open(folder / f"test-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        if locked(lock):
            return folder / f"test-{number}", lock
        os.close(lock)
    raise AssertionError("counting never ends")


HOME, HOME_LOCK = own_home()

# The settings are read once, so the environment must be right before Django is set up.
os.environ["HUISU_MODE"] = "local"
os.environ["HUISU_HOME"] = str(HOME)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if EMBEDDED:
    prepare(HOME)
    os.environ["HUISU_TEST_EMBEDDED"] = "yes"
    os.environ["DATABASE_URL"] = addresses(HOME).database_url
    os.environ["REDIS_URL"] = addresses(HOME).redis_url
django.setup()
# A parallel run's processes would otherwise set Django up from this process's addresses before
# they come here and find their own.
del os.environ["DJANGO_SETTINGS_MODULE"]

# The application registry must be ready before anything imports a model.
import redis  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.backends.postgresql.operations import DatabaseOperations  # noqa: E402
from django.utils import translation  # noqa: E402
from playwright.sync_api import Browser, BrowserContext, Route, sync_playwright  # noqa: E402
from pytest_django.live_server_helper import LiveServer  # noqa: E402

from config.embedded.processes import Worker  # noqa: E402

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

SET_TRUNCATE_GUARDS = """
DO $$
DECLARE guard record;
BEGIN
    FOR guard IN SELECT tgrelid::regclass AS guarded, tgname FROM pg_trigger
                 WHERE tgname LIKE '%_no_truncate' AND NOT tgisinternal
    LOOP
        EXECUTE format('ALTER TABLE %s {action} TRIGGER %I', guard.guarded, guard.tgname);
    END LOOP;
END $$
"""


@pytest.fixture(scope="session")
def running_servers() -> Iterator[None]:
    """PostgreSQL and Valkey for this test process alone."""
    if not EMBEDDED:
        yield
        return
    with services(HOME, durable=False):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    running_servers: None,
    django_db_modify_db_settings_parallel_suffix: None,
) -> None:
    """Bring the servers up before pytest-django makes its database."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:  # noqa: ARG001
    """Let the database be emptied after tests with real transactions.

    Append-only tables refuse TRUNCATE. That guard steps aside for the emptying alone, so
    the tests themselves run with it.
    """
    original: Callable[..., list[str]] = DatabaseOperations.sql_flush

    def sql_flush(operations: DatabaseOperations, *arguments: Any, **options: Any) -> list[str]:
        return [
            SET_TRUNCATE_GUARDS.replace("{action}", "DISABLE"),
            *original(operations, *arguments, **options),
            SET_TRUNCATE_GUARDS.replace("{action}", "ENABLE ALWAYS"),
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        yield


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, settings: Any) -> Path:
    """A folder of its own for the files that a test makes."""
    settings.HUISU_DATA = tmp_path / "huisu-data"
    settings.MEDIA_ROOT = settings.HUISU_DATA / "uploads"
    folder: Path = settings.HUISU_DATA
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def source_language() -> Iterator[None]:
    """English to begin with; a request of an earlier test may have asked for another."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def empty_queue(running_servers: None) -> Iterator[redis.Redis]:  # noqa: ARG001
    """The queue's server, with nothing in it."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def worker_environment(
    transactional_db: None,  # noqa: ARG001
    empty_queue: redis.Redis,  # noqa: ARG001
    data_folder: Path,
) -> Mapping[str, str]:
    """The variables by which a child process works on this test's database and queue."""
    address, _, options = os.environ["DATABASE_URL"].partition("?")
    base = address.rpartition("/")[0]
    database = connection.settings_dict["NAME"]
    return {
        "DATABASE_URL": f"{base}/{database}" + (f"?{options}" if options else ""),
        "REDIS_URL": settings.REDIS_URL,
        "HUISU_MODE": "local",
        "HUISU_DATA": str(data_folder),
    }


@pytest.fixture
def celery_worker_process(
    worker_environment: Mapping[str, str], tmp_path: Path
) -> Iterator[Worker]:
    """A real Celery worker process on this test's database; it may be killed."""
    with Worker(environment=worker_environment, log=tmp_path / "worker.log") as worker:
        yield worker


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no chromium on this machine; `make chromium` installs it")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's event loop lives in this thread; Django takes that for async code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def browser(chromium: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    """A fresh browser profile that sees the test's web server and nothing else.

    Relative addresses lead to the test's web server: `browser.new_page().goto("/")`.
    """
    context = chromium.new_context(base_url=live_server.url)

    def stay_home(route: Route) -> None:
        if route.request.url.startswith(live_server.url):
            route.continue_()
        else:
            route.abort()

    context.route("**/*", stay_home)
    yield context
    context.close()
