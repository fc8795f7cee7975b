"""Organisations, workers under their pseudonyms, and task types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from contributions.api.documents import Input, Output, fail_field
from contributions.api.fields import ChoiceField, IdField, RecordField, TextField, TimeField
from contributions.api.parameters import by_text, by_word
from contributions.api.resources import KEEPING, Collection, Item
from contributions.models import Organisation, TaskType, Worker
from contributions.models.labour import LabourType, Phase
from contributions.services import directory, parties
from contributions.services.replies import Reply
from contributions.services.visibility import (
    KEEPERS,
    organisations_of,
    visible_organisations,
    visible_workers,
)

TAG = "Parties"
COUNTRY = "[A-Z]{2}"


def every_task_type(_user: Any) -> QuerySet[TaskType]:
    """Return the catalogue, which everybody shares."""
    return TaskType.objects.all()


class OrganisationInput(Input):
    """An organisation to add."""

    name = TextField()
    kind = ChoiceField(choices=Organisation.Kind.values)
    country = TextField(most=2, shape=COUNTRY, help_text="ISO 3166, two letters.")


class OrganisationOutput(Output):
    """A labour organisation, platform, regulator or public body."""

    id = IdField(Organisation, source="pk")
    name = TextField()
    kind = ChoiceField(choices=Organisation.Kind.values)
    country = TextField(most=2)
    nature = ChoiceField(choices=Organisation.Nature.values)


class OrganisationsView(Collection):
    """Organisations that the user belongs to or deals with."""

    tag = TAG
    input = OrganisationInput
    output = OrganisationOutput
    filters = {"kind": by_word("kind", Organisation.Kind.values, "Organisations of one kind.")}

    def rows(self) -> QuerySet[Organisation]:
        """Return the organisations the asker may see."""
        return visible_organisations(self.user)

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Add an organisation; for administrators of the installation."""
        return self.write(self._add)

    def _add(self, given: Mapping[str, Any]) -> Reply:
        if not self.user.is_superuser:
            raise PermissionDenied(_("Administrators add organisations."), "role_missing")
        organisation = directory.add_organisation(organisation=Organisation(**given))
        return self.created(organisation)


class OrganisationView(Item):
    """One organisation."""

    tag = TAG
    output = OrganisationOutput

    def rows(self) -> QuerySet[Organisation]:
        """Return the organisations the asker may see."""
        return visible_organisations(self.user)


class WorkerInput(Input):
    """A worker to add. Send a pseudonym: names and contacts have no place here."""

    organisation = RecordField(Organisation, visible=visible_organisations)
    pseudonym = TextField(most=64)
    status = ChoiceField(choices=Worker.Status.values)
    country = TextField(most=2, shape=COUNTRY, blank=True, default="")
    wage_region = TextField(most=64, blank=True, default="")
    consented_at = TimeField(
        required=False,
        help_text="When the worker agreed that this labour organisation sees the records.",
    )


class WorkerOutput(Output):
    """A person whose labour is recorded, known by a pseudonym only."""

    id = IdField(Worker, source="pk")
    pseudonym = TextField(most=64)
    status = ChoiceField(choices=Worker.Status.values)
    country = TextField(most=2, blank=True)
    wage_region = TextField(most=64, blank=True)


class WorkersView(Collection):
    """Workers that the user may see, by pseudonym."""

    tag = TAG
    input = WorkerInput
    output = WorkerOutput
    filters = {
        "pseudonym": by_text("pseudonym", "The worker of one pseudonym."),
        "status": by_word("status", Worker.Status.values, "Workers of one status."),
    }

    def rows(self) -> QuerySet[Worker]:
        """Return the workers the asker may see."""
        return visible_workers(self.user)

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Add a worker whom an organisation keeps records of."""
        return self.write(self._add)

    def _add(self, given: Mapping[str, Any]) -> Reply:
        fields = dict(given)
        organisation = fields.pop("organisation")
        agreed_at = fields.pop("consented_at", None)
        self.require_role(organisation)
        if agreed_at and organisation.kind != Organisation.Kind.LABOUR_ORGANISATION:
            raise fail_field(
                "consented_at", "not_a_labour_organisation", _("Workers consent to unions.")
            )
        worker = parties.add_worker(
            worker=Worker(**fields), organisation=organisation, agreed_at=agreed_at
        )
        return self.created(worker)


class WorkerView(Item):
    """One worker."""

    tag = TAG
    output = WorkerOutput

    def rows(self) -> QuerySet[Worker]:
        """Return the workers the asker may see."""
        return visible_workers(self.user)


class TaskTypeInput(Input):
    """A kind of task to add to the catalogue."""

    code = TextField(most=64, shape="[a-z0-9][a-z0-9_-]*")
    name = TextField(most=100)
    name_zh = TextField(most=100, blank=True, default="")
    labour_type = ChoiceField(choices=LabourType.values)
    phase = ChoiceField(choices=Phase.values)
    unit = TextField(most=32)
    parent = RecordField(TaskType, visible=every_task_type, required=False)  # type: ignore[assignment]


class TaskTypeOutput(Output):
    """A kind of task under one of the eight labour types."""

    id = IdField(TaskType, source="pk")
    code = TextField(most=64)
    name = TextField(most=100)
    name_zh = TextField(most=100, blank=True)
    labour_type = ChoiceField(choices=LabourType.values)
    phase = ChoiceField(choices=Phase.values)
    unit = TextField(most=32)
    parent = IdField(TaskType, source="parent_id", allow_null=True)  # type: ignore[assignment]


class TaskTypesView(Collection):
    """The catalogue of task types, shared by everybody."""

    tag = "Labour"
    input = TaskTypeInput
    output = TaskTypeOutput
    filters = {
        "code": by_text("code", "The task type of one code."),
        "labour_type": by_word("labour_type", LabourType.values, "Task types of one kind."),
    }

    def rows(self) -> QuerySet[TaskType]:
        """Return the catalogue."""
        return TaskType.objects.all()

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Add a task type; for whoever keeps records for an organisation."""
        return self.write(self._add)

    def _add(self, given: Mapping[str, Any]) -> Reply:
        keeps = organisations_of(self.user, *KEEPERS).filter(
            memberships__user=self.user, memberships__role__in=KEEPING
        )
        if not (self.user.is_superuser or keeps.exists()):
            raise PermissionDenied(_("You keep records for no organisation."), "role_missing")
        return self.created(directory.add_task_type(task_type=TaskType(**given)))


class TaskTypeView(Item):
    """One task type."""

    tag = "Labour"
    output = TaskTypeOutput

    def rows(self) -> QuerySet[TaskType]:
        """Return the catalogue."""
        return TaskType.objects.all()
