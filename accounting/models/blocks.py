"""What a run writes by the million, a few thousand rows to a block.

A row of its own costs 24 bytes of header, its index entries and a quarter of a microsecond of
foreign-key checks; a block costs that once. `Line` and `RunLabour` are views that hand the
blocks out as rows again, so everything may go on asking for rows. Decision 0008 has the figures.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from accounting.models.run import Run
from contributions.models import Contribution

BLOCK_SHIFT = 12
"""A block has at most 2^12 rows; the number of a row is its block's number and its place."""


# From the workers' own records, which are found by index, to the one block that may hold each.
_LINES = """
SELECT (b.id << 12) + place - 1
FROM contributions_contribution c
JOIN accounting_runpool p ON p.run_id = %(run)s,
    LATERAL (SELECT * FROM accounting_lineblock b WHERE b.pool_id = p.id AND b.first_id <= c.id
             ORDER BY b.first_id DESC LIMIT 1) b,
    LATERAL array_position(b.contributions, c.id) place
WHERE c.worker_id = ANY (%(workers)s) AND b.last_id >= c.id AND place IS NOT NULL
"""
_LABOUR = """
SELECT (b.id << 12) + place - 1
FROM contributions_contribution c,
    LATERAL (SELECT * FROM accounting_labourblock b WHERE b.run_id = %(run)s AND b.first_id <= c.id
             ORDER BY b.first_id DESC LIMIT 1) b,
    LATERAL array_position(b.contributions, c.id) place
WHERE c.worker_id = ANY (%(workers)s) AND b.last_id >= c.id AND place IS NOT NULL
"""


def lines_of_workers(run_id: int, workers: list[int]) -> list[int]:
    """Return the numbers of the lines of a run that pay for some workers' records."""
    return _numbers(_LINES, run_id, workers)


def labour_of_workers(run_id: int, workers: list[int]) -> list[int]:
    """Return the numbers of the rows of labour content of a run for some workers' records."""
    return _numbers(_LABOUR, run_id, workers)


def _numbers(query: str, run_id: int, workers: list[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"run": run_id, "workers": workers})
        return [number for (number,) in cursor.fetchall()]


def _whole() -> ArrayField[list[int], list[int]]:
    return ArrayField(models.BigIntegerField())


def _half() -> ArrayField[list[int], list[int]]:
    return ArrayField(models.IntegerField())


class LabourBlock(models.Model):
    """Labour content of some contributions in one run; all arrays are equally long.

    `workers` says whose labour the run took each for, where somebody was merged into another;
    `basis` is a position among the content bases. The contributions ascend, and so do a run's
    blocks.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="+", db_index=False)
    first = models.ForeignKey(Contribution, models.PROTECT, related_name="+", db_index=False)
    last = models.ForeignKey(Contribution, models.PROTECT, related_name="+", db_index=False)
    contributions = _whole()
    workers = ArrayField(models.BigIntegerField(), null=True)
    credited_uh = _whole()
    complexity_ppm = _half()
    decay_ppm = _half()
    content_uh = _whole()
    basis = ArrayField(models.SmallIntegerField())

    class Meta:
        ordering = ["run_id", "first_id"]
        constraints = [
            models.UniqueConstraint(name="labour_block_once", fields=["run", "first"]),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.first_id} to {self.last_id}"


class LineBlock(models.Model):
    """Lines of one pool; all arrays are equally long.

    `gross` holds the amounts before an open dispute held anything back, where it did.
    """

    pool = models.ForeignKey("accounting.RunPool", models.PROTECT, related_name="+", db_index=False)
    first = models.ForeignKey(Contribution, models.PROTECT, related_name="+", db_index=False)
    last = models.ForeignKey(Contribution, models.PROTECT, related_name="+", db_index=False)
    contributions = _whole()
    weights = _whole()
    amounts = _whole()
    gross = ArrayField(models.BigIntegerField(), null=True)

    class Meta:
        ordering = ["pool_id", "first_id"]
        constraints = [models.UniqueConstraint(name="line_block_once", fields=["pool", "first"])]

    def __str__(self) -> str:
        return f"{self.pool_id}: {self.first_id} to {self.last_id}"


class RunBasis(models.Model):
    """All that a run saw beside labour, and the sums that explain its lines.

    `document` is written and read by `accounting.services.run_basis`.
    """

    run = models.OneToOneField(Run, models.PROTECT, primary_key=True, related_name="basis")
    document = models.BinaryField()

    class Meta:
        verbose_name_plural = "run bases"

    def __str__(self) -> str:
        return f"{self.run_id}"


class ProducerBlock(models.Model):
    """Producers whose credit under one norm a cap bounds, by ascending worker."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="+", db_index=False)
    norm_key = models.BigIntegerField()
    workers = _whole()
    cap_ppm = _whole()
    seconds = _whole()
    effective = _whole()

    class Meta:
        ordering = ["run_id", "norm_key"]
        constraints = [
            models.UniqueConstraint(name="producer_block_once", fields=["run", "norm_key"])
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.norm_key}"


class GapBlock(models.Model):
    """Workers whom one wage floor pays, by ascending worker, and what it reckoned with."""

    pool = models.OneToOneField("accounting.RunPool", models.PROTECT, related_name="+")
    workers = _whole()
    living_wage_micro_per_hour = _whole()
    seconds = _whole()
    received_micro = _whole()

    def __str__(self) -> str:
        return f"{self.pool_id}"


class ScoreBlock(models.Model):
    """Data-value scores that a run blended in; `valuations` are positions in its basis."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="+", db_index=False)
    first = models.ForeignKey(Contribution, models.PROTECT, related_name="+", db_index=False)
    last = models.ForeignKey(Contribution, models.PROTECT, related_name="+", db_index=False)
    contributions = _whole()
    scores_ppb = _whole()
    valuations = _whole()

    class Meta:
        ordering = ["run_id", "first_id"]
        constraints = [models.UniqueConstraint(name="score_block_once", fields=["run", "first"])]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.first_id} to {self.last_id}"
