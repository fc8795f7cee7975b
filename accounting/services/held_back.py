"""What disputes held back in a run, record by record."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from accounting.models import EscrowEntry, Run
from accounting.services.run_basis import read_basis
from contributions.models.products import PPM

# Blocks without anything contested have no `gross`, and are passed over unread.
_HELD = """
SELECT p.code, p.position, row.contribution_id, row.gross - row.amount
FROM accounting_runpool p
JOIN accounting_lineblock b ON b.pool_id = p.id AND b.gross IS NOT NULL,
    LATERAL unnest(b.contributions, b.amounts, b.gross) row(contribution_id, amount, gross)
WHERE p.run_id = %(run)s AND row.contribution_id = ANY(%(frozen)s) AND row.gross <> row.amount
ORDER BY row.contribution_id, p.position
"""


@dataclass(frozen=True, slots=True)
class Held:
    """What a dispute held back of one record.

    Attributes:
        contribution_id: Row number.
        share_ppm: The contested share.
        micro_by_pool: What it would have earned beside its lines, by the pool's code. Of a record
            that was contested as a whole the run keeps no lines, so nothing is known of it alone.
    """

    contribution_id: int
    share_ppm: int
    micro_by_pool: dict[str, int]

    @property
    def whole(self) -> bool:
        """Whether all of the record was contested."""
        return self.share_ppm == PPM


def held_back(run: Run) -> list[Held]:
    """Return what disputes held back in a computed run, by ascending record."""
    if not EscrowEntry.objects.filter(pool__run=run, reason=EscrowEntry.Reason.DISPUTED).exists():
        return []
    frozen = read_basis(run).frozen_ppm
    amounts: dict[int, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"run": run.pk, "frozen": list(frozen)})
        for code, _position, contribution, micro in cursor.fetchall():
            amounts.setdefault(contribution, {})[code] = micro
    return [
        Held(contribution, share, amounts.get(contribution, {}))
        for contribution, share in sorted(frozen.items())
        if contribution in amounts or share == PPM
    ]
