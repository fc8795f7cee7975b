"""Two names of one person: merged, parted, and what others see and count of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from contributions.models import Alias, Contribution, LogSegment, Organisation, Worker
from contributions.services import aliases, recording
from contributions.services.proving import prove
from contributions.services.pseudonyms import reference_hmac
from tests import factories

pytestmark = pytest.mark.django_db


class Tools:
    """An organisation that reads two tools in which one person has two names."""

    def __init__(self) -> None:
        self.platform: Organisation = factories.organisation()
        self.user = factories.user(self.platform)
        self.first = self.known(factories.worker(), "label-studio", "ana@example.org")
        self.second = self.known(factories.worker(), "cvat", "ana@example.org")

    def known(self, worker: Worker, tool: str, reference: str) -> Worker:
        """Let a tool know a worker by a name."""
        Alias.objects.create(
            worker=worker,
            source=recording.source_of(organisation=self.platform, tool=tool),
            reference_hmac=reference_hmac(organisation_id=self.platform.pk, reference=reference),
        )
        return worker

    def merge(self, worker: Worker, into: Worker, **fields: Any) -> Any:
        """Merge as the organisation's member."""
        values: dict[str, Any] = {
            "organisation": self.platform,
            "reason": "same address",
            "made_by": self.user,
        }
        return aliases.merge_workers(worker=worker, into=into, **(values | fields))

    def part(self, worker: Worker, **fields: Any) -> Any:
        """Part as the organisation's member."""
        values: dict[str, Any] = {
            "organisation": self.platform,
            "reason": "two sisters",
            "made_by": self.user,
        }
        return aliases.part_workers(worker=worker, **(values | fields))


@pytest.fixture
def tools() -> Tools:
    return Tools()


def test_one_name_in_two_tools_is_a_likely_duplicate_until_merged(tools: Tools) -> None:
    tools.known(factories.worker(), "cvat", "bo@example.org")
    found = aliases.likely_duplicates(tools.platform)
    assert [(one.workers, one.sources) for one in found] == [
        ((tools.first, tools.second), ("cvat", "label-studio"))
    ]
    assert aliases.likely_duplicates(factories.organisation()) == []
    tools.merge(tools.second, tools.first)
    assert aliases.likely_duplicates(tools.platform) == []


def test_whoever_is_merged_is_counted_as_one_and_parted_as_two(tools: Tools) -> None:
    numbers = np.array([tools.second.pk, tools.first.pk, tools.second.pk], dtype=np.int64)
    assert aliases.representatives(numbers).tolist() == numbers.tolist()
    tools.merge(tools.second, tools.first)
    assert aliases.representatives(numbers).tolist() == [tools.first.pk] * 3
    tools.part(tools.second)
    assert aliases.representatives(numbers).tolist() == numbers.tolist()


def test_who_stood_for_whom_is_known_of_every_moment(tools: Tools) -> None:
    before = timezone.now()
    merged = tools.merge(tools.second, tools.first)
    merged.refresh_from_db()
    parted = tools.part(tools.second)
    parted.refresh_from_db()
    assert aliases.merged_at(before) == {}
    if merged.made_at < parted.made_at:
        assert aliases.merged_at(merged.made_at) == {tools.second.pk: tools.first.pk}
    assert aliases.merged_at(parted.made_at) == {}


def test_a_person_sees_the_work_recorded_under_their_other_name(tools: Tools) -> None:
    person = factories.user()
    tools.first.user = person
    tools.first.save()
    union = factories.organisation("labour_organisation")
    factories.consent(tools.first, union)
    record = factories.contribution(tools.second, factories.product(tools.platform))
    for user in (person, factories.user(union)):
        assert not Contribution.objects.visible_to(user).exists()
    tools.merge(tools.second, tools.first)
    for user in (person, factories.user(union)):
        assert Contribution.objects.visible_to(user).get() == record


def test_merging_is_one_step_and_never_takes_anybodys_page(tools: Tools) -> None:
    third = tools.known(factories.worker(), "argilla", "ana")
    tools.merge(tools.second, tools.first)
    with pytest.raises(aliases.MergedAlready):
        tools.merge(tools.second, third)
    with pytest.raises(aliases.MergedAlready):
        tools.merge(third, tools.second)
    with pytest.raises(aliases.StandsForOthers):
        tools.merge(tools.first, third)
    third.user = factories.user()
    third.save()
    with pytest.raises(aliases.SignsIn):
        tools.merge(third, tools.first)


def test_only_whoever_keeps_both_merges_them_and_says_why(tools: Tools) -> None:
    with pytest.raises(aliases.NotKeptHere):
        tools.merge(tools.second, tools.first, organisation=factories.organisation())
    for fields in ({"reason": " "}, {"into": tools.second}):
        with pytest.raises(ValidationError):
            tools.merge(**({"worker": tools.second, "into": tools.first} | fields))
    with pytest.raises(aliases.NotMerged):
        tools.part(tools.second)


def test_merging_and_parting_are_leaves(tools: Tools) -> None:
    tools.merge(tools.second, tools.first)
    tools.part(tools.second)
    kinds = list(LogSegment.objects.values_list("kind", flat=True))
    assert kinds == ["worker_change", "worker_change"]
    assert prove().problems == ()
