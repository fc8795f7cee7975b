"""The digits case: real images, invented people, and files that a valuation can read."""

from __future__ import annotations

import numpy as np
import pytest

from accounting.cases.digits import COPIES, PEOPLE, TRAINING, digit_points, digits
from accounting.models import Valuation, ValuationUse
from accounting.services import cases, valuation_computing
from accounting.services import digits as demo


def test_everybody_in_the_files_has_a_contribution_in_the_case() -> None:
    names = {row.source_id for row in digits().contributions}
    points = digit_points()
    assert set(points.training["contributions"].tolist()) == names
    assert len(names) == len(PEOPLE)


def test_the_images_are_dealt_out_once_but_for_the_copies() -> None:
    points = digit_points()
    features = points.training["features"]
    assert len(features) == TRAINING + COPIES
    assert np.array_equal(features[TRAINING:, 0].shape, (COPIES,))
    assert len(points.validation["features"]) == 1797 - TRAINING


def test_the_same_images_come_the_same_way_every_time() -> None:
    first, second = digit_points(), digit_points()
    for name in first.training:
        assert np.array_equal(first.training[name], second.training[name])


@pytest.mark.django_db(transaction=True)
def test_the_demo_values_them_once_and_uses_the_first() -> None:
    period = cases.load_case(case=digits())
    asked = demo.asked_valuations(period)
    for valuation in asked:
        valuation_computing.work_on(valuation_id=valuation.pk)
    demo.use_first(asked)
    again = demo.asked_valuations(period)
    assert [v.pk for v in again] == [v.pk for v in asked]
    demo.use_first(again)
    assert ValuationUse.objects.get().valuation_id == asked[0].pk
    first = Valuation.objects.get(pk=asked[0].pk)
    lowest = first.worker_values.select_related("worker").order_by("value_ppb")[0]
    assert lowest.worker.pseudonym.startswith("Goran")
    assert first.duplicates["copied"] == COPIES
