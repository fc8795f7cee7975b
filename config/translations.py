"""Keep the Chinese translation complete, without gettext's own programs.

python -m config.translations compile   write the .mo files that Django reads
python -m config.translations check     fail if a sentence has no sound translation
python -m config.translations update    bring the .po files up to date with the source
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import django.conf
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

BASE_DIR = Path(__file__).resolve().parent.parent
LANGUAGES = ("zh_Hans",)
SOURCE_FOLDERS = ("config", "contributions", "accounting", "templates")
TEMPLATE_SUFFIXES = frozenset({".html", ".txt", ".xml"})
# Which argument of each function is the context, the singular and the plural.
KEYWORDS: dict[str, tuple[int | tuple[int, int] | tuple[int, str], ...] | None] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}")


def main(arguments: Sequence[str]) -> int:
    """Run one of the three actions.

    Returns:
        0, or 1 if `check` found something; the findings go to standard error.
    """
    actions: dict[str, Callable[[Path], list[str]]] = {
        "compile": compile_catalogs,
        "check": check,
        "update": update,
    }
    parser = argparse.ArgumentParser(prog="python -m config.translations", description=__doc__)
    parser.add_argument("action", choices=actions)
    parser.add_argument("--root", type=Path, default=BASE_DIR)
    options = parser.parse_args(arguments)
    findings = actions[options.action](options.root)
    sys.stderr.writelines(f"{finding}\n" for finding in findings)
    return 1 if findings else 0


def catalog_path(root: Path, language: str) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def read_catalog(root: Path, language: str) -> Catalog:
    """Read a language's .po file; an empty catalogue if there is none yet."""
    path = catalog_path(root, language)
    if not path.exists():
        return Catalog(
            locale=language,
            domain="django",
            project="Huisu",
            version="1",
            header_comment="# The sentences of Huisu, for the same licence as Huisu itself.",
            msgid_bugs_address="maintainers",
            last_translator="maintainers",
            language_team="maintainers",
            revision_date=datetime.now(UTC),
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=language, domain="django", abort_invalid=True)


def compile_catalogs(root: Path) -> list[str]:
    """Write the .mo file beside each .po file."""
    for language in LANGUAGES:
        path = catalog_path(root, language)
        if path.exists():
            with path.with_suffix(".mo").open("wb") as file:
                write_mo(file, read_catalog(root, language))
    return []


def update(root: Path) -> list[str]:
    """Add new sentences to the .po files and drop those that the source no longer has."""
    source = source_catalog(root)
    for language in LANGUAGES:
        catalog = read_catalog(root, language)
        # A guess from a similar sentence would look translated and be wrong.
        catalog.update(source, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        path = catalog_path(root, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            # Line numbers would change with every edit of the source.
            write_po(file, catalog, width=100, sort_output=True, include_lineno=False)
    return []


def check(root: Path) -> list[str]:
    """Name every sentence that a reader of a translation would see in English or broken."""
    source = source_catalog(root)
    return [
        f"{language}: {fault}: {message.id!r} ({message.locations[0][0]})"
        for language in LANGUAGES
        for message, fault in faults(source, read_catalog(root, language))
    ]


def faults(source: Catalog, translated: Catalog) -> Iterator[tuple[Message, str]]:
    """Pair each sentence of the source with what is wrong with its translation."""
    for message in source:
        if not message.id:
            continue
        translation = translated.get(singular(message), message.context)
        if translation is None or not all(texts(translation)):
            yield message, "not translated"
        elif translation.fuzzy:
            yield message, "marked fuzzy"
        elif not keeps_placeholders(message, translation):
            yield message, "placeholders differ"


def singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def texts(message: Message) -> Sequence[str]:
    """All forms of a translation; an empty one means that it is missing."""
    if isinstance(message.string, str):
        return (message.string,)
    return tuple(message.string or ("",))


def keeps_placeholders(message: Message, translation: Message) -> bool:
    """Tell whether every form of the translation fills in what the source fills in.

    A form for one thing may say "one" in words, so the plural counts.
    """
    wanted = message.id if isinstance(message.id, str) else message.id[-1]
    expected = set(PLACEHOLDER.findall(wanted))
    return all(set(PLACEHOLDER.findall(text)) == expected for text in texts(translation))


def source_catalog(root: Path) -> Catalog:
    """Collect every translatable sentence of the source tree."""
    if not django.conf.settings.configured:
        # The template lexer asks only whether it is debugging.
        django.conf.settings.configure()
    catalog = Catalog(domain="django", project="Huisu", fuzzy=False)
    for folder in SOURCE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            for context, message in sentences(path):
                catalog.add(message, locations=[(str(path.relative_to(root)), 0)], context=context)
    return catalog


def sentences(path: Path) -> Iterator[tuple[str | None, str | tuple[str, ...]]]:
    """Read the translatable sentences of one file, each with its context if it has one."""
    if path.suffix == ".py":
        source = path.read_text()
    elif path.suffix in TEMPLATE_SUFFIXES:
        # What Django makes of a template looks like Python but for the indentation.
        lines = templatize(path.read_text(), origin=str(path)).splitlines()
        source = "\n".join(line.strip() for line in lines)
    else:
        return
    for _line, function, arguments, _comments in extract_python(
        io.BytesIO(source.encode()), KEYWORDS, [], {"encoding": "utf-8"}
    ):
        literals: object = arguments
        yield from picked(str(function), literals if isinstance(literals, tuple) else (literals,))


def picked(
    function: str, literals: tuple[object, ...]
) -> Iterator[tuple[str | None, str | tuple[str, ...]]]:
    """Pick context, singular and plural out of one call's arguments."""
    context: str | None = None
    parts: list[str] = []
    for place in KEYWORDS[function] or (1,):
        number = place[0] if isinstance(place, tuple) else place
        text = literals[number - 1] if number <= len(literals) else None
        if not isinstance(text, str) or not text:
            # The argument is computed, so there is nothing to translate here.
            return
        if isinstance(place, tuple):
            context = text
        else:
            parts.append(text)
    yield context, parts[0] if len(parts) == 1 else tuple(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
