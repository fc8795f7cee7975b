"""When labour was done, above; when it was paid, below: the lag between them is the point."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounting.charts.figure import (
    FONT_SIZE,
    Canvas,
    Figure,
    Frame,
    Piece,
    Row,
    drawn,
    nothing_drawn,
)
from accounting.charts.geometry.timeline import Columns, columns_over
from accounting.charts.markup import (
    AXIS,
    NOTHING,
    SOFT,
    Attributes,
    Svg,
    element,
    haloed,
    join,
    mark,
    text,
    touch,
)
from accounting.charts.palette import fill
from accounting.charts.textfit import shortened, text_width

WIDTH, HALF = 920.0, 120.0
TOP = 44.0
AXIS_BAND = 30.0
HEIGHT = TOP + 2 * HALF + AXIS_BAND + 44.0
SMALL = 12.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """One stretch of time: labour done in it, pay received in it, each in its own unit."""

    label: str
    labour: int
    labour_label: str
    pay: int
    pay_label: str
    href: str | None = None


def timeline(
    *, frame: Frame, buckets: Sequence[Bucket], labour_title: str, pay_title: str
) -> Figure:
    """Draw labour upwards and pay downwards from one axis of time.

    The two halves have their own scales: hours and money have no common unit, and each half's
    largest bar carries its value.

    Args:
        frame: Its columns head time, labour, pay.
        buckets: In order of time; values >= 0.
        labour_title: What the upper half shows.
        pay_title: What the lower half shows.
    """
    rows = [
        Row((bucket.label, bucket.labour_label, bucket.pay_label), bucket.href)
        for bucket in buckets
    ]
    if not any(bucket.labour or bucket.pay for bucket in buckets):
        return nothing_drawn(frame, rows)
    columns = columns_over([(bucket.labour, bucket.pay) for bucket in buckets], width=WIDTH)
    axis = TOP + HALF
    titles = [
        text(labour_title, x=0, y=18, attributes={"font-weight": "600"}),
        text(pay_title, x=0, y=HEIGHT - 8, attributes={"font-weight": "600"}),
    ]
    body = [
        *(_bucket(bucket, place, columns) for place, bucket in enumerate(buckets)),
        Piece(_line(axis)),
        Piece(_line(axis + AXIS_BAND)),
        Piece(NOTHING, join([*_dates(buckets, columns), *_peaks(buckets, columns), *titles])),
    ]
    return drawn(frame, Canvas("large", WIDTH, HEIGHT), body, rows)


def _line(y: float) -> Svg:
    line: Attributes = {"class": "axis", "stroke": AXIS, "x1": 0, "x2": WIDTH, "y1": y, "y2": y}
    return element("line", line)


def _bucket(bucket: Bucket, place: int, columns: Columns) -> Piece:
    x = columns.lefts[place]
    up, down = (HALF * share for share in columns.shares[place])
    axis = TOP + HALF
    # The whole column answers the pointer, also where its bars are short.
    size = {"x": x, "width": columns.width}
    children = [
        touch(x=x, y=TOP, width=columns.width, height=2 * HALF + AXIS_BAND),
        element("rect", {**fill("labour"), **size, "y": axis - up, "height": up}),
        element("rect", {**fill("pay"), **size, "y": axis + AXIS_BAND, "height": down}),
    ]
    label = f"{bucket.label}: {bucket.labour_label}, {bucket.pay_label}"
    return Piece(mark({}, label=label, href=bucket.href, children=children))


def _dates(buckets: Sequence[Bucket], columns: Columns) -> list[Svg]:
    """As many dates as fit side by side, evenly spaced."""
    widest = max(text_width(bucket.label, size=SMALL) for bucket in buckets) + 14
    every = max(1, -int(-widest // columns.pitch))
    return [
        text(
            shortened(bucket.label, width=columns.pitch * every - 4, size=SMALL),
            x=columns.lefts[place] + columns.width / 2,
            y=TOP + HALF + AXIS_BAND / 2 + 4,
            attributes={**SOFT, "text-anchor": "middle", "font-size": SMALL},
        )
        for place, bucket in enumerate(buckets)
        if place % every == every // 2
    ]


def _peaks(buckets: Sequence[Bucket], columns: Columns) -> list[Svg]:
    """The values of bars: of all where they fit, else of the largest in each half."""
    labels = [(bucket.labour_label, bucket.pay_label) for bucket in buckets]
    widest = max(text_width(label, size=FONT_SIZE) for pair in labels for label in pair)
    parts = []
    for place, (bucket, shares) in enumerate(zip(buckets, columns.shares, strict=True)):
        middle = _inside(columns.lefts[place] + columns.width / 2, widest)
        centred = {**SOFT, "text-anchor": "middle"}
        roomy = widest + 6 <= columns.pitch
        if bucket.labour and (roomy or place == columns.peaks[0]):
            top = TOP + HALF * (1 - shares[0]) - 6
            parts.append(haloed(bucket.labour_label, x=middle, y=top, attributes=centred))
        if bucket.pay and (roomy or place == columns.peaks[1]):
            bottom = TOP + HALF + AXIS_BAND + HALF * shares[1] + 16
            parts.append(haloed(bucket.pay_label, x=middle, y=bottom, attributes=centred))
    return parts


def _inside(middle: float, width: float) -> float:
    """The nearest middle at which words of a width stay within the drawing."""
    return min(max(middle, width / 2), WIDTH - width / 2)
