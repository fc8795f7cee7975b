"""A line's trace as the nodes of `components/trace.html`: every step with its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.core.trace import Quantity, Step, Trace
from accounting.models import Line, Run
from accounting.services import valuations
from accounting.views import links
from accounting.views.trace_words import NAMES, formula
from accounting.views.words import pool_name
from contributions.currencies import minor_digits
from contributions.formatting import day, factor, money, number
from contributions.models import Product
from contributions.views.tables import Text

SECONDS_PER_HOUR = 3600
SCORED_BY = "positive"
"""The rule of the step that takes a contribution's score from a valuation."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the tree; `children` stand below it, unfolded when `open`."""

    label: Text
    value: str
    formula: str = ""
    detail: Text = ""
    href: str = ""
    link: Text = ""
    hash: str = ""
    open: bool = True
    children: Sequence[Node] = ()


def trace_nodes(line: Line, trace: Trace) -> list[Node]:
    """Return the tree from the run down to the source row.

    Args:
        line: With pool, run, and contribution with product, task type and source, selected.
    """
    return [_Teller(line, line.pool.run).node(trace)]


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells the parts of one line's trace."""

    line: Line
    run: Run

    def node(self, trace: Trace) -> Node:
        """Return a part of the trace with its steps, and the parts below it."""
        about = {
            "run": self._run,
            "pool": self._pool,
            "product": self._product,
            "contribution": self._contribution,
        }
        label, href, link = about[trace.kind](trace)
        children = [self._step(step) for step in trace.steps]
        children += [self.node(child) for child in trace.children]
        if trace.kind == "contribution":
            children.append(self._source())
        result = _headline(trace)
        return Node(
            label,
            f"{NAMES[result.name]} {self.written(result)}" if result else "",
            href=href,
            link=link,
            children=children,
        )

    def _run(self, trace: Trace) -> tuple[str, str, str]:
        return _("Run {}").format(trace.reference), links.run_url(self.run), _("Open the run")

    def _pool(self, _trace: Trace) -> tuple[str, str, str]:
        pool = self.line.pool
        label = _("Pool: {}").format(pool_name(pool))
        return label, links.pool_url(self.run, pool), _("Open the pool")

    def _product(self, trace: Trace) -> tuple[str, str, str]:
        product = Product.objects.get(pk=Product.number_of(trace.reference))
        return (
            _("Product: {}").format(product),
            links.product_in_run_url(self.run, product.pk),
            _("Open the product in this run"),
        )

    def _contribution(self, _trace: Trace) -> tuple[str, str, str]:
        work = self.line.contribution
        label = _("Work: {task_type}, {day}").format(
            task_type=work.task_type, day=day(work.occurred_on)
        )
        return label, links.contribution_url(work.pk), _("Open the recorded work")

    def _step(self, step: Step) -> Node:
        values = [self.written(operand) for operand in step.operands]
        words = [str(NAMES[operand.name]) for operand in step.operands]
        href = self._valuation_url() if step.rule == SCORED_BY else ""
        return Node(
            _capital(NAMES[step.result.name]),
            self.written(step.result),
            formula=f"{formula(step.rule, values)} = {self.written(step.result)}",
            detail=formula(step.rule, words),
            href=href,
            link=_("Open the valuation") if href else "",
        )

    def _valuation_url(self) -> str:
        product = self.line.contribution.product_id
        used = valuations.used_in(run=self.run, product_id=product)
        return reverse("valuation", args=[used.public_id]) if used else ""

    def _source(self) -> Node:
        work = self.line.contribution
        return Node(
            _("Source row"),
            work.external_id,
            detail=_("{source}, evidence {grade}").format(
                source=work.source, grade=work.get_evidence_grade_display()
            ),
            href=reverse("contribution", args=[work.public_id]),
            link=_("Open the recorded work"),
            hash=work.row_sha256,
        )

    def written(self, quantity: Quantity) -> str:
        """Write a quantity with all digits that it has."""
        value = quantity.value
        if quantity.unit == "micro":
            return self._money(value)
        if quantity.unit == "seconds":
            return _duration(value)
        return _WRITTEN[quantity.unit].format(_shown(quantity))

    def _money(self, micro: int) -> str:
        currency = self.run.period.currency
        coin = 10 ** (6 - minor_digits(currency))
        return f"{money(micro, currency, exact=micro % coin != 0)} {currency}"


_WRITTEN = {
    "uh": "{} h",
    "units": "{}",
    "count": "{}",
    "micro_units": "{}",
    "ppm": "{}",
    "ppb": "{}",
    "nanoseconds": "{} s",
    "days": "{} d",
}
_DECIMALS = {"uh": 6, "micro_units": 6, "ppb": 9, "nanoseconds": 9}


def _headline(trace: Trace) -> Quantity | None:
    """Return the figure that stands for a part: revenue for the run, else what comes out."""
    if not trace.steps:
        return None
    return trace.steps[0].operands[0] if trace.kind == "run" else trace.steps[-1].result


def _capital(words: Text) -> str:
    text = str(words)
    return text[:1].upper() + text[1:]


def _shown(quantity: Quantity) -> str:
    if quantity.unit == "ppm":
        return factor(quantity.value)
    return number(Decimal(quantity.value).scaleb(-_DECIMALS.get(quantity.unit, 0)))


def _duration(seconds: int) -> str:
    """Write seconds as hours where two digits say them exactly."""
    if seconds % (SECONDS_PER_HOUR // 100):
        return f"{number(seconds)} s"
    return f"{number(Decimal(seconds) / SECONDS_PER_HOUR)} h"
