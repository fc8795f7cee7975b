"""Tables as files that match the filters in the address."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _

from accounting.models import Line, Run, Statement
from accounting.views.statement_tables import paid_micro
from contributions.formatting import safe_cell
from contributions.identifiers import public_id
from contributions.views.tables import Link

Row = Mapping[str, str | int]

MICRO = 1_000_000


def links_of(request: HttpRequest) -> list[Link]:
    """Return the downloads of a page's rows with the filters it has."""
    query = request.GET.copy()
    query.pop("after", None)
    links = []
    for form in ("csv", "json"):
        query["format"] = form
        links.append(Link(form.upper(), f"?{query.urlencode()}"))
    return links


def answer(form: str, rows: Iterable[Row], *, name: str) -> StreamingHttpResponse:
    """Answer rows as a file; JSON stands one object a line inside a list.

    Raises:
        Http404: The format is neither `csv` nor `json`.
    """
    writers = {"csv": ("text/csv; charset=utf-8", _csv), "json": ("application/json", _json)}
    if form not in writers:
        raise Http404(_("There is no such format."))
    kind, write = writers[form]
    response = StreamingHttpResponse(write(rows), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def line_rows(lines: QuerySet[Line], run: Run) -> Iterator[Row]:
    """Return lines as rows of a file."""
    for line in lines.iterator(chunk_size=5_000):
        work = line.contribution
        yield {
            "line": line.public_id,
            "run": run.public_id,
            "pool": line.pool.code,
            "contribution": public_id("con", work.pk),
            "worker": public_id("wrk", work.worker_id),
            "product": str(work.product),
            "task_type": work.task_type.code,
            "occurred_on": work.occurred_on.isoformat(),
            "weight_uh": line.weight,
            "amount": _decimal(line.amount_micro),
            "currency": run.period.currency,
        }


def statement_rows(statements: QuerySet[Statement]) -> Iterator[Row]:
    """Return statements as rows of a file."""
    for statement in statements.iterator(chunk_size=5_000):
        yield {
            "statement": statement.public_id,
            "run": statement.run.public_id,
            "worker": public_id("wrk", statement.worker_id),
            "pseudonym": statement.worker.pseudonym,
            "amount": _decimal(statement.amount_micro),
            "carried_in": _decimal(statement.carried_in_micro),
            "paid": _decimal(paid_micro(statement)),
            "carried_out": _decimal(statement.carried_out_micro),
            "currency": statement.run.period.currency,
            "simulation": str(statement.run.simulation).lower(),
        }


def _decimal(micro: int) -> str:
    sign = "-" if micro < 0 else ""
    whole, rest = divmod(abs(micro), MICRO)
    return f"{sign}{whole}.{rest:06d}"


def _csv(rows: Iterable[Row]) -> Iterator[str]:
    writer = None
    for row in rows:
        page = StringIO()
        sheet = csv.writer(page)
        if writer is None:
            sheet.writerow(row)
        writer = sheet
        sheet.writerow([safe_cell(str(value)) for value in row.values()])
        yield page.getvalue()


def _json(rows: Iterable[Row]) -> Iterator[str]:
    start = "[\n"
    for row in rows:
        yield start + json.dumps(row, ensure_ascii=False)
        start = ",\n"
    yield "\n]\n" if start != "[\n" else "[]\n"
