"""Lines as a table: who earns what for which work out of which pool."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounting.models import Line, Run
from accounting.views import links
from accounting.views.words import pool_name
from contributions.formatting import day, money
from contributions.views.tables import Cell, Empty, Table, columns, number


def lines_table(
    rows: Sequence[Line],
    run: Run,
    *,
    caption: str,
    with_worker: bool = True,
) -> Table:
    """Return lines as a table; each amount leads to its explanation.

    Args:
        rows: With pool, and contribution with worker, product and task type, selected.
    """
    heads = [_("Work"), _("Product"), _("Pool"), _("Amount ({})").format(run.period.currency)]
    if with_worker:
        heads.insert(1, _("Worker"))
    return Table(
        caption=caption,
        columns=columns(*heads, numeric=(len(heads) - 1,)),
        rows=[_row(line, run, with_worker=with_worker) for line in rows],
        empty=Empty(
            _("No lines here that you may see"),
            _("A line is what one contribution earns from one pool."),
        ),
    )


def _row(line: Line, run: Run, *, with_worker: bool) -> list[Cell]:
    work = line.contribution
    explained = links.line_url(line.pk)
    cells = [
        Cell(
            str(work.task_type),
            kind=work.task_type.labour_type.lower(),
            href=explained,
            detail=day(work.occurred_on),
        ),
        Cell(str(work.product), href=links.product_in_run_url(run, work.product_id)),
        Cell(pool_name(line.pool), href=links.pool_url(run, line.pool)),
        number(money(line.amount_micro, run.period.currency, exact=True), explained),
    ]
    if with_worker:
        cells.insert(1, Cell(work.worker.pseudonym))
    return cells
