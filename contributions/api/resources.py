"""What all resources share: who may, how a request is read, how it is answered.

A resource names its `input`, `output` and `filters`; from these it both works and is described.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar, TypeVar, cast

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contributions.api.authentication import BearerToken, BrowserSession, InScope
from contributions.api.bodies import Body, parse_object, read_body
from contributions.api.describing import OperationSchema, page_output
from contributions.api.documents import Input, Output
from contributions.api.pages import Place, page_of
from contributions.api.parameters import (
    Filter,
    read_filters,
    read_page_size,
    read_query,
    refused,
)
from contributions.models import ApiToken, Membership, Organisation, User
from contributions.models.identified import Identified
from contributions.services.replies import Reply, answer_once

KEEPING = (Membership.Role.ADMIN, Membership.Role.RECORDER)
SIGNING = (Membership.Role.ADMIN, Membership.Role.APPROVER)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)
_Record = TypeVar("_Record", bound=Identified)


class KeyUnusable(APIException):
    """The idempotency key is missing where one is needed, or is no key."""

    status_code = 400
    default_code = "idempotency_key_invalid"
    default_detail = _("An idempotency key has 1 to 255 visible ASCII characters.")


class VersionStale(APIException):
    """The record changed since the caller read it."""

    status_code = 412
    default_code = "version_stale"
    default_detail = _("The record changed meanwhile. Read it again.")


class VersionUnnamed(APIException):
    """The change does not say which version it builds on."""

    status_code = 428
    default_code = "version_unnamed"
    default_detail = _("Send the ETag of the version you read as If-Match.")


class ByHeader(DefaultContentNegotiation):
    """Negotiates by the Accept header alone; `?format=` is a parameter like any unknown one."""

    settings: Any = SimpleNamespace(URL_FORMAT_OVERRIDE=None)


class Resource(APIView):
    """A resource of the API.

    Attributes:
        scope: What a token needs for anything but reading.
        tag: The chapter of the description.
        filters: Parameters of the query beside those of pages.
        key_required: Whether a POST must carry an idempotency key.
        needs_match: Methods that must name the version they change.
    """

    schema = OperationSchema()
    authentication_classes = (BearerToken, BrowserSession)
    permission_classes = (InScope,)
    renderer_classes: Sequence[type[BaseRenderer]] = (JSONRenderer,)
    parser_classes = (JSONParser,)
    content_negotiation_class = ByHeader
    metadata_class = None

    scope: ClassVar[str] = ApiToken.Scope.RECORD
    tag: ClassVar[str]
    input: ClassVar[type[Input] | None] = None
    output: ClassVar[type[Output]]
    filters: ClassVar[Mapping[str, Filter]] = {}
    is_list: ClassVar[bool] = False
    key_required: ClassVar[bool] = False
    needs_match: ClassVar[frozenset[str]] = frozenset()
    query: dict[str, str]

    @property
    def user(self) -> User:
        """Who asks."""
        return cast(User, self.request.user)

    def reads(self) -> Any:
        """Return what a POST reads, for the description."""
        return self.input

    def answers(self, method: str) -> dict[Any, Any]:
        """Return what a method answers by status, for the description."""
        return {201 if method == "POST" else 200: self.output}

    def known_parameters(self) -> set[str]:
        """Return the names of the query's parameters."""
        return set(self.filters) if self.request.method in {"GET", "HEAD"} else set()

    def initial(self, request: Request, *args: Any, **path: Any) -> None:
        """Check who asks, and the query, before any work."""
        super().initial(request, *args, **path)
        self.query = read_query(request, self.known_parameters())

    def finalize_response(self, request: Any, response: Any, *args: Any, **path: Any) -> Any:
        """Say which request was answered, and on what the answer depends."""
        finished = super().finalize_response(request, response, *args, **path)
        given = request.META.get("HTTP_REQUEST_ID", "")
        finished["Request-Id"] = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        finished.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(finished, ["Accept-Language", "Authorization", "Cookie"])
        return finished

    def write(self, effect: Callable[[Mapping[str, Any]], Reply]) -> HttpResponse:
        """Read the body by `input`, and answer by `effect` once per idempotency key."""
        body = read_body(self.request)
        return self.once(body, lambda: effect(self.checked(body)))

    def checked(self, body: Body) -> Mapping[str, Any]:
        """Return a body's fields as `input` reads them; without one, none may be there."""
        if self.input is None:
            if body.raw.strip():
                Input(data=parse_object(body.raw)).is_valid(raise_exception=True)
            return {}
        context = {"request": self.request, "found": {}}
        serializer = self.input(data=parse_object(body.raw), context=context)
        serializer.is_valid(raise_exception=True)
        checked: dict[str, Any] = serializer.validated_data
        return checked

    def once(self, body: Body, effect: Callable[[], Reply]) -> HttpResponse:
        """Answer a request by its effect, or as it was answered before under the same key.

        Raises:
            KeyUnusable: There is no key but must be, or it is malformed.
        """
        key = self.request.META.get("HTTP_IDEMPOTENCY_KEY")
        if key is None:
            if self.key_required:
                raise KeyUnusable(
                    _("Send a new Idempotency-Key with this request, and the same on a retry."),
                    "idempotency_key_missing",
                )
            return _http(effect())
        if not _KEY.fullmatch(key):
            raise KeyUnusable
        asked = f"{self.request.method} {self.request.path} {body.sha256}"
        reply = answer_once(
            user=self.user,
            key=key,
            request_sha256=hashlib.sha256(asked.encode()).hexdigest(),
            effect=effect,
        )
        return _http(reply)

    def shown(self, record: Any) -> Any:
        """Return a record as `output` writes it."""
        return self.output(record, context={"request": self.request}).data

    def created(self, record: Any, *, location: str = "", status: int = 201) -> Reply:
        """Return the reply that a record was made, and where it is."""
        where = location or f"{self.request.path.rstrip('/')}/{record.public_id}"
        return Reply(status, rendered(self.shown(record)).decode(), location=where)

    def require_role(self, organisation: Organisation, *roles: str) -> None:
        """Refuse unless the asker has one of some roles in an organisation.

        Raises:
            PermissionDenied: They do not.
        """
        if self.user.is_superuser:
            return
        if not Membership.objects.filter(
            user=self.user, organisation=organisation, role__in=roles or KEEPING
        ).exists():
            raise PermissionDenied(
                _("Your role in %(organisation)s does not allow this.")
                % {"organisation": organisation},
                "role_missing",
            )

    def require_match(self, record: Any) -> None:
        """Refuse a change that builds on another version of a record.

        Raises:
            VersionUnnamed: The request does not say on which.
            VersionStale: The record changed since.
        """
        named = self.request.META.get("HTTP_IF_MATCH")
        if named is None:
            raise VersionUnnamed
        if named.strip() not in {"*", etag(self.shown(record))}:
            raise VersionStale


