"""From revenue down to rent: R, less c, less v, leaves s; less average profit, leaves rent."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounting.charts.figure import (
    BOLD,
    FONT_SIZE,
    Canvas,
    Figure,
    Frame,
    Piece,
    Row,
    drawn,
    nothing_drawn,
)
from accounting.charts.geometry.scales import Scale, scale_over
from accounting.charts.geometry.waterfall import Span, waterfall_spans
from accounting.charts.markup import AXIS, Svg, element, join, mark, text, touch
from accounting.charts.palette import fill
from accounting.charts.textfit import shortened, text_width

WIDTH, ROW, BAR = 760.0, 44.0, 26.0
LABELS = 230.0


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """One bar: a signed move, or a total that states what the moves have reached."""

    label: str
    value: int
    value_label: str
    kind: str
    is_total: bool = False
    href: str | None = None


def waterfall(*, frame: Frame, steps: Sequence[WaterfallStep]) -> Figure:
    """Draw steps from top to bottom; the numbers must add up or nothing is drawn.

    Args:
        frame: Its columns head step and amount.
        steps: The first is usually a total; values in any one integer unit.

    Raises:
        WaterfallDoesNotAddUp: A later total differs from what its moves reach.
    """
    rows = [Row((step.label, step.value_label), step.href) for step in steps]
    spans = waterfall_spans([(step.value, step.is_total) for step in steps])
    if not any(step.value for step in steps):
        return nothing_drawn(frame, rows)
    widest = max(text_width(step.value_label, size=FONT_SIZE) for step in steps) * BOLD + 10
    scale, left = _scale(spans, widest)
    height = ROW * len(steps) + 8

    body = [_step(it, steps[it], span, scale, left=left) for it, span in enumerate(spans)]
    body += [
        Piece(_line(left + scale(span.end), ROW * (it + 1) - 9, ROW * (it + 1) + 9))
        for it, span in enumerate(spans[:-1])
    ]
    body.append(Piece(_line(left + scale(0), 0, height)))
    return drawn(frame, Canvas("medium", WIDTH, height), body, rows)


def _scale(spans: Sequence[Span], widest: float) -> tuple[Scale, float]:
    """The scale of the bars and where it begins; amounts fit on both sides of it."""
    ends = [end for span in spans for end in (span.low, span.high)]
    scale = scale_over(ends, length=WIDTH - LABELS - widest)
    falling = [span for span in spans if span.end < span.start]
    # Amounts of falling bars stand left of them and may need room of their own.
    if all(scale(span.low) >= widest for span in falling):
        return scale, LABELS
    return scale_over(ends, length=WIDTH - LABELS - 2 * widest), LABELS + widest


def _line(x: float, y1: float, y2: float) -> Svg:
    return element("line", {"class": "axis", "stroke": AXIS, "x1": x, "x2": x, "y1": y1, "y2": y2})


def _step(place: int, step: WaterfallStep, span: Span, scale: Scale, *, left: float) -> Piece:
    top = ROW * place + (ROW - BAR) / 2
    start, end = left + scale(span.low), left + scale(span.high)
    bar = element(
        "rect",
        {
            **fill(step.kind),
            "x": start,
            "y": top,
            "width": max(1.5, end - start),
            "height": BAR,
        },
    )
    weight = {"font-weight": "650" if step.is_total else "400"}
    name = shortened(step.label, width=(LABELS - 12) / BOLD, size=FONT_SIZE)
    # The amount stands on the side the bar grows to, where the next bar is not.
    falls = span.end < span.start
    beside = {**weight, "text-anchor": "end" if falls else "start"}
    words = [
        text(name, x=0, y=top + BAR / 2 + 4.5, attributes=weight),
        text(
            step.value_label,
            x=start - 6 if falls else end + 6,
            y=top + BAR / 2 + 4.5,
            attributes=beside,
        ),
    ]
    label = f"{step.label}: {step.value_label}"
    row = touch(x=0, y=ROW * place, width=WIDTH, height=ROW)
    shapes = mark({}, label=label, href=step.href, children=[row, bar])
    return Piece(shapes, join(words))
