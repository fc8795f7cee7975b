"""Home of a platform's auditor: does money in equal money out, and what is to be looked at."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Run, Statement
from accounting.views import links, run_reading
from accounting.views.access import Reader
from accounting.views.home.disputes import dispute_tasks
from accounting.views.home.parts import Section, Task, newest_results, newest_runs
from accounting.views.policies import awaiting_signature
from accounting.views.words import pool_name
from contributions.currencies import minor_digits
from contributions.formatting import factor, money, share
from contributions.formatting import number as figure
from contributions.models import LineageEdge, Organisation
from contributions.views.tables import Card, Cell, Empty, Table, columns, number

MOST_EDGES = 20


def platform_home(reader: Reader) -> dict[str, Any]:
    """Return what an auditor of a platform sees first."""
    operators = reader.organisations(Organisation.Kind.PLATFORM, Organisation.Kind.PUBLIC_BODY)
    runs = Run.objects.filter(period__operator__in=operators)
    results = newest_results(runs)
    edges = LineageEdge.objects.filter(
        downstream__operator__in=operators, evidence=""
    ).select_related("upstream", "downstream")
    return {
        "title": ", ".join(str(row) for row in operators),
        "lead": _("Money in, money out, what is payable, and what lacks evidence."),
        "cards": _cards(results),
        "tasks": [*_tasks(reader, runs), *dispute_tasks(reader)],
        "sections": [
            Section(
                "reconciliation",
                _("Does money in equal money out?"),
                _reconciliation(results),
                _("Every pool equals its lines, escrow and commons, to the millionth."),
            ),
            Section("pools", _("What each pool costs"), _pools(results)),
            Section(
                "edges",
                _("Lineage without evidence"),
                _edges(list(edges[:MOST_EDGES])),
                _("A transfer coefficient moves money. Name what it rests on."),
            ),
            newest_runs(runs, reader),
        ],
    }


def payable_micro(run: Run) -> int:
    """Return what a run pays now, in µ."""
    coins = Statement.objects.filter(run=run).aggregate(sum=Sum("paid_minor"))["sum"] or 0
    coin: int = 10 ** (6 - minor_digits(run.period.currency))
    return int(coins) * coin


def _cards(results: list[Run]) -> list[Card]:
    return [
        Card(
            _("Payable now"),
            money(payable_micro(run), run.period.currency),
            f"{links.run_url(run)}#statements",
            run.period.currency,
            _("{operator}, to {people} people").format(
                operator=run.period.operator, people=figure(run.payees_count or 0)
            ),
        )
        for run in results
    ]


def _tasks(reader: Reader, runs: Any) -> list[Task]:
    tasks = [
        Task(_("Run {} failed").format(run.public_id), links.run_url(run), run.failure)
        for run in runs.filter(state=Run.State.FAILED)[:5]
    ]
    tasks += [
        Task(_("Run {} is under way").format(run.public_id), links.run_url(run))
        for run in runs.unfinished()[:5]
    ]
    return tasks + [
        Task(
            _("Sign or refuse {}").format(policy),
            reverse("policy", args=[policy.public_id]),
            _("It is proposed and waits for our signature."),
        )
        for policy in awaiting_signature(reader)
    ]


def _reconciliation(results: list[Run]) -> Table:
    rows = []
    for run in results:
        currency = run.period.currency
        pools = sum(row.pool.funded_micro for row in run_reading.pool_sums(run))
        paid, escrow, commons = run_reading.totals(run)
        difference = pools - paid - escrow - commons
        url = links.run_url(run)
        rows.append(
            [
                Cell(str(run.period), href=url, detail=currency),
                number(
                    money(run.price["revenue_micro"], currency), links.run_url(run, "run-price")
                ),
                number(money(pools, currency), f"{url}#pools"),
                number(money(paid, currency), f"{url}#labour"),
                number(money(escrow, currency), f"{url}#escrow"),
                number(money(commons, currency), f"{url}#escrow"),
                Cell(
                    money(difference, currency, exact=True),
                    numeric=True,
                    state="bad" if difference else "good",
                ),
            ]
        )
    return Table(
        caption=_("Newest run of each operator"),
        columns=columns(
            _("Period"),
            _("Revenue"),
            _("Pools"),
            _("To people"),
            _("Escrow"),
            _("Commons"),
            _("Pools less the rest"),
            numeric=(1, 2, 3, 4, 5, 6),
        ),
        rows=rows,
        empty=Empty(
            _("No run has a result yet"),
            _("Open a period, record revenue and costs, and compute."),
            reverse("periods"),
            _("Go to the periods"),
        ),
    )


def _pools(results: list[Run]) -> Table:
    rows = []
    for run in results:
        revenue = run.price["revenue_micro"]
        for row in run_reading.pool_sums(run):
            url = links.pool_url(run, row.pool)
            part = row.pool.funded_micro * 1_000_000 // revenue if revenue > 0 else 0
            rows.append(
                [
                    Cell(pool_name(row.pool), href=url, detail=str(run.period.operator)),
                    number(money(row.pool.funded_micro, run.period.currency), url),
                    Cell(run.period.currency),
                    number(share(part, digits=2), url),
                ]
            )
    return Table(
        caption=_("Pools of the newest runs"),
        columns=columns(_("Pool"), _("Fund"), _("Currency"), _("of revenue"), numeric=(1, 3)),
        rows=rows,
        empty=Empty(_("No pools were funded yet"), _("They are funded by the first run.")),
    )


def _edges(edges: list[LineageEdge]) -> Table:
    return Table(
        caption=_("Edges without evidence"),
        columns=columns(_("From"), _("Into"), _("Relation"), _("Transfer τ"), numeric=(3,)),
        rows=[
            [
                Cell(str(edge.upstream), href=links.product_url(edge.upstream_id)),
                Cell(str(edge.downstream), href=links.product_url(edge.downstream_id)),
                Cell(str(edge.get_relation_display())),
                number(factor(edge.transfer_ppm), links.product_url(edge.downstream_id)),
            ]
            for edge in edges
        ],
        empty=Empty(_("Every edge names its evidence"), _("There is nothing to do here.")),
    )
