# ruff: noqa: RUF001 - the letters of the value model are Greek
"""What each contested choice does, in words, with the figures of the reader's own world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounting.core.errors import AccountingError
from accounting.forms.policies_terms import CHOICES
from accounting.services import comparisons, simulations
from accounting.services.comparisons import Result
from accounting.services.indicator_catalogue import CATALOGUE, shown_value
from accounting.services.simulations import Document, Lever, World, pool_of
from accounting.views.comparison_tables import signed_money
from contributions.formatting import money, share
from contributions.formatting import number as figure

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Effect:
    """A lever: what it does anywhere, what was moved, and what that does here."""

    code: str
    title: Words
    meaning: Words
    moved: str
    here: list[str]


_TITLES: dict[str, tuple[Words, Words]] = {
    "alpha_dividend": (
        gettext_lazy("α, the data dividend"),
        gettext_lazy(
            "A share of each product's revenue goes back along the lineage to the labour in its "
            "data and checks. More of it leaves less surplus to whoever owns the product; beyond "
            "the surplus, all pools are scaled down together."
        ),
    ),
    "alpha_profit": (
        gettext_lazy("α, the profit share"),
        gettext_lazy(
            "A share of surplus value goes to all living labour. It pays nothing where there is "
            "no surplus, and the wage floor is taken out of it first."
        ),
    ),
    "alpha_commons": (
        gettext_lazy("γ, the commons fund"),
        gettext_lazy("A share of rent goes to public projects. It pays nobody by name."),
    ),
    "beta": (
        gettext_lazy("β, data value"),
        gettext_lazy(
            "Scores move shares between the scored contributions of one product, never the total. "
            "What nobody scored keeps its labour share; unreliable scores move less."
        ),
    ),
    "kappa": (
        gettext_lazy("κ, the complexity of labour"),
        gettext_lazy(
            "An hour of skilled labour counts as several of simple labour, by wages, training or "
            "output. It moves money from simple to skilled work; without it every hour is alike."
        ),
    ),
    "norm": (
        gettext_lazy("The norm"),
        gettext_lazy(
            "Work is credited with the time that it takes on average, not with one's own. The "
            "quick and careful gain; by everybody's own time, whoever took longer gets more."
        ),
    ),
    "solidarity": (
        gettext_lazy("ς, solidarity"),
        gettext_lazy(
            "A part of the dividend ignores the lineage and goes to all entitled labour, so that "
            "luck in which product succeeded weighs less."
        ),
    ),
    "decay": (
        gettext_lazy("Decay"),
        gettext_lazy(
            "Labour counts half after its half-life. It favours recent work over the first, "
            "without which there would be nothing to sell."
        ),
    ),
    "floor": (
        gettext_lazy("The wage floor"),
        gettext_lazy(
            "What somebody is short of a living wage for the hours really worked is taken first "
            "out of the profit share; the rest is shared by labour content."
        ),
    ),
}


def effects(world: World, document: Document, base: Result, *, fewest: int) -> list[Effect]:
    """Move one lever at a time and tell what it does in this world.

    Args:
        document: What is in force or tried now; `base` is what it gives.
        fewest: People a count must have to be told; 0 tells all.
    """
    return [_effect(lever, world, document, base, fewest) for lever in simulations.LEVERS]


def _effect(lever: Lever, world: World, document: Document, base: Result, fewest: int) -> Effect:
    title, meaning = _TITLES[lever.code]
    changed = lever.moved(document)
    if changed is None:
        nothing = _("The policy has nothing here that could be moved.")
        return Effect(lever.code, title, meaning, nothing, [])
    try:
        tried = comparisons.of_allocation(world, world.under(changed))
    except AccountingError as error:
        return Effect(
            lever.code, title, meaning, _moved(lever.code, document, changed), [str(error)]
        )
    return Effect(
        lever.code,
        title,
        meaning,
        _moved(lever.code, document, changed),
        _here(base, tried, fewest),
    )


def _here(base: Result, tried: Result, fewest: int) -> list[str]:
    currency = base.currency
    moved = comparisons.moved_micro(base, tried)
    sums = {
        "moved": f"{money(moved, currency)} {currency}",
        "before": f"{money(base.paid_micro, currency)} {currency}",
        "after": f"{money(tried.paid_micro, currency)} {currency}",
        "change": signed_money(tried.paid_micro - base.paid_micro, currency),
    }
    if not moved:
        return [_("Here it changes nobody's pay.")]
    told = [
        _("Here {moved} would change hands. People would get {after} in all ({change}).").format(
            **sums
        ),
        _people(base, tried, fewest),
    ]
    name = "lw_cov_workers_after"
    values = [side.indicators.get(name, "") for side in (base, tried)]
    hidden = fewest and min(base.payees, tried.payees) < CATALOGUE[name].fewest
    if all(values) and values[0] != values[1] and not hidden:
        shown = [shown_value(CATALOGUE[name], value) for value in values]
        told.append(_("Living-wage coverage goes from {} to {}.").format(*shown))
    return told


def _people(base: Result, tried: Result, fewest: int) -> str:
    gainers, losers = comparisons.gainers_and_losers(base, tried)
    more, less = (_count(count, fewest) for count in (gainers, losers))
    told = _("People who would get more: {more}; less: {less}.").format(more=more, less=less)
    if fewest:
        return told
    changes = [
        tried.people.get(worker, 0) - base.people.get(worker, 0)
        for worker in {*base.people, *tried.people}
    ]
    most = _("The largest gain is {gain}, the largest loss {loss}.").format(
        gain=money(max(0, *changes), base.currency), loss=money(-min(0, *changes), base.currency)
    )
    return f"{told} {most}"


def _count(count: int, fewest: int) -> str:
    return _("fewer than {}").format(fewest) if 0 < count < fewest else figure(count)


def _moved(code: str, document: Document, changed: Document) -> str:
    """Say in words what was moved."""
    if code == "kappa":
        return _("From the policy's coefficients to one for all")
    if code == "floor":
        return _("Without it") if pool_of(document, "wage_floor") else _("With it")
    return _("From {} to {}").format(*(_SAID[code](side) for side in (document, changed)))


def _rate(document: Document, kind: str, field: str) -> str:
    pool = pool_of(document, kind)
    return share(pool[field]) if pool else share(0)


def _half_life(document: Document) -> str:
    days = document["half_life_days"]
    return _("{} days").format(figure(days)) if days else _("no decay")


_SAID: dict[str, Callable[[Document], str]] = {
    "alpha_dividend": lambda document: _rate(document, "data_dividend", "rate_ppm"),
    "alpha_profit": lambda document: _rate(document, "profit_share", "rate_ppm"),
    "alpha_commons": lambda document: _rate(document, "commons", "rate_ppm"),
    "solidarity": lambda document: _rate(document, "data_dividend", "solidarity_ppm"),
    "beta": lambda document: share(document["blend_beta_ppm"]),
    "norm": lambda document: str(dict(CHOICES["norm.method"])[document["norm"]["method"]]),
    "decay": _half_life,
}
