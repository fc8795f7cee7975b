import doctest
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.charts import Svg, markup, textfit
from accounting.charts.markup import LinkLeavesSite, element, escaped, mark, number
from tests.accounting.charts.drawings import SVG


@given(st.text())
def test_any_text_survives_as_text(text: str) -> None:
    node = fromstring(element("text", {"title": text}, escaped(text)))  # noqa: S314
    assert not list(node)
    forbidden_gone = (node.text or "").replace("\ufffd", "")
    assert set(forbidden_gone) <= set(text.replace("\r\n", "\n").replace("\r", "\n"))


def test_markup_in_a_name_stays_harmless() -> None:
    written = element("text", {}, escaped("<script>alert(1)</script> & \"'"))
    assert "<script" not in written
    assert fromstring(written).text == "<script>alert(1)</script> & \"'"  # noqa: S314


def test_a_quote_cannot_end_an_attribute() -> None:
    written = element("rect", {"class": '" onload="alert(1)'})
    assert fromstring(written).attrib == {"class": '" onload="alert(1)'}  # noqa: S314


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "https://elsewhere.example/",
        "data:text/html,x",
        "",
        "/a b",
        "/x\ny",
    ],
)
def test_links_that_leave_the_site_are_refused(href: str) -> None:
    with pytest.raises(LinkLeavesSite) as caught:
        mark({}, label="A mark", href=href, children=[])
    assert caught.value.code == "chart_link_leaves_site"


@pytest.mark.parametrize("href", ["/", "/runs/run_01/?page=2#line", "?page=2", "#line"])
def test_links_within_the_site_are_kept(href: str) -> None:
    node = fromstring(mark({}, label="A mark", href=href, children=[]))  # noqa: S314
    assert (node.tag, node.get("href"), node.get("aria-label")) == ("a", href, "A mark")


def test_a_mark_without_link_is_a_titled_group() -> None:
    node = fromstring(mark({}, label="A mark", href=None, children=[]))  # noqa: S314
    assert node.tag == "g"
    assert [child.text for child in node] == ["A mark"]


def test_template_engines_see_finished_markup() -> None:
    assert Svg("<svg/>").__html__() == "<svg/>"
    assert SVG not in Svg("<svg/>")


@given(st.floats(-1e6, 1e6))
def test_numbers_keep_two_decimals(value: float) -> None:
    assert abs(float(number(value)) - value) <= 0.0051


@pytest.mark.parametrize("module", [markup, textfit])
def test_examples_in_the_documentation_hold(module: object) -> None:
    outcome = doctest.testmod(module)  # type: ignore[arg-type]
    assert outcome.attempted
    assert not outcome.failed
