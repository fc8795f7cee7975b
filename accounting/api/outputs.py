"""What the API answers about runs and their results. µh and ppm are integers, money is money."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounting.core.trace import Trace
from accounting.models import (
    EscrowEntry,
    Flow,
    Line,
    Period,
    Policy,
    Run,
    RunIndicator,
    RunPool,
    Statement,
)
from accounting.services.indicator_catalogue import CATALOGUE
from contributions.api.documents import Output
from contributions.api.fields import (
    ChoiceField,
    IdField,
    IntegerField,
    Money,
    MoneyField,
    StrictField,
    TimeField,
    YesNoField,
    money,
)
from contributions.currencies import minor_digits
from contributions.models import Contribution, Product, Worker

_RUN_CURRENCY = "pool.run.period.currency"
_SIGNED = {"type": "integer"}
_PRICE = {
    "type": ["object", "null"],
    "additionalProperties": {"$ref": "#/components/schemas/Money"},
}


class CountField(StrictField):
    """An integer that the engine computed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(json_schema=_SIGNED, **options)

    def to_representation(self, value: int) -> int:
        """Return the number."""
        return int(value)


class RunOutput(Output):
    """An allocation run: pinned to its inputs, policy and algorithm, with its progress."""

    id = IdField(Run, source="pk")
    period = IdField(Period, source="period_id")
    policy = IdField(Policy, source="policy_id")
    simulation = YesNoField(help_text="Not under a ratified policy: nothing of it is owed.")
    state = ChoiceField(choices=Run.State.values)
    stage = ChoiceField(choices=Run.Stage.values)
    algorithm = serializers.CharField()
    policy_sha256 = serializers.CharField()
    inputs_sha256 = serializers.CharField()
    result_sha256 = serializers.CharField()
    price = serializers.SerializerMethodField(
        help_text="c + v + s of the period; null until known."
    )
    notes = serializers.SerializerMethodField()
    contributions_count = CountField(allow_null=True)
    payees_count = CountField(allow_null=True)
    failure_code = serializers.CharField()
    failure = serializers.CharField()
    attempts = IntegerField()
    requested_at = TimeField()
    started_at = TimeField(allow_null=True)
    finished_at = TimeField(allow_null=True)

    @extend_schema_field(_PRICE)
    def get_price(self, run: Run) -> dict[str, dict[str, str]] | None:
        """Return the price categories as money."""
        currency = run.period.currency
        return {
            name.removesuffix("_micro"): money(micro, currency)
            for name, micro in sorted(run.price.items())
        } or None

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_notes(self, run: Run) -> list[str]:
        """Return what the engine found worth saying."""
        return [str(note) for note in run.notes]


class PoolOutput(Output):
    """A pool as funded in a run."""

    id = IdField(RunPool, source="pk")
    run = IdField(Run, source="run_id")
    code = serializers.CharField()
    kind = serializers.CharField()
    flow = ChoiceField(choices=["lineage", "direct"])
    funded = MoneyField(source="funded_micro", currency="run.period.currency")
    scaled_from = MoneyField(source="scaled_from_micro", currency="run.period.currency")


class FlowOutput(Output):
    """Money of a pool at a product: to its own labour (`upstream` null) or to an upstream one."""

    id = IdField(Flow, source="pk")
    pool = IdField(RunPool, source="pool_id")
    product = IdField(Product, source="product_id")
    upstream = IdField(Product, source="upstream_id", allow_null=True)
    weight_uh = CountField(source="weight")
    amount = MoneyField(source="amount_micro", currency=_RUN_CURRENCY)


class LineOutput(Output):
    """What one contribution earns from one pool; `trace` explains it to the cent."""

    id = IdField(Line, source="pk")
    run = IdField(Run, source="pool.run_id")
    pool = IdField(RunPool, source="pool_id")
    pool_code = serializers.CharField(source="pool.code")
    contribution = IdField(Contribution, source="contribution_id")
    worker = IdField(Worker, source="contribution.worker_id")
    product = IdField(Product, source="contribution.product_id")
    weight_uh = CountField(source="weight")
    amount = MoneyField(source="amount_micro", currency=_RUN_CURRENCY)


class StatementOutput(Output):
    """What a run owes one worker: `carried_in + amount = paid + carried_out`."""

    id = IdField(Statement, source="pk")
    run = IdField(Run, source="run_id")
    worker = IdField(Worker, source="worker_id")
    amount = MoneyField(source="amount_micro", currency="run.period.currency")
    carried_in = MoneyField(source="carried_in_micro", currency="run.period.currency")
    paid = serializers.SerializerMethodField()
    carried_out = MoneyField(source="carried_out_micro", currency="run.period.currency")

    @extend_schema_field(Money)
    def get_paid(self, statement: Statement) -> dict[str, str]:
        """Return the payment, which is in whole minor units."""
        currency = statement.run.period.currency
        return money(statement.paid_minor * 10 ** (6 - minor_digits(currency)), currency)


class NormOutput(Output):
    """Socially necessary labour time of one task type in one run."""

    task_type = serializers.CharField()
    scope = serializers.CharField()
    method = serializers.CharField()
    seconds = CountField()
    effective_micro_units = CountField()
    producers = CountField()
    norm_nanoseconds = CountField(help_text="Nanoseconds per effective unit.")
    shrunk_toward = serializers.CharField()


class IndicatorOutput(Output):
    """An indicator of a run, as an exact decimal in text, with how to read it."""

    name = serializers.CharField()
    value = serializers.CharField()
    formula = serializers.SerializerMethodField()
    caution = serializers.SerializerMethodField()
    source = serializers.SerializerMethodField()  # type: ignore[assignment]

    def get_formula(self, row: RunIndicator) -> str:
        """Return how it is computed."""
        return CATALOGUE[row.name].formula if row.name in CATALOGUE else ""

    def get_caution(self, row: RunIndicator) -> str:
        """Return what it must never be used for."""
        return str(CATALOGUE[row.name].never) if row.name in CATALOGUE else ""

    def get_source(self, row: RunIndicator) -> str:
        """Return where it comes from."""
        return CATALOGUE[row.name].source if row.name in CATALOGUE else ""


class EscrowOutput(Output):
    """Money that is nobody's yet, with the reason."""

    pool = IdField(RunPool, source="pool_id")
    product = IdField(Product, source="product_id", allow_null=True)
    reason = ChoiceField(choices=EscrowEntry.Reason.values)
    amount = MoneyField(source="amount_micro", currency=_RUN_CURRENCY)


class QuantityOutput(Output):
    """A number in a trace. `value` is an integer in text, so no program rounds it."""

    name = serializers.CharField()
    value = serializers.CharField()
    unit = serializers.CharField()
    of = serializers.CharField(help_text="The id of what it belongs to, or empty.")


class StepOutput(Output):
    """One calculation; the rule says how the result follows from the operands."""

    rule = serializers.CharField()
    formula = serializers.CharField()
    operands = QuantityOutput(many=True)
    result = QuantityOutput()


_TRACE_SCHEMA: dict[str, Any] = {
    "type": "array",
    "description": "The nodes below, each of this same form.",
    "items": {"type": "object"},
}


class TraceOutput(Output):
    """A node of the tree run → pool → products → contribution → source behind a line."""

    kind = serializers.CharField()
    reference = serializers.CharField()
    labels = serializers.DictField(child=serializers.CharField())
    steps = StepOutput(many=True)
    children = serializers.SerializerMethodField()

    @extend_schema_field(_TRACE_SCHEMA)
    def get_children(self, trace: Trace) -> list[Any]:
        """Return the nodes below."""
        return [TraceOutput(child).data for child in trace.children]
