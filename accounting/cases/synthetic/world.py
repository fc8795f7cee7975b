"""A world of any size from one seed: a lineage, its people, its money and their labour.

Contributions come in blocks of columns, so ten million of them need no more memory than one
block. A few people do most of the work; some time is missing, some output is missing, a little
is missing both; some work was rejected, expired or skipped, and is recorded all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from accounting.cases.case import Assumption, Case, Period, PolicyChoice, Source
from accounting.cases.columns import ContributionColumns
from accounting.cases.reading import FOLDER, read_toml, shaped
from accounting.cases.synthetic.accounts import accounts
from accounting.cases.synthetic.draws import Draws
from accounting.cases.synthetic.labour import Labour
from accounting.cases.synthetic.lineage import lineage
from accounting.cases.synthetic.parties import GRADES, ORGANISATIONS, benchmarks, workforce
from accounting.core.errors import AccountingError

ROWS_PER_BLOCK = 65_536
PERIOD = Period(date(2026, 7, 1), date(2026, 9, 30), "EUR", 2)
_PEOPLE, _PRODUCTS, _MONEY, _FIRST_BLOCK = range(4)
_MOST_CONTRIBUTIONS = 10**10


@dataclass(frozen=True, slots=True)
class _Sayings:
    """The texts and the policy of every world; titles have places for its size and seed."""

    title_en: str
    title_zh: str
    assumption: Assumption
    policy: PolicyChoice


class WorldImpossible(AccountingError):
    """No world has such a size, depth or seed."""

    code = "world_impossible"


@dataclass(frozen=True, slots=True)
class World:
    """A synthetic case and its contributions, which come in columns."""

    case: Case
    contributions: int
    seed: int
    labour: Labour

    def blocks(self) -> Iterator[ContributionColumns]:
        """Hand out all contributions in order, `ROWS_PER_BLOCK` at a time.

        A block depends on the seed and its own number alone, so any prefix of a larger world's
        blocks can be made again without the others.
        """
        for number, first in enumerate(range(0, self.contributions, ROWS_PER_BLOCK)):
            count = min(ROWS_PER_BLOCK, self.contributions - first)
            yield self.labour.block(Draws(self.seed, _FIRST_BLOCK + number), first, count)


def world(
    contributions: int,
    seed: int,
    *,
    products: int | None = None,
    workers: int | None = None,
    depth: int = 6,
) -> World:
    """Make a world; the same arguments make the same world on every machine.

    Args:
        contributions: How many batches of labour, in [1, 10^10].
        seed: Any integer >= 0.
        products: How many products, >= depth; by default grows with the world up to 1 000.
        workers: How many people, >= 1; by default grows with the world up to 100 000.
        depth: Products on the longest path of the lineage, >= 2.

    Raises:
        WorldImpossible: An argument is out of these bounds.
    """
    if products is None:
        products = max(2 * depth, min(1_000, contributions // 500))
    if workers is None:
        workers = max(10, min(100_000, contributions // 40))
    _check(contributions, seed, products=products, workers=workers, depth=depth)
    tree = lineage(Draws(seed, _PRODUCTS), products, depth, end=PERIOD.end)
    people = workforce(Draws(seed, _PEOPLE), workers)
    money = accounts(
        Draws(seed, _MONEY), tree.products, contributions=contributions, starts_on=PERIOD.start
    )
    labour = Labour(tree, people, money.licence_of_product)
    path = FOLDER / "synthetic" / "world.toml"
    sayings = shaped(read_toml(path), _Sayings, file=path)
    case = Case(
        key=f"synthetic-{contributions}-{seed}",
        title_en=sayings.title_en.format(contributions=contributions, seed=seed),
        title_zh=sayings.title_zh.format(contributions=contributions, seed=seed),
        summary_en=sayings.assumption.text_en,
        summary_zh=sayings.assumption.text_zh,
        synthetic=True,
        operator="syn-platform",
        period=PERIOD,
        policy=sayings.policy,
        organisations=ORGANISATIONS,
        workers=people.workers,
        task_types=labour.task_types,
        products=tree.products,
        edges=tree.edges,
        sources=(Source("synthetic", "Seeded generator of the Huisu project", "CC0-1.0"),),
        grades=GRADES,
        bundles=money.bundles,
        licences=money.licences,
        revenue=money.revenue,
        usage=money.usage,
        costs=money.costs,
        facts=money.facts,
        benchmarks=benchmarks(),
        assumptions=(sayings.assumption,),
    )
    return World(case=case, contributions=contributions, seed=seed, labour=labour)


def _check(contributions: int, seed: int, *, products: int, workers: int, depth: int) -> None:
    bounds = {
        "contributions": (contributions, 1, _MOST_CONTRIBUTIONS),
        "seed": (seed, 0, None),
        "depth": (depth, 2, 1_200),
        "products": (products, depth, 1_000_000),
        "workers": (workers, 1, 10_000_000),
    }
    for name, (value, least, most) in bounds.items():
        if value < least or (most is not None and value > most):
            upper = "" if most is None else f" and at most {most}"
            raise WorldImpossible(
                f"{name} must be at least {least}{upper}, not {value}", field=name, value=value
            )
