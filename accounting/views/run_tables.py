"""The tables of a run's page."""

from __future__ import annotations

from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import EscrowEntry, Run, RunNorm, RunPool
from accounting.views import links, run_reading
from accounting.views.indicator_catalogue import CATALOGUE, hidden_from, shown_value
from accounting.views.words import ESCROW_MEANINGS, labour_name, pool_name
from contributions.formatting import hours_of_content, hours_of_seconds, money, share
from contributions.formatting import number as figure
from contributions.models import TaskType
from contributions.views.tables import Cell, Column, Empty, Table, columns, number


def pools_table(run: Run) -> Table:
    """Return the pools with fund, payment and what is held; each sum leads to the pool."""
    currency = run.period.currency
    sums = run_reading.pool_sums(run)
    rows = []
    for row in sums:
        href = links.pool_url(run, row.pool)
        rows.append(
            [
                Cell(pool_name(row.pool), href=href, detail=_code(row.pool)),
                number(money(row.pool.funded_micro, currency), href),
                number(money(row.paid_micro, currency), f"{href}#lines"),
                number(money(row.held_micro, currency), f"{href}#held"),
                number(figure(row.lines), f"{href}#lines"),
            ]
        )
    together = (
        sum(row.pool.funded_micro for row in sums),
        sum(row.paid_micro for row in sums),
        sum(row.held_micro for row in sums),
    )
    return Table(
        caption=_("Pools, in {}").format(currency),
        columns=columns(
            _("Pool"), _("Fund"), _("Paid to people"), _("Held"), _("Lines"), numeric=(1, 2, 3, 4)
        ),
        rows=rows,
        totals=[
            Cell(_("Together")),
            *(
                number(money(amount, currency), leads_to)
                for amount, leads_to in zip(together, ("#price", "#labour", "#escrow"), strict=True)
            ),
            number(figure(sum(row.lines for row in sums)), "#labour"),
        ],
        empty=Empty(_("The policy has no pools"), _("Draft a policy that has one.")),
    )


def _code(pool: RunPool) -> str:
    """Return what the policy calls a pool; the name of a licence pool says it already."""
    return "" if pool.kind == "licence" else pool.code


def products_table(run: Run) -> Table:
    """Return the products with revenue, own labour, and labour embodied in them."""
    currency = run.period.currency
    products = run_reading.products_of(run)
    embodied = run_reading.embodied_content(run)
    rows = []
    for row in run.products.all():
        href = links.product_in_run_url(run, row.product_id)
        product = products[row.product_id]
        rows.append(
            [
                Cell(str(product), href=href, detail=str(product.get_kind_display())),
                number(money(row.revenue_micro, currency), href),
                number(hours_of_content(row.own_content_uh), f"{href}#labour"),
                number(hours_of_content(embodied[row.product_id]), f"{href}#lineage"),
            ]
        )
    return Table(
        caption=_("Products and the labour in them"),
        columns=columns(
            _("Product"),
            _("Revenue ({})").format(currency),
            _("Own labour l (h)"),
            _("Embodied labour λ (h)"),
            numeric=(1, 2, 3),
        ),
        rows=rows,
        empty=Empty(_("No products")),
    )


def norms_table(run: Run, *, fewest: int) -> Table:
    """Return the norms: what a unit of each task takes on average.

    Hours and output of few producers are suppressed; their norm itself is a rule of the run.
    """
    names = dict(TaskType.objects.values_list("code", "name"))
    return Table(
        caption=_("Norms: socially necessary labour time"),
        columns=columns(
            _("Task type"),
            _("Hours worked"),
            _("Effective units"),
            _("Norm (s per unit)"),
            _("Producers"),
            _("Method"),
            numeric=(1, 2, 3, 4),
        ),
        rows=[_norm_row(run, norm, names, fewest) for norm in run.norms.all()],
        empty=Empty(
            _("No norms"), _("A norm needs accepted work with time and units. Record both.")
        ),
    )


