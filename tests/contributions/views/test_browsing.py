"""Facets, order, pages, totals and files of recorded labour."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from datetime import date
from typing import Any, cast

import openpyxl
import pyarrow as pa
import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse
from pyarrow import parquet

from contributions.models import Contribution, Organisation
from contributions.services import recording
from contributions.views.exports import Rows, answer_as
from tests import factories

pytestmark = pytest.mark.django_db


class Office:
    """A platform with a data set, and a member's browser."""

    def __init__(self) -> None:
        self.platform: Organisation = factories.organisation()
        self.product = factories.product(self.platform)
        self.client = Client()
        self.client.force_login(factories.user(self.platform))

    def work(self, pseudonym: str = "", **fields: Any) -> Contribution:
        """Record work on the data set."""
        return factories.contribution(factories.worker(pseudonym), self.product, **fields)

    def listed(self, **query: str) -> list[str]:
        """Ids of records on the page, as ordered there."""
        table = self.client.get(reverse("contributions"), query).context["table"]
        return [row[0].href.split("/")[-2] for row in table.rows]


@pytest.fixture
def office() -> Office:
    return Office()


def test_each_facet_keeps_what_it_names(office: Office) -> None:
    review = factories.task_type("reviewing-test", labour_type="EVAL")
    plain = office.work()
    other = office.work(
        task_type_id=review.pk,
        phase="INFER",
        outcome="rejected",
        evidence_grade="D",
        time_basis="held",
        occurred_on=date(2026, 8, 1),
    )
    for query in (
        {"worker": other.worker.pseudonym},
        {"worker": other.worker.public_id},
        {"task_type": review.public_id},
        {"labour_type": "EVAL"},
        {"phase": "INFER"},
        {"outcome": "rejected"},
        {"evidence": "D"},
        {"time_basis": "held"},
        {"from": "2026-07-01"},
        {"from": "2026-08-01", "to": "2026-08-01"},
    ):
        assert office.listed(**query) == [other.public_id], query
    assert office.listed(product=office.product.public_id) == [other.public_id, plain.public_id]
    assert office.listed(source=str(plain.source.pk)) == [other.public_id, plain.public_id]
    assert office.listed(to="2026-07-01") == [plain.public_id]


@pytest.mark.parametrize(
    "query",
    [{"phase": "DREAM"}, {"from": "2026-02-30"}, {"from": "2026-05-02", "to": "2026-05-01"}],
)
def test_a_facet_that_means_nothing_keeps_nothing_and_says_so(
    office: Office, query: dict[str, str]
) -> None:
    office.work()
    response = office.client.get(reverse("contributions"), query)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert not response.context["table"].rows


def test_rows_come_in_the_order_asked_for(office: Office) -> None:
    short = office.work(seconds=60, occurred_on=date(2026, 5, 3))
    unknown = office.work(seconds=None, time_basis="none", occurred_on=date(2026, 5, 2))
    long = office.work(seconds=7200, occurred_on=date(2026, 5, 1))
    ids = [short.public_id, unknown.public_id, long.public_id]
    assert office.listed() == ids[::-1]
    assert office.listed(sort="day") == ids[::-1]
    assert office.listed(sort="-day") == ids
    assert office.listed(sort="hours") == [ids[1], ids[0], ids[2]]
    assert office.client.get(reverse("contributions"), {"sort": "password"}).status_code == 400


@pytest.mark.parametrize("sort", ["", "day", "-hours"])
def test_pages_forth_and_back_show_every_row_once(office: Office, sort: str) -> None:
    worker = factories.worker()
    for number in range(120):
        factories.contribution(worker, office.product, seconds=60 + number % 7)
    seen, url = [], f"{reverse('contributions')}?sort={sort}"
    tables = []
    while url:
        table = office.client.get(url).context["table"]
        tables.append([row[0].href for row in table.rows])
        seen += tables[-1]
        url = table.pager.next_url and f"{reverse('contributions')}{table.pager.next_url}"
    assert [len(rows) for rows in tables] == [50, 50, 20]
    assert len(set(seen)) == 120
    back = office.client.get(f"{reverse('contributions')}{table.pager.previous_url}")
    assert [row[0].href for row in back.context["table"].rows] == tables[1]


@pytest.mark.parametrize("cursor", ["garbage", "p=abc", "a\x00b", "é" * 20])
def test_a_cursor_that_was_not_made_here_is_a_bad_request(office: Office, cursor: str) -> None:
    office.work()
    response = office.client.get(reverse("contributions"), {"cursor": cursor})
    assert response.status_code == 400


def test_totals_keep_unknown_time_unknown(office: Office) -> None:
    office.work(seconds=5400, time_basis="active")
    office.work(seconds=None, time_basis="none")
    totals = office.client.get(reverse("contributions")).context["totals"]
    cells = [[cell.text for cell in row] for row in totals.rows]
    assert cells == [["Active time", "1", "1.50"], ["No time recorded", "1", "—"]]
    assert [cell.text for cell in totals.totals] == ["Known in all", "2", "1.50"]


