# ruff: noqa: RUF001 - formulas are written with the signs of mathematics
"""What a period's figures stand on: the composite index, creation over months, rates."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounting.core.errors import AccountingError
from accounting.core.policy import parse_policy
from accounting.forms.policies_bases import BASE_FORMS
from accounting.models import AmortisationPlan, Bundle, FxRate, Period, Policy
from accounting.services.index_inputs import Measured, Split, bundle_splits, measured
from accounting.services.run_inputs import universe
from accounting.services.visibility import kept_periods
from accounting.views import links, notices
from accounting.views.access import SignedInRequest, find, reader_of, signed_in
from contributions.errors import ContributionError
from contributions.formatting import day, factor, hours_of_seconds, money, share
from contributions.formatting import number as figure
from contributions.models import Product
from contributions.views.tables import ABSENT, Cell, Empty, Link, Table, columns, number


@require_GET
@signed_in
def bases(request: SignedInRequest, period_id: str) -> HttpResponse:
    """Show what the period's figures stand on, with sources, and where to add to it."""
    period = find(kept_periods(request.user).select_related("operator"), period_id)
    products = universe(period)
    found = measured(products, until=period.ends_on)
    context = {
        "period": period,
        "notices": notices.of_operator(period.operator),
        "assumptions": notices.assumptions_of(period.operator),
        "breadcrumb": _trail(period, ""),
        "may_add": reader_of(request).acts_for(period.operator),
        "measures": _measures_table(products, found),
        "exponents": _exponents(period),
        "splits": _splits(period, products),
        "plans": _plans_table(period, [product.pk for product in products]),
        "costs": _costs_table(period, [product.pk for product in products]),
        "rates": _rates_table(period),
    }
    return render(request, "accounting/policies/bases.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def add(request: SignedInRequest, period_id: str, kind: str) -> HttpResponse:
    """Enter one record; what was typed stays on the form until it is right."""
    period = find(kept_periods(request.user).select_related("operator"), period_id)
    if kind not in BASE_FORMS or not reader_of(request).acts_for(period.operator):
        raise Http404(kind)
    form = BASE_FORMS[kind](request.POST or None, period=period)
    url = f"{reverse('period-bases', args=[period.public_id])}#{form.fragment}"
    if request.method == "POST" and form.is_valid():
        try:
            form.save(recorded_by=request.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
        except (AccountingError, ContributionError) as error:
            pointer = str(getattr(error, "pointer", "")).strip("/")
            form.add_error(pointer if pointer in form.fields else None, str(error))
        else:
            messages.success(request, _("Added. The next run counts it."))
            return HttpResponseRedirect(url)
    context = {
        "form": form,
        "period": period,
        "cancel_url": url,
        "breadcrumb": _trail(period, str(form.title)),
    }
    status = 422 if form.errors else 200
    return render(request, "accounting/policies/base_new.html", context, status=status)


def _trail(period: Period, page: str) -> list[Link]:
    trail = [
        Link(_("Home"), reverse("home")),
        Link(_("Periods"), reverse("periods")),
        Link(str(period), reverse("period", args=[period.public_id])),
    ]
    if not page:
        return [*trail, Link(_("Bases"), "")]
    return [
        *trail,
        Link(_("Bases"), reverse("period-bases", args=[period.public_id])),
        Link(page, ""),
    ]


def _policy(period: Period) -> Policy | None:
    rows = Policy.objects.filter(operator=period.operator)
    return rows.filter(state=Policy.State.IN_FORCE).first() or rows.first()


def _exponents(period: Period) -> str:
    policy = _policy(period)
    if policy is None:
        return ""
    index = parse_policy(policy.document).index
    return _("ω of {policy}: GPU hours {gpu}, governance hours {governance}, FLOP {flop}").format(
        policy=policy,
        gpu=factor(index.gpu_hours_ppm),
        governance=factor(index.governance_hours_ppm),
        flop=factor(index.training_flop_ppm),
    )


def _measures_table(products: list[Product], found: dict[int, Measured]) -> Table:
    return Table(
        caption=_("Inputs of the composite index"),
        columns=columns(
            _("Product"),
            _("GPU hours"),
            _("Data-governance hours"),
            _("Training FLOP"),
            _("As of"),
            _("Source"),
            numeric=(1, 2, 3),
        ),
        rows=[_measure_row(product, found.get(product.pk)) for product in products],
        empty=Empty(_("No products")),
    )


def _measure_row(product: Product, row: Measured | None) -> list[Cell]:
    name = Cell(str(product), href=links.product_url(product.pk))
    if row is None:
        return [name, *(number(ABSENT) for _each in range(3)), Cell(ABSENT), Cell(_("incomplete"))]
    source = row.source or _("stated with the product")
    return [
        name,
        number(figure(Decimal(row.gpu_milli_hours).scaleb(-3))),
        number(hours_of_seconds(row.governance_seconds)),
        number(f"{Decimal(row.training_flop):.3E}".replace("E+", "e")),
        Cell(day(row.since) if row.since else ABSENT),
        Cell(_("assumed"), state="warn", detail=source) if row.assumed else Cell(source),
    ]


def _splits(period: Period, products: list[Product]) -> list[Table]:
    """Return how each bundle of the period is split: usage share times index."""
    policy = _policy(period)
    if policy is None:
        return []
    index = parse_policy(policy.document).index
    found = bundle_splits(period=period, products=products, index=index)
    return [_split_table(split, products) for split in found]


def _split_table(split: Split, products: list[Product]) -> Table:
    bundle = Bundle.objects.get(pk=Bundle.number_of(split.bundle))
    caption = _("Bundle {}: share of use × X").format(bundle)
    parts = split.parts
    return Table(
        caption=caption,
        columns=columns(_("Product"), _("Use"), _("X"), _("Share of money"), numeric=(1, 2, 3)),
        rows=[
            [
                Cell(str(products[product])),
                number(figure(quantity)),
                number(figure(value, digits=4)),
                number(share(part, digits=4)),
            ]
            for product, quantity, value, part in zip(
                parts.products, parts.quantities, parts.index, parts.shares_ppm, strict=True
            )
        ]
        if parts
        else [],
        empty=Empty(caption, split.obstacle),
    )


def _plans_table(period: Period, products: list[int]) -> Table:
    plans = AmortisationPlan.objects.filter(product__in=products).select_related("product")
    return Table(
        caption=_("Creation that is spread over months"),
        columns=columns(
            _("Product"),
            _("First month"),
            _("Months"),
            _("This period's part"),
            _("Reason"),
            numeric=(2, 3),
        ),
        rows=[
            [
                Cell(str(plan.product), href=links.product_url(plan.product_id)),
                Cell(f"{plan.starts_on:%Y-%m}"),
                number(figure(plan.months)),
                number(share(plan.spread_ppm(period.starts_on, period.ends_on), digits=2)),
                Cell(plan.reason),
            ]
            for plan in plans
        ],
        empty=Empty(
            _("Nothing is spread"),
            _("Then costs count when they are declared, and all labour to date counts whole."),
        ),
    )


def _costs_table(period: Period, products: list[int]) -> Table:
    plans = AmortisationPlan.objects.filter(product__in=products).prefetch_related("costs")
    rows = [(plan, cost) for plan in plans for cost in plan.costs.all()]
    return Table(
        caption=_("Costs that are spread"),
        columns=columns(
            _("Product"), _("Kind"), _("Whole"), _("This period's part"), _("Note"), numeric=(2, 3)
        ),
        rows=[
            [
                Cell(str(plan.product)),
                Cell(str(cost.get_kind_display())),
                number(f"{money(cost.amount_micro, cost.currency)} {cost.currency}"),
                number(
                    money(cost.part_micro(period.starts_on, period.ends_on), cost.currency)
                    if cost.currency == period.currency
                    else ABSENT
                ),
                Cell(_("assumed"), state="warn", detail=cost.note)
                if cost.assumed
                else Cell(cost.note),
            ]
            for plan, cost in rows
        ],
        empty=Empty(_("No costs are spread")),
    )


def _rates_table(period: Period) -> Table:
    rows = FxRate.objects.filter(quote=period.currency, valid_on__lte=period.ends_on).filter(
        Q(organisation=None) | Q(organisation=period.operator_id)
    )
    return Table(
        caption=_("Rates into {}").format(period.currency),
        columns=columns(_("From"), _("Rate"), _("Day"), _("Source"), _("Whose"), numeric=(1,)),
        rows=[
            [
                Cell(row.base),
                number(figure(row.rate)),
                Cell(day(row.valid_on)),
                Cell(row.source),
                Cell(_("the operator's own") if row.organisation_id else _("everybody's")),
            ]
            for row in rows
        ],
        empty=Empty(_("No rates"), _("Only wages in another currency than the period's need one.")),
    )
