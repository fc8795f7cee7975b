"""Imports: send a file, say how it is read, see what would be recorded, have it recorded."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.core.signing import BadSignature
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from contributions.api.bodies import Body
from contributions.api.describing import page_output
from contributions.api.documents import Input
from contributions.api.fields import RecordField
from contributions.api.imports_documents import (
    ImportDetailOutput,
    ImportOutput,
    ImportPlanInput,
    RowErrorOutput,
)
from contributions.api.labour import TAG, recorder
from contributions.api.pages import CursorInvalid, Place
from contributions.api.parameters import Filter, by_id, read_page_size
from contributions.api.resources import KEEPING, Collection, Item
from contributions.api.uploads import MULTIPART, Form, read_form
from contributions.imports.rejected import write_rejected
from contributions.models import Organisation, StagedImport
from contributions.services import importing, importing_job, importing_undo
from contributions.services.importing_words import told_fault
from contributions.services.replies import Reply
from contributions.services.visibility import KEEPERS, visible_organisations
from contributions.tasks import enqueue_import

FILTERS: dict[str, Filter] = {
    "organisation": by_id(Organisation, "organisation", "Imports of one organisation."),
}


class ImportInput(Input):
    """A file to import, as a form sends it."""

    organisation = RecordField(
        Organisation,
        visible=visible_organisations,
        required=False,
        help_text="Who records; needed if you record for several.",
    )
    file = serializers.FileField(
        allow_empty_file=True,
        help_text="An export of a tool, or any table: CSV, TSV, XLSX, JSON, JSON Lines, Parquet, "
        "or a zip of such; 50 MB at most.",
    )


class CsvFile(BaseRenderer):
    """Lets CSV be asked for; the view writes it itself."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, *_arguments: Any, **_options: Any) -> Any:
        """Write a problem as JSON."""
        return JSONRenderer().render(data)


class Imports:
    """What the views of imports share."""

    tag = TAG
    user: Any

    def rows(self) -> QuerySet[StagedImport]:
        """Return the imports of organisations for which the asker records."""
        rows = StagedImport.objects.select_related("organisation", "batch__source", "job")
        if self.user.is_superuser:
            return rows
        keeps = Organisation.objects.filter(
            kind__in=KEEPERS, memberships__user=self.user, memberships__role__in=KEEPING
        )
        return rows.filter(organisation__in=keeps)


class ImportsView(Imports, Collection):
    """Files on their way into the records, newest first."""

    input = ImportInput
    output = ImportOutput
    filters = FILTERS
    orders = {"-id": "-pk", "id": "pk"}
    key_required = True

    def reads(self) -> Any:
        """Return what a POST reads, for the description."""
        return {MULTIPART: ImportInput}

    def answers(self, method: str) -> dict[Any, Any]:
        """Return what a method answers by status, for the description."""
        return {201: ImportDetailOutput} if method == "POST" else super().answers(method)

    def post(self, request: Request) -> HttpResponse:
        """Send a file as `multipart/form-data`. Nothing is recorded yet.

        The answer says what the file seems to be: tools it may come from, and a guessed mapping
        of its columns. Say next how it is to be read, at `plan`.
        """
        form = read_form(request, most=importing.LARGEST_UPLOAD_BYTES)
        return self.once(Body(form.identity()), lambda: self._stage(form))

    def _stage(self, form: Form) -> Reply:
        given = ImportInput(
            data={**form.fields, "file": form.file}, context={"request": self.request, "found": {}}
        )
        given.is_valid(raise_exception=True)
        organisation = recorder(self, given.validated_data.get("organisation"))
        staged = importing.stage(
            chunks=form.file.chunks(),
            file_name=form.file.name or "upload",
            organisation=organisation,
            uploaded_by=self.user,
        )
        staged.refresh_from_db()
        where = f"{self.request.path.rstrip('/')}/{staged.public_id}"
        return _reply(staged, 201, where)


class ImportView(Imports, Item):
    """One import: its state, progress, totals of time by basis, and open questions."""

    output = ImportDetailOutput


