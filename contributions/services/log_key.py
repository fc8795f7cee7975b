"""The key that signs the log's checkpoints.

In production a file that only the service may read, named by HUISU_LOG_KEY_FILE; on one's own
machine a file below HUISU_HOME that is made when it is first needed. The name in the key is the
name (origin) of the log.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from contributions.log.errors import LogError
from contributions.log.keys import KeyType, SignerKey

_LOCAL_NAME = "huisu.local/log"


class LogKeyMissing(LogError):
    """This installation has no key to sign its log with."""

    code = "log_key_missing"


class LogKeyUnusable(LogError):
    """The key file cannot be read, or must not be overwritten."""

    code = "log_key_unusable"


def signer() -> SignerKey:
    """Return the log's key.

    Raises:
        LogKeyMissing: None is configured.
        LogKeyUnusable: The file cannot be read.
        MalformedKey: The file holds no key.
    """
    if not settings.HUISU_LOG_KEY_FILE:
        raise LogKeyMissing(
            _("This installation has no key for its log. Name its file in HUISU_LOG_KEY_FILE.")
        )
    path = Path(settings.HUISU_LOG_KEY_FILE)
    if settings.LOCAL and not path.exists():
        with contextlib.suppress(FileExistsError):
            _write(SignerKey.generate(name=_LOCAL_NAME, key_type=KeyType.NOTE), path)
    try:
        return SignerKey.parse(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise LogKeyUnusable(_("The key of the log cannot be read: %s") % error) from error


def make_key(*, name: str, path: Path) -> SignerKey:
    """Make the key of a log and write it to a file that only its owner may read.

    Raises:
        LogKeyUnusable: There is such a file, or it cannot be written.
        MalformedKey: The name cannot name a key.
    """
    key = SignerKey.generate(name=name, key_type=KeyType.NOTE)
    # The public half checks the name.
    str(key.verifier)
    try:
        _write(key, path)
    except FileExistsError as error:
        raise LogKeyUnusable(_("There is such a file; a key is not overwritten.")) from error
    except OSError as error:
        raise LogKeyUnusable(_("The key of the log cannot be written: %s") % error) from error
    return key


def _write(key: SignerKey, path: Path) -> None:
    # Appears complete or not at all, so two processes that start together agree on one key.
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as unfinished:
        unfinished.write(f"{key.encoded()}\n")
        unfinished.flush()
        os.fsync(unfinished.fileno())
    try:
        os.link(unfinished.name, path)
    finally:
        Path(unfinished.name).unlink()
