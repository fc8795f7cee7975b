"""Every line of the demo cases multiplies out from the run down to the recorded labour."""

from __future__ import annotations

import pytest

from accounting.cases.bloomz import bloomz
from accounting.cases.case import Case
from accounting.cases.synthetic import world
from accounting.cases.worked_example import worked_example
from accounting.core.trace import TraceDoesNotMultiplyOut, check
from accounting.models import Line, Period
from accounting.services import cases, explaining
from tests import factories
from tests.tampering import tamper


def lines_of(period: Period, most: int | None = None) -> list[Line]:
    """The lines of a run of the period, spread evenly if there are too many."""
    run = factories.computed_run(period)
    assert run.has_result, run.failure
    lines = list(Line.objects.filter(pool__run=run).select_related("pool__run").order_by("pk"))
    return lines if most is None else lines[:: max(1, len(lines) // most)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("case", [worked_example(), bloomz()], ids=lambda case: case.key)
def test_every_line_of_a_case_is_explained_to_its_amount(case: Case) -> None:
    lines = lines_of(cases.load_case(case=case))
    assert len(lines) > 20
    for line in lines:
        assert check(explaining.explain_line(line=line)) == line.amount_micro


@pytest.mark.django_db(transaction=True)
def test_lines_of_a_synthetic_world_are_explained_to_their_amounts() -> None:
    made = world(3_000, 7)
    lines = lines_of(cases.load_case(case=made.case, chunks=made.blocks()), most=150)
    assert len(lines) >= 100
    for line in lines:
        assert check(explaining.explain_line(line=line)) == line.amount_micro


@pytest.mark.django_db(transaction=True)
def test_a_line_changed_behind_the_guards_is_not_explained_away() -> None:
    run = factories.computed_run()
    line = Line.objects.filter(pool__run=run).order_by("pk").first()
    assert line is not None
    tamper(
        "accounting_lineblock",
        "UPDATE accounting_lineblock SET amounts[1] = amounts[1] + 1000",
    )
    changed = Line.objects.select_related("pool__run").get(pk=line.pk)
    assert changed.amount_micro == line.amount_micro + 1000
    with pytest.raises(TraceDoesNotMultiplyOut):
        explaining.explain_line(line=changed)
