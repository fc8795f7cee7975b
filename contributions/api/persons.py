"""Persons behind workers: names, data, erasure, two names of one person, and work histories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from contributions.api.documents import Input, Output
from contributions.api.fields import (
    ChoiceField,
    IdField,
    RecordField,
    StrictField,
    TextField,
    TimeField,
)
from contributions.api.resources import Collection, Item, find, rendered
from contributions.log.work_history import FORMAT
from contributions.models import (
    Erasure,
    IdentityAccess,
    Membership,
    Organisation,
    Worker,
    WorkerChange,
)
from contributions.services.aliases import merge_workers, part_workers
from contributions.services.identities import (
    LONGEST_CONTACT,
    LONGEST_NAME,
    Identity,
    erase_person,
    keeps_identity,
    read_identity,
    write_identity,
)
from contributions.services.personal_data import personal_data
from contributions.services.replies import Reply
from contributions.services.visibility import visible_organisations, visible_workers
from contributions.services.work_history import signed_history

TAG = "Persons"
ZIP = "application/zip"


class IdentityInput(Input):
    """A person's name and contact; they are sealed and stand in no record."""

    name = TextField(most=LONGEST_NAME)
    contact = TextField(most=LONGEST_CONTACT, blank=True, default="")


class PurposeInput(Input):
    """What a name is needed for; the person sees it."""

    purpose = TextField(most=500)


class IdentityOutput(Output):
    """A person's name and contact; empty where none is written down."""

    name = TextField(most=LONGEST_NAME, blank=True)
    contact = TextField(most=LONGEST_CONTACT, blank=True)


class WrittenOutput(Output):
    """That a name is written down for a worker."""

    worker = IdField(Worker, source="worker_id")
    sealed_at = TimeField()


class ErasureInput(Input):
    """Why a person is erased."""

    reason = TextField(most=500, blank=True, default="")


class ErasureOutput(Output):
    """The tombstone of a person."""

    worker = IdField(Worker, source="worker_id")
    erased_at = TimeField()


class AccessOutput(Output):
    """That somebody handled a person's data."""

    id = IdField(IdentityAccess, source="pk")
    act = ChoiceField(choices=IdentityAccess.Act.values)
    purpose = TextField(most=500, blank=True)
    by = TextField(source="accessed_by")
    at = TimeField(source="accessed_at")


class MergeInput(Input):
    """Who stands for a worker from now on, and how it is known that they are one person."""

    organisation = RecordField(Organisation, visible=visible_organisations)
    into = RecordField(Worker, visible=visible_workers)
    reason = TextField(most=500)


class PartingInput(Input):
    """Why two workers are two people after all."""

    organisation = RecordField(Organisation, visible=visible_organisations)
    reason = TextField(most=500)


class WorkerChangeOutput(Output):
    """That two workers were merged or parted."""

    id = IdField(WorkerChange, source="pk")
    kind = ChoiceField(choices=WorkerChange.Kind.values)
    worker = IdField(Worker, source="worker_id")
    into = IdField(Worker, source="into_id")
    reason = TextField(most=500)
    made_at = TimeField()


class _OfWorker(Item):
    """Something about the worker that the address names."""

    tag = TAG

    def rows(self) -> QuerySet[Worker]:
        """Return the workers the asker may see."""
        return visible_workers(self.user)

    def kept(self, *roles: str) -> Worker:
        """Return the worker if the asker may handle their name.

        Raises:
            PermissionDenied: They may not.
        """
        worker: Worker = self.found()
        if not keeps_identity(self.user, worker, *roles):
            raise PermissionDenied(
                _("The person and the union they consent to handle names."), "role_missing"
            )
        return worker

    def made(self, act: Callable[[Mapping[str, Any]], Any]) -> HttpResponse:
        """Answer a POST by the entry that it makes."""

        def effect(given: Mapping[str, Any]) -> Reply:
            record = act(given)
            record.refresh_from_db()
            return Reply(201, rendered(self.shown(record)).decode())

        return self.write(effect)


