"""A valuation goes its way: frozen, shown, computed, kept, and chosen to move pay."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from accounting.models import Score, Valuation, ValuationUse, WorkerValue
from accounting.models.valuation import valuations_in_use
from accounting.services import valuation_computing, valuation_files, valuations
from accounting.services.valuation_plans import METHODS_OF, QuestionUnusable
from accounting.services.valuation_players import NamesAmbiguous, NamesUnknown
from accounting.valuation.files.refusals import FileRefused
from tests import factories
from tests.accounting.valuations import worlds

pytestmark = pytest.mark.django_db(transaction=True)

PPB = 1_000_000_000


def test_owners_values_add_up_to_what_the_data_add_to_chance() -> None:
    valuation = worlds.computed(worlds.world())
    assert (valuation.state, valuation.failure) == (Valuation.State.COMPUTED, "")
    total = sum(valuation.scores.values_list("score_ppb", flat=True))
    found = valuation.findings
    assert total / PPB == pytest.approx(found["whole"] - found["baseline"], abs=1e-8)
    assert abs(found["facts"]["gap"]) < 1e-12
    people = valuation.worker_values.values_list("value_ppb", flat=True)
    assert abs(sum(people) - total) <= len(people)


@pytest.mark.parametrize("method", [m for m in METHODS_OF["points"] if m != "threshold_shapley"])
def test_every_method_of_points_values_everybody(method: str) -> None:
    parameters = {"model": "naive_bayes", "most_blocks": 3, "trees": 5}
    of = worlds.world(3)
    valuation = worlds.computed(of, method, parameters=parameters)
    assert (valuation.state, valuation.failure) == (Valuation.State.COMPUTED, "")
    assert valuation.scores.count() == 3
    assert valuation.runs_count >= 3


def test_a_threshold_has_its_own_method() -> None:
    of = worlds.world(3)
    parameters = {"kind": "threshold", "radius": 1.5}
    valuation = worlds.computed(of, "threshold_shapley", parameters=parameters)
    assert (valuation.state, valuation.failure) == (Valuation.State.COMPUTED, "")
    with pytest.raises(QuestionUnusable):
        valuations.ask(question=worlds.question(of, parameters=parameters), requested_by=None)


def test_both_levels_stand_side_by_side() -> None:
    of = worlds.world()
    owners, points = (worlds.computed(of, m) for m in ("owner_shapley", "point_shapley"))
    assert (owners.level, points.level) == ("owner", "point")
    crossed = dict(points.worker_values.values_list("worker_id", "other_ppb"))
    for worker, value in owners.worker_values.values_list("worker_id", "value_ppb"):
        other = crossed[worker]
        assert other is not None
        assert abs(other - value) <= 2
    assert {"levels_moved", "levels_correlation"} <= owners.findings["facts"].keys()


def test_wrong_labels_are_worth_less_and_claw_nothing_back() -> None:
    of = worlds.world()
    names = [c.external_id for c in of.contributions]
    valuation = worlds.computed(of, data=worlds.points(names, wrong=1.0))
    lowest = valuation.worker_values.order_by("value_ppb")[0]
    assert lowest.worker_id == of.contributions[0].worker_id
    assert lowest.value_ppb < 0


def test_several_makers_of_a_point_share_its_value_by_labour_content() -> None:
    of = worlds.world(2)
    first, second = of.contributions
    both = worlds.points([f"{first.external_id};{second.external_id}"])
    valuation = worlds.computed(of, data=both)
    one, two = (valuation.scores.get(contribution=c).score_ppb for c in (first, second))
    # The second worked two hours where the first worked one.
    assert two == pytest.approx(2 * one, abs=2)


def test_rows_may_name_workers_by_pseudonym() -> None:
    of = worlds.world(2)
    names = [c.worker.pseudonym for c in of.contributions]
    data = worlds.points(names)
    data["workers"] = data.pop("contributions")
    valuation = worlds.computed(of, data=data)
    assert valuation.worker_values.count() == 2


def test_merged_workers_are_one_player() -> None:
    of = worlds.world(3)
    person, account = of.contributions[0].worker, of.contributions[1].worker
    type(account).objects.filter(pk=account.pk).update(merged_into=person)
    valuation = worlds.computed(of)
    assert valuation.findings["players"] == 2
    assert set(valuation.worker_values.values_list("worker_id", flat=True)) == {
        person.pk,
        of.contributions[2].worker_id,
    }


def test_copied_points_are_found_before_anything_is_computed() -> None:
    of = worlds.world(2)
    names = [c.external_id for c in of.contributions]
    data = worlds.points(names, rows=8)
    copied = {name: np.concatenate([array, array[:2]]) for name, array in data.items()}
    copied["contributions"][-2:] = [names[1], names[1]]
    valuation = worlds.staged(of, data=copied)
    found = valuation.duplicates
    assert (found["copied"], found["repeated"]) == (1, 1)
    assert found["pairs"][0]["copier"] == [of.contributions[1].worker.public_id]
    assert valuation.state == Valuation.State.STAGED
    without = worlds.computed(of, data=copied, parameters={"leave_out_copies": True})
    plain = worlds.computed(of, data=data)
    assert list(without.scores.values_list("score_ppb")) == list(
        plain.scores.values_list("score_ppb")
    )


def test_a_utility_is_frozen_and_hashed_before_the_data_are_seen() -> None:
    of = worlds.world()
    valuation = valuations.ask(question=worlds.question(of), requested_by=None)
    with pytest.raises(valuations.ValuationNotWaiting):
        valuations.stage(valuation=valuation, chunks=[b""], file_name="data.npz")
    valuations.freeze(valuation=valuation, chunks=[worlds.validation()], file_name="v.npz")
    assert len(valuation.utility_sha256) == 64
    assert valuation.frozen_at is not None
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Valuation.objects.filter(pk=valuation.pk).update(parameters={"k": 1})


def test_another_choice_of_utility_has_another_hash() -> None:
    of = worlds.world()
    digests = set()
    for parameters in ({"k": 3}, {"k": 4}, {"baseline": 0.0}, {"embedding": "other"}):
        valuation = valuations.ask(
            question=worlds.question(of, parameters=parameters), requested_by=None
        )
        valuations.freeze(valuation=valuation, chunks=[worlds.validation()], file_name="v.npz")
        digests.add(valuation.utility_sha256)
    assert len(digests) == 4


def test_results_are_kept_for_ever() -> None:
    valuation = worlds.computed(worlds.world(2))
    for rows in (Score.objects, WorkerValue.objects, valuation.blocks):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            rows.all().delete() if rows is not valuation.blocks else rows.update(sums=b"")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Valuation.objects.filter(pk=valuation.pk).update(reliability_ppm=0)
    with pytest.raises(IntegrityError, match="valuation_open"), transaction.atomic():
        Score.objects.create(
            valuation=valuation,
            contribution=factories.contribution(factories.worker(), valuation.product),
            score_ppb=1,
        )


def test_names_of_nobody_are_refused_with_examples() -> None:
    of = worlds.world(1)
    with pytest.raises(NamesUnknown) as refused:
        worlds.staged(of, data=worlds.points([of.contributions[0].external_id, "nobody"]))
    assert refused.value.facts["examples"] == ["nobody"]


def test_labour_on_another_product_cannot_be_named() -> None:
    of, elsewhere = worlds.world(1), worlds.world(1)
    with pytest.raises(NamesUnknown):
        worlds.staged(of, data=worlds.points([elsewhere.contributions[0].public_id]))


def test_a_name_of_two_records_is_refused() -> None:
    of = worlds.world(1)
    other = factories.organisation("labour_organisation")
    name = of.contributions[0].external_id
    factories.contribution(factories.worker(), of.product, recorder=other, external_id=name)
    with pytest.raises(NamesAmbiguous):
        worlds.staged(of, data=worlds.points([name]))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "valuation_file_unknown"),
        (b"PK\x03\x04garbage", "valuation_file_damaged"),
        (b"PAR1garbagePAR1", "valuation_file_damaged"),
        (b"ARROW1\0\0garbage", "valuation_file_damaged"),
        (b"f,label,contribution\n", "valuation_file_empty"),
        (b"f,contribution\n1,a\n", "valuation_column_missing"),
        (b"f,label\n1,a\n", "valuation_column_missing"),
        (b"f,f,label\n1,1,a\n", "valuation_column_unusable"),
        (b"f,label,contribution\nx,1,a\n", "valuation_file_damaged"),
        (b"f,label,contribution\n1,,a\n", "valuation_cell_unusable"),
        (b"f,label,contribution\n1,1,\n", "valuation_cell_unusable"),
    ],
)
def test_hostile_files_are_refused_and_leave_nothing(content: bytes, code: str) -> None:
    of = worlds.world(1)
    valuation = valuations.ask(question=worlds.question(of), requested_by=None)
    valuations.freeze(valuation=valuation, chunks=[worlds.validation()], file_name="v.npz")
    with pytest.raises(FileRefused) as refused:
        valuations.stage(valuation=valuation, chunks=[content], file_name="../../x.npz")
    assert refused.value.code == code
    left = {path.name for path in valuation_files.folder_of(valuation).iterdir()}
    assert left == {"validation.npz"}
    valuation.refresh_from_db()
    assert valuation.state == Valuation.State.FROZEN


def test_pickles_are_never_read() -> None:
    of = worlds.world(1)
    hostile = np.array([[object()]], dtype=object)
    sink = io.BytesIO()
    np.savez(sink, features=hostile, labels=np.array([1]))
    with pytest.raises(FileRefused, match="plain arrays"):
        worlds.staged(of, data=sink.getvalue())


def test_files_changed_on_disk_fail_the_valuation() -> None:
    valuation = worlds.confirmed(worlds.world(2))
    path = valuation_files.path_of(valuation, "points")
    path.write_bytes(path.read_bytes() + b"x")
    valuation_computing.work_on(valuation_id=valuation.pk)
    valuation.refresh_from_db()
    assert (valuation.state, valuation.failure_code) == ("failed", "valuation_files_changed")


class TestTables:
    TABLE = b"coalition,metric\n,0.1\na,0.5\nb,0.4\na;b,0.9\n"

    def named(self, of: worlds.World, text: bytes) -> bytes:
        for letter, contribution in zip(b"ab", of.contributions, strict=False):
            text = text.replace(b",%c" % letter, b",X")
            name = contribution.external_id.encode()
            text = b"\n".join(
                b",".join(
                    [
                        b";".join(
                            name if p == b"%c" % letter else p
                            for p in line.split(b",")[0].split(b";")
                        ),
                        *line.split(b",")[1:],
                    ]
                )
                for line in text.split(b"\n")
            )
        return text

    @pytest.mark.parametrize("method", METHODS_OF["table"])
    def test_a_utility_table_is_valued_exactly(self, method: str) -> None:
        of = worlds.world(2)
        valuation = worlds.computed(of, method, source="table", data=self.named(of, self.TABLE))
        assert (valuation.state, valuation.failure) == (Valuation.State.COMPUTED, "")
        first = valuation.scores.get(contribution=of.contributions[0]).score_ppb
        wanted = {"table_leave_one_out": 500_000_000}.get(method, 450_000_000)
        assert first == pytest.approx(wanted, abs=1_000_000)

    def test_one_measurement_moves_no_pay_and_three_do(self) -> None:
        of = worlds.world(2)
        text = self.named(of, self.TABLE)
        once = worlds.computed(of, "table_shapley", source="table", data=text)
        assert (once.reliability_ppm, once.runs_count) == (0, 0)
        thrice = b"\n".join([text.strip(), *[text.strip().split(b"\n", 1)[1]] * 2])
        again = worlds.computed(of, "table_shapley", source="table", data=thrice)
        assert (again.reliability_ppm, again.runs_count) == (1_000_000, 3)

    def test_a_missing_coalition_fails_with_the_reason(self) -> None:
        of = worlds.world(2)
        text = b"\n".join(self.named(of, self.TABLE).split(b"\n")[:-2])
        valuation = worlds.computed(of, "table_shapley", source="table", data=text)
        assert valuation.failure_code == "valuation_table_incomplete"


class TestScores:
    def test_scores_of_another_tool_keep_their_method_and_origin(self) -> None:
        of = worlds.world(2)
        a, b = (c.external_id for c in of.contributions)
        rows = f"contribution,score_1,score_2,score_3\n{a},1,2,3\n{b},0,-1,0\n{a},1,1,1\n"
        valuation = worlds.computed(
            of,
            "pydvl",
            source="scores",
            data=rows.encode(),
            provenance={"tool": "pyDVL", "version": "0.10"},
        )
        assert (valuation.state, valuation.failure) == (Valuation.State.COMPUTED, "")
        assert valuation.provenance["version"] == "0.10"
        assert valuation.reliability_ppm == 1_000_000
        assert dict(valuation.scores.values_list("contribution__external_id", "score_ppb")) == {
            a: 3 * PPB,
            b: -333_333_333,
        }

    def test_one_run_of_another_tool_moves_no_pay(self) -> None:
        of = worlds.world(1)
        rows = f"contribution,value,stderr\n{of.contributions[0].public_id},1e30,1e28\n"
        valuation = worlds.computed(of, "other", source="scores", data=rows.encode())
        assert (valuation.reliability_ppm, valuation.runs_count) == (0, 0)
        assert valuation.findings["scale_exponent"] > 0
        assert valuation.scores.get().error_ppb is not None


class TestUse:
    def test_the_newest_choice_moves_pay_until_it_is_taken_back(self) -> None:
        of = worlds.world(2)
        first, second = worlds.computed(of), worlds.computed(of, "point_shapley")
        assert valuations_in_use([of.product.pk]) == {}
        valuations.use(valuation=first, chosen_by=None)
        valuations.use(valuation=second, chosen_by=None)
        assert valuations_in_use([of.product.pk]) == {of.product.pk: second.pk}
        valuations.use_none(product=of.product, chosen_by=None)
        assert valuations_in_use([of.product.pk]) == {}
        assert ValuationUse.objects.count() == 3

    def test_a_valuation_without_scores_cannot_be_used(self) -> None:
        valuation = worlds.staged(worlds.world(2))
        with pytest.raises(valuations.ValuationNotComputed):
            valuations.use(valuation=valuation, chosen_by=None)

    def test_a_cancelled_valuation_stays_so_and_keeps_no_data(self) -> None:
        valuation = worlds.confirmed(worlds.world(2))
        assert valuation_files.folder_of(valuation).exists()
        valuations.cancel(valuation=valuation)
        assert not valuation_files.folder_of(valuation).exists()
        with pytest.raises(valuations.ValuationNotCancellable):
            valuations.cancel(valuation=valuation)
        assert not valuation.scores.exists()
