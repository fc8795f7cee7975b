"""Closing a period: what is checked, who signs, and what nobody can change afterwards."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounting.models import Bundle, LicenceUse, Period, PeriodStep, Revenue
from accounting.services import closing
from accounting.services.approving import RoleMissing
from accounting.services.declaring import PeriodClosed, declare
from contributions.models import Dispute, Licence
from contributions.services.proving import prove
from tests import factories
from tests.accounting.books import Office, next_period

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def period() -> Period:
    return factories.ready_period()


@pytest.fixture
def office(period: Period) -> Office:
    return Office(period.operator)


def points(period: Period) -> dict[str, closing.Point]:
    return {point.code: point for point in closing.checklist(period)}


class TestChecklist:
    def test_an_unposted_run_blocks_unless_there_is_nothing_to_share(
        self, office: Office, period: Period
    ) -> None:
        assert points(period)["run_unposted"].state == "blocking"
        assert points(next_period(period))["run_unposted"].state == "done"
        office.posted(period)
        assert points(period)["run_unposted"].state == "done"

    def test_a_run_that_nobody_decided_about_is_named(self, office: Office, period: Period) -> None:
        office.posted(period)
        run = office.computed(period)
        assert points(period)["runs_waiting"].records == [run.public_id]

    def test_revenue_without_labour_or_usage_is_named(self, period: Period) -> None:
        assert points(period)["revenue_unmapped"].state == "done"
        idle = factories.revenue(period, factories.product(period.operator))
        bundle = Bundle.objects.create(operator=period.operator, name="Suite")
        bundled = Revenue.objects.create(
            period=period, bundle=bundle, channel="subscription", amount_micro=1
        )
        assert points(period)["revenue_unmapped"].records == [idle.public_id, bundled.public_id]

    def test_edges_without_evidence_are_named(self, period: Period) -> None:
        found = points(period)["edges_without_evidence"]
        assert (found.state, found.count) == ("open", 1)

    def test_licences_that_lapsed_are_named(self, period: Period) -> None:
        product = period.operator.products.first()
        assert product is not None

        def licence(**fields: Any) -> Licence:
            values: dict[str, Any] = {
                "product": product,
                "licensee": factories.organisation(),
                "scope": "training",
                "currency": "CNY",
                "starts_on": date(2024, 1, 1),
            } | fields
            return Licence.objects.create(**values)

        licence(expires_on=date(2030, 1, 1))
        gone = licence(expires_on=date(2025, 6, 1))
        ends = licence(expires_on=date(2026, 6, 1))
        LicenceUse.objects.create(period=period, licence=gone, units=5)
        assert set(points(period)["licences_lapsed"].records) == {gone.public_id, ends.public_id}

    def test_open_disputes_are_named(self, office: Office, period: Period) -> None:
        product = period.operator.products.first()
        assert product is not None
        work = product.contributions.first()
        assert work is not None
        dispute = Dispute.objects.create(
            contribution=work,
            organisation=period.operator,
            grounds="counted twice",
            contested_ppm=500_000,
            due_on=date(2026, 12, 1),
            opened_by=office.recorder,
        )
        assert points(period)["disputes_open"].records == [dispute.public_id]

    def test_work_without_time_is_named(self, period: Period) -> None:
        product = period.operator.products.first()
        assert product is not None
        timeless = factories.contribution(
            factories.worker(), product, seconds=None, time_basis="none"
        )
        factories.contribution(
            factories.worker(),
            product,
            seconds=None,
            time_basis="none",
            occurred_on=date(2025, 5, 1),
        )
        assert points(period)["durations_missing"].records == [timeless.public_id]


class TestSteps:
    def test_two_people_close_it_and_the_log_keeps_their_steps(
        self, office: Office, period: Period
    ) -> None:
        office.posted(period)
        office.closed(period)
        assert period.state == Period.State.CLOSED
        started, closed = period.steps.all()
        assert (started.taken_by, closed.taken_by) == (office.recorder, office.approver)
        assert closed.checklist["run_unposted"]["state"] == "done"
        assert not prove().problems

    def test_a_viewer_does_not_start_it(self, period: Period) -> None:
        viewer = factories.user(period.operator, role="viewer")
        with pytest.raises(RoleMissing):
            closing.start_closing(period=period, started_by=viewer)

    def test_after_opening_again_another_round_is_needed(
        self, office: Office, period: Period
    ) -> None:
        office.posted(period)
        closing.start_closing(period=period, started_by=office.recorder)
        closing.reopen(period=period, reopened_by=office.recorder, note="usage came")
        with pytest.raises(closing.PeriodNotClosing):
            closing.close_period(period=period, closed_by=office.approver, note="x")
        closing.start_closing(period=period, started_by=office.approver)
        with pytest.raises(closing.OwnClosing):
            closing.close_period(period=period, closed_by=office.approver, note="x")
        closing.close_period(period=period, closed_by=office.admin, note="x")


class TestClosedForGood:
    """Fault 27: a closed period is not edited by service, admin, ORM or SQL."""

    @pytest.fixture
    def closed(self, office: Office, period: Period) -> Period:
        office.posted(period)
        return office.closed(period)

    def test_by_service(self, closed: Period) -> None:
        product = closed.operator.products.first()
        figure = Revenue(period=closed, product=product, channel="api", amount_micro=1)
        with pytest.raises(PeriodClosed):
            declare(figure=figure)

    def test_by_orm(self, office: Office, closed: Period) -> None:
        for change in (
            {"state": Period.State.OPEN},
            {"state": Period.State.CLOSING},
            {"ends_on": date(2027, 12, 31)},
            {"currency": "EUR"},
        ):
            with pytest.raises(IntegrityError, match="stays as it is"):
                Period.objects.filter(pk=closed.pk).update(**change)
        with pytest.raises(IntegrityError, match="no longer open"):
            closed.revenue.update(amount_micro=1)
        with pytest.raises(IntegrityError, match="no longer open"):
            closed.revenue.all()._raw_delete(using="default")
        with pytest.raises(IntegrityError, match="append-only"):
            PeriodStep.objects.filter(period=closed).update(taken_by=office.admin)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE accounting_period SET state = 'open'",
            "DELETE FROM accounting_period",
            "UPDATE accounting_revenue SET amount_micro = 0",
            "DELETE FROM accounting_revenue",
            "TRUNCATE accounting_revenue",
            "TRUNCATE accounting_usage",
            "TRUNCATE accounting_cost",
            "TRUNCATE accounting_fact",
            "TRUNCATE accounting_licenceuse",
            "TRUNCATE accounting_period CASCADE",
            "SET LOCAL session_replication_role = replica; "
            "UPDATE accounting_period SET state = 'open'",
            "SET LOCAL session_replication_role = replica; DELETE FROM accounting_revenue",
        ],
    )
    def test_by_sql(self, closed: Period, statement: str) -> None:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        closed.refresh_from_db()
        assert (closed.state, closed.revenue.count()) == (Period.State.CLOSED, 1)

    def test_by_admin(self, closed: Period) -> None:
        client = Client()
        client.force_login(factories.user(is_staff=True, is_superuser=True))
        revenue = closed.revenue.get()
        for path in (
            f"/admin/accounting/period/{closed.pk}/delete/",
            f"/admin/accounting/revenue/{revenue.pk}/delete/",
        ):
            assert client.post(path, {"post": "yes"}).status_code == 403
        for path in (
            f"/admin/accounting/period/{closed.pk}/change/",
            f"/admin/accounting/revenue/{revenue.pk}/change/",
        ):
            assert client.post(path, {"state": "open", "amount_micro": "1"}).status_code == 403
        closed.refresh_from_db()
        assert closed.state == Period.State.CLOSED

    def test_nobody_closes_it_alone_by_sql(self, period: Period) -> None:
        for state in (Period.State.OPEN, Period.State.CLOSING):
            Period.objects.filter(pk=period.pk).update(state=state)
            with pytest.raises(IntegrityError, match="takes two people"):
                Period.objects.filter(pk=period.pk).update(state=Period.State.CLOSED)
        alone = factories.user(period.operator)
        for step in ("started", "closed"):
            PeriodStep.objects.create(period=period, step=step, taken_by=alone)
        with pytest.raises(IntegrityError, match="takes two people"):
            Period.objects.filter(pk=period.pk).update(state=Period.State.CLOSED)
