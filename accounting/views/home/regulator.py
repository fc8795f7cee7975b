"""Home of a regulator: who reports with what coverage, pay against floor, rent, control.

Aggregates only; what fewer than ten workers stand behind is called suppressed and is not zero.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounting.models import Run
from accounting.services.runs import bundle_path
from accounting.views import links
from accounting.views.access import FEWEST_FOR_REGULATORS, Reader
from accounting.views.home.parts import Section, newest_results, newest_runs
from accounting.views.indicator_catalogue import CATALOGUE, hidden_from, shown_value
from contributions.formatting import money
from contributions.formatting import number as figure
from contributions.models import Organisation
from contributions.views.tables import ABSENT, Card, Cell, Empty, Table, columns, number

_LABOUR = ("lw_cov_workers_before", "lw_cov_workers_after", "unpaid_share", "gini_hourly")
_VALUE = ("s_rate_price", "rent_share_R", "transfer_share_newvalue", "compute_substitution")
_CONTROL = ("HHI_revenue", "lockin", "lerner", "lag_quarters")


def regulator_home(reader: Reader) -> dict[str, Any]:
    """Return what a regulator sees first."""
    runs = Run.objects.visible_to(reader.user)
    results = newest_results(runs)
    return {
        "title": ", ".join(str(row) for row in reader.organisations(Organisation.Kind.REGULATOR)),
        "lead": _("Who reports, what labour is paid, and where income comes from control."),
        "cards": _cards(results),
        "tasks": [],
        "sections": [
            Section(
                "coverage",
                _("Who reports, with what coverage"),
                _coverage(results),
                _("Operators whose newest period was computed."),
            ),
            _figures("labour", _("Labour: pay against the floor"), results, _LABOUR),
            _figures("value", _("Value: surplus and rent"), results, _VALUE),
            _figures("control", _("Control: concentration and lock-in"), results, _CONTROL),
            newest_runs(runs, reader),
        ],
        "footnote": _(
            "“suppressed” stands where fewer than {} workers, for inequality fewer than 30, are "
            "behind a figure. It is not zero."
        ).format(FEWEST_FOR_REGULATORS),
    }


def _cards(results: list[Run]) -> list[Card]:
    return [
        Card(
            str(run.period.operator),
            money(run.price["revenue_micro"], run.period.currency),
            links.run_url(run),
            run.period.currency,
            _("revenue of the newest period reported"),
        )
        for run in results
    ]


def _coverage(results: list[Run]) -> Table:
    rows = []
    for run in results:
        url = links.run_url(run)
        workers = run.payees_count or 0
        rows.append(
            [
                Cell(
                    str(run.period.operator),
                    href=url,
                    detail=_days(run),
                ),
                number(figure(run.contributions_count or 0), url),
                number(
                    _("suppressed") if workers < FEWEST_FOR_REGULATORS else figure(workers),
                    f"{url}#labour",
                ),
                _indicator_cell(run, "traceability_hours", _values(run)),
                Cell(str(run.period.operator.get_nature_display())),
                _verification(run),
            ]
        )
    return Table(
        caption=_("Newest period of each operator"),
        columns=columns(
            _("Operator"),
            _("Records"),
            _("People paid"),
            _("Traceability of hours"),
            _("Kind of records"),
            _("Verification"),
            numeric=(1, 2, 3),
        ),
        rows=rows,
        empty=Empty(_("Nobody reports yet"), _("An operator reports by computing a period.")),
    )


def _days(run: Run) -> str:
    period = run.period
    return f"{period.starts_on:%Y-%m-%d} {ABSENT} {period.ends_on:%Y-%m-%d}"


def _verification(run: Run) -> Cell:
    if run.bundle_name and bundle_path(run).is_dir():
        return Cell(_("bundle present, can be recomputed"), state="good")
    return Cell(_("bundle missing"), state="bad")


def _figures(key: str, title: str, results: list[Run], names: tuple[str, ...]) -> Section:
    rows = []
    for run in results:
        values = _values(run)
        rows.append(
            [
                Cell(str(run.period.operator), href=links.run_url(run)),
                *(_indicator_cell(run, name, values) for name in names),
            ]
        )
    heads = [CATALOGUE[name].title for name in names]
    table = Table(
        caption=_("Newest period of each operator"),
        columns=columns(_("Operator"), *heads, numeric=range(1, len(heads) + 1)),
        rows=rows,
        empty=Empty(_("No figures yet"), _("They come with the first run that is computed.")),
    )
    return Section(key, title, table)


def _values(run: Run) -> dict[str, str]:
    return dict(run.indicators.values_list("name", "value"))


def _indicator_cell(run: Run, name: str, values: dict[str, str]) -> Cell:
    if name not in values:
        return number(_("no figure"))
    href = links.indicator_url(run, name)
    entry = CATALOGUE[name]
    if hidden_from(run, entry, FEWEST_FOR_REGULATORS):
        return number(_("suppressed"), href)
    return number(shown_value(entry, values[name]), href)
