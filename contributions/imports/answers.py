"""What a file does not say and its user is asked once: zone, order of dates, units, worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from contributions.imports.durations import DurationForm
from contributions.imports.normal_form import Outcome
from contributions.imports.times import find_zone


class HitTime(StrEnum):
    """What to do with one working time that a tool repeats on every row of an assignment.

    Attributes:
        DIVIDED: Its rows share it to the millisecond; the sum is the assignment's time.
        ONCE: Its first row carries it, the others have no time.
        PER_ROW: The user states that the times are not repeated but really each row's own.
    """

    DIVIDED = "divided"
    ONCE = "once"
    PER_ROW = "per_row"


class Question(StrEnum):
    """What has to be asked before the rows of a file can be recorded."""

    ZONE = "zone"
    DATE_ORDER = "date_order"
    DURATION_UNIT = "duration_unit"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the user said about a file, and the options chosen for it.

    Attributes:
        instance: Which installation or account of the tool the file is from.
        zone: IANA zone of times that state none.
        day_first: Whether 03/04/2026 is in April; None if not yet asked.
        duration_unit: Form of durations whose unit the tool does not state.
        worker: The worker, for files that name none.
        product: The project or dataset, for files that name none.
        occurred_on: The day of the work, for rows that state none.
        received_on: Day on which the file was received, to refuse future work; None skips it.
        unreviewed: Outcome of work finished in a tool that shows no review of it.
        idle_cap_seconds: Longest time counted for one row of page-open or held time.
        hit_time: What to do with repeated times; None divides them if they are detected.
    """

    instance: str = ""
    zone: str | None = None
    day_first: bool | None = None
    duration_unit: DurationForm | None = None
    worker: str | None = None
    product: str | None = None
    occurred_on: date | None = None
    received_on: date | None = None
    unreviewed: Outcome = Outcome.ACCEPTED
    idle_cap_seconds: int | None = None
    hit_time: HitTime | None = None

    def place(self) -> ZoneInfo | None:
        """Look up the zone.

        Raises:
            ZoneUnknown: It is not in the IANA database.
        """
        return None if self.zone is None else find_zone(self.zone)
