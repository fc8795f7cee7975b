"""What the accounts know about one person, for the export of their data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from accounting.models import Line, Statement
from contributions.models import Worker
from contributions.services.personal_data import plain_row, register


def _statements(worker: Worker) -> Iterator[dict[str, Any]]:
    rows = Statement.objects.filter(Q(worker=worker) | Q(worker__merged_into=worker))
    for row in rows.select_related("run__period").order_by("pk").iterator():
        yield plain_row(row) | {"currency": row.run.period.currency}


def _lines(worker: Worker) -> Iterator[dict[str, Any]]:
    rows = Line.objects.filter(
        Q(contribution__worker=worker) | Q(contribution__worker__merged_into=worker)
    )
    for row in rows.select_related("pool").order_by("pk").iterator():
        yield plain_row(row) | {"pool": row.pool.code}


register("statements", _statements)
register("lines", _lines)
