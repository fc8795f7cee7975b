"""People and organisations of a synthetic world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accounting.cases.case import Benchmark, Organisation, Worker, WorkerStatus
from accounting.cases.synthetic.draws import Draws
from accounting.core.tables import Int

MICRO = 1_000_000
GRADES = ("junior", "lead", "senior")

ORGANISATIONS = (
    Organisation("syn-union", "Synthetic Union", "labour_organisation", "KE"),
    Organisation("syn-union-two", "Second Synthetic Union", "labour_organisation", "PH"),
    Organisation("syn-platform", "Synthetic Platform", "platform", "DE"),
    Organisation("syn-lab", "Synthetic Public Laboratory", "public_body", "FR"),
    Organisation("syn-regulator", "Synthetic Regulator", "regulator", "FR"),
)

# Country, and a living wage per hour that is invented, but ordered as real ones are.
_COUNTRIES = (
    ("KE", 3),
    ("PH", 4),
    ("IN", 3),
    ("CO", 5),
    ("CN", 6),
    ("PT", 9),
    ("FR", 14),
    ("DE", 15),
)
_COUNTRY_OF_20 = (0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 4, 5, 6, 7)
_STATUS_OF_20: tuple[WorkerStatus, ...] = (
    *("crowd",) * 10,
    *("freelancer",) * 3,
    *("agency",) * 2,
    *("employee",) * 2,
    "volunteer",
    "intern",
    "user",
)
_GRADE_OF_10 = (0, 0, 0, 0, 0, 0, 2, 2, 2, 1)
_UNPAID_STATUSES = {"volunteer", "user"}


@dataclass(frozen=True, slots=True)
class Workforce:
    """The people, and what of them shapes their records; columns are aligned with `workers`.

    Attributes:
        grade: Position in `GRADES`.
        rate_micro_per_hour: Wage, 0 for people who are never paid.
        pace_ppm: Time needed compared with the task type's usual time.
    """

    workers: tuple[Worker, ...]
    grade: Int
    rate_micro_per_hour: Int
    pace_ppm: Int


def workforce(draws: Draws, count: int) -> Workforce:
    """Invent `count` people."""
    country = np.array(_COUNTRY_OF_20)[draws.below(20, count)]
    status = draws.below(20, count)
    grade = np.array(_GRADE_OF_10)[draws.below(10, count)]
    living_wage_micro = np.array([wage * MICRO for _, wage in _COUNTRIES])[country]
    # From two thirds of a living wage for the worst paid junior to three for the best paid lead.
    factor_ppm = np.array([MICRO, 2 * MICRO, 3 * MICRO // 2])[grade]
    rate = living_wage_micro * factor_ppm // MICRO * draws.between(660, 1500, count) // 1000
    unpaid = np.array([name in _UNPAID_STATUSES for name in _STATUS_OF_20])[status]
    workers = tuple(
        Worker(
            key=f"syn-worker-{number:07d}",
            status=_STATUS_OF_20[status_at],
            country=_COUNTRIES[country_at][0],
            region=_region(_COUNTRIES[country_at][0]),
        )
        for number, (status_at, country_at) in enumerate(
            zip(status.tolist(), country.tolist(), strict=True)
        )
    )
    return Workforce(
        workers=workers,
        grade=grade,
        rate_micro_per_hour=np.where(unpaid, 0, rate),
        pace_ppm=draws.between(600_000, 1_600_000, count),
    )


def benchmarks() -> tuple[Benchmark, ...]:
    """Return the invented living wages of all regions."""
    return tuple(
        Benchmark(
            region=_region(country),
            living_wage_micro_per_hour=wage * MICRO,
            source="Synthetic",
            assumed=True,
        )
        for country, wage in _COUNTRIES
    )


def _region(country: str) -> str:
    return f"syn-{country.lower()}"
