"""Kimai: the CSV or XLSX export, whose headings are in the language of whoever exported it.

Source: Export/DefaultTemplate.php and translations/messages.*.xlf. `Price` is what the customer
pays, no wage. There is neither zone nor id; durations are `0:06` or `0.11`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from contributions.imports.durations import DurationForm
from contributions.imports.entry import Entry, Reading, who
from contributions.imports.formats.format import (
    Format,
    Found,
    Recognition,
    convert_each,
)
from contributions.imports.normal_form import Kind, LabourRow, TimeBasis
from contributions.imports.numbers import DecimalMark
from contributions.imports.source import Head
from contributions.imports.times import Moment, TimeForm

# English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Czech, Russian,
# Turkish, Chinese and Japanese.
_HEADINGS: Final = {
    "date": "Date|Datum|Fecha|Data|Дата|Tarih|日期|日付",
    "begin": "From|Von|De|Da|Van|Od|\u0421|Ba\u015flang\u0131\u00e7|始于|Begin",
    "end": "To|Bis|À|Para|A|Tot|Do|До|Bitiş|至|End",
    "duration": (
        "Duration|Dauer|Durée|Duración|Durata|Duração|Duur|Czas trwania|Doba trvání|"
        "Длительность|Süre|持续时间|期間"
    ),
    "user": (
        "User|Benutzer|Nom d'utilisateur|Usuario|Utente|Nome do utilizador|Nome do usuário|"
        "Gebruikersnaam|Użytkownik|Uživatelské jméno|Имя пользователя|Kullan\u0131c\u0131|用户|"
        "ユーザー名|Username"
    ),
    "name": "Name|Nom|Nombre|Nome|Naam|Nazwa|Jméno|Имя|Ad|名字|名前",
    "email": (
        "E-mail|E-Mail|Courriel|Correo electrónico|Email|Эл. почта|E-posta|电子邮件|電子メール"
    ),
    "project": "Project|Projekt|Projet|Proyecto|Progetto|Projeto|Проект|Proje|项目|プロジェクト",
    "activity": (
        "Activity|Tätigkeit|Activité|Actividad|Attività|Atividade|Activiteit|Aktywność|"
        "Aktivita|Активность|Etkinlik|活动|アクティビティ"
    ),
    "customer": "Customer|Kunde|Client|Cliente|Klant|Klient|Zákazník|Клиент|Müşteri|客户|得意先",
}
_ROLES: Final = {
    heading: role for role, headings in _HEADINGS.items() for heading in headings.split("|")
}
_NEEDED: Final = {"date", "begin", "end", "duration", "activity", "project"}


def roles(columns: tuple[str, ...]) -> dict[str, str]:
    """Find which column plays which part, by its heading in any of the languages."""
    found: dict[str, str] = {}
    for column in columns:
        role = _ROLES.get(column)
        if role is not None:
            found.setdefault(role, column)
    return found


def recognise(head: Head) -> Recognition | None:
    """Six headings that must be there, in any one language."""
    found = roles(head.columns)
    if not found.keys() >= _NEEDED or not found.keys() & {"user", "name", "email"}:
        return None
    return Recognition(60 + 4 * len(found), tuple(found.values()))


def read(reading: Reading) -> Found:
    """Read one time entry a row."""
    found = roles(reading.source.head().columns)
    return convert_each(reading.entries(), partial(_row, found=found))


def _row(entry: Entry, *, found: Mapping[str, str]) -> Iterator[LabourRow]:
    people = [found[role] for role in ("user", "email", "name") if role in found]
    worker = entry.worker(*people)
    moment = _moment(entry, found)
    # Without ids, the content of the row is its identity; edited entries come as new ones.
    yield entry.labour(
        source_id=f"entry/{who(worker)}/{entry.row.digest.hex()[:24]}",
        worker_ref=worker,
        moment=moment,
        kind=Kind.TIME,
        task_hint=entry.text(found["activity"]),
        product_hint=entry.text(found["project"]),
        milliseconds=entry.duration(
            found["duration"], form=DurationForm.HOURS_OR_CLOCK, mark=DecimalMark.EITHER
        ),
        basis=TimeBasis.SELF_DECLARED,
        outcome=entry.reading.answers.unreviewed,
    )


def _moment(entry: Entry, found: Mapping[str, str]) -> Moment:
    """Put date and start together; days are ISO or, in local exports, written with dots."""
    day, begin = entry.raw(found["date"])[1], entry.raw(found["begin"])[1]
    form = TimeForm.ISO
    if "." in day:
        form = TimeForm.DAY_FIRST
    elif "/" in day:
        form = TimeForm.DAY_FIRST if entry.reading.answers.day_first else TimeForm.MONTH_FIRST
    return entry.moment_of(f"{day} {begin}".strip(), found["date"], form)


KIMAI: Final = Format(code="kimai", name="Kimai", recognise=recognise, read=read)
