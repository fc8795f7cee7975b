"""Recorded labour once more, packed column by column, so that a run reads it in blocks."""

from __future__ import annotations

from django.db import models


class LabourSegment(models.Model):
    """The contributions whose row numbers lie in one stretch, packed.

    Nothing is recorded here that is not in the contributions, which are never changed; so a
    segment may be dropped at any time and is packed again. It is used only while it holds as
    many rows as the table does in its stretch (`accounting.services.labour_segments`).
    """

    number = models.BigIntegerField(primary_key=True)
    rows = models.IntegerField()
    body = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                name="labour_segment_not_empty", condition=models.Q(rows__gt=0, number__gte=0)
            )
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.rows}"
