"""Files sent as the body of a request: of any size, in bounded memory, once per key."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from django.http import HttpResponse
from rest_framework.exceptions import UnsupportedMediaType

from accounting.valuation.files.limits import Limits
from contributions.api.bodies import Body, BodyTooLarge
from contributions.api.resources import Resource
from contributions.services.replies import Reply

BYTES: Final = "application/octet-stream"
_BYTES_AT_ONCE: Final = 1 << 20
_IN_MEMORY: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload(Body):
    """A body that is too large to be held, known by its hash alone."""

    digest: str = ""

    @property
    def sha256(self) -> str:
        """The hash by which a repeated request is told from another."""
        return self.digest


def uploaded(view: Resource, effect: Callable[[IO[bytes]], Reply]) -> HttpResponse:
    """Take a file of any size in bounded memory, and answer by its effect once per key.

    Raises:
        UnsupportedMediaType: It is not sent as plain bytes.
        BodyTooLarge: It has more bytes than a valuation takes.
    """
    request = view.request
    kind = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if kind != BYTES:
        raise UnsupportedMediaType(kind)
    most = Limits().file_bytes
    digest, size = hashlib.sha256(), 0
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        while piece := request._request.read(_BYTES_AT_ONCE):
            size += len(piece)
            if size > most:
                raise BodyTooLarge
            digest.update(piece)
            file.write(piece)
        file.seek(0)
        return view.once(Upload(b"", digest.hexdigest()), lambda: effect(file))


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Read a file piece by piece."""
    while piece := file.read(_BYTES_AT_ONCE):
        yield piece
