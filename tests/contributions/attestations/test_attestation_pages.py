"""Confirming and objecting in the browser: who may, of what, and what the list shows of it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from contributions.models import Attestation, Contribution, Organisation, User
from tests import factories

pytestmark = pytest.mark.django_db


class Office:
    """A platform with declared work, and its approver's browser."""

    def __init__(self) -> None:
        self.platform: Organisation = factories.organisation()
        self.product = factories.product(self.platform)
        self.approver: User = factories.user(self.platform, role="approver")
        self.client = self.browser(self.approver)
        self.record = self.work()

    def work(self, **fields: str) -> Contribution:
        """Record declared work."""
        return factories.contribution(
            factories.worker(), self.product, evidence_grade=fields.get("evidence_grade", "D")
        )

    def browser(self, user: User) -> Client:
        """Somebody's browser."""
        client = Client()
        client.force_login(user)
        return client

    def attest(self, **typed: str) -> int:
        """Send the form about the record; return the status of the answer."""
        url = reverse("contribution-attest", args=[self.record.public_id])
        form = {"party": self.platform.public_id, "stance": "confirms", "comment": ""} | typed
        return self.client.post(url, form).status_code

    def listed(self, **query: str) -> list[str]:
        """Ids on the list, by facets."""
        table = self.client.get(reverse("contributions"), query).context["table"]
        return [row[0].href.split("/")[-2] for row in table.rows]


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_confirmation_shows_on_the_record_and_in_the_list(office: Office) -> None:
    assert office.attest() == 302
    page = office.client.get(reverse("contribution", args=[office.record.public_id]))
    assert "counts as C: somebody else confirmed it" in page.content.decode()
    assert office.platform.name in page.content.decode()
    other = office.work()
    assert office.listed(attested="confirmed") == [office.record.public_id]
    assert office.listed(attested="none") == [other.public_id]
    assert office.listed(attested="objected") == []
    cells = office.client.get(reverse("contributions"), {"attested": "confirmed"}).context["table"]
    assert (cells.rows[0][7].text, cells.rows[0][7].detail) == ("C", "confirmed")


def test_an_objection_without_a_reason_keeps_what_was_typed(office: Office) -> None:
    assert office.attest(stance="objects") == 200
    assert not Attestation.objects.exists()
    assert office.attest(stance="objects", comment="twelve items") == 302
    assert office.listed(attested="objected") == [office.record.public_id]


def test_all_that_the_facets_keep_is_attested_at_once(office: Office) -> None:
    office.work(evidence_grade="B")
    kept = office.work()
    page = office.client.get(reverse("contributions"), {"evidence": "D"})
    links = [action.url for action in page.context["actions"]]
    url = f"{reverse('contributions-attest')}?evidence=D"
    assert url in links
    assert "2 records" in office.client.get(url).content.decode()
    form = {"party": office.platform.public_id, "stance": "confirms", "comment": ""}
    assert office.client.post(url, form).status_code == 302
    said = set(Attestation.objects.values_list("contribution", flat=True))
    assert said == {office.record.pk, kept.pk}


@pytest.mark.parametrize("role", ["viewer", "recorder"])
def test_only_who_signs_for_an_organisation_attests(office: Office, role: str) -> None:
    client = office.browser(factories.user(office.platform, role=role))
    one = reverse("contribution-attest", args=[office.record.public_id])
    assert client.get(one).status_code == 404
    assert client.get(reverse("contributions-attest")).status_code == 404


def test_a_stranger_finds_no_form_and_speaks_for_nobody(office: Office) -> None:
    stranger = office.browser(factories.user(factories.organisation(), role="admin"))
    url = reverse("contribution-attest", args=[office.record.public_id])
    assert stranger.get(url).status_code == 404
    assert office.attest(party=factories.organisation().public_id) == 200
    assert not Attestation.objects.exists()


def test_a_worker_speaks_of_their_own_work(office: Office) -> None:
    user = factories.user()
    office.record.worker.user = user
    office.record.worker.save()
    url = reverse("contribution-attest", args=[office.record.public_id])
    form = {"party": office.record.worker.public_id, "stance": "objects", "comment": "longer"}
    assert office.browser(user).post(url, form).status_code == 302
    assert Attestation.objects.get().worker == office.record.worker
