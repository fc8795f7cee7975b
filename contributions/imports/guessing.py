"""A first mapping for a table nobody foresaw, guessed from its headings and its values.

A guess is a draft for a person to correct. It leans to the weaker claim: time is self-declared
unless a heading says that a machine took it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from contributions.imports.durations import DurationForm, parse_duration
from contributions.imports.mapping import ColumnMapping, Field, QualityForm
from contributions.imports.money import parse_amount, parse_currency
from contributions.imports.normal_form import Outcome, TimeBasis
from contributions.imports.numbers import DecimalMark, parse_number
from contributions.imports.refusals import CellRefused
from contributions.imports.source import Head, Source
from contributions.imports.times import TimeForm, parse_time
from contributions.imports.vocabulary import OUTCOME_WORDS, parse_flag

Rows = tuple[dict[str, str], ...]

_HEADINGS: Final = Path(__file__).with_name("headings.toml")
_WORDS: Final = {
    Field(name): words
    for name, words in tomllib.loads(_HEADINGS.read_text(encoding="utf-8")).items()
}
_MARKS: Final = re.compile(r"[\W_]+")
_UNITS: Final = (
    (DurationForm.MILLISECONDS, ("ms", "msec", "millis", "milliseconds", "毫秒")),
    (DurationForm.MINUTES, ("min", "mins", "minutes", "minuten", "minutos", "分钟", "минуты")),
    (
        DurationForm.HOURS,
        ("h", "hr", "hrs", "hours", "stunden", "heures", "horas", "ore", "uren", "小时", "decimal"),
    ),
    (DurationForm.SECONDS, ("s", "sec", "secs", "seconds", "sekunden", "秒")),
)
_BASES: Final = (
    (TimeBasis.ACTIVE, ("active", "working")),
    (TimeBasis.PAGE_OPEN, ("answer", "lead", "page", "screen", "open")),
    (TimeBasis.HELD, ("taken", "held", "worktime")),
)
_TIME_ORDER: Final = (
    TimeForm.ISO,
    TimeForm.DATE_COMMAND,
    TimeForm.MONTH_FIRST,
    TimeForm.DAY_FIRST,
)
_MILLISECOND_DIGITS: Final = 12
_SECOND_DIGITS: Final = 9


def guess_mapping(source: Source, head: Head) -> ColumnMapping:
    """Guess which column is what; only what has some sign in its favour is mapped."""
    records, explode = (None, None) if source.is_table else _guess_paths(head)
    has_header = not source.is_table or _has_header(head.columns)
    if not has_header:
        head = source.head(has_header=False)
    elif records or explode:
        head = _nested_head(source, head, records, explode)
    columns = _guess_columns(head.columns, head.rows)
    facts = _guess_readings(columns, head.rows)
    return ColumnMapping(
        has_header=has_header,
        records=records,
        explode=explode,
        columns={field: (name,) for field, name in columns.items()},
        **facts,
    )


def _guess_paths(head: Head) -> tuple[str | None, str | None]:
    """Find a list of objects in the first record: the records, or rows inside each record."""
    record = head.records[0] if head.records else {}
    lists = [
        key
        for key, value in record.items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    ]
    if len(head.records) == 1 and len(lists) == 1:
        return lists[0], None
    inner = [key for key in lists if _names_worker(record[key])]
    return None, inner[0] if inner else None


def _names_worker(value: Any) -> bool:
    return any(_plain(key) in _WORDS[Field.WORKER] for key in value[0])


def _nested_head(source: Source, head: Head, records: str | None, explode: str | None) -> Head:
    table = next(source.record_tables(records, explode), None)
    if table is None:
        return head
    rows = tuple(dict(row.cells) for _number, row in zip(range(200), table.rows(), strict=False))
    return Head(
        container=head.container,
        filename=head.filename,
        columns=tuple(table.columns),
        rows=rows,
        records=head.records,
    )


def _has_header(columns: Iterable[str]) -> bool:
    """Tell headings from data: no heading is a number."""
    return not any(_reads(_read_number, re.sub(r" \(\d+\)$", "", name)) for name in columns)


def _plain(heading: str) -> str:
    return _MARKS.sub("", heading.casefold())


def _words(heading: str) -> list[str]:
    """The words of a heading, with `answerTimeMs` and `answer_time_ms` being three."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)
    return [word for word in re.split(r"[\W_]+", apart.casefold()) if word]


def _guess_columns(columns: Iterable[str], rows: Rows) -> dict[Field, str]:
    """Give each field the column whose heading fits best, and each column to one field."""
    offers = sorted(
        (cost, column, field)
        for column in columns
        for cost, field in _fields_for(column)
        if _is_plausible(field, [row[column] for row in rows if column in row])
    )
    found: dict[Field, str] = {}
    taken: set[str] = set()
    for _cost, column, field in offers:
        if field not in found and column not in taken:
            found[field] = column
            taken.add(column)
    return found


