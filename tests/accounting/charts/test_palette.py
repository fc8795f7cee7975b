import itertools
import re
from pathlib import Path

import pytest

from accounting.charts.markup import SOFT
from accounting.charts.palette import COLOURS, LABOUR_TYPES, UnknownKind, fill, glyph

STYLESHEET = (Path(__file__).parents[3] / "static" / "huisu.css").read_text(encoding="utf-8")
LIGHT_PAPER, DARK_PAPER = "#ffffff", "#12161b"
DARK = dict(re.findall(r"--k-(\w+): light-dark\(#\w{6}, (#\w{6})\);", STYLESHEET))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2.2 defines it, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_stylesheet_and_drawings_use_the_same_light_colours() -> None:
    plain = dict(re.findall(r"--k-(\w+): (#\w{6});", STYLESHEET))
    themed = dict(re.findall(r"--k-(\w+): light-dark\((#\w{6}),", STYLESHEET))
    assert plain == themed == dict(COLOURS)


def test_every_kind_can_be_filled_and_drawn_by_the_stylesheet() -> None:
    for kind in COLOURS:
        assert f".chart .k-{kind} {{ fill: var(--k-{kind}); }}" in STYLESHEET
        assert f".chart .s-{kind} {{ stroke: var(--k-{kind}); }}" in STYLESHEET


@pytest.mark.parametrize("kind", COLOURS)
def test_marks_stand_out_from_the_paper_in_both_themes(kind: str) -> None:
    assert contrast(COLOURS[kind], LIGHT_PAPER) >= 3
    assert contrast(DARK[kind], DARK_PAPER) >= 3


def test_quiet_text_is_readable() -> None:
    assert contrast(str(SOFT["fill"]), LIGHT_PAPER) >= 4.5


def test_labour_types_differ_in_shape_as_well_as_colour() -> None:
    assert len(set(LABOUR_TYPES.values())) == len(LABOUR_TYPES) == 8
    drawn = [glyph(kind, x=0, y=0) for kind in LABOUR_TYPES]
    shapes = [re.sub(r'(class|fill|stroke)="[^"]*"', "", str(shape)) for shape in drawn]
    assert all(one != other for one, other in itertools.combinations(shapes, 2))


def test_kinds_that_are_no_labour_type_have_no_shape() -> None:
    assert glyph("revenue", x=0, y=0) is None


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UnknownKind) as caught:
        fill("machine")
    assert caught.value.kind == "machine"
