"""Many contributions in one request: a line of JSON each, and a line of answer each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from contributions.api.bodies import NDJSON, Body, BodyTooLarge, parse_object, read_body
from contributions.api.documents import fail_field
from contributions.api.entries import EntryInput
from contributions.api.labour import TAG, TOOL, recorder
from contributions.api.resources import Resource
from contributions.models import Contribution, Organisation
from contributions.services.recording import Entry, source_of
from contributions.services.recording_many import record_many
from contributions.services.replies import Reply

LARGEST_BYTES = 50_000_000
MOST_LINES = 100_000


class Lines(BaseRenderer):
    """Lets NDJSON be asked for; the view writes it itself."""

    media_type = NDJSON
    format = "ndjson"

    def render(self, data: Any, *_arguments: Any, **_options: Any) -> Any:
        """Write a problem as JSON."""
        return JSONRenderer().render(data)


class ContributionsBulkView(Resource):
    """Recording many batches of labour."""

    tag = TAG
    input = EntryInput
    key_required = True
    renderer_classes = (Lines, JSONRenderer)

    def reads(self) -> Any:
        """Return what a POST reads, for the description."""
        return {NDJSON: EntryInput}

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status, for the description."""
        return {(200, NDJSON): {"type": "string", "description": "One JSON object a line."}}

    def post(self, request: Request) -> HttpResponse:
        """Record a batch of labour per line: `{"worker": …, "product": …}`, 100,000 at most.

        Every line is answered by a line with its number: `{"line": 1, "status": 201, "id": …}` or
        `{"line": 2, "status": 422, "code": …, "errors": […]}`. Lines that are right are recorded
        although others are not; all lines record for the same organisation.
        """
        body = read_body(request, media_type=NDJSON, most=LARGEST_BYTES)
        return self.once(body, lambda: self._record(body))

    def _record(self, body: Body) -> Reply:
        lines = [line for line in body.raw.split(b"\n") if line.strip()]
        if len(lines) > MOST_LINES:
            raise BodyTooLarge(_("The body has more than 100,000 lines."))
        answers: dict[int, dict[str, Any]] = {}
        entries: dict[int, Entry] = {}
        context: dict[str, Any] = {"request": self.request, "found": {}}
        organisations: set[Organisation | None] = set()
        for number, line in enumerate(lines, start=1):
            try:
                given = self._read(line, context)
            except APIException as error:
                answers[number] = self._refused(number, error)
                continue
            organisations.add(given["organisation"])
            entries[number] = given["entry"]
        answers |= self._recorded(entries, organisations)
        text = "".join(json.dumps(answers[at]) + "\n" for at in sorted(answers))
        return Reply(200, text, NDJSON)

    def _read(self, line: bytes, context: dict[str, Any]) -> Mapping[str, Any]:
        serializer = EntryInput(data=parse_object(line), context=context)
        serializer.is_valid(raise_exception=True)
        given: dict[str, Any] = serializer.validated_data
        return given

    def _recorded(
        self, entries: dict[int, Entry], organisations: set[Organisation | None]
    ) -> dict[int, dict[str, Any]]:
        if not entries:
            return {}
        if len(organisations) > 1:
            raise fail_field("organisation", "organisation_unclear", _("Name one in all lines."))
        organisation = recorder(self, organisations.pop())
        outcomes = record_many(
            entries=list(entries.values()),
            source=source_of(organisation=organisation, tool=TOOL),
            recorded_by=self.user,
            today=timezone.localdate(),
        )
        return {
            number: {"line": number, "status": 201, "id": outcome.public_id}
            if isinstance(outcome, Contribution)
            else self._refused(number, outcome)
            for number, outcome in zip(entries, outcomes, strict=True)
        }

    def _refused(self, number: int, error: Exception) -> dict[str, Any]:
        # The same words as if the line had come alone.
        answer = self.get_exception_handler()(error, self.get_exception_handler_context())
        problem = {name: answer.data[name] for name in ("status", "code", "errors")}
        return {"line": number, **problem}
