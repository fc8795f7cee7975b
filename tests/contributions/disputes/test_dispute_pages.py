"""Disputes in the browser: opening, arguing, deciding, and what each reader may do."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contributions.models import Contribution, Dispute, Organisation, User
from contributions.services.disputing import note_overdue
from tests import factories

pytestmark = pytest.mark.django_db


class Quarrel:
    """Work on a platform's data set, and the browsers of both sides."""

    def __init__(self) -> None:
        self.platform: Organisation = factories.organisation()
        self.union: Organisation = factories.organisation("labour_organisation")
        worker = factories.worker(consents_to=self.union)
        self.record: Contribution = factories.contribution(worker, factories.product(self.platform))
        self.officer = self.browser(factories.user(self.union))
        self.manager = self.browser(factories.user(self.platform, role="approver"))

    def browser(self, user: User) -> Client:
        """Somebody's browser."""
        client = Client()
        client.force_login(user)
        return client

    def open(self, **typed: Any) -> Any:
        """Send the form that opens a case."""
        form = {
            "party": self.union.public_id,
            "grounds": "Waiting time is missing.\nSee the shift plan.",
            "share": "25",
            "hours": "",
            "minutes": "",
            "due_on": (timezone.localdate() + timedelta(days=14)).isoformat(),
        }
        url = reverse("dispute-new", args=[self.record.public_id])
        return self.officer.post(url, form | typed)

    def case(self) -> Dispute:
        """Open a case and return it."""
        assert self.open().status_code == 302
        return Dispute.objects.get()

    def decide(self, case: Dispute, client: Client, **typed: Any) -> Any:
        """Send the form that decides."""
        form = {
            "party": self.platform.public_id,
            "outcome": "rejected",
            "reason": "The plan agrees.",
            "hours": "1",
            "minutes": "0",
            "units": "10",
            "quality_ppm": "100",
            "result": "",
        }
        return client.post(reverse("dispute-decide", args=[case.public_id]), form | typed)


@pytest.fixture
def quarrel() -> Quarrel:
    return Quarrel()


def test_a_case_is_opened_argued_and_decided(quarrel: Quarrel) -> None:
    case = quarrel.case()
    assert case.contested_ppm == 250_000
    url = reverse("dispute", args=[case.public_id])
    said = {"party": quarrel.platform.public_id, "text": "Here is the plan."}
    assert quarrel.manager.post(url, said).status_code == 302
    page = quarrel.officer.get(url).content.decode()
    assert "Waiting time is missing." in page
    assert "Here is the plan." in page
    assert "25%" in page
    assert quarrel.decide(case, quarrel.manager).status_code == 302
    assert "released: the next run pays it" in quarrel.officer.get(url).content.decode()


def test_the_record_and_the_list_say_that_part_of_it_is_disputed(quarrel: Quarrel) -> None:
    case = quarrel.case()
    page = quarrel.manager.get(reverse("contribution", args=[quarrel.record.public_id]))
    assert "Runs hold 25% of what it earns back" in page.content.decode()
    table = quarrel.manager.get(reverse("contributions"), {"disputed": "open"}).context["table"]
    assert len(table.rows) == 1
    table = quarrel.manager.get(reverse("contributions"), {"disputed": "none"}).context["table"]
    assert not table.rows
    again = quarrel.officer.get(reverse("dispute-new", args=[quarrel.record.public_id]))
    assert again["Location"] == reverse("dispute", args=[case.public_id])


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"share": ""}, "share"),
        ({"hours": "1"}, "share"),
        ({"share": "101"}, "share"),
        ({"share": "", "hours": "2"}, "hours"),
        ({"grounds": " "}, "grounds"),
        ({"grounds": "a\u202eb"}, "grounds"),
        ({"due_on": "2020-01-01"}, "due_on"),
    ],
)
def test_a_fault_is_shown_on_its_field(quarrel: Quarrel, typed: dict[str, str], field: str) -> None:
    answer = quarrel.open(**typed)
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not Dispute.objects.exists()


def test_a_case_upheld_in_part_corrects_the_record(quarrel: Quarrel) -> None:
    case = quarrel.case()
    unchanged = quarrel.decide(case, quarrel.manager, outcome="partly")
    assert "outcome" in unchanged.context["form"].errors
    answer = quarrel.decide(case, quarrel.manager, outcome="partly", minutes="20")
    assert answer.status_code == 302
    newest = Contribution.objects.current().get()
    assert newest.seconds == 4800
    page = quarrel.officer.get(reverse("dispute", args=[case.public_id])).content.decode()
    assert reverse("contribution", args=[newest.public_id]) in page


def test_a_case_upheld_may_take_the_record_away(quarrel: Quarrel) -> None:
    quarrel.decide(quarrel.case(), quarrel.manager, outcome="withdraws")
    assert not Contribution.objects.current().exists()


def test_only_the_other_side_decides_and_only_the_opener_withdraws(quarrel: Quarrel) -> None:
    case = quarrel.case()
    decide, withdraw = (
        reverse(name, args=[case.public_id]) for name in ("dispute-decide", "dispute-withdraw")
    )
    recorder = quarrel.browser(factories.user(quarrel.platform, role="recorder"))
    stranger = quarrel.browser(factories.user(factories.organisation()))
    assert quarrel.officer.get(decide).status_code == 404
    assert recorder.get(decide).status_code == 404
    assert stranger.get(decide).status_code == 404
    assert quarrel.manager.get(withdraw).status_code == 404
    form = {"party": quarrel.union.public_id, "reason": "settled"}
    assert quarrel.officer.post(withdraw, form).status_code == 302
    assert quarrel.officer.get(withdraw).status_code == 404
    assert quarrel.manager.get(decide).status_code == 404


def test_strangers_and_regulators_see_no_case(quarrel: Quarrel) -> None:
    case = quarrel.case()
    stranger = quarrel.browser(factories.user(factories.organisation()))
    regulator = quarrel.browser(factories.user(factories.organisation("regulator"), role="viewer"))
    for client in (stranger, regulator):
        assert client.get(reverse("dispute", args=[case.public_id])).status_code == 404
    assert not stranger.get(reverse("disputes")).context["table"].rows
    assert regulator.get(reverse("disputes")).status_code == 404


def test_the_list_is_narrowed_by_state_and_taken_along_as_a_file(quarrel: Quarrel) -> None:
    case = quarrel.case()
    for state, count in (("open", 1), ("overdue", 0), ("decided", 0), ("", 1)):
        table = quarrel.officer.get(reverse("disputes"), {"state": state}).context["table"]
        assert len(table.rows) == count, state
    url = reverse("disputes-download", args=["csv"])
    text = b"".join(quarrel.officer.get(url, {"state": "open"})).decode()
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["dispute_id"], row["state"]) == (case.public_id, "open")


def test_an_overdue_case_says_so(quarrel: Quarrel) -> None:
    case = quarrel.case()
    note_overdue(today=case.due_on + timedelta(days=1))
    page = quarrel.officer.get(reverse("dispute", args=[case.public_id])).content.decode()
    assert "The deadline passed" in page


def test_viewers_read_a_case_and_say_nothing(quarrel: Quarrel) -> None:
    case = quarrel.case()
    viewer = quarrel.browser(factories.user(quarrel.platform, role="viewer"))
    url = reverse("dispute", args=[case.public_id])
    assert viewer.get(url).status_code == 200
    assert viewer.post(url, {"text": "x"}).status_code == 404
