"""Real labour on real models is recorded as it was done, and every cent of a pool reaches it.

Sources: Adversarial Nibbler (CC BY 4.0) and PromptSource (Apache-2.0); read where they lie, not
copied. Money and norms are this test's own, since nobody published any.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from django.conf import settings
from django.db.models import Sum

from accounting.core.sharing import share
from accounting.models import Line, Period, Run, Statement
from contributions.models import Contribution, ImportBatch, Product, TaskType, Worker
from contributions.models.labour import Phase
from contributions.services.bulk_recording import (
    MISSING,
    LabourColumns,
    ReadFile,
    record_columns,
)
from contributions.services.recording import source_of
from tests import factories

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
UNIT = 1_000_000
EPOCH = date(1970, 1, 1)
MOST_IDLE_SECONDS = 600

pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not beside this copy"),
    pytest.mark.django_db(transaction=True),
]


def facts(name: str) -> Any:
    """The golden figures of a file of figures."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a set, gzipped or not."""
    content = (DATA / name).read_bytes()
    if name.endswith(".gz"):
        content = gzip.decompress(content)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"))))


def workers(pseudonyms: Iterable[str], *, status: str) -> dict[str, Worker]:
    """One worker for each pseudonym."""
    return {name: factories.worker(name, status=status) for name in sorted(set(pseudonyms))}


class Done(NamedTuple):
    """One accepted unit of work; `seconds` is `MISSING` where nobody recorded the time."""

    id: str
    worker: Worker
    day: date
    seconds: int = MISSING


def columns(done: list[Done], *, product: Product, task_type: TaskType) -> LabourColumns:
    """Work of one task type, timed by open pages or not at all."""

    def same(value: int) -> Any:
        return np.full(len(done), value, dtype=np.int64)

    timed = done[0].seconds != MISSING
    basis = Contribution.TimeBasis.PAGE_OPEN if timed else Contribution.TimeBasis.NONE
    return LabourColumns(
        external_id=[row.id for row in done],
        worker=np.array([row.worker.pk for row in done], dtype=np.int64),
        product=same(product.pk),
        task_type=same(task_type.pk),
        phase=same(Phase.values.index(Phase.TRAIN)),
        occurred_day=np.array([(row.day - EPOCH).days for row in done], dtype=np.int64),
        seconds=np.array([row.seconds for row in done], dtype=np.int64),
        time_basis=same(Contribution.TimeBasis.values.index(basis)),
        units=same(1),
        quality_ppm=same(MISSING),
        outcome=same(Contribution.Outcome.values.index("accepted")),
        role=same(Contribution.Role.values.index("execute")),
        grade=same(MISSING),
        grades=[],
        wage_micro=same(0),
        wage_currency="",
        evidence=same(Contribution.Evidence.values.index("B")),
    )


def record(product: Product, name: str, rows: LabourColumns, **options: Any) -> ImportBatch:
    """Record columns as the import of a file."""
    return record_columns(
        chunks=[rows],
        source=source_of(organisation=product.operator, tool="csv", instance=name),
        file=ReadFile(name=name, options=options),
        committed_by=None,
    )


def shared_pool(product: Product, *, labour_types: list[str], seconds: Mapping[str, int]) -> Run:
    """Share 10 000 USD of revenue whole among the labour in a product.

    Args:
        seconds: Assumed norm of the task types for which no time is known.
    """
    pool = {
        "id": "prompt-pool",
        "kind": "data_dividend",
        "rate_ppm": UNIT,
        "labour_types": labour_types,
        "flow": "direct",
        "key": "labour",
    }
    norm = {"assumed_seconds_per_unit": dict(seconds)}
    factories.policy_in_force(product.operator, pools=[pool], norm=norm)
    period: Period = factories.period(product.operator, currency="USD")
    factories.revenue(period, product, 10_000)
    run = factories.computed_run(period)
    assert run.state == Run.State.COMPUTED, run.failure
    return run


