import re
from collections.abc import Callable

import pytest

from accounting.charts import (
    Bar,
    Bucket,
    Figure,
    Frame,
    LineageEdge,
    LineageNode,
    LorenzCurve,
    Reference,
    SankeyLink,
    SankeyNode,
    Tile,
    WaterfallStep,
    bars,
    lineage,
    lorenz,
    sankey,
    sparkline,
    timeline,
    treemap,
    waterfall,
)
from accounting.charts.figure import ChartKeyInvalid
from tests.accounting.charts.drawings import SVG, frame, links, names, parsed, words

HOSTILE = "<script>alert(1)</script>\" onload='x' & \x00\ud800 标注"
HREF = "/runs/run_01/"


def a_sankey(name: str, href: str | None) -> Figure:
    """One flow between two nodes of this name."""
    nodes = [
        SankeyNode("a", name, name, 0, "revenue", href),
        SankeyNode("b", name, name, 1, "data", href),
    ]
    return sankey(
        frame=frame("from", "to", "amount"),
        nodes=nodes,
        links=[SankeyLink("a", "b", 5, name, "data", href)],
    )


def a_waterfall(name: str, href: str | None) -> Figure:
    """One total."""
    steps = [WaterfallStep(name, 5, name, "rent", True, href)]
    return waterfall(frame=frame("step", "amount"), steps=steps)


def a_lorenz(name: str, href: str | None) -> Figure:
    """One curve."""
    curve = LorenzCurve(name, ((0, 0), (1_000_000, 1_000_000)), name, "pay", href)
    return lorenz(
        frame=frame("curve", "people", "share"),
        curves=[curve],
        people_label=name,
        share_label=name,
    )


def a_timeline(name: str, href: str | None) -> Figure:
    """One bucket."""
    buckets = [Bucket(name, 5, name, 7, name, href)]
    return timeline(
        frame=frame("time", "labour", "pay"), buckets=buckets, labour_title=name, pay_title=name
    )


def a_lineage(name: str, href: str | None) -> Figure:
    """One edge."""
    nodes = [LineageNode(key, name, name, "model", href) for key in "ab"]
    return lineage(
        frame=frame("up", "down", "edge"),
        nodes=nodes,
        edges=[LineageEdge("a", "b", name, True, href)],
    )


def some_bars(name: str, href: str | None) -> Figure:
    """One bar with interval and reference."""
    items = [Bar(name, 5, name, "data", (3, 8), href)]
    return bars(frame=frame("name", "value"), items=items, reference=Reference(4, name))


def a_treemap(name: str, href: str | None) -> Figure:
    """One tile."""
    return treemap(frame=frame("part", "amount"), tiles=[Tile(name, 5, name, "eval", href)])


def a_sparkline(name: str, href: str | None) -> Figure:
    """Two points; a word-sized line has no links."""
    assert href is None or href
    values = [(name, 3, name), (name, 4, name)]
    return sparkline(frame=frame("time", "value"), values=values, kind="labour")


Draw = Callable[[str, str | None], Figure]
LINKED: list[Draw] = [
    a_sankey,
    a_waterfall,
    a_lorenz,
    a_timeline,
    a_lineage,
    some_bars,
    a_treemap,
]
ALL: list[Draw] = [*LINKED, a_sparkline]


@pytest.mark.parametrize("draw", ALL)
def test_a_hostile_name_is_only_ever_text(draw: Draw) -> None:
    figure = draw(HOSTILE, HREF)
    tags = {element.tag for element in parsed(figure).iter()}
    assert f"{SVG}script" not in tags
    attributes = {key for element in parsed(figure).iter() for key in element.attrib}
    assert not {key for key in attributes if key.startswith("on")}
    assert HOSTILE in figure.rows[0].cells


@pytest.mark.parametrize("draw", ALL)
def test_nothing_needs_inline_style_or_script(draw: Draw) -> None:
    figure = draw("Ana", HREF)
    assert all("style" not in element.attrib for element in parsed(figure).iter())
    assert "<style" not in figure.svg


@pytest.mark.parametrize("draw", ALL)
def test_a_drawing_names_and_describes_itself(draw: Draw) -> None:
    root = parsed(draw("Ana", None))
    by_id = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    assert by_id[root.get("aria-labelledby")] == "A title"
    assert by_id[root.get("aria-describedby")] == "A description"


@pytest.mark.parametrize("draw", ALL)
def test_a_drawing_without_links_is_an_image(draw: Draw) -> None:
    assert parsed(draw("Ana", None)).get("role") == "img"


@pytest.mark.parametrize("draw", LINKED)
def test_links_are_named_and_in_reach_of_assistive_technology(draw: Draw) -> None:
    figure = draw("Ana", HREF)
    assert parsed(figure).get("role") == "group"
    assert links(figure)
    assert all(link.get("href") == HREF and link.get("aria-label") for link in links(figure))
    assert figure.rows[0].href == HREF


@pytest.mark.parametrize("draw", LINKED)
def test_every_mark_has_a_tooltip_with_its_value(draw: Draw) -> None:
    assert any("¥12.34" in name for name in names(draw("¥12.34", None)))


@pytest.mark.parametrize("draw", ALL)
def test_marks_keep_their_colours_where_stylesheets_do_not_reach(draw: Draw) -> None:
    for element in parsed(draw("Ana", HREF)).iter():
        if element.tag in {f"{SVG}rect", f"{SVG}path", f"{SVG}circle", f"{SVG}polygon"}:
            assert "fill" in element.attrib
        if element.tag in {f"{SVG}line", f"{SVG}polyline"}:
            assert "stroke" in element.attrib


@pytest.mark.parametrize("draw", ALL)
def test_the_table_has_a_cell_for_every_column(draw: Draw) -> None:
    figure = draw("Ana", None)
    assert figure.rows
    assert {len(row.cells) for row in figure.rows} == {len(figure.columns)}


@pytest.mark.parametrize("draw", ALL)
def test_the_same_facts_give_the_same_drawing(draw: Draw) -> None:
    assert draw("Ana", HREF) == draw("Ana", HREF)


EMPTY = [
    sankey(frame=frame("a", "b", "c"), nodes=[], links=[]),
    waterfall(frame=frame("a", "b"), steps=[]),
    lorenz(frame=frame("a", "b", "c"), curves=[], people_label="p", share_label="s"),
    timeline(frame=frame("a", "b", "c"), buckets=[], labour_title="l", pay_title="p"),
    lineage(frame=frame("a", "b", "c"), nodes=[], edges=[]),
    bars(frame=frame("a", "b"), items=[]),
    treemap(frame=frame("a", "b"), tiles=[]),
    sparkline(frame=frame("a", "b"), values=[], kind="pay"),
]


@pytest.mark.parametrize("figure", EMPTY)
def test_a_chart_without_values_says_so(figure: Figure) -> None:
    assert words(figure) == ["Nothing to draw"]
    assert figure.rows == ()


@pytest.mark.parametrize("key", ["", "1st", "a b", 'a"', "A", "标"])
def test_a_key_that_cannot_be_an_id_is_refused(key: str) -> None:
    with pytest.raises(ChartKeyInvalid):
        Frame(key=key, title="t", description="d", columns=(), empty="e")


def test_ids_begin_with_the_key() -> None:
    figure = bars(frame=frame("a", "b", key="pay-by-type"), items=[])
    assert set(re.findall(r'id="([^"]*)"', figure.svg)) == {
        "pay-by-type-title",
        "pay-by-type-desc",
    }
