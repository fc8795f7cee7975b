# ruff: noqa: RUF001 - formulas are written with the signs of mathematics
"""The figures of a period, one table per kind."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounting.models import LivingWage, Period
from accounting.views import links
from contributions.formatting import day, factor, money
from contributions.formatting import number as figure
from contributions.models import Product
from contributions.views.tables import ABSENT, Cell, Empty, Table, columns, number


@dataclass(frozen=True, slots=True)
class Section:
    """A kind of figure: its table, and where to add one."""

    key: str
    title: str
    meaning: str
    table: Table
    add_url: str
    add_label: str


def sections(period: Period, *, may_add: bool) -> list[Section]:
    """Return the sections of a period's page.

    Args:
        may_add: Whether the reader may enter figures and the period is open.
    """
    kinds = [
        (
            "revenue",
            _("Revenue"),
            _("What came in, by product and channel."),
            _revenue(period),
            _("Add revenue"),
        ),
        (
            "usage",
            _("Usage"),
            _("How much products were used; it divides bundles."),
            _usage(period),
            _("Add usage"),
        ),
        (
            "costs",
            _("Costs"),
            _("All costs but wages are constant capital."),
            _costs(period),
            _("Add a cost"),
        ),
        (
            "facts",
            _("Declared figures"),
            _("What no other table holds, such as capital advanced."),
            _facts(period),
            _("Declare a figure"),
        ),
        (
            "licences",
            _("Licence uses"),
            _("What the terms of licences apply to."),
            _licences(period),
            _("Add a licence's use"),
        ),
        (
            "benchmarks",
            _("Living wages"),
            _("What an hour must bring for a decent life."),
            _benchmarks(period),
            _("Add a benchmark"),
        ),
    ]
    return [
        Section(
            key,
            title,
            meaning,
            table,
            reverse("period-add", args=[period.public_id, key]) if may_add else "",
            label,
        )
        for key, title, meaning, table, label in kinds
    ]


def _product_cell(product: Product | None) -> Cell:
    if product is None:
        return Cell(_("all products"))
    return Cell(str(product), href=links.product_url(product.pk))


def _assumed(note: str, *, assumed: bool) -> Cell:
    return Cell(_("assumed"), state="warn", detail=note) if assumed else Cell(note)


def _nothing(title: str | Promise, text: str | Promise = "") -> Empty:
    return Empty(title, text)


def _revenue(period: Period) -> Table:
    rows = period.revenue.select_related("product", "bundle")
    return Table(
        caption=_("Revenue, in {}").format(period.currency),
        columns=columns(_("Product or bundle"), _("Channel"), _("Amount"), _("Note"), numeric=(2,)),
        rows=[
            [
                Cell(str(row.bundle), detail=_("bundle"))
                if row.bundle
                else _product_cell(row.product),
                Cell(str(row.get_channel_display())),
                number(money(row.amount_micro, period.currency)),
                _assumed(row.note, assumed=row.assumed),
            ]
            for row in rows
        ],
        totals=[
            Cell(_("Together")),
            Cell(""),
            number(money(sum(row.amount_micro for row in rows), period.currency)),
            Cell(""),
        ],
        empty=_nothing(
            _("No revenue yet"), _("A run needs revenue to share. Add what the products earned.")
        ),
    )


def _usage(period: Period) -> Table:
    return Table(
        caption=_("Usage"),
        columns=columns(
            _("Product"), _("Bundle"), _("Quantity"), _("Unit"), _("Note"), numeric=(2,)
        ),
        rows=[
            [
                _product_cell(row.product),
                Cell(str(row.bundle or ABSENT)),
                number(figure(row.quantity)),
                Cell(row.unit),
                _assumed(row.note, assumed=row.assumed),
            ]
            for row in period.usage.select_related("product", "bundle")
        ],
        empty=_nothing(_("No usage yet"), _("Only bundles need it.")),
    )


def _costs(period: Period) -> Table:
    rows = period.costs.select_related("product")
    return Table(
        caption=_("Costs, in {}").format(period.currency),
        columns=columns(
            _("Kind"), _("Product"), _("Amount"), _("GPU hours"), _("Note"), numeric=(2, 3)
        ),
        rows=[
            [
                Cell(str(row.get_kind_display())),
                _product_cell(row.product),
                number(money(row.amount_micro, period.currency)),
                number(figure(row.gpu_milli_hours // 1000) if row.gpu_milli_hours else ABSENT),
                _assumed(row.note, assumed=row.assumed),
            ]
            for row in rows
        ],
        totals=[
            Cell(_("Together")),
            Cell(""),
            number(money(sum(row.amount_micro for row in rows), period.currency)),
            Cell(""),
            Cell(""),
        ],
        empty=_nothing(
            _("No costs yet"), _("Without them all revenue beyond wages counts as surplus.")
        ),
    )


def _facts(period: Period) -> Table:
    return Table(
        caption=_("Declared figures"),
        columns=columns(
            _("Figure"), _("About"), _("Value"), _("Weight"), _("Note"), numeric=(2, 3)
        ),
        rows=[
            [
                Cell(str(row.get_name_display())),
                Cell(str(row.product or row.item or _("overall"))),
                number(figure(row.value)),
                number(figure(row.weight)),
                _assumed(row.note, assumed=row.assumed),
            ]
            for row in period.facts.select_related("product")
        ],
        empty=_nothing(
            _("Nothing declared yet"),
            _("Rent, lock-in and traceability need declared figures and are left out without."),
        ),
    )


def _licences(period: Period) -> Table:
    uses = period.licence_uses.select_related("licence__product", "licence__licensee")
    return Table(
        caption=_("Licence uses, in {}").format(period.currency),
        columns=columns(
            _("Licensed product"),
            _("Licensee"),
            _("Fee"),
            _("Price × units"),
            _("Percentage × base"),
            numeric=(2, 3, 4),
        ),
        rows=[
            [
                _product_cell(use.licence.product),
                Cell(str(use.licence.licensee), detail=use.licence.scope),
                number(money(use.licence.fee_micro, period.currency)),
                number(f"{money(use.licence.price_micro, period.currency)} × {figure(use.units)}"),
                number(
                    f"{factor(use.licence.percentage_ppm)} × "
                    f"{money(use.base_micro, period.currency)}"
                ),
            ]
            for use in uses
        ],
        empty=_nothing(_("No licences were used"), _("Licences are recorded with their product.")),
    )


def _benchmarks(period: Period) -> Table:
    rows = LivingWage.objects.filter(currency=period.currency, valid_from__lte=period.ends_on)
    return Table(
        caption=_("Living wage per hour, in {}").format(period.currency),
        columns=columns(_("Region"), _("Per hour"), _("Valid from"), _("Source"), numeric=(1,)),
        rows=[
            [
                Cell(row.region),
                number(money(row.micro_per_hour, period.currency)),
                Cell(day(row.valid_from)),
                Cell(row.source),
            ]
            for row in rows
        ],
        empty=_nothing(
            _("No living wage is known"),
            _("Without a benchmark no wage floor can be paid. Add one with its source."),
        ),
    )
