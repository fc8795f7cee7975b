"""Words by which tables state outcomes, roles and yes or no."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from contributions.imports.entry import OutcomeUnknown
from contributions.imports.mapping import QualityForm
from contributions.imports.normal_form import Outcome, Role
from contributions.imports.numbers import DecimalMark, NumberTooLarge, parse_number
from contributions.imports.refusals import CellRefused

PPM: Final = 1_000_000

OUTCOME_WORDS: Final = {
    "accepted": Outcome.ACCEPTED,
    "approved": Outcome.ACCEPTED,
    "accept": Outcome.ACCEPTED,
    "done": Outcome.ACCEPTED,
    "completed": Outcome.ACCEPTED,
    "complete": Outcome.ACCEPTED,
    "paid": Outcome.ACCEPTED,
    "ok": Outcome.ACCEPTED,
    "通过": Outcome.ACCEPTED,
    "合格": Outcome.ACCEPTED,
    "已完成": Outcome.ACCEPTED,
    "rejected": Outcome.REJECTED,
    "reject": Outcome.REJECTED,
    "declined": Outcome.REJECTED,
    "驳回": Outcome.REJECTED,
    "不合格": Outcome.REJECTED,
    "expired": Outcome.EXPIRED,
    "timed out": Outcome.EXPIRED,
    "timed-out": Outcome.EXPIRED,
    "超时": Outcome.EXPIRED,
    "skipped": Outcome.SKIPPED,
    "returned": Outcome.SKIPPED,
    "cancelled": Outcome.SKIPPED,
    "跳过": Outcome.SKIPPED,
    "pending": Outcome.PENDING,
    "submitted": Outcome.PENDING,
    "in review": Outcome.PENDING,
    "in progress": Outcome.PENDING,
    "open": Outcome.PENDING,
    "待审核": Outcome.PENDING,
}
_YES: Final = frozenset(("true", "yes", "y", "1", "x", "t", "ja", "oui", "si", "sí", "sim", "是"))
_NO: Final = frozenset(("false", "no", "n", "0", "f", "nein", "non", "não", "否"))


class FlagUnknown(CellRefused):
    """The cell is neither yes nor no."""

    code = "flag_unknown"


class RoleUnknown(CellRefused):
    """The cell is none of execute, direct and supervise."""

    code = "role_unknown"


def parse_flag(text: str) -> bool:
    """Read a yes or a no.

    Raises:
        FlagUnknown: It is neither.
    """
    word = text.strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise FlagUnknown


def parse_outcome(text: str, words: dict[str, Outcome]) -> Outcome:
    """Read a status by what it means.

    Raises:
        OutcomeUnknown: Its meaning is not known.
    """
    found = words.get(text.strip().casefold())
    if found is None:
        raise OutcomeUnknown
    return found


def parse_role(text: str) -> Role:
    """Read how someone worked.

    Raises:
        RoleUnknown: It is none of the three ways.
    """
    try:
        return Role(text.strip().casefold())
    except ValueError:
        raise RoleUnknown from None


def parse_quality(text: str, form: QualityForm, mark: DecimalMark) -> int:
    """Read a quality between 0 and 1, or 0 and 100 %, into parts per million.

    Raises:
        NumberTooLarge: It is above 1.
        CellRefused: What `parse_number` refuses.
    """
    stripped = text.strip().removesuffix("%")
    percent = form is QualityForm.PERCENT or stripped != text.strip()
    ratio = parse_number(stripped.strip(), mark) / (Decimal(100) if percent else 1)
    if ratio > 1:
        raise NumberTooLarge
    return int((ratio * PPM).to_integral_value())
