"""What the API answers about valuations. ppb are parts per billion of the utility."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounting.api.agreements import DocumentField
from accounting.api.outputs import CountField
from accounting.models import Valuation
from accounting.models.valuation import valuations_in_use
from accounting.services.valuation_progress import progress_of
from contributions.api.documents import Output
from contributions.api.fields import ChoiceField, IdField, IntegerField, StrictField, TimeField
from contributions.models import Contribution, Product, Worker


class NullableCountField(CountField):
    """A figure that is null where it is not known."""

    def __init__(self, **options: Any) -> None:
        StrictField.__init__(
            self, json_schema={"type": ["integer", "null"]}, allow_null=True, **options
        )


class ValuationOutput(Output):
    """A valuation: its frozen utility, how far it is, and what it found out."""

    id = IdField(Valuation, source="pk")
    product = IdField(Product, source="product_id")
    title = serializers.CharField()
    source = ChoiceField(choices=Valuation.Source.values)  # type: ignore[assignment]
    method = serializers.CharField()
    level = ChoiceField(choices=Valuation.Level.values)
    state = ChoiceField(choices=Valuation.State.values)
    seed = IntegerField()
    parameters = DocumentField()
    provenance = DocumentField()
    utility = DocumentField(help_text="Frozen and hashed before the data were seen.")
    utility_sha256 = serializers.CharField()
    inputs = DocumentField()
    inputs_sha256 = serializers.CharField()
    duplicates = serializers.SerializerMethodField(
        help_text="How many points were copied, repeated and given another label."
    )
    reliability_ppm = CountField(help_text="Mean rank correlation between runs; it scales β.")
    runs_count = IntegerField()
    findings = DocumentField()
    result_sha256 = serializers.CharField()
    moves_pay = serializers.SerializerMethodField()
    blocks_count = IntegerField()
    blocks_done = serializers.SerializerMethodField()
    seconds_left = serializers.SerializerMethodField()
    failure_code = serializers.CharField()
    failure = serializers.CharField()
    created_at = TimeField()
    frozen_at = TimeField(allow_null=True)
    started_at = TimeField(allow_null=True)
    finished_at = TimeField(allow_null=True)

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_duplicates(self, valuation: Valuation) -> dict[str, int]:
        """Return counts; who copied whom is on the page of those who keep the records."""
        found = valuation.duplicates
        return {name: found[name] for name in ("copied", "repeated", "relabelled") if name in found}

    @extend_schema_field({"type": "boolean"})
    def get_moves_pay(self, valuation: Valuation) -> bool:
        """Return whether runs use it."""
        in_use = valuations_in_use([valuation.product_id])
        return in_use.get(valuation.product_id) == valuation.pk

    @extend_schema_field({"type": "integer"})
    def get_blocks_done(self, valuation: Valuation) -> int:
        """Return how many blocks are done."""
        return progress_of(valuation).done

    @extend_schema_field({"type": ["integer", "null"]})
    def get_seconds_left(self, valuation: Valuation) -> int | None:
        """Return how long it will still take, as far as that can be told."""
        return progress_of(valuation).seconds_left if valuation.is_running else None


class ScoreOutput(Output):
    """The score of one contribution, in parts per billion of the utility."""

    contribution = IdField(Contribution, source="contribution_id")
    worker = IdField(Worker, source="contribution.worker_id")
    score_ppb = CountField()
    error_ppb = NullableCountField(help_text="Standard error.")
    other_level_ppb = NullableCountField(source="other_ppb")


class WorkerValueOutput(Output):
    """What one person's data was worth."""

    worker = IdField(Worker, source="worker_id")
    value_ppb = CountField()
    error_ppb = NullableCountField(help_text="Standard error.")
    other_level_ppb = NullableCountField(source="other_ppb")
    contributions_count = IntegerField()
