"""Reading a form that carries a file: bounded, strict, and the same when it is sent again."""

from __future__ import annotations

import errno
import hashlib
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request

from contributions.api.bodies import BodyMalformed, BodyTooLarge, text_fault
from contributions.api.documents import fail_field
from contributions.services.importing_files import no_room

MULTIPART = "multipart/form-data"
_ROOM_FOR_PARTS = 64 * 1024
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Form:
    """A form of some text and one file, in the part `file`."""

    fields: dict[str, str]
    file: UploadedFile[Any]

    def identity(self) -> bytes:
        """What the form says, which stays the same though its parts have other borders."""
        digest = hashlib.sha256()
        for chunk in self.file.chunks():
            digest.update(chunk)
        self.file.seek(0)
        named = sorted([*self.fields.items(), ("file", f"{self.file.name} {digest.hexdigest()}")])
        return repr(named).encode()


def read_form(request: Request, *, most: int) -> Form:
    """Read a form whose file has `most` bytes at most; on the way it lies on the disk.

    Raises:
        UnsupportedMediaType: It is no multipart form.
        BodyTooLarge: It is larger than it may be.
        BodyMalformed: It breaks off, or is no form.
        NoRoomForUpload: The disk is full.
        ValidationError: There is no file in it, or several.
    """
    plain = request._request
    if plain.content_type != MULTIPART:
        raise UnsupportedMediaType(plain.META.get("CONTENT_TYPE", ""))
    _require_length(str(plain.META.get("CONTENT_LENGTH") or ""), most)
    try:
        texts, files = plain.POST, plain.FILES
    except (MultiPartParserError, UnreadablePostError) as error:
        raise BodyMalformed(_("The form is malformed, or breaks off.")) from error
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise no_room() from error
        raise
    sent = [file for name in files for file in files.getlist(name)]
    if set(files) != {"file"} or len(sent) != 1:
        raise fail_field("file", "required", _("Send one file, in the part “file”."))
    fields = {name: value for name, value in texts.items() if isinstance(value, str)}
    _require_text(fields)
    return Form(fields, sent[0])


def _require_length(text: str, most: int) -> None:
    if not (text.isascii() and text.isdigit()):
        raise BodyMalformed(_("Content-Length is not a number."))
    if int(text) > most + _ROOM_FOR_PARTS:
        raise BodyTooLarge


def _require_text(fields: dict[str, str]) -> None:
    if any(text_fault(text) for pair in fields.items() for text in pair):
        raise BodyMalformed(_("The form holds signs that cannot be seen or stored."))
