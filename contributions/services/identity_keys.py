"""Keys of workers' identities: one each, wrapped by the installation's own.

The installation's key is in a file that only the service may read, named by
HUISU_IDENTITY_KEY_FILE: base64 of 32 bytes a line. The first line wraps; further lines are older
keys that still unwrap. A database, or a copy of one, says nothing about anybody without the file.
Source: NIST SP 800-38D (AES-GCM); 96-bit random nonces.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import IdentityKey, Worker

KEY_BYTES = 32
NONCE_BYTES = 12


class IdentityKeyMissing(ContributionError):
    """This installation has no usable key for names and contacts."""

    code = "identity_key_missing"


def seal(key: bytes, content: bytes, *, about: str) -> bytes:
    """Encrypt under a key, bound to what the content is about.

    Returns:
        12 bytes of nonce, the ciphertext, 16 bytes of tag.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, about.encode())


def unseal(key: bytes, sealed: bytes, *, about: str) -> bytes:
    """Decrypt what `seal` made.

    Raises:
        InvalidTag: Another key, another subject, or altered bytes.
    """
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode())


def key_of(worker: Worker) -> bytes | None:
    """Return a worker's key, or None if there is none (any more).

    Raises:
        IdentityKeyMissing: The installation's key is absent, or not the one that wrapped.
    """
    kept = IdentityKey.objects.filter(worker=worker).first()
    if kept is None:
        return None
    for key in _installation_keys():
        with contextlib.suppress(InvalidTag):
            return unseal(key, bytes(kept.wrapped), about=_about(worker))
    raise IdentityKeyMissing(_("The key file does not open this identity."))


def make_key(worker: Worker) -> bytes:
    """Make a key for a worker who has none, inside the caller's transaction.

    Raises:
        IdentityKeyMissing: The installation's key is absent.
    """
    key = secrets.token_bytes(KEY_BYTES)
    wrapped = seal(_installation_keys()[0], key, about=_about(worker))
    IdentityKey.objects.create(worker=worker, wrapped=wrapped)
    return key


def _about(worker: Worker) -> str:
    return f"huisu-identity-key/1 {worker.public_id}"


def _installation_keys() -> list[bytes]:
    if not settings.HUISU_IDENTITY_KEY_FILE:
        raise IdentityKeyMissing(
            _("This installation has no key for names. Name its file in HUISU_IDENTITY_KEY_FILE.")
        )
    path = Path(settings.HUISU_IDENTITY_KEY_FILE)
    if settings.LOCAL and not path.exists():
        _make_file(path)
    try:
        keys = [base64.b64decode(line, validate=True) for line in path.read_text().split()]
    except (OSError, ValueError) as error:
        raise IdentityKeyMissing(_("The key file for names cannot be read.")) from error
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise IdentityKeyMissing(_("The key file for names holds no key of 32 bytes."))
    return keys


def _make_file(path: Path) -> None:
    # Appears complete or not at all, so two processes that start together agree on one key.
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as unfinished:
        unfinished.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
        unfinished.flush()
        os.fsync(unfinished.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(unfinished.name, path)
    Path(unfinished.name).unlink()
