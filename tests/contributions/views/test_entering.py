"""Entering labour by hand, correcting and withdrawing it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contributions.models import Contribution, Organisation, Product, Worker
from tests import factories

pytestmark = pytest.mark.django_db


class Desk:
    """A recorder of a labour organisation with a member, a product and a browser."""

    def __init__(self) -> None:
        self.union: Organisation = factories.organisation("labour_organisation")
        self.worker: Worker = factories.worker(consents_to=self.union)
        self.product: Product = factories.product(factories.organisation(), public=True)
        self.task_type = factories.task_type()
        self.user = factories.user(self.union, "recorder")
        self.client = Client()
        self.client.force_login(self.user)

    def typed(self, **fields: str) -> dict[str, str]:
        """What the recorder types, with sensible values for the rest."""
        return {
            "entry_id": "0c5f",
            "organisation": self.union.public_id,
            "worker": self.worker.pseudonym,
            "product": self.product.public_id,
            "task_type": self.task_type.public_id,
            "phase": "",
            "occurred_on": "2026-05-01",
            "hours": "1",
            "minutes": "30",
            "time_basis": "self_declared",
            "units": "12",
            "outcome": "accepted",
            "quality_ppm": "97.5",
            "evidence_grade": "D",
            "wage": "",
            "wage_currency": "",
            "role": "execute",
            "grade": "",
        } | fields

    def record(self, **fields: str) -> Any:
        """Post the form for new work."""
        return self.client.post(reverse("contribution-new"), self.typed(**fields))

    def recorded(self, **fields: str) -> Contribution:
        """Record work and return it."""
        response = self.record(**fields)
        assert response.status_code == 302, response.content.decode()
        return Contribution.objects.latest("pk")

    def errors(self, **fields: str) -> dict[str, list[str]]:
        """What the form for new work finds wrong."""
        response = self.record(**fields)
        assert response.status_code == 200
        assert not Contribution.objects.exists()
        found: dict[str, list[str]] = response.context["form"].errors
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_is_typed_is_what_is_recorded(desk: Desk) -> None:
    made = desk.recorded(wage="12.34", wage_currency="CNY")
    assert made.seconds == 5400
    assert made.units == 12
    assert made.quality_ppm == 975_000
    assert made.wage_micro == 12_340_000
    assert made.phase == desk.task_type.phase
    assert made.recorded_by == desk.user
    assert made.source.organisation == desk.union


def test_time_that_nobody_knows_stays_unknown(desk: Desk) -> None:
    made = desk.recorded(hours="", minutes="", time_basis="none", units="")
    assert made.seconds is None
    assert made.units is None
    page = desk.client.get(reverse("contribution", args=[made.public_id])).content.decode()
    assert "no time recorded" in page


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"hours": "", "minutes": "", "time_basis": "active"}, "hours"),
        ({"time_basis": "none"}, "time_basis"),
        ({"hours": "0", "minutes": "0"}, "hours"),
        ({"minutes": "60"}, "minutes"),
        ({"hours": "-1"}, "hours"),
        ({"hours": "1e5"}, "hours"),
        ({"hours": "\uff11"}, "hours"),
        ({"units": "1_000"}, "units"),
        ({"units": "1,234"}, "units"),
        ({"units": "NaN"}, "units"),
        ({"units": "2.5"}, "units"),
        ({"units": "99999999999999999999"}, "units"),
        ({"quality_ppm": "101"}, "quality_ppm"),
        ({"wage": "1.005", "wage_currency": "CNY"}, "wage"),
        ({"wage": "5", "wage_currency": ""}, "wage_currency"),
        ({"wage": "5", "wage_currency": "XXX"}, "wage_currency"),
        ({"wage": "-0.00", "wage_currency": "CNY"}, "wage"),
        ({"wage": "=1+1", "wage_currency": "CNY"}, "wage"),
        ({"occurred_on": "2026-02-30"}, "occurred_on"),
        ({"occurred_on": "9999-01-01"}, "occurred_on"),
        ({"worker": "nobody"}, "worker"),
        ({"worker": "a\x00b"}, "worker"),
        ({"grade": "se\u202enior"}, "grade"),
        ({"grade": "se\u200bnior"}, "grade"),
        ({"grade": "x" * 65}, "grade"),
        ({"product": "prd_0000000000000"}, "product"),
        ({"product": "prd_" + 13 * "\uff10"}, "product"),
        ({"outcome": "splendid"}, "outcome"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_field(
    desk: Desk, fields: dict[str, str], field: str
) -> None:
    assert set(desk.errors(**fields)) == {field}


def test_a_refused_form_keeps_what_was_typed(desk: Desk) -> None:
    page = desk.record(units="twelve", grade="senior").content.decode()
    assert 'value="twelve"' in page
    assert 'value="senior"' in page
    assert 'href="#id_units"' in page


def test_sending_the_same_form_twice_records_once(desk: Desk) -> None:
    desk.recorded()
    response = desk.record()
    assert response.status_code == 200
    assert Contribution.objects.count() == 1


def test_two_workers_of_one_pseudonym_are_told_apart_by_id(desk: Desk) -> None:
    namesake = factories.worker(desk.worker.pseudonym, consents_to=desk.union)
    assert "worker" in desk.errors()
    assert desk.recorded(worker=namesake.public_id).worker == namesake


def test_nobody_records_work_of_workers_they_may_not_see(desk: Desk) -> None:
    stranger = factories.worker()
    assert "worker" in desk.errors(worker=stranger.public_id)


def test_names_that_look_like_markup_are_shown_as_text(desk: Desk) -> None:
    made = desk.recorded(grade="<script>alert(1)</script>")
    page = desk.client.get(reverse("contribution", args=[made.public_id])).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


class TestCorrecting:
    def typed(self, desk: Desk, **fields: str) -> dict[str, str]:
        typed = desk.typed(reason="a slip of the pen", **fields)
        del typed["entry_id"], typed["organisation"]
        return typed

    def test_a_correction_replaces_and_keeps_the_old_record(self, desk: Desk) -> None:
        old = desk.recorded()
        url = reverse("contribution-correct", args=[old.public_id])
        desk.client.post(url, self.typed(desk, units="15"))
        new = Contribution.objects.current().get()
        assert (new.units, new.revision, new.supersedes) == (15, 1, old)
        page = desk.client.get(reverse("contribution", args=[old.public_id])).content.decode()
        assert reverse("contribution", args=[new.public_id]) in page
        assert "a slip of the pen" in page

    def test_seconds_below_a_minute_survive_a_correction_of_something_else(
        self, desk: Desk
    ) -> None:
        old = factories.contribution(
            desk.worker, desk.product, recorder=desk.union, seconds=3_661, time_basis="active"
        )
        url = reverse("contribution-correct", args=[old.public_id])
        initial = desk.client.get(url).context["form"].initial
        assert (initial["hours"], initial["minutes"]) == (1, 1)
        typed = self.typed(desk, hours="1", minutes="1", time_basis="active")
        assert desk.client.post(url, typed).status_code == 302
        assert Contribution.objects.current().get().seconds == 3_661

    def test_without_a_reason_nothing_is_corrected(self, desk: Desk) -> None:
        old = desk.recorded()
        url = reverse("contribution-correct", args=[old.public_id])
        response = desk.client.post(url, self.typed(desk) | {"reason": " "})
        assert set(response.context["form"].errors) == {"reason"}
        assert Contribution.objects.count() == 1

    def test_the_second_of_two_corrections_is_told_of_the_first(self, desk: Desk) -> None:
        old = desk.recorded()
        url = reverse("contribution-correct", args=[old.public_id])
        desk.client.post(url, self.typed(desk, units="15"))
        response = desk.client.post(url, self.typed(desk, units="16"))
        assert response.status_code == 200
        assert response.context["form"].non_field_errors()
        assert Contribution.objects.current().get().units == 15

    def test_a_withdrawn_record_stays_to_be_seen_and_counts_for_nothing(self, desk: Desk) -> None:
        old = desk.recorded()
        url = reverse("contribution-withdraw", args=[old.public_id])
        desk.client.post(url, {"reason": "recorded for the wrong person"})
        assert not Contribution.objects.current().exists()
        page = desk.client.get(reverse("contribution", args=[old.public_id])).content.decode()
        assert "recorded for the wrong person" in page
        assert reverse("contribution-correct", args=[old.public_id]) not in page

    def test_only_those_who_recorded_it_correct_it(self, desk: Desk) -> None:
        old = factories.contribution(desk.worker, desk.product)
        for name in ("contribution-correct", "contribution-withdraw"):
            assert desk.client.get(reverse(name, args=[old.public_id])).status_code == 404
