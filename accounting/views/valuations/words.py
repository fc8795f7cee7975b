"""Words and figures of valuations."""

from __future__ import annotations

from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounting.models import Valuation
from accounting.services.valuation_plans import METHOD_NAMES
from accounting.services.valuation_progress import Progress
from accounting.views.words import Tag
from contributions.formatting import number

DIGITS = 5
MINUTE = 60
_STATES = {
    Valuation.State.DRAFT: "",
    Valuation.State.FROZEN: "",
    Valuation.State.STAGED: "warn",
    Valuation.State.QUEUED: "busy",
    Valuation.State.COMPUTING: "busy",
    Valuation.State.COMPUTED: "good",
    Valuation.State.CANCELLED: "warn",
    Valuation.State.FAILED: "bad",
}
SOURCE_MEANINGS: dict[str, str | Promise] = {
    Valuation.Source.POINTS: gettext_lazy(
        "Features and labels of single points with whoever made them, and a validation set. Exact "
        "under nearest neighbours, or by retraining a model."
    ),
    Valuation.Source.TABLE: gettext_lazy(
        "What a model achieved with some people's data and without others', from logs of "
        "ablations or retrainings. Exact."
    ),
    Valuation.Source.SCORES: gettext_lazy(
        "Figures of pyDVL, OpenDataVal, dattri, TRAK, bergson or any other tool, kept with their "
        "method and origin."
    ),
}
SOURCE_TITLES: dict[str, str | Promise] = {
    Valuation.Source.POINTS: gettext_lazy("Value data points"),
    Valuation.Source.TABLE: gettext_lazy("Read a utility table"),
    Valuation.Source.SCORES: gettext_lazy("Import scores"),
}


def valuation_tag(valuation: Valuation) -> Tag:
    """Return the state of a valuation as a tag."""
    state = Valuation.State(valuation.state)
    return Tag(str(valuation.get_state_display()), _STATES[state])


def method_name(valuation: Valuation) -> str:
    """Return the method in words; what a case declares is words already."""
    return str(METHOD_NAMES.get(valuation.method, valuation.method))


def title_of(valuation: Valuation) -> str:
    """Return what a valuation is called."""
    return valuation.title or method_name(valuation)


def value(ppb: int) -> str:
    """Write parts per billion as a plain figure."""
    return number(Decimal(ppb).scaleb(-9), digits=DIGITS)


def figure(amount: float | None, *, digits: int = 4) -> str:
    """Write a figure of the findings; a dash where there is none."""
    if amount is None:
        return "–"  # noqa: RUF001 - the dash that stands for no figure
    return number(Decimal(repr(amount)), digits=digits)


def interval(error_ppb: int | None, factor: float | None) -> str:
    """Write the half width of an interval."""
    half = half_width(error_ppb, factor)
    return "" if half is None else f"± {value(half)}"


def half_width(error_ppb: int | None, factor: float | None) -> int | None:
    """Return the half width of the 95 % interval in parts per billion."""
    if error_ppb is None or factor is None:
        return None
    return round(error_ppb * factor)


def time_left(progress: Progress) -> str:
    """Say how long a valuation will still take."""
    if progress.seconds_left is None:
        return _("waiting for the first block")
    seconds = progress.seconds_left
    if seconds < MINUTE:
        return ngettext("about %d second left", "about %d seconds left", seconds) % seconds
    minutes = -(-seconds // MINUTE)
    return ngettext("about %d minute left", "about %d minutes left", minutes) % minutes