def _norm_row(run: Run, norm: RunNorm, names: dict[str, str], fewest: int) -> list[Cell]:
    agreed = f"{reverse('policy', args=[run.policy.public_id])}#norm"
    method = norm.method
    if norm.shrunk_toward:
        method = _("{method}, leaning on {parent}").format(
            method=norm.method, parent=names.get(norm.shrunk_toward, norm.shrunk_toward)
        )
    return [
        Cell(names.get(norm.task_type, norm.task_type), detail=norm.scope),
        *(
            number(_("suppressed") if norm.producers < fewest else text, agreed)
            for text in (
                hours_of_seconds(norm.seconds),
                figure(Decimal(norm.effective_micro_units).scaleb(-6), digits=2),
            )
        ),
        number(figure(Decimal(norm.norm_nanoseconds).scaleb(-9), digits=3), agreed),
        number(_("suppressed") if norm.producers < fewest else figure(norm.producers), agreed),
        Cell(method),
    ]


def indicators_table(run: Run, *, fewest: int) -> Table:
    """Return every indicator with its formula, value and what it must not be used for."""
    values = dict(run.indicators.values_list("name", "value"))
    rows = []
    for name, entry in CATALOGUE.items():
        if name not in values:
            continue
        href = links.indicator_url(run, name)
        hidden = hidden_from(run, entry, fewest)
        shown = _("suppressed") if hidden else shown_value(entry, values[name])
        rows.append(
            [
                Cell(entry.title, href=href, detail=entry.meaning),
                Cell(entry.formula),
                number(shown, href),
                Cell(entry.never),
            ]
        )
    return Table(
        caption=_("Indicators"),
        columns=[
            Column(_("Indicator")),
            Column(_("Formula")),
            Column(_("Value"), numeric=True),
            Column(_("Never")),
        ],
        rows=rows,
        empty=Empty(_("No indicators"), _("Their denominators were not declared.")),
    )


def escrow_table(run: Run, *, pool: RunPool | None = None) -> Table:
    """Return the money that is nobody's yet, each sum with its reason and what releases it.

    Args:
        pool: Keep to this pool; None takes all of the run.
    """
    currency = run.period.currency
    pools = {row.pool.pk: row.pool for row in run_reading.pool_sums(run)}
    products = run_reading.products_of(run)
    rows = []
    for row in run_reading.held(run):
        if pool is not None and row.pool_id != pool.pk:
            continue
        holder = pools[row.pool_id]
        product = products.get(row.product_id or 0)
        rows.append(
            [
                Cell(pool_name(holder), href=links.pool_url(run, holder)),
                Cell(
                    str(product) if product else _("the whole pool"),
                    href=links.product_in_run_url(run, product.pk) if product else "",
                ),
                number(money(row.amount_micro, currency), f"{links.pool_url(run, holder)}#held"),
                Cell(
                    str(EscrowEntry.Reason(row.target).label),
                    detail=ESCROW_MEANINGS[row.target],
                ),
            ]
        )
    return Table(
        caption=_("Held, in {}").format(currency),
        columns=columns(_("Pool"), _("Product"), _("Amount"), _("Reason"), numeric=(2,)),
        rows=rows,
        empty=Empty(_("Nothing is held"), _("All money of the pools reached somebody.")),
    )


def labour_table(run: Run, *, fewest: int, to_lines: bool) -> Table:
    """Return what each type of labour earns, with types of few people suppressed.

    Args:
        to_lines: Whether the reader may open lines; otherwise sums lead to the pools.
    """
    currency = run.period.currency
    types = run_reading.by_type(run_reading.labour_cells(run))
    small = run_reading.small_types(types, fewest)
    total = sum(cell.amount_micro for cell in types.values())
    rows = []
    for code, cell in sorted(types.items(), key=lambda item: -item[1].amount_micro):
        if code in small:
            hidden = number(_("suppressed"))
            rows.append([Cell(labour_name(code), kind=code.lower()), hidden, hidden, hidden])
            continue
        href = links.lines_url(run, labour_type=code) if to_lines else "#pools"
        part = cell.amount_micro * 1_000_000 // total if total else 0
        rows.append(
            [
                Cell(labour_name(code), kind=code.lower(), href=href),
                number(figure(cell.workers), href),
                number(money(cell.amount_micro, currency), href),
                number(share(part), href),
            ]
        )
    return Table(
        caption=_("By type of labour, in {}").format(currency),
        columns=columns(
            _("Type of labour"), _("Workers"), _("Paid"), _("Share"), numeric=(1, 2, 3)
        ),
        rows=rows,
        empty=Empty(_("Nobody is paid by this run"), _("See what is held, and why.")),
    )
