"""A run as the database keeps it: what explains one line, each figure found by index.

Nothing is computed again but a product's place in the lineage; at ten million contributions a
line is explained in a tenth of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from django.db import connection

from accounting.core.tables import CONTENT_BASES, MISSING, NormRow, Price
from accounting.core.trace import LineUnknown, Paid, PoolOutline, RunTerms, Work
from accounting.core.trace.facts import BlendFacts, CapFacts, GapFacts, QualityFacts
from accounting.models import Line, Run, RunNorm, RunPool
from accounting.models.blocks import BLOCK_SHIFT
from accounting.services.run_basis import Basis, read_basis
from contributions.identifiers import public_id
from contributions.models import Contribution, Worker

_EPOCH = date(1970, 1, 1)
_LABOUR = """
SELECT b.workers[place], b.credited_uh[place], b.complexity_ppm[place], b.decay_ppm[place],
    b.content_uh[place], b.basis[place]
FROM accounting_labourblock b, array_position(b.contributions, %(contribution)s::bigint) place
WHERE b.run_id = %(run)s AND b.first_id <= %(contribution)s AND b.last_id >= %(contribution)s
    AND place IS NOT NULL
"""
_LINE = """
SELECT b.contributions[%(place)s], b.weights[%(place)s], b.amounts[%(place)s], b.gross[%(place)s]
FROM accounting_lineblock b WHERE b.id = %(block)s
"""
_CAP = """
SELECT b.cap_ppm[place], b.seconds[place], b.effective[place]
FROM accounting_producerblock b, array_position(b.workers, %(worker)s::bigint) place
WHERE b.run_id = %(run)s AND b.norm_key = %(key)s AND place IS NOT NULL
"""
_GAP = """
SELECT b.living_wage_micro_per_hour[place], b.seconds[place], b.received_micro[place]
FROM accounting_gapblock b, array_position(b.workers, %(worker)s::bigint) place
WHERE b.pool_id = %(pool)s AND place IS NOT NULL
"""
_SCORE = """
SELECT b.valuations[place], b.scores_ppb[place]
FROM accounting_scoreblock b, array_position(b.contributions, %(contribution)s::bigint) place
WHERE b.run_id = %(run)s AND b.first_id <= %(contribution)s AND b.last_id >= %(contribution)s
    AND place IS NOT NULL
