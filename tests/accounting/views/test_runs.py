# ruff: noqa: RUF001 - formulas are written with the signs of mathematics
"""The run's page: every number leads somewhere, and the numbers are those of the ledger."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from accounting.models import Line, Run
from accounting.services.explaining import explain_line
from accounting.views.indicator_catalogue import CATALOGUE
from accounting.views.run_reading import new_value_content
from accounting.views.trace_nodes import Node, trace_nodes
from contributions.formatting import hours_of_content, money
from contributions.models import Organisation
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER_CELL = re.compile(r'<t[dh][^>]* class="num"[^>]*>(.*?)</t[dh]>', re.DOTALL)
LINK = re.compile(r'<a [^>]*href="(/[^"#?]*)')


@pytest.fixture
def run() -> Run:
    return factories.computed_run()


def client_of(run: Run) -> Client:
    client = Client()
    client.force_login(factories.user(run.period.operator))
    return client


def body(page: str) -> str:
    """The rows of a page's tables, without heads and without the tables behind charts."""
    return "".join(re.findall(r"<tbody>.*?</tbody>|<tfoot>.*?</tfoot>", page, re.DOTALL))


def test_every_number_of_a_run_links_to_its_explanation(run: Run) -> None:
    page = client_of(run).get(f"/runs/{run.public_id}/").content.decode()
    cells = NUMBER_CELL.findall(body(page))
    assert len(cells) > 30
    assert [cell for cell in cells if "<a " not in cell] == []


def test_every_link_of_a_run_leads_to_a_page(run: Run) -> None:
    client = client_of(run)
    page = client.get(f"/runs/{run.public_id}/").content.decode()
    for url in set(LINK.findall(page)):
        response = client.get(url)
        response.close()
        assert response.status_code == 200, url


def test_the_page_shows_the_sums_of_the_ledger(run: Run) -> None:
    page = client_of(run).get(f"/runs/{run.public_id}/").content.decode()
    for pool in run.pools.all():
        assert money(pool.funded_micro, run.period.currency) in page


def test_every_indicator_of_a_run_derives_itself(run: Run) -> None:
    client = client_of(run)
    for indicator in run.indicators.all():
        page = client.get(f"/runs/{run.public_id}/indicators/{indicator.name}/")
        assert page.status_code == 200
        assert indicator.value in page.content.decode()
        assert indicator.name in CATALOGUE


def leaves(nodes: list[Node]) -> list[Node]:
    return [
        leaf
        for node in nodes
        for leaf in (leaves(list(node.children)) if node.children else [node])
    ]


def test_a_line_is_told_down_to_its_source_row(run: Run) -> None:
    for line in Line.objects.filter(pool__run=run).select_related("pool__run__period"):
        found = leaves(trace_nodes(line, explain_line(line=line)))
        amount = money(line.amount_micro, run.period.currency, exact=True)
        told = {node.label: node for node in found}
        shown = told["This line"].value.split()[0]
        assert Decimal(shown.replace(",", "")) == Decimal(amount.replace(",", ""))
        assert told["Source row"].hash == line.contribution.row_sha256


def test_lines_come_as_a_file_with_the_filters_of_the_page(run: Run) -> None:
    client = client_of(run)
    url = f"/runs/{run.public_id}/lines/?labour_type=MODEL&format=json"
    rows = json.loads(b"".join(client.get(url)))
    wanted = Line.objects.filter(
        pool__run=run, contribution__task_type__labour_type="MODEL"
    ).order_by("pk")
    assert [row["line"] for row in rows] == [line.public_id for line in wanted]
    total = sum(Decimal(row["amount"]) for row in rows)
    assert total == Decimal(sum(line.amount_micro for line in wanted)) / 1_000_000


def test_a_filter_that_means_nothing_narrows_nothing(run: Run) -> None:
    client = client_of(run)
    everything = client.get(f"/runs/{run.public_id}/lines/").content.decode()
    odd = client.get(f"/runs/{run.public_id}/lines/?labour_type=MAGIC&after=x").content.decode()
    assert everything.count("/lines/lin_") == odd.count("/lines/lin_")


def test_a_simulation_and_made_up_records_are_told_on_top(run: Run) -> None:
    Organisation.objects.filter(pk=run.period.operator_id).update(nature="synthetic")
    draft = factories.policy(run.period.operator, version="draft")
    simulated = factories.simulated_run(run.period, draft)
    client = client_of(run)
    for page in ("", "price/", f"pools/{simulated.pools.all()[0].code}/"):
        text = client.get(f"/runs/{simulated.public_id}/{page}").content.decode()
        assert "notice--simulation" in text
        assert "notice--synthetic" in text


def test_where_copies_are_valueless_only_labour_of_the_period_is_multiplied(run: Run) -> None:
    period = run.period
    product = run.products.filter(own_content_uh__gt=0)[0].product
    worker = run.statements.all()[0].worker
    factories.contribution(worker, product, occurred_on=date(2025, 6, 1))
    draft = factories.policy(
        period.operator, version="rent", value={"value_approach": "copies_are_rent"}
    )
    simulated = factories.simulated_run(period, draft)
    melt = draft.document["value"]["melt_micro_per_hour"]
    content = new_value_content(simulated)
    assert content < sum(row.own_content_uh for row in simulated.products.all())
    assert simulated.price["new_value_micro"] == melt * content // 1_000_000
    page = client_of(run).get(f"/runs/{simulated.public_id}/price/").content.decode()
    assert f"× {hours_of_content(content)} h" in page
