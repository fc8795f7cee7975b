"""The transparency log as the database keeps it: its entries, its tree and what was signed.

All three are only ever added to. A segment holds the leaves of one append; which row a leaf is
about stands in the segment and not in the row, so that logging never touches an append-only
table and a million rows cost sixteen segments rather than a million.
"""

from __future__ import annotations

from django.contrib.postgres.fields import BigIntegerRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

MOST_LEAVES = 65_536
"""What one segment holds at most, so that reading one stays a matter of a few megabytes."""


def _rows() -> Func:
    """The range of row numbers in a segment, in the form the index has it."""
    return Func(
        F("lowest"),
        F("highest"),
        Value("[]"),
        function="int8range",
        output_field=BigIntegerRangeField(),
    )


class LogSegmentQuerySet(models.QuerySet["LogSegment"]):
    """Questions asked of the log's entries."""

    def around(self, *, kinds: tuple[str, ...], number: int) -> LogSegmentQuerySet:
        """Keep segments that can hold a row of some kinds: its number lies in their range."""
        # Spelt as a dict because the type checker takes an annotated range for text.
        holding: dict[str, int] = {"rows__contains": number}
        return self.filter(kind__in=kinds).alias(rows=_rows()).filter(**holding)


class LogSegment(models.Model):
    """Consecutive leaves of one kind, appended at once.

    Attributes:
        first_index: Index of the first leaf.
        numbers: 8 bytes a leaf, big-endian: the row's number in the table of the kind.
        entries: 32 bytes a leaf, the public entries.
        salts: 16 bytes a leaf, shown in receipts only.
    """

    first_index = models.BigIntegerField(primary_key=True)
    count = models.IntegerField()
    kind = models.CharField(max_length=40)
    lowest = models.BigIntegerField()
    highest = models.BigIntegerField()
    numbers = models.BinaryField()
    entries = models.BinaryField()
    salts = models.BinaryField()

    objects = LogSegmentQuerySet.as_manager()

    class Meta:
        ordering = ["first_index"]
        indexes = [GistIndex(_rows(), name="log_segment_rows")]
        constraints = [
            models.CheckConstraint(
                name="log_segment_counted",
                condition=Q(first_index__gte=0, count__gt=0, count__lte=MOST_LEAVES),
            ),
            models.CheckConstraint(
                name="log_segment_range_in_order", condition=Q(lowest__lte=F("highest"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first_index}…{self.first_index + self.count - 1}"


class LogTile(models.Model):
    """The root of a full tile, which is a hash in a tile one level up.

    The hashes in a tile are not kept twice: at the lowest level they are those of the entries,
    above they are roots of tiles below.

    Attributes:
        root: 32 bytes.
    """

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    root = models.BinaryField()

    class Meta:
        ordering = ["level", "index"]
        constraints = [models.UniqueConstraint(name="log_tile_once", fields=["level", "index"])]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class LogCheckpoint(models.Model):
    """A state of the log that was signed.

    Attributes:
        size: Number of leaves.
        peaks: 32 bytes each, the roots of the complete subtrees from left to right; all that
            the next signing needs of the older leaves.
        note: The signed note, as the world sees it.
    """

    size = models.BigIntegerField(primary_key=True)
    peaks = models.BinaryField()
    note = models.TextField()
    signed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["size"]
        constraints = [
            models.CheckConstraint(name="log_checkpoint_size_sane", condition=Q(size__gte=0))
        ]

    def __str__(self) -> str:
        return f"{self.size}"
