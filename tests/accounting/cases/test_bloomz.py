from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest

from accounting.cases.bloomz import bloomz
from accounting.cases.bloomz_records import (
    check_counts,
    commit_counts,
    corpus_parts,
    place_of,
    record_sources,
    template_counts,
)
from accounting.cases.case import Case
from accounting.core.policy import Norm, Pool

DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture(scope="module")
def case() -> Case:
    return bloomz()


def shared(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip("The shared data are not beside this checkout.")
    return path


def published(name: str) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(shared(name).read_text(encoding="utf-8"))
    return figures


def raw_rows(name: str) -> Iterator[dict[str, str]]:
    content = shared(name).read_bytes()
    text = (gzip.decompress(content) if name.endswith(".gz") else content).decode()
    yield from csv.DictReader(io.StringIO(text, newline=""))


def shared_out(pool: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Largest remainders, ties to the lower key: the golden figures were made this way."""
    total = sum(weights.values())
    exact = {key: pool * weight / total for key, weight in weights.items()}
    shares = {key: int(value) for key, value in exact.items()}
    by_remainder = sorted(exact, key=lambda key: (shares[key] - exact[key], key))
    for key in by_remainder[: pool - sum(shares.values())]:
        shares[key] += 1
    return shares


def test_templates_per_author_and_data_set_are_those_of_the_record() -> None:
    rows = list(raw_rows("promptsource/templates_authors.csv"))
    counted = {(row.author, row.dataset): row.templates for row in template_counts()}
    assert counted == Counter((row["author"], row["dataset"]) for row in rows)
    last = {(row.author, row.dataset): row.last_on.isoformat() for row in template_counts()}
    for row in rows:
        assert row["first_authored_at"][:10] <= last[row["author"], row["dataset"]]


def test_templates_add_up_to_the_published_figures() -> None:
    facts = published("promptsource/FACTS.json")
    counts = template_counts()
    assert sum(row.templates for row in counts) == facts["templates"]
    assert len({row.author for row in counts}) == facts["authors"]
    assert len({row.dataset for row in counts}) == facts["datasets"]


def test_commits_per_author_place_and_month_are_those_of_the_record() -> None:
    commits: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in raw_rows("bigscience_ops/commits_numstat.csv.gz"):
        place = f"train/{row['run']}" if row["run"] else row["area"]
        commits[row["author"], place, row["authored_at"][:7]].add(row["commit"])
    counted = {(row.author, row.place, row.month): row.commits for row in commit_counts()}
    assert counted == {key: len(hashes) for key, hashes in commits.items()}


def test_commits_per_run_are_the_published_ones() -> None:
    by_run = Counter[str]()
    for row in commit_counts():
        by_run[row.place] += row.commits
    published_runs = published("bigscience_ops/FACTS.json")["commits_by_run"]
    assert {run: by_run[f"train/{run}"] for run in published_runs} == published_runs


def test_commits_to_bloom_s_run_per_author_are_the_golden_ones() -> None:
    by_author = Counter[str]()
    for row in commit_counts():
        if row.place == "train/tr11-176B-ml":
            by_author[row.author] += row.commits
    golden = published("bloomz-golden.json")
    assert by_author == golden["tr11_commits_by_author"]
    weights = {author: Fraction(count) for author, count in by_author.items()}
    assert shared_out(1_000_000, weights) == golden["tr11_pool_10000_usd_by_commits_in_cents"]


def test_a_pool_shared_by_templates_comes_out_as_the_golden_one(case: Case) -> None:
    golden = published("bloomz-golden.json")["prompt_pool_10000_usd_by_templates_in_cents"]
    templates: dict[str, Fraction] = defaultdict(Fraction)
    for row in case.contributions:
        if row.product == "promptsource":
            templates[row.worker] += row.units or 0
    shares = shared_out(1_000_000, templates)
    assert len(shares) == golden["authors"]
    assert sum(shares.values()) == golden["sum"]
    assert min(shares.values()) == golden["smallest"]
    assert {author: shares[author] for author in golden["top5"]} == golden["top5"]


def test_the_parts_of_roots_come_out_as_the_golden_ones() -> None:
    golden = published("bloomz-golden.json")["roots_pool_10000_usd_by_ratio_in_cents"]
    shares = shared_out(1_000_000, {part.name: Fraction(part.share) for part in corpus_parts()})
    assert len(shares) == golden["parts"]
    assert {name: shares[name] for name in golden["top5"]} == golden["top5"]
    assert list(shares.values()).count(0) == golden["zero_cent_parts"]


def test_the_parts_of_roots_are_one_whole() -> None:
    whole = sum((Fraction(part.share) for part in corpus_parts()), Fraction())
    assert abs(whole - 1) < Fraction(1, 10**15)


def test_licence_checks_per_verifier_are_those_of_the_record() -> None:
    checks = Counter(
        (row["license_verified_by"], row["collection"])
        for row in raw_rows("data_provenance/datasets_licences.csv.gz")
        if row["collection"] in {"Flan Collection (P3)", "xP3x"} and row["license_verified_by"]
    )
    assert {(row.verifier, row.collection): row.checks for row in check_counts()} == checks
    facts = published("data_provenance/FACTS.json")
    assert sorted(checks.values()) == sorted([facts["flan_p3_datasets"], facts["xp3x_datasets"]])


def test_bloom_s_compute_is_the_golden_figure(case: Case) -> None:
    bloom = next(product for product in case.products if product.key == "bloom")
    assert bloom.gpu_milli_hours is not None
    assert bloom.gpu_milli_hours == published("bloomz-golden.json")["bloom_gpu_hours"] * 1000
    charged = next(cost for cost in case.costs if cost.key == "training-compute")
    assert charged.gpu_milli_hours == bloom.gpu_milli_hours // 3
    assert charged.amount_micro == 901_069_000_000 // 3


def test_every_place_of_the_log_works_on_a_product_of_the_case(case: Case) -> None:
    places = place_of()
    assert set(places) == {row.place for row in commit_counts()}
    assert {place.product for place in places.values()} <= {row.key for row in case.products}
    assert places["train/tr11-176B-ml"].product == "bloom"
    assert places["train/tr13-mtf"].product == "bloomz"


def test_no_template_commit_or_check_is_lost_on_the_way_into_the_case(case: Case) -> None:
    units = Counter[str]()
    for row in case.contributions:
        units[row.source_id.partition(":")[0]] += row.units or 0
    assert units == {
        "promptsource": sum(row.templates for row in template_counts()),
        "bigscience": sum(row.commits for row in commit_counts()),
        "data-provenance": sum(row.checks for row in check_counts()),
    }


def test_nobody_s_time_or_pay_is_invented(case: Case) -> None:
    assert {row.seconds for row in case.contributions} == {None}
    assert {row.time_basis for row in case.contributions} == {"none"}
    assert {row.wage_micro for row in case.contributions} == {0}
    assert {worker.status for worker in case.workers} == {"volunteer"}


def test_every_imputed_hour_rests_on_a_stated_assumption(case: Case) -> None:
    stated = {assumption.subject for assumption in case.assumptions}
    assert {row.assumption for row in case.contributions} <= stated
    norms = case.policy.overrides["norm"]["assumed_seconds_per_unit"]
    assert set(norms) == {row.task_type for row in case.contributions}


def test_the_sentences_name_the_figures_they_speak_of(case: Case) -> None:
    text = {row.subject: row.text_en + row.text_zh for row in case.assumptions}
    norms = case.policy.overrides["norm"]["assumed_seconds_per_unit"]
    assert norms["template-writing"] == 45 * 60
    assert text["seconds_per_unit:template-writing"].count("45") == 2
    assert norms["licence-check"] == 20 * 60
    assert text["seconds_per_unit:licence-check"].count("20") == 2
    commits = {
        seconds
        for code, seconds in norms.items()
        if code not in {"template-writing", "licence-check"}
    }
    assert commits == {3 * 3600}
    assert text["revenue:deployment"].count("1 000 000") == 2
    assert sum(row.amount_micro for row in case.revenue) == 10**12
    operation = sum(row.amount_micro for row in case.costs if row.key != "training-compute")
    assert operation == 350_000 * 10**6
    assert text["cost:operation"].count("350 000") == 2


def test_all_money_and_every_transfer_is_marked_as_assumed(case: Case) -> None:
    marks = [
        *(row.assumed for row in case.revenue),
        *(row.assumed for row in case.costs),
        *(row.assumed for row in case.edges),
        *(row.assumed for row in case.facts),
    ]
    assert all(marks)


def test_the_policy_knows_every_field_the_case_changes(case: Case) -> None:
    overrides = case.policy.overrides
    msgspec.convert(overrides["norm"], Norm)
    msgspec.convert(overrides["pools"], tuple[Pool, ...])
    assert set(overrides) == {"norm", "pools"}


def test_each_file_of_counts_names_its_source_and_licence(case: Case) -> None:
    sources = record_sources()
    assert len(sources) == 4
    assert {source.licence for source in sources} == {"Apache-2.0"}
    assert all("commit" in source.origin for source in sources)
    assert set(sources) <= set(case.sources)
