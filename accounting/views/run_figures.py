"""The pictures of a run: where the money goes, what revenue is made of, how pools compare."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounting.charts import (
    Bar,
    Figure,
    Frame,
    SankeyLink,
    SankeyNode,
    WaterfallStep,
    bars,
    sankey,
    waterfall,
)
from accounting.models import EscrowEntry, Run
from accounting.services.suppression import Cell, too_small
from accounting.views import links, run_reading
from accounting.views.words import POOL_KINDS, group_name, labour_name, pool_name
from contributions.formatting import money

MOST_GROUPS = 12

REVENUE, ESCROW, COMMONS, OTHERS = "revenue", "escrow", "commons", "others"


@dataclass(slots=True)
class _Flows:
    """Links of the flow chart, added up by where they start and end."""

    amounts: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, source: str, target: str, amount: int) -> None:
        """Let an amount pass from one node to another."""
        self.amounts[source, target] += amount

    def through(self, node: str) -> int:
        """Return what reaches a node, or leaves it where nothing reaches it."""
        into = sum(amount for (_, target), amount in self.amounts.items() if target == node)
        return into or sum(amount for (source, _), amount in self.amounts.items() if source == node)


def flow_figure(run: Run, *, fewest: int, to_lines: bool) -> Figure:
    """Draw the money that is shared out: revenue, products, labour types, groups of workers.

    Args:
        fewest: Workers a group needs to be shown by itself; 0 shows all.
        to_lines: Whether the reader may open lines; otherwise people lead to the pools.
    """
    flows = _Flows()
    _through_products(run, flows)
    named = _to_people(run, flows, fewest)
    frame = Frame(
        key="flow",
        title=_("Where the money goes"),
        description=_(
            "From revenue to products, back along their lineage, to types of labour and groups of "
            "workers. The width of a band is its amount."
        ),
        columns=(_("From"), _("To"), _("Amount ({})").format(run.period.currency)),
        empty=_("This run shares nothing out."),
    )
    labels = _nodes(run, flows, named, to_lines=to_lines)
    kinds = {node.key: node.kind for node in labels}
    return sankey(
        frame=frame,
        nodes=labels,
        links=[
            SankeyLink(
                source,
                target,
                amount,
                money(amount, run.period.currency),
                kinds[target] if source.startswith((REVENUE, "product")) else kinds[source],
            )
            for (source, target), amount in flows.amounts.items()
            # A refund runs back to its payer and is no part of what is shared out.
            if amount > 0
        ],
    )


def _through_products(run: Run, flows: _Flows) -> None:
    """Add the stretch from revenue over products to labour types, conserving each pool."""
    reached: defaultdict[int, int] = defaultdict(int)
    for _pool, product, upstream, amount in run_reading.edges(run):
        flows.add(f"product-{product}", f"product-{upstream}", amount)
        reached[product] += amount
        reached[upstream] -= amount
    for row in run_reading.own_lines(run):
        if row.product_id is not None:
            flows.add(f"product-{row.product_id}", f"type-{row.target}", row.amount_micro)
            reached[row.product_id] += row.amount_micro
    for row in run_reading.held(run):
        target = COMMONS if row.target == EscrowEntry.Reason.COMMONS else ESCROW
        if row.product_id is None:
            flows.add(REVENUE, target, row.amount_micro)
        else:
            flows.add(f"product-{row.product_id}", target, row.amount_micro)
            reached[row.product_id] += row.amount_micro
    for product, amount in reached.items():
        flows.add(REVENUE, f"product-{product}", amount)


def _to_people(run: Run, flows: _Flows, fewest: int) -> dict[str, str]:
    """Add the stretch from labour types to groups; return the groups' names by node.

    Types and groups too small to show are added up, first types, then groups within a type.
    """
    cells = run_reading.labour_cells(run)
    types = run_reading.by_type(cells)
    folded = run_reading.small_types(types, fewest)
    _fold_types(flows, folded)
    largest = _largest_groups(cells)
    names: dict[str, str] = {}
    for labour_type in types:
        if labour_type in folded:
            continue
        within = {key: cell for key, cell in cells.items() if key[0] == labour_type}
        small = too_small(within, fewest)
        for key, cell in within.items():
            hidden = key in small or key[1:] not in largest
            node = f"group-{OTHERS}" if hidden else f"group-{key[1]}-{key[2]}"
            names[node] = _("Other groups") if hidden else group_name(key[1], key[2])
            flows.add(f"type-{labour_type}", node, cell.amount_micro)
    return names


def _largest_groups(cells: dict[run_reading.LabourKey, Cell]) -> set[tuple[str, str]]:
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for (_type, status, country), cell in cells.items():
        sums[status, country] += cell.amount_micro
    return set(sorted(sums, key=lambda key: (-sums[key], key))[:MOST_GROUPS])


def _fold_types(flows: _Flows, folded: set[str]) -> None:
    for (source, target), amount in list(flows.amounts.items()):
        if target.removeprefix("type-") in folded and target.startswith("type-"):
            del flows.amounts[source, target]
            flows.add(source, f"type-{OTHERS}", amount)


def _nodes(run: Run, flows: _Flows, groups: dict[str, str], *, to_lines: bool) -> list[SankeyNode]:
    products = run_reading.products_of(run)
    used = {key for ends in flows.amounts for key in ends}
    pools = f"{links.run_url(run)}#pools"

    def node(key: str, label: str, stage: int, kind: str, href: str) -> SankeyNode:
        amount = f"{money(flows.through(key), run.period.currency)} {run.period.currency}"
        return SankeyNode(key, label, amount, stage, kind, href)

    nodes = [node(REVENUE, _("Shared out"), 0, "revenue", links.run_url(run, "run-price"))]
    nodes += [
        node(
            f"product-{number}",
            str(product),
            1,
            "product",
            links.product_in_run_url(run, number),
        )
        for number, product in products.items()
    ]
    for key in sorted(key for key in used if key.startswith("type-")):
        code = key.removeprefix("type-")
        if code == OTHERS:
            nodes.append(node(key, _("Labour of few people (together)"), 2, "group", pools))
            continue
        href = links.lines_url(run, labour_type=code) if to_lines else pools
        nodes.append(node(key, labour_name(code), 2, code.lower(), href))
    for key, label in groups.items():
        status, _sep, country = key.removeprefix("group-").partition("-")
        opens = to_lines and status != OTHERS
        href = links.lines_url(run, status=status, country=country) if opens else pools
        nodes.append(node(key, label, 3, "group", href))
    escrow = f"{links.run_url(run)}#escrow"
    nodes.append(node(ESCROW, _("Held in escrow"), 3, "escrow", escrow))
    nodes.append(node(COMMONS, _("Commons fund"), 3, "commons", escrow))
    return nodes


def pools_figure(run: Run) -> Figure:
    """Draw the pools' funds as bars."""
    return bars(
        frame=Frame(
            key="pools-chart",
            title=_("Pools compared"),
            description=_("How much money each pool of the policy shares out."),
            columns=(_("Pool"), _("Fund ({})").format(run.period.currency)),
            empty=_("The policy has no pools."),
        ),
        items=[
            Bar(
                pool_name(row.pool),
                row.pool.funded_micro,
                money(row.pool.funded_micro, run.period.currency),
                POOL_KINDS.get(row.pool.kind, "neutral"),
                href=links.pool_url(run, row.pool),
            )
            for row in run_reading.pool_sums(run)
        ],
    )