class TestPromptSource:
    """53 people wrote the 2 085 prompts of P3; nobody recorded how long it took them."""

    @pytest.fixture
    def product(self) -> Product:
        rows = rows_of("promptsource/templates_authors.csv")
        product = factories.product(
            factories.organisation("platform"), kind="prompt_library", name="P3 prompts"
        )
        authors = workers((row["author"] for row in rows), status="volunteer")
        record(
            product,
            "templates_authors.csv",
            columns(
                [
                    Done(
                        row["template_id"],
                        authors[row["author"]],
                        datetime.fromisoformat(row["first_authored_at"]).date(),
                    )
                    for row in rows
                ],
                product=product,
                task_type=factories.task_type(
                    "template-writing", labour_type="PROMPT", unit="template"
                ),
            ),
        )
        return product

    def test_what_was_recorded_is_what_was_published(self, product: Product) -> None:
        published = facts("promptsource/FACTS.json")
        recorded = Contribution.objects.filter(product=product)
        assert recorded.count() == published["templates"]
        by_author = Counter(recorded.values_list("worker__pseudonym", flat=True))
        assert len(by_author) == published["authors"]
        assert max(by_author.values()) == published["per_author"]["max"]
        assert not recorded.exclude(seconds=None).exists()
        assert not recorded.exclude(time_basis="none").exists()

    def test_a_pool_comes_out_to_the_golden_cents(self, product: Product) -> None:
        golden = facts("bloomz-golden.json")["prompt_pool_10000_usd_by_templates_in_cents"]
        run = shared_pool(product, labour_types=["PROMPT"], seconds={"template-writing": 2_700})
        statements = Statement.objects.filter(run=run).order_by("worker__pseudonym")
        amounts = dict(statements.values_list("worker__pseudonym", "amount_micro"))
        assert sum(amounts.values()) == 10_000 * UNIT
        cents = share(golden["sum"], np.array(list(amounts.values()), dtype=np.int64))
        by_author = dict(zip(amounts, cents.tolist(), strict=True))
        assert len(by_author) == golden["authors"]
        assert min(by_author.values()) == golden["smallest"]
        assert {author: by_author[author] for author in golden["top5"]} == golden["top5"]
        # A payment never rounds up; what is below a cent is carried to the next one.
        for row in statements:
            assert row.paid_minor * 10_000 + row.carried_out_micro == row.amount_micro


