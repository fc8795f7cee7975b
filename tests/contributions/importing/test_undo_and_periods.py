"""An import can be undone until a closed period was computed with it."""

from __future__ import annotations

import pytest

from accounting.models import Period
from contributions.models import Contribution, ImportBatch
from contributions.services import importing_undo
from tests import factories
from tests.contributions.importing.staging import ANN, BEA, Office, counted, table

pytestmark = pytest.mark.django_db(transaction=True)


def computed_period(office: Office) -> Period:
    """A period of the product's operator, computed with what is recorded."""
    operator = office.product.operator
    period = factories.period(operator, currency="PHP")
    factories.revenue(period, office.product)
    factories.policy_in_force(operator)
    run = factories.computed_run(period)
    assert run.labour.exists(), run.failure
    return period


def test_an_import_can_be_undone_while_its_period_is_open() -> None:
    office = Office()
    batch = office.commit(table(ANN, BEA))
    computed_period(office)
    office.undo(batch)
    assert counted() == []


def test_a_closed_period_keeps_the_imports_it_was_computed_with() -> None:
    office = Office()
    batch = office.commit(table(ANN, BEA))
    period = computed_period(office)
    factories.closed(period)
    with pytest.raises(importing_undo.ImportInUse):
        office.undo(batch)
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.COMMITTED
    assert Contribution.objects.current().count() == 2


def test_a_closed_period_keeps_imports_that_only_corrected() -> None:
    office = Office()
    office.commit(table(ANN))
    corrected = office.commit(table(ANN.replace("60", "90")))
    period = computed_period(office)
    factories.closed(period)
    with pytest.raises(importing_undo.ImportInUse):
        office.undo(corrected)
    assert counted() == [("1", 5400, 10)]