def _fields_for(column: str) -> Iterator[tuple[int, Field]]:
    """The fields a heading may mean, the whole heading counting for more than its words."""
    leaf = column.rsplit(".", 1)[-1]
    yield from _offers(_plain(column), 0)
    yield from _offers(_plain(leaf), 100)
    words = _words(leaf)
    for size in (2, 1):
        for start in range(len(words) - size + 1):
            for cost, field in _offers("".join(words[start : start + size]), 1_000 // size):
                if field is not Field.SOURCE_ID:
                    yield cost, field


def _offers(word: str, penalty: int) -> Iterator[tuple[int, Field]]:
    for field, words in _WORDS.items():
        if word in words:
            yield penalty + words.index(word), field


def _is_plausible(field: Field, values: list[str]) -> bool:
    """Tell whether the values of a column can be what its heading suggests."""
    readers = _READERS.get(field)
    if not values:
        return readers is None
    if field is Field.SOURCE_ID:
        return len(set(values)) == len(values)
    if readers is None:
        return True
    return 2 * sum(any(_reads(read, value) for read in readers) for value in values) >= len(values)


def _reads(read: Callable[[str], object], value: str) -> bool:
    try:
        read(value)
    except CellRefused:
        return False
    return True


def _read_number(value: str) -> object:
    return parse_number(value.strip().removesuffix("%"), DecimalMark.EITHER)


def _read_clock(value: str) -> object:
    return parse_duration(value, DurationForm.CLOCK)


_MOMENTS: Final = tuple(
    partial(parse_time, form=form)
    for form in (*_TIME_ORDER, TimeForm.UNIX_SECONDS, TimeForm.UNIX_MILLISECONDS)
)
_READERS: Final[Mapping[Field, tuple[Callable[[str], object], ...]]] = {
    Field.OCCURRED_AT: _MOMENTS,
    Field.ENDED_AT: _MOMENTS,
    Field.DURATION: (_read_number, _read_clock),
    Field.UNITS: (_read_number,),
    Field.QUALITY: (_read_number,),
    Field.WAGE: (partial(parse_amount, currency="USD", mark=DecimalMark.EITHER),),
    Field.CURRENCY: (parse_currency,),
    Field.CONTROL: (parse_flag,),
    Field.PRELABELLED: (parse_flag,),
}


def _guess_readings(columns: Mapping[Field, str], rows: Rows) -> dict[str, Any]:
    def values(field: Field) -> list[str]:
        name = columns.get(field)
        return [row[name] for row in rows if name in row] if name is not None else []

    mark = _guess_mark([*values(Field.DURATION), *values(Field.WAGE), *values(Field.QUALITY)])
    heading = columns.get(Field.DURATION, "")
    only_ends = Field.DURATION not in columns and Field.ENDED_AT in columns
    qualities = values(Field.QUALITY)
    return {
        "duration": _guess_duration(heading, values(Field.DURATION), mark),
        "decimal": mark,
        "times": _guess_times([*values(Field.OCCURRED_AT), *values(Field.ENDED_AT)]),
        "quality": _guess_quality(qualities, mark),
        "time_basis": TimeBasis.HELD if only_ends else _guess_basis(heading),
        "outcomes": _guess_outcomes(values(Field.OUTCOME)),
    }


def _guess_mark(values: Iterable[str]) -> DecimalMark:
    listed = list(values)
    comma = sum(bool(re.fullmatch(r"\d+,\d+", value)) for value in listed)
    point = sum(bool(re.fullmatch(r"\d+\.\d+", value)) for value in listed)
    return DecimalMark.COMMA if comma > point else DecimalMark.POINT


def _guess_duration(heading: str, values: list[str], mark: DecimalMark) -> DurationForm:
    if values and all(":" in value for value in values):
        return DurationForm.CLOCK
    if any(":" in value for value in values):
        return DurationForm.HOURS_OR_CLOCK
    words = set(_words(heading))
    for form, names in _UNITS:
        if words & set(names) and _fits(values, form, mark):
            return form
    return DurationForm.SECONDS


def _fits(values: list[str], form: DurationForm, mark: DecimalMark) -> bool:
    """Tell whether at least half of some durations can be of a form."""
    read = partial(parse_duration, form=form, mark=mark)
    return 2 * sum(_reads(read, value) for value in values) >= len(values)


def _guess_times(values: list[str]) -> TimeForm:
    digits = [value for value in values if value.isascii() and value.isdigit()]
    if digits and len(digits) == len(values):
        longest = max(map(len, digits))
        if longest >= _MILLISECOND_DIGITS:
            return TimeForm.UNIX_MILLISECONDS
        if longest >= _SECOND_DIGITS:
            return TimeForm.UNIX_SECONDS
    return max(
        _TIME_ORDER,
        key=lambda form: sum(_reads(partial(parse_time, form=form), value) for value in values),
    )


def _guess_quality(values: list[str], mark: DecimalMark) -> QualityForm:
    for value in values:
        try:
            if parse_number(value.strip().removesuffix("%"), mark) > 1:
                return QualityForm.PERCENT
        except CellRefused:
            continue
    return QualityForm.RATIO


def _guess_basis(heading: str) -> TimeBasis:
    words = set(_words(heading))
    for basis, names in _BASES:
        if words & set(names):
            return basis
    return TimeBasis.SELF_DECLARED


def _guess_outcomes(values: Iterable[str]) -> dict[str, Outcome]:
    """The meanings of the statuses seen, those that are known words."""
    seen = {value.strip().casefold() for value in values}
    return {value: OUTCOME_WORDS[value] for value in sorted(seen) if value in OUTCOME_WORDS}
