import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.forms import CharField, Form
from django.template.loader import render_to_string

from accounting.charts import Bar, Frame, bars

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
STATIC: Path = settings.BASE_DIR / "static"


class NameForm(Form):
    """A form with one field that must be filled in."""

    name = CharField(help_text="As the tool wrote it.")


def component(name: str, **context: object) -> str:
    """A component as a page would get it."""
    return render_to_string(f"components/{name}.html", context)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_breaks_the_content_security_policy(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)


def test_scripts_and_styles_keep_their_budgets() -> None:
    scripts = [STATIC / "huisu.js", STATIC / "vendor" / "htmx.min.js"]
    assert sum(len(gzip.compress(script.read_bytes())) for script in scripts) <= 30_000
    assert (STATIC / "huisu.js").stat().st_size <= 8_000
    assert len(gzip.compress((STATIC / "huisu.css").read_bytes())) <= 15_000


def test_a_chart_comes_with_its_table() -> None:
    frame = Frame(key="pay", title="Pay", description="Per hour", columns=("Who", "Pay"), empty="-")
    figure = bars(frame=frame, items=[Bar("Ana <b>", 5, "5.00", "data", href="/lines/1/")])
    page = component("chart", figure=figure, title="Pay per hour", source="Run 1")
    assert figure.svg in page
    assert '<a href="/lines/1/">Ana &lt;b&gt;</a>' in page
    assert "5.00" in page


def test_an_empty_table_names_the_next_act() -> None:
    table = {
        "caption": "Contributions",
        "rows": [],
        "empty": {"title": "Nothing yet", "action_url": "/import/", "action_label": "Import"},
    }
    page = component("table", table=table)
    assert '<a class="button" href="/import/">Import</a>' in page
    assert "<table" not in page


def test_a_table_tells_how_it_is_sorted_and_lets_rows_be_downloaded() -> None:
    table = {
        "caption": "Lines",
        "columns": [{"label": "Amount", "numeric": True, "sort_url": "?s", "sorted": "ascending"}],
        "rows": [[{"text": "<1.00", "numeric": True, "href": "/lines/1/"}]],
        "downloads": [{"label": "CSV", "url": "/lines.csv?s"}],
    }
    page = component("table", table=table)
    assert 'aria-sort="ascending"' in page
    assert '<a href="/lines/1/">&lt;1.00</a>' in page
    assert '<a href="/lines.csv?s" download>CSV</a>' in page


def test_errors_lead_to_their_fields_and_keep_what_was_typed() -> None:
    form = NameForm({"name": ""})
    page = component("error_summary", form=form) + component("field", field=form["name"])
    assert 'href="#id_name"' in page
    assert 'id="id_name"' in page
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_error"' in page
    kept = component("field", field=NameForm({"name": "Ana <3"})["name"])
    assert 'value="Ana &lt;3"' in kept


def test_a_valid_form_has_no_error_summary() -> None:
    assert component("error_summary", form=NameForm({"name": "Ana"})).strip() == ""


def test_a_trace_opens_to_any_depth() -> None:
    node: dict[str, object] = {
        "label": "Source row",
        "value": "labels.csv:4711",
        "href": "/proof/",
        "link": "Proof",
    }
    for depth in range(6):
        node = {"label": f"Level {depth}", "value": "1.00", "children": [node]}
    page = component("trace", nodes=[node])
    assert page.count("<details") == 6
    assert "labels.csv:4711" in page


@pytest.mark.parametrize("kind", ["simulation", "synthetic", "assumption"])
def test_a_warning_about_the_figures_needs_no_words_of_its_own(kind: str) -> None:
    page = component("notice", kind=kind)
    assert f"notice--{kind}" in page
    assert len(re.sub(r"<[^>]*>|\s", "", page)) > 40


def test_finished_work_is_no_longer_asked_about() -> None:
    facts = {"id": "run", "label": "Run", "done": 4, "total": 4, "value": 4, "maximum": 4}
    assert "hx-get" in component("progress", poll_url="/runs/1/progress/", **facts)
    assert "hx-get" not in component("progress", **facts)


@pytest.mark.parametrize("page", ["404.html", "500.html", "403.html"])
def test_error_pages_stand_without_a_request(page: str) -> None:
    html = render_to_string(page)
    assert "<h1>" in html
    assert 'href="/"' in html
