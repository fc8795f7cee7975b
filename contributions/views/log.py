"""The log as outsiders read it: its newest checkpoint and its tiles, in the C2SP layout.

Everybody may read them: an entry is a salted hash and tells nobody anything.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from contributions.log.tiles import NotATilePath, TileAddress
from contributions.services import checkpoints, log_reading


@require_safe
def checkpoint(_request: HttpRequest) -> HttpResponse:
    """Answer with the newest signed checkpoint, a signed note."""
    newest = checkpoints.newest()
    if newest is None:
        raise Http404
    answer = HttpResponse(newest.note, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


@require_safe
def tile(_request: HttpRequest, path: str) -> HttpResponse:
    """Answer with a tile or entry bundle of the signed tree."""
    newest = checkpoints.newest()
    try:
        address = TileAddress.parse(f"tile/{path}")
    except NotATilePath as error:
        raise Http404 from error
    content = None if newest is None else log_reading.tile(address, size=newest.size)
    if content is None:
        raise Http404
    answer = HttpResponse(content, content_type="application/octet-stream")
    # The content of a tile never changes, nor does that of a partial one of the same width.
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer
