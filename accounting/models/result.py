"""What a run wrote: norm → labour content → pool → flow → line → statement.

All tables are append-only (the database refuses UPDATE, DELETE and TRUNCATE), and a run becomes
`computed` only if, in the database's own arithmetic, every pool equals its lines and escrow
(`run_sums_exact`).
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounting.models.blocks import (
    BLOCK_SHIFT,
    LabourBlock,
    LineBlock,
    labour_of_workers,
    lines_of_workers,
)
from accounting.models.run import Run
from contributions.models import Contribution, LineageEdge, Organisation, Product, User, Worker
from contributions.models.identified import Identified
from contributions.models.labour import of_people_seen_by


def _seen_by(user: User, *, operator: str, worker: str) -> Q:
    """Say which single rows a user may read.

    Workers read their own, labour organisations those of consenting workers, operators all rows
    of their own runs (under pseudonyms). Regulators read aggregates only.

    Args:
        operator, worker: Where the row's operator and worker are, as lookups.
    """
    member_of = Organisation.objects.filter(memberships__user=user)
    unions = member_of.filter(kind=Organisation.Kind.LABOUR_ORGANISATION)
    operators = member_of.filter(
        kind__in=[Organisation.Kind.PLATFORM, Organisation.Kind.PUBLIC_BODY]
    )
    return of_people_seen_by(user, unions, worker=worker) | Q(**{f"{operator}__in": operators})


class RunNorm(models.Model):
    """Socially necessary labour time of one task type in one run."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="norms")
    task_type = models.CharField(_("task type"), max_length=64)
    scope = models.CharField(_("scope"), max_length=64, blank=True)
    method = models.CharField(_("method"), max_length=16)
    seconds = models.BigIntegerField(_("working time (s)"))
    effective_micro_units = models.BigIntegerField(_("effective units (millionths)"))
    producers = models.IntegerField(_("producers"))
    norm_nanoseconds = models.BigIntegerField(_("norm (ns per effective unit)"))
    shrunk_toward = models.CharField(_("shrunk toward"), max_length=64, blank=True)
    rescale_ppb = models.BigIntegerField(_("rescaling (parts per billion)"))

    class Meta:
        ordering = ["task_type", "scope"]
        constraints = [
            models.UniqueConstraint(name="norm_once", fields=["run", "task_type", "scope"])
        ]

    def __str__(self) -> str:
        return self.task_type


class RunLabourQuerySet(models.QuerySet["RunLabour"]):
    """Questions asked of labour content."""

    def of_workers(self, run: Run, workers: list[int]) -> RunLabourQuerySet:
        """Keep the labour of a run in some workers' own records, found by index."""
        numbers = labour_of_workers(run.pk, workers)
        return self.filter(pk__in=numbers, block__in={at >> BLOCK_SHIFT for at in numbers})


class RunLabour(models.Model):
    """Labour content of one contribution in one run: how its hours were credited and reduced.

    A row of the view on `LabourBlock`.
    """

    class Basis(models.TextChoices):
        """What the content rests on."""

        METERED = "metered", _("metered: time and units")
        TIME_ONLY = "time_only", _("time only")
        IMPUTED = "imputed", _("imputed from units and norm")
        ESCROW = "escrow", _("neither time nor units: held")

    run = models.ForeignKey(Run, models.DO_NOTHING, related_name="labour")
    block = models.ForeignKey(LabourBlock, models.DO_NOTHING, related_name="+")
    contribution = models.ForeignKey(Contribution, models.DO_NOTHING, related_name="run_labour")
    credited_uh = models.BigIntegerField(_("credited hours (µh)"))
    complexity_ppm = models.IntegerField(_("complexity coefficient (ppm)"))
    decay_ppm = models.IntegerField(_("decay (ppm)"))
    content_uh = models.BigIntegerField(_("labour content (µh)"))
    basis = models.CharField(_("basis"), max_length=9, choices=Basis)

    objects = RunLabourQuerySet.as_manager()

    class Meta:
        ordering = ["contribution_id"]
        managed = False

    def __str__(self) -> str:
        return f"{self.contribution_id}: {self.content_uh} µh"


class RunProduct(models.Model):
    """One product in one run: revenue that reached it and labour in it."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="products")
    product = models.ForeignKey(Product, models.PROTECT, related_name="run_products")
    revenue_micro = models.BigIntegerField(_("revenue (µ)"))
    own_content_uh = models.BigIntegerField(_("own labour content (µh)"))

    class Meta:
        ordering = ["product_id"]
        constraints = [models.UniqueConstraint(name="run_product_once", fields=["run", "product"])]

    def __str__(self) -> str:
        return f"{self.product_id}"


class RunEdge(models.Model):
    """An edge of the lineage as the run saw it; the edge itself may change afterwards."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="edges")
    upstream = models.ForeignKey(Product, models.PROTECT, related_name="+")
    downstream = models.ForeignKey(Product, models.PROTECT, related_name="+")
    relation = models.CharField(_("relation"), max_length=16, choices=LineageEdge.Relation.choices)
    transfer_ppm = models.IntegerField(_("transfer coefficient (ppm)"))
    machine_ppm = models.IntegerField(_("machine share (ppm)"))
    evidence = models.CharField(_("evidence"), max_length=500, blank=True)
    assumed = models.BooleanField(_("assumed"))

    class Meta:
        ordering = ["upstream_id", "downstream_id"]
        constraints = [
            models.UniqueConstraint(name="run_edge_once", fields=["run", "upstream", "downstream"])
        ]

    def __str__(self) -> str:
        return f"{self.upstream_id} → {self.downstream_id}"


