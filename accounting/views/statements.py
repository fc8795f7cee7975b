"""Statements: what runs owe a worker, and how each came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet, Sum
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounting.models import Line, RunPool, Statement
from accounting.services.real_pay import workers_behind
from accounting.views import downloads, links, notices
from accounting.views.access import Reader, SignedInRequest, find, reader_of, signed_in
from accounting.views.line_tables import lines_table
from accounting.views.pay_rates import pay_rate
from accounting.views.statement_tables import paid_micro, statements_table
from accounting.views.words import POOL_MEANINGS, pool_name
from contributions.formatting import money, share
from contributions.models import Product
from contributions.views.tables import (
    ABSENT,
    Cell,
    Empty,
    Fact,
    Link,
    Pager,
    Table,
    columns,
    number,
)

PAGE = 100
MOST_LINES = 500


@require_GET
@signed_in
def statements(request: SignedInRequest) -> HttpResponseBase:
    """List the statements that the reader may see, newest first."""
    reader = reader_of(request)
    if not reader.sees_single_rows and reader.role != "nobody":
        raise Http404
    rows = (
        Statement.objects.visible_to(request.user)
        .select_related("worker", "run__period__operator")
        .order_by("-pk")
    )
    if form := request.GET.get("format", ""):
        return downloads.answer(form, downloads.statement_rows(rows), name="statements")
    before = _number(request.GET.get("before", ""))
    page = rows.filter(pk__lt=before) if before else rows
    shown = list(page[: PAGE + 1])
    table = statements_table(
        shown[:PAGE], caption=_("Statements, newest first"), empty=_empty(reader)
    )
    context = {
        "table": replace(table, pager=_pager(shown, before), downloads=downloads.links_of(request)),
        "breadcrumb": [Link(_("Home"), reverse("home")), Link(_("Statements"), "")],
    }
    return render(request, "accounting/statements.html", context)


@require_GET
@signed_in
def statement(request: SignedInRequest, statement_id: str) -> HttpResponseBase:
    """Show a worker what a run owes them, and from which work each part comes."""
    found = find(
        Statement.objects.visible_to(request.user).select_related(
            "worker", "run__period__operator", "run__policy"
        ),
        statement_id,
    )
    run = found.run
    lines = list(_largest_lines(found)[: MOST_LINES + 1])
    context: dict[str, Any] = {
        "statement": found,
        "run": run,
        "worker": found.worker,
        "amount": money(found.amount_micro, run.period.currency),
        "sentence": sentence_of(found),
        "notices": notices.of_run(run),
        "assumptions": notices.assumptions_of(run.period.operator),
        "by_pool": _by_pool(found),
        "by_product": _by_product(found),
        "payment": _payment(found),
        "rate": pay_rate(found).facts(run.period.currency),
        "lines": lines_table(
            lines[:MOST_LINES],
            run,
            caption=_("Every line: work that earned something"),
            with_worker=False,
        ),
        "more_url": (
            links.lines_url(run, worker=found.worker.pseudonym) if len(lines) > MOST_LINES else ""
        ),
        "breadcrumb": [
            Link(_("Home"), reverse("home")),
            Link(_("Statements"), reverse("statements")),
            Link(found.public_id, ""),
        ],
    }
    return render(request, "accounting/statement.html", context)


def _lines_of(statement: Statement) -> QuerySet[Line]:
    return Line.objects.of_workers(statement.run, workers_behind(statement))


def _largest_lines(statement: Statement) -> QuerySet[Line]:
    rows = _lines_of(statement).select_related(
        "pool", "contribution__worker", "contribution__product", "contribution__task_type"
    )
    return rows.order_by("-amount_micro", "pk")


def _sums(statement: Statement, column: str) -> dict[int, int]:
    """Add up a statement's lines by a column that names other rows."""
    rows = _lines_of(statement).order_by().values_list(column)
    return dict(rows.annotate(Sum("amount_micro")))


