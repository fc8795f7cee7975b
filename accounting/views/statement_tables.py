"""Statements as a table."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounting.models import Statement
from accounting.views import links
from contributions.currencies import minor_digits
from contributions.formatting import money
from contributions.views.tables import Cell, Empty, Table, columns, number


def statements_table(
    rows: list[Statement], *, caption: str, by_run: bool = True, empty: Empty | None = None
) -> Table:
    """Return statements as a table, each leading to its page.

    Args:
        by_run: Name the run of each statement rather than its worker alone.
    """
    return Table(
        caption=caption,
        columns=columns(
            _("Statement"),
            _("Period") if by_run else _("Worker"),
            _("Amount"),
            _("Paid now"),
            _("Carried on"),
            numeric=(2, 3, 4),
        ),
        rows=[_row(statement, by_run=by_run) for statement in rows],
        empty=empty
        or Empty(
            _("No statements that you may see"),
            _(
                "Statements show what a run owes a worker. Only the worker and those the worker "
                "consented to may read them."
            ),
        ),
    )


def _row(statement: Statement, *, by_run: bool) -> list[Cell]:
    run = statement.run
    currency = run.period.currency
    href = links.statement_url(statement.pk)
    about = (
        Cell(str(run.period), detail=statement.worker.pseudonym, href=links.run_url(run))
        if by_run
        else Cell(statement.worker.pseudonym, href=href)
    )
    return [
        Cell(statement.public_id, href=href, detail=_("simulation") if run.simulation else ""),
        about,
        number(f"{money(statement.amount_micro, currency)} {currency}", href),
        number(money(paid_micro(statement), currency), f"{href}#payment"),
        number(money(statement.carried_out_micro, currency, exact=True), f"{href}#payment"),
    ]


def paid_micro(statement: Statement) -> int:
    """Return what a statement pays now, in µ instead of minor units."""
    digits = minor_digits(statement.run.period.currency)
    coin: int = 10 ** (6 - digits)
    return statement.paid_minor * coin