def test_sources_of_others_are_neither_offered_nor_named(office: Office) -> None:
    own = office.work()
    stranger = factories.organisation()
    other = factories.contribution(factories.worker(), factories.product(stranger))
    form = office.client.get(reverse("contributions")).context["form"]
    offered = {code for code, _label in form.fields["source"].choices}
    assert offered == {"", str(own.source.pk)}
    asked = office.client.get(reverse("contributions"), {"source": str(other.source.pk)})
    assert "source" in asked.context["form"].errors


def test_what_was_replaced_is_shown_only_on_request(office: Office) -> None:
    old = office.work()
    new = recording.withdraw(replaced=old, reason="twice", recorded_by=None, today=factories.TODAY)
    assert office.listed() == []
    assert office.listed(versions="all") == [new.public_id, old.public_id]


class TestFiles:
    def download(self, office: Office, form: str, **query: str) -> bytes:
        response = office.client.get(reverse("contributions-download", args=[form]), query)
        assert response.status_code == 200
        assert f'.{form}"' in response["Content-Disposition"]
        content: bytes = response.getvalue()
        return content

    def test_a_file_holds_what_the_filters_keep(self, office: Office) -> None:
        office.work(outcome="rejected")
        kept = office.work(seconds=None, time_basis="none")
        text = self.download(office, "csv", outcome="accepted").decode()
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["contribution_id"] for row in rows] == [kept.public_id]
        assert rows[0]["seconds"] == ""
        found = json.loads(self.download(office, "json", outcome="accepted"))
        assert [row["contribution_id"] for row in found] == [kept.public_id]
        assert found[0]["seconds"] is None
        book = openpyxl.load_workbook(io.BytesIO(self.download(office, "xlsx")))
        assert book.active is not None
        assert book.active.max_row == 3

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
    def test_a_name_that_starts_like_a_formula_stays_text(self, office: Office, name: str) -> None:
        office.work(name)
        rows = list(csv.DictReader(io.StringIO(self.download(office, "csv").decode())))
        assert rows[0]["worker"] == f"'{name}"
        book: Any = openpyxl.load_workbook(io.BytesIO(self.download(office, "xlsx")))
        cell = book.active.cell(2, 4)
        assert (cell.value, cell.data_type, cell.quotePrefix) == (name, "s", True)
        assert json.loads(self.download(office, "json"))[0]["worker"] == name

    def test_parquet_keeps_types_text_and_the_unknown(self, office: Office) -> None:
        office.work("=1+1", seconds=None, time_basis="none", harmful_exposure=True)
        office.work("Bo", wage_micro=5_000_000, wage_currency="CNY")
        table = parquet.read_table(io.BytesIO(self.download(office, "parquet", sort="recorded")))
        assert table.column("worker").to_pylist() == ["=1+1", "Bo"]
        assert table.column("seconds").to_pylist() == [None, 3600]
        assert table.column("occurred_on").to_pylist() == [date(2026, 5, 1)] * 2
        assert table.column("harmful_exposure").to_pylist() == [True, False]
        assert table.column("wage_micro").to_pylist() == [0, 5_000_000]
        narrowed = parquet.read_table(io.BytesIO(self.download(office, "parquet", worker="Bo")))
        assert narrowed.num_rows == 1

    def test_a_parquet_file_without_rows_has_the_same_columns(self, office: Office) -> None:
        table = parquet.read_table(io.BytesIO(self.download(office, "parquet")))
        assert table.num_rows == 0
        assert table.schema.field("seconds").type == pa.int64()

    def test_many_rows_take_no_more_memory_than_few(self) -> None:
        def peak(rows: int) -> int:
            values = (("x" * 50, number) for number in range(rows))
            tracemalloc.start()
            answer = answer_as("csv", Rows("wide", ("text", "number"), values, count=lambda: rows))
            for _part in cast(StreamingHttpResponse, answer):
                pass
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return most

        assert peak(50_000) < 2 * peak(5_000)

    def test_an_unknown_format_is_not_found(self, office: Office) -> None:
        url = reverse("contributions-download", args=["exe"])
        assert office.client.get(url).status_code == 404

    @pytest.mark.parametrize("name", ["products-download", "workers-download"])
    def test_products_and_workers_come_as_files_too(self, office: Office, name: str) -> None:
        office.work("Ana")
        text = office.client.get(reverse(name, args=["csv"])).getvalue().decode()
        assert len(text.splitlines()) == 2


def test_recorders_find_the_imports_and_viewers_do_not(office: Office) -> None:
    page = office.client.get(reverse("contributions")).content.decode()
    assert f'href="{reverse("imports")}"' in page
    assert f'href="{reverse("import-new")}"' in page
    viewer = Client()
    viewer.force_login(factories.user(office.platform, "viewer"))
    page = viewer.get(reverse("contributions")).content.decode()
    assert reverse("imports") not in page