class TestAdversarialNibbler:
    """95 people wrote prompts without any time; 15 others reviewed each result, timed."""

    @pytest.fixture
    def product(self) -> Product:
        submissions = rows_of("adversarial_nibbler/flat_submissions.csv")
        validations = rows_of("adversarial_nibbler/flat_validations.csv.gz")
        product = factories.product(factories.organisation("platform"), name="Adversarial Nibbler")
        days = {
            row["example_uid"]: datetime.fromtimestamp(
                int(row["submitted_at_ms"]) / 1000, UTC
            ).date()
            for row in submissions
        }
        self.record_submissions(product, submissions, days)
        self.record_validations(product, validations, days)
        return product

    def record_submissions(
        self, product: Product, rows: list[dict[str, str]], days: Mapping[str, date]
    ) -> None:
        people = workers((f"submitter {row['submitter_id']}" for row in rows), status="crowd")
        record(
            product,
            "flat_submissions.csv",
            columns(
                [
                    Done(
                        row["example_uid"],
                        people[f"submitter {row['submitter_id']}"],
                        days[row["example_uid"]],
                    )
                    for row in rows
                ],
                product=product,
                task_type=factories.task_type(
                    "adversarial-prompt", labour_type="PROMPT", unit="prompt"
                ),
            ),
        )

    def record_validations(
        self, product: Product, rows: list[dict[str, str]], days: Mapping[str, date]
    ) -> None:
        people = workers((f"validator {row['annotator_id']}" for row in rows), status="employee")
        times = [int(row["answer_time_ms"]) for row in rows]
        seen: Counter[str] = Counter()
        done = []
        for row, time in zip(rows, times, strict=True):
            # Seventeen reviews repeat item and person; they are work done all the same.
            name = f"{row['example_uid']}/{row['annotator_id']}"
            seen[name] += 1
            done.append(
                Done(
                    f"{name}/{seen[name]}",
                    people[f"validator {row['annotator_id']}"],
                    # The set has no day of review; no item was reviewed before it was there.
                    days[row["example_uid"]],
                    round(min(time / 1000, MOST_IDLE_SECONDS)),
                )
            )
        record(
            product,
            "flat_validations.csv.gz",
            columns(
                done,
                product=product,
                task_type=factories.task_type("safety-review", labour_type="EVAL", unit="item"),
            ),
            idle_cap_seconds=MOST_IDLE_SECONDS,
            seconds_before=sum(times) // 1000,
        )

    def test_two_kinds_of_work_stand_on_one_item(self, product: Product) -> None:
        published = facts("adversarial_nibbler/FACTS.json")
        recorded = Contribution.objects.filter(product=product)
        prompts = recorded.filter(task_type__labour_type="PROMPT")
        reviews = recorded.filter(task_type__labour_type="EVAL")
        assert prompts.count() == published["submissions"]
        assert reviews.count() == published["validations"]
        assert prompts.values("worker").distinct().count() == published["submitters"]
        assert reviews.values("worker").distinct().count() == published["validators"]
        items = Counter(
            name.split("/")[0] for name in reviews.values_list("external_id", flat=True)
        )
        assert items.keys() == set(prompts.values_list("external_id", flat=True))
        by_count = Counter(items.values())
        assert {str(count): number for count, number in by_count.items()} == published[
            "n_validations_distribution"
        ]

    def test_idle_time_is_cut_by_a_named_option_and_missing_time_stays_missing(
        self, product: Product
    ) -> None:
        published = facts("adversarial_nibbler/FACTS.json")
        by_basis = dict(
            Contribution.objects.filter(product=product)
            .order_by()
            .values_list("time_basis")
            .annotate(total=Sum("seconds"))
        )
        assert by_basis.keys() == {"page_open", "none"}
        assert by_basis["none"] is None
        hours = by_basis["page_open"] / 3600
        assert hours == pytest.approx(published["sum_hours_capped_10min"], abs=0.05)
        batch = ImportBatch.objects.get(file_name="flat_validations.csv.gz")
        assert batch.options["idle_cap_seconds"] == MOST_IDLE_SECONDS
        before = batch.options["seconds_before"] / 3600
        assert before == pytest.approx(published["sum_hours"], abs=0.05)

    def test_the_money_reaches_both_by_their_labour(self, product: Product) -> None:
        published = facts("adversarial_nibbler/FACTS.json")
        run = shared_pool(
            product, labour_types=["PROMPT", "EVAL"], seconds={"adversarial-prompt": 300}
        )
        earned: dict[str, int] = defaultdict(int)
        of_kind: dict[str, int] = defaultdict(int)
        lines = Line.objects.filter(pool__run=run).values_list(
            "contribution__worker__pseudonym",
            "contribution__task_type__labour_type",
            "amount_micro",
        )
        for worker, kind, amount in lines:
            earned[worker] += amount
            of_kind[kind] += amount
        assert sum(of_kind.values()) == 10_000 * UNIT
        assert len(earned) == published["submitters"] + published["validators"]
        # Reviews earn by their capped hours, prompts by the assumed five minutes each.
        hours = {
            "EVAL": published["sum_hours_capped_10min"],
            "PROMPT": published["submissions"] * 300 / 3600,
        }
        for kind, amount in of_kind.items():
            expected = 10_000 * UNIT * hours[kind] / sum(hours.values())
            assert amount == pytest.approx(expected, rel=1e-4)
        top = max(amount for worker, amount in earned.items() if worker.startswith("submitter"))
        assert top / of_kind["PROMPT"] == pytest.approx(published["top_submitter_share"], abs=1e-4)
