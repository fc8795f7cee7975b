"""What is special to single charts; what all share is tested in `test_figure.py`."""

import pytest

from accounting.charts import (
    Bar,
    Bucket,
    LineageEdge,
    LineageNode,
    LorenzCurve,
    Reference,
    Tile,
    WaterfallStep,
    bars,
    lineage,
    lorenz,
    sparkline,
    timeline,
    treemap,
    waterfall,
)
from accounting.charts.lorenz import PointsOutOfOrder
from accounting.charts.sankey import UnknownNode
from accounting.charts.treemap import NegativeTile
from tests.accounting.charts.drawings import SVG, frame, names, parsed, words


def test_bars_show_the_reference_and_the_interval() -> None:
    figure = bars(
        frame=frame("name", "value"),
        items=[Bar("Ana", 5, "5.00", "data", (3, 8))],
        reference=Reference(4, "Living wage"),
    )
    assert "Living wage" in words(figure)
    inked = [it for it in parsed(figure).iter(f"{SVG}line") if it.get("stroke") == "#14191f"]
    assert len(inked) == 4


def test_a_negative_bar_ends_where_a_positive_one_begins() -> None:
    items = [Bar("Bo", 10, "10", "pay"), Bar("Chen", -5, "-5", "pay")]
    figure = bars(frame=frame("name", "value"), items=items)
    up, down = (it for it in parsed(figure).iter(f"{SVG}rect") if it.get("class") == "mark k-pay")
    assert float(down.attrib["x"]) + float(down.attrib["width"]) == pytest.approx(
        float(up.attrib["x"]), abs=0.02
    )
    assert float(up.attrib["width"]) == pytest.approx(2 * float(down.attrib["width"]), abs=0.02)


def test_a_waterfall_may_fall_below_zero() -> None:
    steps = [
        WaterfallStep("Revenue", 1000, "1000", "revenue", True),
        WaterfallStep("c", -1400, "-1400", "constant"),
        WaterfallStep("s", -400, "-400", "surplus", True),
    ]
    figure = waterfall(frame=frame("step", "amount"), steps=steps)
    assert names(figure) == ["Revenue: 1000", "c: -1400", "s: -400"]
    assert len(figure.rows) == 3


def test_a_waterfall_of_zeros_says_there_is_nothing() -> None:
    steps = [WaterfallStep("Revenue", 0, "0", "revenue", True)]
    assert words(waterfall(frame=frame("step", "amount"), steps=steps)) == ["Nothing to draw"]


@pytest.mark.parametrize(
    "points", [(), ((0, 0), (500_000, 9), (400_000, 10)), ((0, 0), (1_000_001, 5))]
)
def test_a_curve_that_goes_back_or_leaves_the_square_is_refused(
    points: tuple[tuple[int, int], ...],
) -> None:
    with pytest.raises(PointsOutOfOrder):
        lorenz(
            frame=frame("a", "b", "c"),
            curves=[LorenzCurve("Pay", points, "Gini", "pay")],
            people_label="people",
            share_label="share",
        )


def test_curves_differ_in_dashes_as_well_as_colour() -> None:
    curves = [
        LorenzCurve(name, ((0, 0), (1_000_000, 1_000_000)), "Gini 0", "pay") for name in "abcd"
    ]
    figure = lorenz(
        frame=frame("a", "b", "c"), curves=curves, people_label="people", share_label="share"
    )
    lines = [it for it in parsed(figure).iter(f"{SVG}path") if it.get("stroke-dasharray")]
    assert len({it.get("stroke-dasharray") for it in lines}) == 4


def test_a_timeline_of_many_months_names_some_dates_and_both_peaks() -> None:
    buckets = [Bucket(f"m{it:03}", 100 - it, f"{100 - it} h", it, f"¥{it}") for it in range(90)]
    figure = timeline(
        frame=frame("a", "b", "c"), buckets=buckets, labour_title="Labour", pay_title="Pay"
    )
    lines = words(figure)
    assert {"100 h", "¥89", "Labour", "Pay"} <= set(lines)
    assert 5 < sum(line.startswith("m") for line in lines) < 45
    assert len(figure.rows) == 90


def test_an_edge_without_evidence_is_dashed() -> None:
    nodes = [LineageNode(key, key, "", "model") for key in "abc"]
    edges = [LineageEdge("a", "b", "τ .5"), LineageEdge("b", "c", "τ .4", is_evidenced=False)]
    figure = lineage(frame=frame("a", "b", "c"), nodes=nodes, edges=edges)
    dashes = [it.get("stroke-dasharray") for it in parsed(figure).iter(f"{SVG}path")]
    assert [dash for dash in dashes if dash] == ["none", "5 4"]


def test_an_edge_from_a_stranger_is_refused() -> None:
    with pytest.raises(UnknownNode):
        lineage(
            frame=frame("a", "b", "c"),
            nodes=[LineageNode("a", "a", "", "model")],
            edges=[LineageEdge("x", "a", "")],
        )


def test_a_tile_of_zero_is_listed_but_not_drawn() -> None:
    tiles = [Tile("Ana", 5, "5 h", "data"), Tile("Bo", 0, "0 h", "data")]
    figure = treemap(frame=frame("part", "amount"), tiles=tiles)
    assert names(figure) == ["Ana: 5 h"]
    assert len(figure.rows) == 2


def test_a_negative_tile_is_refused() -> None:
    with pytest.raises(NegativeTile):
        treemap(frame=frame("part", "amount"), tiles=[Tile("Ana", -5, "-5 h", "data")])


def test_a_level_sparkline_runs_through_the_middle() -> None:
    values = [("a", 5, "5"), ("b", 5, "5")]
    figure = sparkline(frame=frame("time", "value"), values=values, kind="labour")
    line = next(parsed(figure).iter(f"{SVG}polyline"))
    assert [point.split(",")[1] for point in line.attrib["points"].split()] == ["14", "14"]
