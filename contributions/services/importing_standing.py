"""What stands recorded already of the rows of an import, asked for whole batches at once.

Most rows of a repeated export are as they were. The database says which, by one join with the
rows as they are stated now; only the others are looked at one by one.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from django.db import connection, transaction
from numpy.typing import NDArray

from contributions.models import Contribution, ImportBatch, Source
from contributions.services.bulk_rows import COPY_HEAD, COPY_TAIL, Laid, copied_rows

FACT_GROUPS: Final = (
    ("worker_id",),
    ("occurred_on", "occurred_at"),
    ("seconds", "time_basis"),
    ("units",),
    ("quality_ppm",),
    ("outcome",),
    ("machine_share_ppm",),
    ("role",),
    ("wage_micro", "wage_currency"),
    ("reviewer_id",),
)
"""Facts that a source states; those of a group only make sense together."""

FACTS: Final = tuple(name for group in FACT_GROUPS for name in group)
_IDS_AT_ONCE: Final = 5_000
_STAGE: Final = "contributions_stated"
# What undone imports recorded is not counted as standing. A row that was corrected, by whomever,
# is left to be looked at with its whole history.
_COMPARE: Final = f"""
SELECT s.place,
    bool_and(c.revision = 0 AND NOT c.withdrawn
        AND ({", ".join(f"c.{name}" for name in FACTS)})
            IS NOT DISTINCT FROM ({", ".join(f"s.{name}" for name in FACTS)})) AS as_stated
FROM {_STAGE} s CROSS JOIN unnest(%s::text[]) mark
JOIN contributions_contribution c
    ON c.source_id = %s AND c.external_id = s.external_id || mark
LEFT JOIN contributions_importbatch b ON b.id = c.batch_id
WHERE b.state IS DISTINCT FROM 'undone'
GROUP BY s.place
"""  # noqa: S608 (names are this module's own)


class Standing:
    """The records of one source, as rows of an import find them.

    Attributes:
        source: Where the rows come from; None if nothing ever came from there.
        marks: What may stand behind an id; records are never deleted, so what was undone keeps
            its id, and a new round gets a mark.
    """

    def __init__(self, source: Source | None) -> None:
        self.source = source
        undone = 0
        if source is not None:
            undone = source.batches.filter(state=ImportBatch.State.UNDONE).count()
        self.marks = ["", *(f"#again-{number + 1}" for number in range(1, undone + 1))]
        self.is_empty = source is None or not Contribution.objects.filter(source=source).exists()

    def compare(
        self, ids: pa.Array, facts: dict[str, Laid]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell which rows are recorded, and which of those are exactly as stated.

        Args:
            ids: Their ids in the source.
            facts: Their `FACTS`, laid out.
        """
        met = np.zeros(len(ids), np.bool_)
        same = np.zeros(len(ids), np.bool_)
        if self.source is None or self.is_empty or not len(ids):
            return met, same
        places = np.arange(len(ids))
        columns = {"place": Laid.whole(places, size=4), "external_id": Laid.texts(ids)}
        for place, as_stated in self._compared(columns | facts, len(ids)):
            met[place], same[place] = True, as_stated
        return met, same

    @transaction.atomic
    def _compared(self, columns: dict[str, Laid], count: int) -> list[tuple[int, bool]]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMP TABLE {_STAGE} ON COMMIT DROP AS SELECT 0 AS place, external_id, "  # noqa: S608
                f"{', '.join(FACTS)} FROM contributions_contribution WITH NO DATA"
            )
            names = ", ".join(columns)
            with cursor.copy(f"COPY {_STAGE} ({names}) FROM STDIN (FORMAT binary)") as copy:
                for part in (COPY_HEAD, copied_rows(columns, count=count), COPY_TAIL):
                    copy.write(part)
            cursor.execute(f"ANALYZE {_STAGE}")
            cursor.execute(_COMPARE, [self.marks, self.source.pk if self.source else None])
            found: list[tuple[int, bool]] = cursor.fetchall()
            cursor.execute(f"DROP TABLE {_STAGE}")
        return found

    def histories(self, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
        """Return the versions of each id that is recorded and not undone, oldest first."""
        chains: dict[str, list[dict[str, Any]]] = {}
        named = {f"{text}{mark}": text for text in ids for mark in self.marks}
        asked = list(named)
        for start in range(0, len(asked), _IDS_AT_ONCE):
            some = asked[start : start + _IDS_AT_ONCE]
            rows = Contribution.objects.filter(source=self.source, external_id__in=some)
            for row in rows.order_by("revision").values(
                "pk",
                "external_id",
                "withdrawn",
                "batch__state",
                "imported_correction__batch__state",
                *FACTS,
            ):
                chains.setdefault(row["external_id"], []).append(row)
        undone = ImportBatch.State.UNDONE
        return {
            named[text]: chain
            for text, chain in chains.items()
            if chain[0]["batch__state"] != undone
        }
