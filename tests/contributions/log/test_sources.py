import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from contributions.log.merkle import hash_range
from contributions.log.sources import LogUnreachable, open_source, read_checkpoint
from contributions.log.tiles import TileNodes
from tests.contributions.log.published import PublishedLog, entries


class QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Keep the test's output clean."""


class Broken(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302 if self.path.endswith("moved") else 500)
        self.send_header("Location", "/checkpoint")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Keep the test's output clean."""


@contextmanager
def served(handler: partial[QuietFiles] | type[Broken]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_log_reads_the_same_from_the_web_as_from_a_directory(tmp_path: Path) -> None:
    log = PublishedLog(tmp_path / "log")
    note = log.append(entries(300))
    with served(partial(QuietFiles, directory=str(tmp_path))) as address:
        read = open_source(f"{address}/log/")
        assert read_checkpoint(read) == read_checkpoint(log.read) == note
        assert hash_range(TileNodes(read, 300), 0, 300) == log.tree.frontier.root()
        assert read("tile/7/000") is None


def test_errors_and_redirects_of_a_server_are_not_taken_for_content() -> None:
    with served(Broken) as address:
        with pytest.raises(LogUnreachable, match="answers 500"):
            open_source(address)("checkpoint")
        with pytest.raises(LogUnreachable, match="answers 302"):
            open_source(address)("moved")


@pytest.mark.parametrize("location", ["http://127.0.0.1:1", "http://", "http://127.0.0.1:70000"])
def test_an_unreachable_server_is_a_named_outcome(location: str) -> None:
    with pytest.raises(LogUnreachable):
        open_source(location)("checkpoint")


def test_a_log_without_a_checkpoint_is_a_named_outcome(tmp_path: Path) -> None:
    with pytest.raises(LogUnreachable, match="does not serve a checkpoint"):
        read_checkpoint(open_source(str(tmp_path)))
    (tmp_path / "checkpoint").write_bytes(b"\xff")
    with pytest.raises(LogUnreachable, match="not text"):
        read_checkpoint(open_source(str(tmp_path)))


def test_a_directory_in_place_of_a_tile_is_a_named_outcome(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").mkdir()
    with pytest.raises(LogUnreachable):
        read_checkpoint(open_source(str(tmp_path)))