def price_figure(run: Run) -> Figure:
    """Draw revenue as c + v + s, and surplus as average profit and rent."""
    price = run.price
    surplus, average = price["surplus_micro"], price["average_profit_micro"]
    beyond = surplus - average
    steps = [
        (_("Revenue R"), price["revenue_micro"], "revenue", True),
        (_("Constant capital c"), -price["constant_capital_micro"], "constant", False),
        (_("Variable capital v"), -price["variable_capital_micro"], "variable", False),
        (_("Surplus value s"), surplus, "surplus", True),
        (_("Average profit r̄K"), -average, "profit", False),
        (
            _("Knowledge rent ρ₁") if beyond >= 0 else _("Below average profit"),
            beyond,
            "rent",
            True,
        ),
    ]
    href = links.run_url(run, "run-price")
    return waterfall(
        frame=Frame(
            key="price-chart",
            title=_("What revenue is made of"),
            description=_(
                "Revenue less constant and variable capital leaves surplus value; less average "
                "profit, it leaves rent."
            ),
            columns=(_("Part"), _("Amount ({})").format(run.period.currency)),
            empty=_("There was no revenue."),
        ),
        steps=[
            WaterfallStep(label, value, money(value, run.period.currency), kind, total, href)
            for label, value, kind, total in steps
        ],
    )
