"""Entries that everybody shares: organisations and task types."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import Organisation, TaskType
from contributions.services.lineage import violated_constraint


class OrganisationKnown(ContributionError):
    """There is an organisation of this kind and name."""

    code = "organisation_known"


class TaskTypeKnown(ContributionError):
    """There is a task type of this code."""

    code = "task_type_known"


@transaction.atomic
def add_organisation(*, organisation: Organisation) -> Organisation:
    """Add an organisation.

    Raises:
        OrganisationKnown: There is one of this kind and name.
        ValidationError: A field is out of bounds.
    """
    organisation.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            organisation.save(force_insert=True)
    except IntegrityError as error:
        if violated_constraint(error) == "organisation_name_once":
            raise OrganisationKnown(
                _("There is such an organisation already."), pointer="/name"
            ) from error
        raise
    return organisation


@transaction.atomic
def add_task_type(*, task_type: TaskType) -> TaskType:
    """Add a kind of task under one of the eight labour types.

    Raises:
        TaskTypeKnown: There is one of this code.
        ValidationError: A field is out of bounds.
    """
    task_type.full_clean(validate_constraints=False, validate_unique=False)
    try:
        with transaction.atomic():
            task_type.save(force_insert=True)
    except IntegrityError as error:
        if "code" in violated_constraint(error):
            raise TaskTypeKnown(
                _("There is a task type of this code already."), pointer="/code"
            ) from error
        raise
    return task_type