class RunPool(Identified):
    """A pool as funded in a run."""

    id_prefix = "pool"

    run = models.ForeignKey(Run, models.PROTECT, related_name="pools")
    position = models.IntegerField(_("position"))
    code = models.CharField(_("pool"), max_length=128)
    kind = models.CharField(_("kind"), max_length=16)
    flow = models.CharField(_("flow"), max_length=8)
    funded_micro = models.BigIntegerField(_("funded (µ)"))
    scaled_from_micro = models.BigIntegerField(_("before scaling down (µ)"))

    class Meta:
        ordering = ["run_id", "position"]
        constraints = [
            models.UniqueConstraint(name="run_pool_once", fields=["run", "code"]),
            models.CheckConstraint(
                name="run_pool_flow_known", condition=Q(flow__in=["lineage", "direct"])
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Flow(Identified):
    """Money of a pool at a product: to its own labour (no upstream) or to an upstream product.

    `weight` is what the money was split by: the total weight of the product's own entitled
    labour, or the embodied labour that came over the edge (µh).
    """

    id_prefix = "flw"

    pool = models.ForeignKey(RunPool, models.PROTECT, related_name="flows")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    upstream = models.ForeignKey(Product, models.PROTECT, null=True, related_name="+")
    weight = models.BigIntegerField(_("weight (µh)"))
    amount_micro = models.BigIntegerField(_("amount (µ)"))

    class Meta:
        ordering = ["pool_id", "product_id", "upstream_id"]
        constraints = [
            models.UniqueConstraint(
                name="flow_once", fields=["pool", "product", "upstream"], nulls_distinct=False
            )
        ]


class LineQuerySet(models.QuerySet["Line"]):
    """Questions asked of lines."""

    def filter(self, *args: Any, **kwargs: Any) -> LineQuerySet:
        """Filter; by number only the one block is read that the number names."""
        for name in ("pk", "id"):
            if isinstance(number := kwargs.get(name), int):
                kwargs.setdefault("block", number >> BLOCK_SHIFT)
        return super().filter(*args, **kwargs)

    def of_workers(self, run: Run, workers: list[int]) -> LineQuerySet:
        """Keep the lines of a run that pay for some workers' own records, found by index."""
        numbers = lines_of_workers(run.pk, workers)
        return self.filter(pk__in=numbers, block__in={at >> BLOCK_SHIFT for at in numbers})

    def visible_to(self, user: User) -> LineQuerySet:
        """Keep the lines that a user may read one by one."""
        if user.is_superuser:
            return self
        return self.filter(
            _seen_by(user, operator="pool__run__period__operator", worker="contribution__worker")
        )


class Line(Identified):
    """What one contribution earns from one pool: a row of the view on `LineBlock`."""

    id_prefix = "lin"

    pool = models.ForeignKey(RunPool, models.DO_NOTHING, related_name="lines")
    block = models.ForeignKey(LineBlock, models.DO_NOTHING, related_name="+")
    contribution = models.ForeignKey(Contribution, models.DO_NOTHING, related_name="lines")
    weight = models.BigIntegerField(_("weight (µh)"))
    amount_micro = models.BigIntegerField(_("amount (µ)"))

    objects = LineQuerySet.as_manager()

    class Meta:
        ordering = ["pool_id", "contribution_id"]
        managed = False


class EscrowEntry(models.Model):
    """Money that is nobody's yet, with the reason."""

    class Reason(models.TextChoices):
        """Why the money waits."""

        NO_LABOUR = "no_labour", _("no recorded labour")
        UNMEASURED = "unmeasured", _("labour not yet measured")
        DISPUTED = "disputed", _("under dispute")
        COMMONS = "commons", _("commons fund")

    pool = models.ForeignKey(RunPool, models.PROTECT, related_name="escrow")
    product = models.ForeignKey(Product, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    amount_micro = models.BigIntegerField(_("amount (µ)"))

    class Meta:
        ordering = ["pool_id", "product_id", "reason"]
        verbose_name_plural = "escrow entries"
        constraints = [
            models.UniqueConstraint(
                name="escrow_once", fields=["pool", "product", "reason"], nulls_distinct=False
            ),
            models.CheckConstraint(
                name="escrow_reason_known",
                condition=Q(reason__in=["no_labour", "unmeasured", "disputed", "commons"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason}: {self.amount_micro} µ"


class StatementQuerySet(models.QuerySet["Statement"]):
    """Questions asked of statements."""

    def visible_to(self, user: User) -> StatementQuerySet:
        """Keep the statements that a user may read one by one."""
        if user.is_superuser:
            return self
        return self.filter(_seen_by(user, operator="run__period__operator", worker="worker"))


class Statement(Identified):
    """What a run owes one worker: the sum of their lines, the carry, and the payment."""

    id_prefix = "stm"

    run = models.ForeignKey(Run, models.PROTECT, related_name="statements", db_index=False)
    worker = models.ForeignKey(Worker, models.PROTECT, related_name="statements")
    amount_micro = models.BigIntegerField(_("amount (µ)"))
    carried_in_micro = models.BigIntegerField(_("carried in (µ)"))
    paid_minor = models.BigIntegerField(_("paid (minor units)"))
    carried_out_micro = models.BigIntegerField(_("carried out (µ)"))

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ["-amount_micro", "worker_id"]
        constraints = [
            models.UniqueConstraint(name="statement_once", fields=["run", "worker"]),
            models.CheckConstraint(
                name="statement_pays_nothing_negative", condition=Q(paid_minor__gte=0)
            ),
        ]


class RunIndicator(models.Model):
    """An indicator of a run, as an exact decimal in text."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="indicators")
    name = models.CharField(_("name"), max_length=64)
    value = models.CharField(_("value"), max_length=64)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(name="run_indicator_once", fields=["run", "name"])]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"
