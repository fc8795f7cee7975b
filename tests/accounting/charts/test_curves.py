"""Lines over steps: every point is drawn where it belongs, and hostile names stay words."""

from __future__ import annotations

import pytest

from accounting.charts import Curve, Figure, curves
from tests.accounting.charts.drawings import SVG, frame, names, parsed, words


def drawn(*lines: Curve) -> Figure:
    return curves(
        frame=frame("line", "step", "value"),
        lines=lines,
        step_label="people gone",
        written=lambda value: f"{value} u",
    )


def test_points_stand_in_the_order_of_their_steps_and_values() -> None:
    figure = drawn(Curve("falling", ((0, 100), (5, 60), (10, 20)), "rent"))
    dots = list(parsed(figure).iter(f"{SVG}circle"))
    across = [float(dot.attrib["cx"]) for dot in dots]
    down = [float(dot.attrib["cy"]) for dot in dots]
    assert across == sorted(across)
    assert down == sorted(down)
    assert across[1] - across[0] == pytest.approx(across[2] - across[1], abs=0.02)


def test_every_point_is_a_row_of_the_table() -> None:
    figure = drawn(Curve("one", ((0, 1), (1, 2)), "labour"), Curve("two", ((0, 1), (1, 0)), "rent"))
    assert [row.cells for row in figure.rows] == [
        ("one", "0", "1 u"),
        ("one", "1", "2 u"),
        ("two", "0", "1 u"),
        ("two", "1", "0 u"),
    ]
    assert names(figure) == ["one", "two"]


def test_lines_differ_by_more_than_colour() -> None:
    figure = drawn(Curve("a", ((0, 1),), "labour"), Curve("b", ((0, 1),), "rent"))
    dashes = {path.get("stroke-dasharray") for path in parsed(figure).iter(f"{SVG}path")}
    assert len(dashes) == 2


def test_one_point_and_negative_values_are_drawn() -> None:
    figure = drawn(Curve("low", ((3, -5),), "rent"))
    assert "-5 u" in words(figure)


def test_a_hostile_name_stays_a_word() -> None:
    figure = drawn(Curve("<script>alert(1)</script>", ((0, 1), (1, 2)), "data"))
    assert "<script>" not in figure.svg


def test_nothing_says_so() -> None:
    assert "Nothing to draw" in words(drawn())
