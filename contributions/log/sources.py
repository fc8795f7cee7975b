"""Where a published log is read from: a directory of tiles or a web address.

Nothing read here is trusted: a signed root decides. So http is as good as https, a redirect is
not followed, and contents are cut off at what the largest tile can be.
"""

from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from contributions.log.errors import LogError
from contributions.log.tiles import TILE_WIDTH, ReadTile

CHECKPOINT_PATH = "checkpoint"

# The largest full entry bundle: 256 entries of 65,535 bytes behind two bytes each.
MAX_CONTENT_BYTES = TILE_WIDTH * 65_537
_TIMEOUT_SECONDS = 20
_FOUND, _NOT_FOUND = 200, 404


class LogUnreachable(LogError):
    """The log could not be read where it should be."""

    code = "log_unreachable"


def open_source(location: str) -> ReadTile:
    """Return a reader for a log's prefix: an http(s) address or a directory."""
    if location.startswith(("http://", "https://")):
        return _read_web(location)
    return _read_directory(Path(location))


def _read_directory(root: Path) -> ReadTile:
    def read(path: str) -> bytes | None:
        try:
            with (root / path).open("rb") as file:
                return file.read(MAX_CONTENT_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LogUnreachable(f"{path} of the log cannot be read: {error.strerror}.") from error

    return read


def _read_web(prefix: str) -> ReadTile:
    parts = urlsplit(prefix)
    connect: Callable[..., HTTPConnection] = (
        HTTPSConnection if parts.scheme == "https" else HTTPConnection
    )

    def read(path: str) -> bytes | None:
        try:
            connection = connect(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
            try:
                connection.request("GET", f"{parts.path.rstrip('/')}/{path}")
                response = connection.getresponse()
                content = response.read(MAX_CONTENT_BYTES)
            finally:
                connection.close()
        except (OSError, HTTPException, ValueError) as error:
            raise LogUnreachable(f"{path} of the log cannot be fetched: {error}.") from error
        if response.status == _NOT_FOUND:
            return None
        if response.status != _FOUND:
            raise LogUnreachable(f"The log answers {response.status} for {path}.")
        return content

    return read


def read_checkpoint(read: ReadTile) -> str:
    """Return the log's newest signed checkpoint, not yet checked.

    Raises:
        LogUnreachable: There is none, or it is not text.
    """
    content = read(CHECKPOINT_PATH)
    if content is None:
        raise LogUnreachable("The log does not serve a checkpoint.")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise LogUnreachable("What the log serves as its checkpoint is not text.") from error
