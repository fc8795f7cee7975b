from __future__ import annotations

import gettext
from pathlib import Path

import pytest

from config.translations import catalog_path, main, read_catalog, source_catalog

PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext
title = _("One "
          "sentence.")
count = ngettext("%(number)s worker", "%(number)s workers", 2)
may = pgettext("month", "May")
computed = _(title)
"""
TEMPLATE = """{% load i18n %}
<main>
    <h1>{% translate "A heading" %}</h1>
  {% blocktranslate count number=total trimmed %}
     {{ number }} line
  {% plural %}
     {{ number }} lines
  {% endblocktranslate %}
    <p title='{% translate "Said twice" %}'>{% translate "Said twice" %}</p>
</main>
"""
TRANSLATIONS = {
    "One sentence.": "一句话。",
    "%(number)s worker": "%(number)s 名劳动者",
    "May": "五月",
    "A heading": "标题",
    "%(number)s line": "%(number)s 行",
    "Said twice": "说两遍",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {"accounting/views.py": PYTHON, "templates/page.html": TEMPLATE}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    assert main(["update", "--root", str(tmp_path)]) == 0
    translate(tmp_path, TRANSLATIONS)
    return tmp_path


def translate(root: Path, translations: dict[str, str]) -> None:
    path = catalog_path(root, "zh_Hans")
    blocks = path.read_text().split("\n\n")
    for number, block in enumerate(blocks):
        for source, target in translations.items():
            if f'msgid "{source}"' in block:
                for form in ("msgstr", "msgstr[0]"):
                    blocks[number] = blocks[number].replace(f'{form} ""', f'{form} "{target}"')
    path.write_text("\n\n".join(blocks))


def edit(root: Path, old: str, new: str) -> None:
    path = catalog_path(root, "zh_Hans")
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))


def test_every_sentence_of_code_and_pages_is_found(root: Path) -> None:
    found = {message.id for message in source_catalog(root) if message.id}
    assert found == {
        "One sentence.",
        ("%(number)s worker", "%(number)s workers"),
        "May",
        "A heading",
        ("%(number)s line", "%(number)s lines"),
        "Said twice",
    }


def test_a_complete_translation_passes(root: Path) -> None:
    assert main(["check", "--root", str(root)]) == 0


def test_a_missing_translation_is_named_with_its_place(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "templates/new.html").write_text('{% load i18n %}{% translate "Brand new" %}')
    assert main(["check", "--root", str(root)]) == 1
    assert "not translated: 'Brand new' (templates/new.html)" in capsys.readouterr().err


def test_an_empty_translation_counts_as_missing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(root, 'msgstr "标题"', 'msgstr ""')
    assert main(["check", "--root", str(root)]) == 1
    assert "not translated: 'A heading'" in capsys.readouterr().err


def test_a_fuzzy_translation_fails(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(root, 'msgid "A heading"', '#, fuzzy\nmsgid "A heading"')
    assert main(["check", "--root", str(root)]) == 1
    assert "marked fuzzy: 'A heading'" in capsys.readouterr().err


def test_a_translation_that_loses_a_figure_fails(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(root, "%(number)s 名劳动者", "许多劳动者")
    assert main(["check", "--root", str(root)]) == 1
    assert "placeholders differ: ('%(number)s worker'" in capsys.readouterr().err


def test_an_update_keeps_translations_and_drops_what_the_source_lost(root: Path) -> None:
    (root / "templates/page.html").write_text("{% load i18n %}{% translate 'Said twice' %}")
    assert main(["update", "--root", str(root)]) == 0
    catalog = read_catalog(root, "zh_Hans")
    assert catalog.get("Said twice") is not None
    assert catalog.get("A heading") is None
    assert main(["check", "--root", str(root)]) == 0


def test_an_update_without_changes_changes_nothing(root: Path) -> None:
    path = catalog_path(root, "zh_Hans")
    main(["update", "--root", str(root)])
    before = path.read_bytes()
    main(["update", "--root", str(root)])
    assert path.read_bytes() == before


def test_compiled_translations_are_what_gettext_reads(root: Path) -> None:
    assert main(["compile", "--root", str(root)]) == 0
    with catalog_path(root, "zh_Hans").with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert compiled.gettext("A heading") == "标题"
    assert compiled.pgettext("month", "May") == "五月"
    assert compiled.ngettext("%(number)s worker", "%(number)s workers", 3) == "%(number)s 名劳动者"
