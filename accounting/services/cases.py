"""Loading a case: from plain facts with local keys to records in the database."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from accounting.cases.case import Case
from accounting.cases.columns import ContributionColumns, in_columns
from accounting.models import (
    Assumption,
    Bundle,
    Cost,
    Fact,
    LicenceUse,
    LivingWage,
    Period,
    Policy,
    Revenue,
    Usage,
)
from accounting.services import policies, valuations
from accounting.services.periods import open_period
from contributions.models import (
    Consent,
    Contribution,
    Licence,
    LineageEdge,
    Organisation,
    Product,
    TaskType,
    Worker,
)
from contributions.services.bulk_recording import LabourColumns, ReadFile, record_columns
from contributions.services.lineage import add_edge
from contributions.services.recording import source_of

_NATURES = {
    "worked-example": Organisation.Nature.EXAMPLE,
    "bloomz": Organisation.Nature.SCENARIO,
}


def loaded_period(case: Case) -> Period | None:
    """Return the period of a case that was loaded before, or None."""
    return Period.objects.filter(
        operator__name=_operator(case).name,
        operator__kind=_operator(case).kind,
        starts_on=case.period.start,
    ).first()


@transaction.atomic
def load_case(*, case: Case, chunks: Iterable[ContributionColumns] | None = None) -> Period:
    """Load a case whole: parties, products, labour, money, and its policy, ratified.

    Args:
        case: The case; a generated world hands its contributions out as `chunks`.

    Returns:
        The open period the case is about.
    """
    rows = _Rows(case)
    rows.load_parties()
    rows.load_products()
    rows.load_labour(in_columns(case) if chunks is None else chunks)
    rows.load_period()
    rows.load_money()
    rows.load_scores()
    rows.load_policy()
    return rows.period


def _operator(case: Case) -> Any:
    return next(row for row in case.organisations if row.key == case.operator)


class _Rows:
    """The records of one case by their local keys, filled in the order of the walk."""

    period: Period

    def __init__(self, case: Case) -> None:
        self.case = case
        self.nature = (
            Organisation.Nature.SYNTHETIC
            if case.synthetic
            else _NATURES.get(case.key, Organisation.Nature.RECORDED)
        )
        self.organisations: dict[str, Organisation] = {}
        self.workers: list[Worker] = []
        self.products: dict[str, Product] = {}
        self.task_types: dict[str, TaskType] = {}
        self.licences: dict[str, Licence] = {}
        self.bundles: dict[str, Bundle] = {}

    def load_parties(self) -> None:
        for row in self.case.organisations:
            self.organisations[row.key], _created = Organisation.objects.get_or_create(
                kind=row.kind,
                name=row.name,
                defaults={"country": row.country, "nature": self.nature},
            )
        self.workers = Worker.objects.bulk_create(
            [
                Worker(
                    pseudonym=row.display_name or row.key,
                    status=row.status,
                    country=row.country,
                    wage_region=row.region,
                )
                for row in self.case.workers
            ],
            batch_size=10_000,
        )
        unions = [
            row
            for row in self.organisations.values()
            if row.kind == Organisation.Kind.LABOUR_ORGANISATION
        ]
        Consent.objects.bulk_create(
            [
                Consent(worker=worker, organisation=union, granted_at=timezone.now())
                for union in unions
                for worker in self.workers
            ],
            batch_size=10_000,
        )

    def load_products(self) -> None:
        for row in self.case.products:
            self.products[row.key] = Product.objects.create(
                kind=row.kind,
                name=row.name,
                version=row.version,
                operator=self.organisations[row.operator],
                released_on=row.released_on,
                public=row.public,
                gpu_milli_hours=row.gpu_milli_hours,
                governance_seconds=row.governance_seconds,
                training_flop=None if row.training_flop is None else Decimal(row.training_flop),
                external_refs={
                    "links": list(row.external_refs),
                    "parts": [
                        {"name": part.name, "share": part.share}
                        for part in self.case.parts
                        if part.product == row.key
                    ],
                },
            )
        for edge in self.case.edges:
            add_edge(
                edge=LineageEdge(
                    upstream=self.products[edge.upstream],
                    downstream=self.products[edge.downstream],
                    relation=edge.relation,
                    transfer_ppm=edge.transfer_ppm,
                    machine_ppm=edge.machine_ppm,
                    evidence=edge.evidence,
                    assumed=edge.assumed,
                )
            )

    def load_labour(self, chunks: Iterable[ContributionColumns]) -> None:
        for row in self.case.task_types:
            self.task_types[row.code], _created = TaskType.objects.get_or_create(
                code=row.code,
                defaults={
                    "name": row.name_en,
                    "name_zh": row.name_zh,
                    "labour_type": row.labour_type,
                    "phase": row.phase,
                    "unit": row.unit,
                },
            )
        for row in self.case.task_types:
            if row.parent:
                TaskType.objects.filter(code=row.code, parent=None).update(
                    parent=self.task_types[row.parent]
                )
        recorder = self._one(Organisation.Kind.LABOUR_ORGANISATION)
        record_columns(
            chunks=map(self._columns, chunks),
            source=source_of(organisation=recorder, tool="case", instance=self.case.key),
            file=ReadFile(name=self.case.key),
            committed_by=None,
        )

    def load_period(self) -> None:
        given = self.case.period
        operator = self.organisations[self.case.operator]
        self.period = open_period(
            operator=operator,
            starts_on=given.start,
            ends_on=given.end,
            currency=given.currency,
        )
        Assumption.objects.bulk_create(
            Assumption(
                operator=operator,
                subject=row.subject,
                text=row.text_en,
                text_zh=row.text_zh,
                source=row.source,
            )
            for row in self.case.assumptions
        )
        for row in self.case.benchmarks:
            LivingWage.objects.get_or_create(
                region=row.region,
                currency=given.currency,
                valid_from=given.start,
                defaults={
                    "micro_per_hour": row.living_wage_micro_per_hour,
                    "source": row.source,
                },
            )

    def load_money(self) -> None:
        operator = self.organisations[self.case.operator]
        for bundle in self.case.bundles:
            self.bundles[bundle.key] = Bundle.objects.create(operator=operator, name=bundle.name)
        Revenue.objects.bulk_create(
            Revenue(
                period=self.period,
                product=self._product(row.product),
                bundle=self._bundle(row.bundle),
                channel=row.channel,
                amount_micro=row.amount_micro,
                assumed=row.assumed,
                note=row.note,
            )
            for row in self.case.revenue
        )
        Usage.objects.bulk_create(
            Usage(
                period=self.period,
                product=self.products[row.product],
                bundle=self._bundle(row.bundle),
                unit=row.unit,
                quantity=row.quantity,
            )
            for row in self.case.usage
        )
        Cost.objects.bulk_create(
            Cost(
                period=self.period,
                product=self._product(row.product),
                kind=row.kind,
                amount_micro=row.amount_micro,
                gpu_milli_hours=row.gpu_milli_hours or 0,
                assumed=row.assumed,
                note=row.note,
            )
            for row in self.case.costs
        )
        Fact.objects.bulk_create(
            Fact(
                period=self.period,
                name=row.name,
                product=self._product(row.product),
                item=row.item,
                value=Decimal(row.value),
                weight=Decimal(row.weight),
                assumed=row.assumed,
            )
            for row in self.case.facts
        )
        self._load_licences()

    def load_scores(self) -> None:
        if not self.case.scores:
            return
        wanted = [row.contribution for row in self.case.scores]
        numbers = dict(
            Contribution.objects.filter(
                source__tool="case", source__instance=self.case.key, external_id__in=wanted
            ).values_list("external_id", "pk")
        )
        for given in self.case.valuations:
            valuations.declare(
                product=self.products[given.product],
                method=given.method,
                reliability_ppm=given.reliability_ppm,
                scores={
                    numbers[row.contribution]: int(Decimal(row.score).scaleb(9))
                    for row in self.case.scores
                    if row.valuation == given.key
                },
            )

    def load_policy(self) -> Policy:
        choice = self.case.policy
        document = policies.merged(policies.preset(choice.preset), choice.overrides)
        operator = self.organisations[self.case.operator]
        policy = policies.draft_policy(operator=operator, document=document, created_by=None)
        policies.propose(policy=policy)
        for organisation in (self._one(Organisation.Kind.LABOUR_ORGANISATION), operator):
            policies.ratify(
                policy=policy,
                organisation=organisation,
                ratified_by=None,
                today=self.case.period.start,
            )
        return policy

    def _load_licences(self) -> None:
        for row in self.case.licences:
            licence = Licence.objects.create(
                product=self.products[row.product],
                licensee=self.organisations[row.licensee],
                scope=row.scope,
                currency=self.case.period.currency,
                fee_micro=row.fee_micro,
                price_micro=row.price_micro,
                percentage_ppm=row.percentage_ppm,
                starts_on=row.starts_on,
                expires_on=row.expires_on,
            )
            LicenceUse.objects.create(
                period=self.period, licence=licence, units=row.units, base_micro=row.base_micro
            )

    def _columns(self, chunk: ContributionColumns) -> LabourColumns:
        workers = np.array([worker.pk for worker in self.workers], dtype=np.int64)
        products = np.array([row.pk for row in self.products.values()], dtype=np.int64)
        task_types = np.array([row.pk for row in self.task_types.values()], dtype=np.int64)
        return LabourColumns(
            external_id=chunk.source_id.tolist(),
            worker=workers[chunk.worker],
            product=products[chunk.product],
            task_type=task_types[chunk.task_type],
            phase=chunk.phase,
            occurred_day=chunk.occurred_day,
            seconds=chunk.seconds,
            time_basis=chunk.time_basis,
            units=chunk.units,
            quality_ppm=chunk.quality_ppm,
            outcome=chunk.outcome,
            role=chunk.role,
            grade=chunk.grade,
            grades=list(self.case.grades),
            wage_micro=chunk.wage_micro,
            wage_currency=self.case.period.currency,
            evidence=chunk.evidence,
        )

    def _one(self, kind: str) -> Organisation:
        return next(row for row in self.organisations.values() if row.kind == kind)

    def _product(self, key: str | None) -> Product | None:
        return None if key is None else self.products[key]

    def _bundle(self, key: str | None) -> Bundle | None:
        return None if key is None else self.bundles[key]
