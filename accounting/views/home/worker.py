"""Home of a worker: my money, how it came about, and what became of my work."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Statement
from accounting.views import links, notices
from accounting.views.access import Reader
from accounting.views.home.disputes import dispute_tasks
from accounting.views.home.parts import Section, Task
from accounting.views.pay_rates import pay_rate
from accounting.views.statement_tables import paid_micro, statements_table
from accounting.views.statements import sentence_of
from contributions.formatting import hours_of_seconds, money, share
from contributions.formatting import number as figure
from contributions.models import Contribution, LineageEdge, Product, Worker
from contributions.models.labour import people
from contributions.views.tables import Card, Cell, Empty, Table, columns, number

SHOWN_STATEMENTS = 5
PPM = 1_000_000


def worker_home(reader: Reader) -> dict[str, Any]:
    """Return what a worker sees first."""
    worker = reader.worker
    statements = list(
        Statement.objects.visible_to(reader.user)
        .filter(worker=worker)
        .select_related("worker", "run__period__operator")
        .order_by("-run__period__ends_on", "-pk")[:SHOWN_STATEMENTS]
    )
    owed = [row for row in statements if not row.run.simulation]
    newest = owed[0] if owed else None
    own_names = people(Worker.objects.filter(user=reader.user))
    work = Contribution.objects.current().filter(worker__in=own_names)
    return {
        "title": _("My money and my work"),
        "lead": sentence_of(newest) if newest else _("No run has paid for your work yet."),
        "notices": notices.of_run(newest.run) if newest else [],
        "assumptions": notices.assumptions_of(newest.run.period.operator) if newest else [],
        "cards": [*(_money_cards(newest) if newest else []), *_work_cards(work)],
        "tasks": [*_tasks(work), *dispute_tasks(reader)],
        "sections": [
            Section("statements", _("My statements"), _statements(statements)),
            Section(
                "products",
                _("My work and what became of it"),
                _products(work),
                _("Products you worked for, and what was made from them since."),
            ),
        ],
    }


def _statements(rows: list[Statement]) -> Table:
    return statements_table(
        rows,
        caption=_("Newest first, five at most"),
        empty=Empty(
            _("You have no statement yet"),
            _("A statement comes with the first run that pays for your work."),
            links.contributions_url(),
            _("See my work"),
        ),
    )


def _money_cards(statement: Statement) -> list[Card]:
    currency = statement.run.period.currency
    url = links.statement_url(statement.pk)
    rate = pay_rate(statement)
    cards = [
        Card(
            _("Newest statement"),
            money(statement.amount_micro, currency),
            url,
            currency,
            _("{} paid now").format(money(paid_micro(statement), currency)),
        )
    ]
    if rate.micro_per_hour is not None:
        cards.append(
            Card(
                _("Pay for a real hour"),
                money(rate.micro_per_hour, currency),
                f"{url}#rate",
                currency,
                _against_living_wage(rate.micro_per_hour, rate.living_wage, currency),
            )
        )
    return cards


def _against_living_wage(micro_per_hour: int, wage: Any, currency: str) -> str:
    if wage is None:
        return _("No living wage is known for your region.")
    part = share(micro_per_hour * PPM // wage.micro_per_hour, digits=0)
    return _("{part} of the living wage of {wage}").format(
        part=part, wage=money(wage.micro_per_hour, currency)
    )


def _work_cards(work: Any) -> list[Card]:
    sums = work.aggregate(
        hours=Sum("seconds"), unpaid=Sum("seconds", filter=Q(wage_micro=0)), rows=Count("pk")
    )
    url = links.contributions_url()
    return [
        Card(
            _("Hours recorded"),
            hours_of_seconds(sums["hours"] or 0),
            url,
            "h",
            _("in {} records").format(figure(sums["rows"])),
        ),
        Card(
            _("of them without a wage"),
            hours_of_seconds(sums["unpaid"] or 0),
            url,
            "h",
            _("they count for the wage floor"),
        ),
    ]


def _tasks(work: Any) -> list[Task]:
    unmeasured = work.filter(seconds=None, units=None).count()
    declared = work.filter(evidence_grade=Contribution.Evidence.D).count()
    url = links.contributions_url()
    tasks = []
    if unmeasured:
        tasks.append(
            Task(
                _("{} records have neither time nor units").format(figure(unmeasured)),
                url,
                _("Their money is held until one of them is added."),
            )
        )
    if declared:
        tasks.append(
            Task(
                _("{} records are declared only").format(figure(declared)),
                f"{url}?evidence=D",
                _("Somebody else's confirmation makes them stronger."),
            )
        )
    return tasks


def _products(work: Any) -> Table:
    sums = work.order_by().values_list("product_id").annotate(Sum("seconds"), Count("pk"))
    products = Product.objects.in_bulk([row[0] for row in sums])
    made: dict[int, list[str]] = {}
    for edge in LineageEdge.objects.filter(upstream__in=products).select_related("downstream"):
        made.setdefault(edge.upstream_id, []).append(str(edge.downstream))
    return Table(
        caption=_("Product by product"),
        columns=columns(_("Product"), _("My hours"), _("Records"), _("Went into"), numeric=(1, 2)),
        rows=[
            [
                Cell(str(products[pk]), href=reverse("product", args=[products[pk].public_id])),
                number(
                    _("unknown") if seconds is None else hours_of_seconds(seconds),
                    links.contributions_url(),
                ),
                number(figure(count), links.contributions_url()),
                Cell(", ".join(made.get(pk, [])) or _("nothing yet")),
            ]
            for pk, seconds, count in sums
        ],
        empty=Empty(
            _("No work of yours is recorded"),
            _("Your union or platform records it, or imports it from the tool you work in."),
        ),
    )