class Collection(Resource):
    """A list, page by page; with `input` and `create` also the place to add to it.

    Attributes:
        orders: Names of orders to their columns; the first is the usual one.
    """

    is_list = True
    orders: ClassVar[Mapping[str, str]] = {"id": "pk", "-id": "-pk"}

    def rows(self) -> QuerySet[Any]:
        """Return what the asker may see of the list."""
        raise NotImplementedError

    def answers(self, method: str) -> dict[Any, Any]:
        """Return what a method answers by status, for the description."""
        return {201: self.output} if method == "POST" else {200: page_output(self.output)}

    def known_parameters(self) -> set[str]:
        """Return the names of the query's parameters."""
        if self.request.method not in {"GET", "HEAD"}:
            return set()
        return {*self.filters, "ordering", "page_size", "cursor"}

    def get(self, request: Request, **_path: str) -> Response:
        """Answer a page of the list, with the address of the next."""
        ordering = self.query.get("ordering", next(iter(self.orders)))
        if ordering not in self.orders:
            raise refused("ordering")
        bound = {name: value for name, value in self.query.items() if name in self.filters}
        page = page_of(
            self.rows().filter(**read_filters(self.query, self.filters)),
            Place(request.path, self.orders[ordering], bound),
            cursor=self.query.get("cursor", ""),
            size=read_page_size(self.query),
        )
        items = self.output(page.rows, many=True, context={"request": request}).data
        following = self._address(request, page.next_cursor) if page.next_cursor else None
        response = Response({"items": items, "next": following})
        if following:
            response["Link"] = f'<{following}>; rel="next"'
        return response

    def _address(self, request: Request, cursor: str) -> str:
        query = request.query_params.copy()
        query["cursor"] = cursor
        return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


class Item(Resource):
    """One record, by its public id."""

    def rows(self) -> QuerySet[Any]:
        """Return the records the asker may see."""
        raise NotImplementedError

    def found(self) -> Any:
        """Return the record that the address names.

        Raises:
            Http404: There is none, or it is not the asker's to see.
        """
        return find(self.rows(), self.kwargs["id"])

    def get(self, request: Request, **_path: str) -> Response:  # noqa: ARG002
        """Answer the record, with its version."""
        shown = self.shown(self.found())
        return Response(shown, headers={"ETag": etag(shown)})


def find(rows: QuerySet[_Record], text: str) -> _Record:
    """Return the record with a public id among some rows.

    Raises:
        Http404: There is none.
    """
    try:
        return rows.get(pk=rows.model.number_of(text))
    except ObjectDoesNotExist as error:
        raise Http404(text) from error


def etag(shown: Any) -> str:
    """Return the version of a record as it is shown."""
    return f'"{hashlib.sha256(rendered(shown)).hexdigest()[:32]}"'


def rendered(shown: Any) -> bytes:
    """Return JSON as the API writes it."""
    written: bytes = JSONRenderer().render(shown)
    return written


def _http(reply: Reply) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
    if reply.location:
        response["Location"] = reply.location
    return response