class WorkerIdentityView(_OfWorker):
    """A worker's name and contact."""

    http_method_names = ["post"]
    input = IdentityInput
    output = WrittenOutput

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Write a worker's name and contact down, sealed under a key of the worker's own."""
        worker = self.kept()
        return self.made(
            lambda given: write_identity(worker=worker, identity=Identity(**given), by=self.user)
        )


class WorkerIdentityReadingView(_OfWorker):
    """Reading a worker's name."""

    http_method_names = ["post"]
    input = PurposeInput
    output = IdentityOutput

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status, for the description."""
        return {200: IdentityOutput}

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Read a worker's name for a purpose; the person sees who read it, when and for what.

        The reply is not kept, so an idempotency key is refused.
        """
        worker = self.kept()
        if "HTTP_IDEMPOTENCY_KEY" in self.request.META:
            raise PermissionDenied(_("A name is never stored with a key."), "key_not_allowed")

        def effect(given: Mapping[str, Any]) -> Reply:
            found = read_identity(worker=worker, by=self.user, purpose=given["purpose"])
            shown = self.shown(found or Identity(name=""))
            return Reply(200, rendered(shown).decode())

        answer = self.write(effect)
        answer["Cache-Control"] = "no-store"
        return answer


class WorkerErasureView(_OfWorker):
    """Erasing a person."""

    http_method_names = ["post"]
    input = ErasureInput
    output = ErasureOutput

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Erase a person for good: the key of the name is destroyed.

        Hours, amounts and proofs stay under the worker's number.
        """
        worker = self.kept(Membership.Role.ADMIN)

        def act(given: Mapping[str, Any]) -> Erasure:
            return erase_person(worker=worker, by=self.user, reason=given["reason"])

        return self.made(act)


class WorkerAccessesView(Collection):
    """Who handled a worker's data, for the person and their union."""

    tag = TAG
    output = AccessOutput
    orders = {"-id": "-pk", "id": "pk"}

    def rows(self) -> QuerySet[IdentityAccess]:
        """Return the accesses to the worker that the address names."""
        worker = find(visible_workers(self.user), self.kwargs["id"])
        if not keeps_identity(self.user, worker):
            raise Http404
        return worker.accesses.select_related("accessed_by")


class Archive(BaseRenderer):
    """Lets a ZIP be asked for; the view writes it itself."""

    media_type = ZIP
    format = "zip"

    def render(self, data: Any, *_arguments: Any, **_options: Any) -> Any:
        """Write a problem as JSON."""
        return JSONRenderer().render(data)


class WorkerDataView(_OfWorker):
    """All that is stored about a person."""

    http_method_names = ["post"]
    output = WrittenOutput
    renderer_classes = (Archive, JSONRenderer)

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status, for the description."""
        return {(200, ZIP): {"type": "string", "format": "binary"}}

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Take all along that is stored about oneself: a ZIP of JSON files. The export is noted."""
        worker: Worker = self.found()
        if not (self.user.is_superuser or worker.user_id == self.user.pk):
            raise PermissionDenied(_("Only the person takes this along."), "role_missing")
        content = personal_data(worker=worker, by=self.user)
        return HttpResponse(content, content_type=ZIP, headers={"Cache-Control": "no-store"})


class WorkHistoryOutput(Output):
    """A signed work history; check it with `python -m contributions.log.verify`."""

    format = TextField()
    history = StrictField(
        json_schema={"type": "object"}, help_text="The worker, sums, products, tasks and records."
    )
    note = TextField(most=1_000, help_text="A signed note of C2SP with the history's SHA-256.")
    key = TextField(help_text="The log's verifier key.")


class WorkerHistoryView(_OfWorker):
    """A worker's signed history."""

    output = WorkHistoryOutput

    def get(self, request: Request, **_path: str) -> Response:  # noqa: ARG002
        """Answer a worker's history across all tools, signed with the key of the log."""
        made = signed_history(worker=self.kept(), today=timezone.localdate())
        return Response(
            {
                "format": FORMAT,
                "history": made.history,
                "note": made.note,
                "key": str(made.key),
            }
        )


class WorkerMergeView(_OfWorker):
    """Merging two names of one person."""

    http_method_names = ["post"]
    input = MergeInput
    output = WorkerChangeOutput

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Let another worker stand for this one, who is the same person.

        Records stay as they are; runs count both as one producer and payee.
        """
        worker: Worker = self.found()

        def act(given: Mapping[str, Any]) -> WorkerChange:
            self.require_role(given["organisation"])
            return merge_workers(worker=worker, made_by=self.user, **given)

        return self.made(act)


class WorkerPartingView(_OfWorker):
    """Parting two workers again."""

    http_method_names = ["post"]
    input = PartingInput
    output = WorkerChangeOutput

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Let a merged worker stand for themselves again."""
        worker: Worker = self.found()

        def act(given: Mapping[str, Any]) -> WorkerChange:
            self.require_role(given["organisation"])
            return part_workers(worker=worker, made_by=self.user, **given)

        return self.made(act)