def _by_pools(statement: Statement) -> dict[RunPool, int]:
    sums = _sums(statement, "pool_id")
    return {pool: sums[pool.pk] for pool in statement.run.pools.all() if pool.pk in sums}


def _by_products(statement: Statement) -> dict[Product, int]:
    sums = _sums(statement, "contribution__product_id")
    products = Product.objects.in_bulk(sums)
    largest_first = sorted(sums, key=lambda number_: (-sums[number_], number_))
    return {products[number_]: sums[number_] for number_ in largest_first}


def _by_pool(statement: Statement) -> Table:
    table = [
        (
            Cell(
                pool_name(pool),
                href=links.pool_url(statement.run, pool),
                detail=POOL_MEANINGS.get(pool.kind, ""),
            ),
            amount,
        )
        for pool, amount in _by_pools(statement).items()
    ]
    return _parts(statement, table, _("By pool"), _("Pool"))


def _by_product(statement: Statement) -> Table:
    table = [
        (
            Cell(str(product), href=links.product_in_run_url(statement.run, product.pk)),
            amount,
        )
        for product, amount in _by_products(statement).items()
    ]
    return _parts(statement, table, _("By product you worked for"), _("Product"))


def _parts(
    statement: Statement, rows: Sequence[tuple[Cell, int]], caption: str, head: str
) -> Table:
    currency = statement.run.period.currency
    total = sum(amount for _cell, amount in rows)
    return Table(
        caption=f"{caption} ({currency})",
        columns=columns(head, _("Amount"), _("Part"), numeric=(1, 2)),
        rows=[
            [
                cell,
                number(money(amount, currency, exact=True), "#lines"),
                number(share(amount * 1_000_000 // total) if total else ABSENT),
            ]
            for cell, amount in rows
        ],
        totals=[
            Cell(_("Together")),
            number(money(total, currency, exact=True), "#payment"),
            number(share(1_000_000) if total else ABSENT),
        ],
        empty=Empty(_("No lines"), _("This statement only carries an earlier rest on.")),
    )


def _payment(statement: Statement) -> list[Fact]:
    currency = statement.run.period.currency

    def fact(label: str, micro: int, detail: str, href: str = "") -> Fact:
        return Fact(label, f"{money(micro, currency, exact=True)} {currency}", href, detail)

    return [
        fact(_("Amount of this run"), statement.amount_micro, _("the sum of the lines"), "#lines"),
        fact(
            _("Carried in"),
            statement.carried_in_micro,
            _("the rest below one coin that earlier runs could not pay"),
        ),
        fact(
            _("Paid now"),
            paid_micro(statement),
            _("whole coins only")
            if not statement.run.simulation
            else _("nothing: this run is a simulation"),
        ),
        fact(
            _("Carried on"),
            statement.carried_out_micro,
            _("stays yours and is added to the next payment"),
        ),
    ]


def sentence_of(statement: Statement) -> str:
    """Say in one sentence how a statement came about."""
    sums = _by_pools(statement)
    if not sums:
        return _("Nothing was added this time; an earlier rest is carried on.")
    largest = max(sums, key=lambda pool: sums[pool])
    product = next(iter(_by_products(statement)))
    return _("Most of it is {pool}, and most of that work went into {product}.").format(
        pool=pool_name(largest), product=product
    )


def _empty(reader: Reader) -> Empty:
    if reader.worker:
        return Empty(
            _("You have no statement yet"),
            _("A statement comes with the first run that pays for your work."),
            reverse("contributions"),
            _("See my work"),
        )
    return Empty(
        _("No statements that you may see"),
        _("A statement shows what a run owes a worker. Members let their union read theirs."),
        reverse("runs"),
        _("See the runs"),
    )


def _number(text: str) -> int:
    try:
        return Statement.number_of(text)
    except Statement.DoesNotExist:
        return 0


def _pager(shown: list[Statement], before: int) -> Pager:
    following = f"?before={shown[PAGE - 1].public_id}" if len(shown) > PAGE else ""
    return Pager(previous_url="?" if before else "", next_url=following)