"""


_PLACES = (1 << BLOCK_SHIFT) - 1


@dataclass(frozen=True)
class StoredRun:
    """What explains one line of a stored run; contributions go by their row numbers."""

    run: Run
    line: Line

    @cached_property
    def terms(self) -> RunTerms:
        """What all lines have in common; the flows are those of the line's pool alone."""
        inputs = self._basis.inputs
        pools = list(self.run.pools.order_by("position"))
        revenue = self.run.products.order_by("product_id").values_list("revenue_micro", flat=True)
        return RunTerms(
            run_id=self.run.public_id,
            inputs=inputs,
            price=Price(**self.run.price),
            revenue_micro=np.array(list(revenue), dtype=np.int64),
            norms=[_norm(row) for row in self.run.norms.all()],
            pools=[self._outline(pool, place) for place, pool in enumerate(pools)],
        )

    def work(self, number: int) -> Work:
        """Return a contribution."""
        found = self._find(_LABOUR, contribution=number)
        if found is None:
            raise LineUnknown("The run has not seen this contribution.", row=number)
        worker, credited, complexity, decay, content, basis = found
        row = Contribution.objects.select_related("product", "task_type").get(pk=number)
        inputs = self._basis.inputs
        return Work(
            number=number,
            id=row.public_id,
            worker_number=worker or row.worker_id,
            worker=public_id(Worker.id_prefix, worker or row.worker_id),
            product=inputs.products.id.index(row.product.public_id),
            task_type=inputs.task_types.code.index(row.task_type.code),
            occurred_day=(row.occurred_on - _EPOCH).days,
            seconds=MISSING if row.seconds is None else row.seconds,
            units=MISSING if row.units is None else row.units,
            quality_ppm=MISSING if row.quality_ppm is None else row.quality_ppm,
            grade=row.grade,
            frozen_ppm=self._basis.frozen_ppm.get(number, 0),
            credited_uh=credited,
            complexity_ppm=complexity,
            decay_ppm=decay,
            content_uh=content,
            basis=CONTENT_BASES[basis],
        )

    def paid(self, place: int, work: Work) -> Paid:
        """Return what the line says; it is of one pool and one contribution."""
        found = self._find(
            _LINE, block=self.line.pk >> BLOCK_SHIFT, place=(self.line.pk & _PLACES) + 1
        )
        pool = self.terms.pools[place].id
        if found is None or found[0] != work.number or self.line.pool.code != pool:
            raise LineUnknown("The pool is not for this contribution.", pool=pool, row=work.number)
        _contribution, weight, amount, gross = found
        return Paid(weight, amount if gross is None else gross, amount)

    def cap(self, work: Work) -> CapFacts | None:
        """Return the cap that bound the worker under the work's norm, if the work counts."""
        key = self.terms.norm_key(work.product, work.task_type)
        found = self._find(_CAP, key=key, worker=work.worker_number)
        return None if found is None else CapFacts(*found)

    def quality(self, work: Work) -> QualityFacts:
        """Return the mean quality that time-only work is compared with."""
        key = self.terms.norm_key(work.product, work.task_type)
        weighted, seconds = self._basis.quality.get(key, (0, 0))
        norm = self.terms.policy.norm
        return QualityFacts(weighted, seconds, norm.time_only_low_ppm, norm.time_only_high_ppm)

    def blend(self, place: int, work: Work) -> BlendFacts | None:
        """Return what scores moved."""
        found = self._find(_SCORE, contribution=work.number)
        sums = None if found is None else self._basis.blends.get((place, found[0]))
        if found is None or sums is None:
            return None
        return self.terms.blend_facts(sums, *found)

    def gap(self, place: int, work: Work) -> GapFacts:
        """Return the gap to the living wage that a wage floor weighs by."""
        found = self._find(_GAP, pool=self.line.pool_id, worker=work.worker_number)
        if found is None:
            raise LineUnknown(
                "The wage floor knows no gap.", pool=self.terms.pools[place].id, row=work.number
            )
        return GapFacts(*found)

    @cached_property
    def _basis(self) -> Basis:
        return read_basis(self.run)

    def _outline(self, pool: RunPool, place: int) -> PoolOutline:
        flows: dict[tuple[int, int], int] = {}
        if pool.pk == self.line.pool_id:
            numbers = self.run.products.order_by("product_id").values_list("product_id", flat=True)
            at: dict[int | None, int] = {number: row for row, number in enumerate(numbers)}
            at[None] = MISSING
            rows = pool.flows.values_list("product_id", "upstream_id", "amount_micro")
            flows = {(at[product], at[up]): amount for product, up, amount in rows}
        return PoolOutline(
            id=pool.code,
            kind=pool.kind,
            flow=pool.flow,
            funded_micro=pool.funded_micro,
            scaled_from_micro=pool.scaled_from_micro,
            weights=self._basis.weights[place],
            flows=flows,
        )

    def _find(self, query: str, **parameters: int) -> tuple[Any, ...] | None:
        with connection.cursor() as cursor:
            cursor.execute(query, {"run": self.run.pk} | parameters)
            found: tuple[Any, ...] | None = cursor.fetchone()
            return found


def _norm(row: RunNorm) -> NormRow:
    return NormRow(
        task_type=row.task_type,
        scope=row.scope,
        method=row.method,
        seconds=row.seconds,
        effective_micro_units=row.effective_micro_units,
        producers=row.producers,
        norm_nanoseconds=row.norm_nanoseconds,
        shrunk_toward=row.shrunk_toward,
        rescale_ppb=row.rescale_ppb,
    )
