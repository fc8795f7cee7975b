"""Argilla: records exported by `to_list`, flat or nested.

Source: argilla.records._io._generic. There are no times. The nested form loses the status of
responses, so what is only a draft cannot be told from what was submitted there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from contributions.imports.documents import Json, Record, digest_of
from contributions.imports.entry import Entry, Reading, WorkerMissing, who
from contributions.imports.flattening import scalar_text
from contributions.imports.formats.format import Format, Found, Recognition, convert_each
from contributions.imports.normal_form import LabourRow, Outcome, RowFault
from contributions.imports.source import Head

_USERS: Final = ".responses.users"
_STATUS: Final = ".responses.status"


@dataclass(frozen=True)
class _Response:
    """Everything one user answered about one record."""

    user: Json
    status: str | None
    digest: bytes


def recognise(head: Head) -> Recognition | None:
    """Responses by user, beside the record's id and status."""
    record = head.records[0] if head.records else {}
    if "id" not in record or "status" not in record:
        return None
    flat = tuple(key for key in record if key.endswith((_USERS, _STATUS)))
    if flat:
        return Recognition(95, ("id", "status", *flat))
    if isinstance(record.get("responses"), dict) and "suggestions" in record:
        return Recognition(90, ("id", "status", "responses", "suggestions"))
    return None


def read(reading: Reading) -> Found:
    """Read one row for each user who answered each record."""
    for record in reading.records():
        if isinstance(record, RowFault):
            yield record
            continue
        entry = reading.part(record, record.value)
        for response in _responses(record):
            yield from convert_each([entry], partial(_row, record=record, response=response))


def _row(entry: Entry, *, record: Record, response: _Response) -> Iterator[LabourRow]:
    if not isinstance(response.user, str | int):
        raise WorkerMissing("responses.users")
    worker = scalar_text(response.user)
    match response.status:
        case "draft":
            outcome = Outcome.PENDING
        case "discarded":
            outcome = Outcome.SKIPPED
        case _:
            outcome = entry.reading.answers.unreviewed
    row = entry.labour(
        source_id=f"{entry.source_id('id', '_server_id')}/{who(worker)}",
        worker_ref=worker,
        units=1,
        outcome=outcome,
        prelabelled=_has_suggestion(record),
    )
    yield replace(row, row_sha256=response.digest)


def _has_suggestion(record: Record) -> bool:
    nested = record.value.get("suggestions")
    if isinstance(nested, dict):
        return bool(nested)
    return any(
        key.endswith(".suggestion") and part is not None for key, part in record.value.items()
    )


def _responses(record: Record) -> list[_Response]:
    """Gather the answers of each user over all questions of a record."""
    answers: dict[str, list[Json]] = {}
    users: dict[str, tuple[Json, str | None]] = {}
    for user, status, answer in _answered(record.value):
        key = repr(user)
        answers.setdefault(key, []).append(answer)
        known = users.get(key, (user, None))[1]
        users[key] = (user, known or status)
    return [
        _Response(user, status, digest_of([record.value.get("id"), status, *answers[key]]))
        for key, (user, status) in users.items()
    ]


def _answered(value: dict[str, Json]) -> Iterator[tuple[Json, str | None, Json]]:
    """List who answered what, as user, status if known, and question with answer."""
    nested = value.get("responses")
    if isinstance(nested, dict):
        for question, given in nested.items():
            for one in given if isinstance(given, list) else ():
                if isinstance(one, dict):
                    yield one.get("user_id"), None, [question, one.get("value")]
        return
    for key in [key for key in value if key.endswith(_USERS)]:
        question = key.removesuffix(_USERS)
        users = _listed(value, key)
        given = _listed(value, f"{question}.responses")
        states = _listed(value, f"{question}{_STATUS}")
        for index, user in enumerate(users):
            status = states[index] if index < len(states) else None
            answer = given[index] if index < len(given) else None
            yield user, status if isinstance(status, str) else None, [question, answer]


def _listed(value: dict[str, Json], key: str) -> list[Json]:
    found = value.get(key)
    return found if isinstance(found, list) else []


ARGILLA: Final = Format(code="argilla", name="Argilla", recognise=recognise, read=read)
