"""All that is stored about one person, as one file to take along.

Applications above this one add what they know: a module `services.personal` in them calls
`register`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from django.db import models, transaction
from django.utils.module_loading import autodiscover_modules

from contributions.identifiers import public_id
from contributions.models import (
    Attestation,
    Contribution,
    Dispute,
    IdentityAccess,
    User,
    Worker,
)
from contributions.models.identified import Identified
from contributions.services.identities import note_access, opened_identity

Row = Mapping[str, Any]
_registered: dict[str, Callable[[Worker], Iterable[Row]]] = {}


def register(name: str, rows: Callable[[Worker], Iterable[Row]]) -> None:
    """Add a file of rows about a worker to every export."""
    _registered[name] = rows


@transaction.atomic
def personal_data(*, worker: Worker, by: User) -> bytes:
    """Return a ZIP of JSON files with all that is stored about a person, and note the export.

    Raises:
        IdentityKeyMissing: The installation's key is absent.
    """
    autodiscover_modules("services.personal")
    note_access(worker=worker, act=IdentityAccess.Act.EXPORTED, by=by)
    parts = _own_parts(worker) | {name: rows(worker) for name, rows in _registered.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in sorted(parts.items()):
            with archive.open(f"{name}.json", "w") as member:
                _write(member, rows)
    return file.getvalue()


def plain_row(row: models.Model) -> dict[str, Any]:
    """Return a record's columns under their names, with public ids for what has one."""
    plain: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        target = field.related_model if field.is_relation else type(row)
        named = field.is_relation or field.primary_key
        if named and value is not None and isinstance(target, type):
            value = _named(target, value)
        plain[field.name] = value
    return plain


def _named(model: type[models.Model], number: Any) -> Any:
    return public_id(model.id_prefix, number) if issubclass(model, Identified) else number


def _own_parts(worker: Worker) -> dict[str, Iterable[Row]]:
    names = [worker, *worker.absorbed.all()]
    identity = opened_identity(worker)
    work = Contribution.objects.of_person(worker).order_by("pk")
    return {
        "workers": map(plain_row, names),
        "identity": [asdict(identity)] if identity else [],
        "contributions": map(plain_row, work.iterator()),
        "attestations": map(plain_row, Attestation.objects.filter(contribution__in=work)),
        "disputes": (
            plain_row(row) | {"messages": [plain_row(said) for said in row.messages.all()]}
            for row in Dispute.objects.filter(contribution__in=work).order_by("pk")
        ),
        "consents": (plain_row(row) for one in names for row in one.consents.all()),
        "aliases": (plain_row(row) for one in names for row in one.aliases.all()),
        "merged_and_parted": (plain_row(row) for one in names for row in one.changes.all()),
        "who_handled_my_data": (plain_row(row) for one in names for row in one.accesses.all()),
    }


def _write(member: Any, rows: Iterable[Row]) -> None:
    between = b"[\n"
    for row in rows:
        member.write(between + json.dumps(row, ensure_ascii=False, default=_text).encode())
        between = b",\n"
    member.write(b"\n]\n" if between == b",\n" else b"[]\n")


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
