"""A public data set is imported whole, with the totals that its own authors publish.

Source: Adversarial Nibbler (CC BY 4.0), read where it lies, not copied.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Sum

from contributions.imports.durations import DurationForm
from contributions.imports.mapping import ColumnMapping, Field
from contributions.imports.normal_form import TimeBasis
from contributions.models import Contribution, Worker
from contributions.services.importing_commit import NothingNew
from tests.contributions.importing.staging import Office

SET = Path(settings.BASE_DIR).parent / "shared" / "data" / "adversarial_nibbler"
VALIDATIONS = ColumnMapping(
    tool="nibbler",
    columns={
        Field.WORKER: ("annotator_id",),
        Field.SOURCE_ID: ("example_uid", "annotator_id", "question_hash"),
        Field.DURATION: ("answer_time_ms",),
    },
    duration=DurationForm.MILLISECONDS,
    time_basis=TimeBasis.PAGE_OPEN,
)

pytestmark = [
    pytest.mark.skipif(not SET.is_dir(), reason="the shared data sets are not beside this copy"),
    pytest.mark.django_db,
]


def test_every_validation_is_recorded_once_with_its_capped_hours() -> None:
    facts = json.loads((SET / "FACTS.json").read_text(encoding="utf-8"))
    content = (SET / "flat_validations.csv.gz").read_bytes()
    office = Office()
    options = {
        "name": "flat_validations.csv.gz",
        "mapping": VALIDATIONS,
        "occurred_on": date(2023, 10, 1),
        "idle_cap_seconds": 600,
    }
    batch = office.commit(content, **options)
    assert batch.rows_recorded == Contribution.objects.count() == facts["validations"]
    assert Worker.objects.count() == facts["validators"]
    total = Contribution.objects.aggregate(total=Sum("seconds"))["total"]
    # Each row is rounded to whole seconds, so the sum is off by far less than 1 in 1 000.
    assert total / 3600 == pytest.approx(facts["sum_hours_capped_10min"], rel=0.001)
    assert set(Contribution.objects.values_list("time_basis", flat=True)) <= {"page_open", "none"}
    with pytest.raises(NothingNew):
        office.commit(content, **options)