class _Step(Imports, Item):
    """A step of an import, taken by a POST."""

    output = ImportDetailOutput
    http_method_names = ["post"]
    status = 200

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status, for the description."""
        return {self.status: ImportDetailOutput}

    def step(self, request: Request, take: Any) -> HttpResponse:
        """Take a step with the import that the address names, and answer how it stands then."""
        staged: StagedImport = self.found()
        self.require_role(staged.organisation)
        where = request.path.rsplit("/", 1)[0]

        def effect(given: Mapping[str, Any]) -> Reply:
            take(staged, given)
            return _reply(self.rows().get(pk=staged.pk), self.status, where)

        return self.write(effect)


class ImportPlanView(_Step):
    """How an import is read."""

    input = ImportPlanInput

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Say how the file is read and answer what it leaves unsaid; the whole file is read.

        The answer tells what recording it would bring, and which questions stay open. It can be
        said anew as often as one likes.
        """
        return self.step(request, self._choose)

    def _choose(self, staged: StagedImport, given: Mapping[str, Any]) -> None:
        importing.choose(staged=staged, choice=given["choice"])
        importing.preview(staged=staged, today=timezone.localdate())


class ImportCommitView(_Step):
    """Recording an import."""

    key_required = True
    status = 202

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Have a worker record the rows, all or none; the import's address tells how far it is.

        Ask every few seconds until `state` is `committed`, `failed` or `cancelled`. After a
        failure, or a change of plan, it can be asked for again.
        """
        return self.step(request, self._request)

    def _request(self, staged: StagedImport, _nothing: Mapping[str, Any]) -> None:
        job = importing_job.request(staged=staged, requested_by=self.user)
        transaction.on_commit(partial(enqueue_import, job.pk))


class ImportCancellationView(_Step):
    """Cancelling an import that is being recorded."""

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Cancel the recording; its worker writes nothing. The file stays."""
        return self.step(request, lambda staged, _nothing: importing_job.cancel(staged=staged))


class ImportDiscardView(_Step):
    """Giving an import up."""

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Remove the file; nothing of it is recorded."""
        return self.step(request, lambda staged, _nothing: importing.discard(staged=staged))


class ImportUndoView(_Step):
    """Undoing an import."""

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Take a recorded import back, until a closed period was computed with it."""
        return self.step(request, self._undo)

    def _undo(self, staged: StagedImport, _nothing: Mapping[str, Any]) -> None:
        if staged.batch is None:
            raise importing.not_committed()
        importing_undo.undo(batch=staged.batch, undone_by=self.user, today=timezone.localdate())


class ImportErrorsView(Imports, Item):
    """Rows of an import that are rejected."""

    output = RowErrorOutput
    is_list = True
    orders = {"line": "line"}

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status, for the description."""
        return {200: page_output(RowErrorOutput)}

    def known_parameters(self) -> set[str]:
        """Return the names of the query's parameters."""
        return {"ordering", "page_size", "cursor"}

    def get(self, request: Request, **_path: str) -> Response:
        """Answer a page of the rejected rows by line, each with its reason."""
        faults = importing.kept_preview(self.found()).faults
        place = Place(request.path, "line", {})
        start = _start(place, self.query.get("cursor", ""))
        stop = start + read_page_size(self.query)
        following = None
        if stop < len(faults):
            query = request.query_params.copy()
            query["cursor"] = place.signer.sign_object([stop])
            following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
        items = [
            {
                "line": fault.line,
                "column": fault.column,
                "code": fault.code,
                "detail": told_fault(fault),
            }
            for fault in faults[start:stop]
        ]
        return Response({"items": items, "next": following})


class ImportRejectedView(Imports, Item):
    """The file of rejected rows."""

    output = RowErrorOutput
    renderer_classes = (CsvFile, JSONRenderer)

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status, for the description."""
        return {(200, "text/csv"): {"type": "string"}}

    def get(self, request: Request, **_path: str) -> HttpResponse:  # type: ignore[override]  # noqa: ARG002
        """Answer the rejected rows as CSV with the reason of each, to be mended and sent again."""
        stream = io.StringIO(newline="")
        write_rejected(importing.kept_preview(self.found()), stream, told_fault)
        content = stream.getvalue().encode("utf-8", "replace")
        return HttpResponse(content, content_type="text/csv; charset=utf-8")


def _start(place: Place, cursor: str) -> int:
    if not cursor:
        return 0
    try:
        (start,) = place.signer.unsign_object(cursor)
    except (BadSignature, ValueError) as error:
        raise CursorInvalid(_("This cursor was not made for this list.")) from error
    return int(start)


def _reply(staged: StagedImport, status: int, where: str) -> Reply:
    shown = ImportDetailOutput(staged).data
    return Reply(status, JSONRenderer().render(shown).decode(), location=where)
