"""Recomputes the money of a run bundle from its files alone, as an outsider would.

    python recompute_bundle.py DIRECTORY

Nothing of the project is imported: only the standard library and the description of the bundle
were at hand. From the labour content of each contribution it finds weights, flows, lines, escrow
and statements again, adds every level up, and names what differs from the files. (The labour
content itself is what the engine and the oracle are held against each other for.)
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from io import StringIO
from pathlib import Path
from typing import Any

PPM = 1_000_000
MEASURES = {
    "gpu_milli_hours": ("gpu_hours_ppm", 400_000),
    "governance_seconds": ("governance_hours_ppm", 400_000),
    "training_flop": ("training_flop_ppm", 200_000),
}
Row = dict[str, str]
Key = tuple[str, ...]
Table = dict[Key, int]


@dataclass(frozen=True)
class Bundle:
    """The files of a bundle: JSON documents, and tables as rows of text."""

    manifest: dict[str, Any]
    policy: dict[str, Any]
    tables: dict[str, list[Row]]
    hashes: dict[str, str]

    def of_pool(self, table: str, pool: str) -> Table:
        """Return the integer column of a table, keyed by its other columns, for one pool."""
        value = "weight" if table == "weights" else "amount_micro"
        return {
            tuple(text for name, text in row.items() if name != value): int(row[value])
            for row in self.tables[table]
            if row["pool_id"] == pool
        }

    def held(self) -> set[str]:
        """Return the contributions of which neither time nor output is known."""
        rows = self.tables["labour"]
        return {row["contribution_id"] for row in rows if row["basis"] == "escrow"}


def read_bundle(directory: Path) -> Bundle:
    """Read all files of a bundle in a directory."""
    texts = {path.stem: path.read_text("utf-8") for path in directory.glob("*.csv")}
    return Bundle(
        manifest=json.loads((directory / "manifest.json").read_text("utf-8")),
        policy=json.loads((directory / "policy.json").read_text("utf-8")),
        tables={name: list(csv.DictReader(StringIO(text))) for name, text in texts.items()},
        hashes={
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in directory.iterdir()
            if path.name != "manifest.json"
        },
    )


def differences(bundle: Bundle) -> Iterator[str]:
    """Name everything in the bundle that is not what the description yields."""
    yield from _hashes(bundle)
    for pool in bundle.tables["pools"]:
        yield from _pool(bundle, pool)
    stored: Table = {}
    for row in bundle.tables["statements"]:
        figures = {name: value for name, value in row.items() if name != "worker_id"}
        stored |= {(row["worker_id"], name): int(value) for name, value in figures.items()}
    yield from _compare("statements", _statements(bundle), stored)


def _hashes(bundle: Bundle) -> Iterator[str]:
    listed = {name: entry["sha256"] for name, entry in bundle.manifest["files"].items()}
    for name in sorted(set(listed) | set(bundle.hashes)):
        if listed.get(name) != bundle.hashes.get(name):
            yield f"{name} is not the file of the manifest"


def _pool(bundle: Bundle, pool: Row) -> Iterator[str]:
    """Recompute one pool step by step from its fund and the labour content."""
    name, funded = pool["pool_id"], int(pool["funded_micro"])
    weights: dict[str, int] = {}
    flows: Counter[Key] = Counter()
    lines: Counter[str] = Counter()
    if pool["kind"] == "commons":
        escrow: Counter[Key] = Counter({("", "commons"): funded})
    else:
        weigh = _gap_weights if pool["kind"] == "wage_floor" else _content_weights
        weights = weigh(bundle, name)
        flows, escrow = _flows(bundle, pool, weights)
        lines, held = _lines(bundle, weights, flows)
        escrow.update(held)
    recomputed: dict[str, Table] = {
        "weights": {(name, key): weight for key, weight in weights.items()},
        "flows": {(name, *key): amount for key, amount in flows.items() if amount},
        "lines": {(name, key): amount for key, amount in lines.items() if amount},
        "escrow": {(name, *key): amount for key, amount in escrow.items() if amount},
    }
    for table, expected in recomputed.items():
        yield from _compare(table, expected, bundle.of_pool(table, name))
    if lines.total() + escrow.total() != funded:
        yield f"pool {name} does not add up"


def _compare(table: str, expected: Table, stored: Table) -> Iterator[str]:
    for key in sorted(set(expected) | set(stored)):
        if expected.get(key) != stored.get(key):
            yield f"{table} {key}: stored {stored.get(key)}, recomputed {expected.get(key)}"


def share(amount: int, weights: dict[str, int]) -> dict[str, int]:
    """Share by Hamilton's method; ties go to the key that stands earlier."""
    total = sum(weights.values())
    sign, amount = (-1 if amount < 0 else 1), abs(amount)
    parts = {key: divmod(amount * weight, total) for key, weight in weights.items()}
    left = amount - sum(whole for whole, _ in parts.values())
    lucky = set(sorted(parts, key=lambda key: -parts[key][1])[:left])
    return {key: sign * (whole + (key in lucky)) for key, (whole, _) in parts.items()}


def part(amount: int, ppm: int) -> int:
    """Return millionths of an amount, cut towards zero."""
    return abs(amount) * ppm // PPM * (1 if amount > 0 else -1)


def _rule(bundle: Bundle, pool: str) -> dict[str, Any]:
    """Return the policy's pool; a licence pool's id ends in its licence's id."""
    for rule in bundle.policy["pools"]:
        licensed = rule["kind"] == "licence" and pool.startswith(rule["id"] + "-")
        if rule["id"] == pool or licensed:
            found: dict[str, Any] = rule
            return found
    raise KeyError(pool)


def _content_weights(bundle: Bundle, pool: str) -> dict[str, int]:
    """Return content of the entitled work, blended with data value where the pool says so."""
    rule = _rule(bundle, pool)
    counted = bundle.policy.get("norm", {}).get("counted_outcomes", ["accepted"])
    types, codes = rule.get("labour_types", []), rule.get("task_types", [])
    product = ""
    if rule["kind"] == "licence":
        licence = pool.removeprefix(rule["id"] + "-")
        rows = bundle.tables["licences"]
        product = next(row["product_id"] for row in rows if row["licence_id"] == licence)
    content = _sums(bundle.tables["labour"], "contribution_id", "content_uh")
    business = bundle.policy.get("productive_business_labour", False)
    weights = {
        row["contribution_id"]: content[row["contribution_id"]]
        for row in bundle.tables["contributions"]
        if row["outcome"] in counted
        and (business or row["labour_type"] != "BIZ")
        and product in ("", row["product_id"])
        and (not types + codes or row["labour_type"] in types or row["task_type"] in codes)
    }
    return _blended(bundle, weights) if rule.get("key") == "blend" else weights


def _blended(bundle: Bundle, weights: dict[str, int]) -> dict[str, int]:
    beta = bundle.policy.get("blend_beta_ppm", 200_000)
    for valuation in bundle.tables["valuations"]:
        beta_ppm = beta * max(0, int(valuation["reliability_ppm"])) // PPM
        scores = {
            row["contribution_id"]: max(0, int(Decimal(row["score"]) * 10**9))
            for row in bundle.tables["scores"]
            if row["valuation_id"] == valuation["valuation_id"]
            and row["contribution_id"] in weights
        }
        if any(scores.values()):
            given = {key: beta_ppm * weights[key] // PPM for key in scores}
            gained = share(sum(given.values()), scores)
            weights |= {key: weights[key] - given[key] + gained[key] for key in scores}
    return weights


def _gap_weights(bundle: Bundle, pool: str) -> dict[str, int]:
    """Return the gaps to the living wage, each spread over a worker's time."""
    order = [rule["id"] for rule in bundle.policy["pools"]]
    earlier = order[: order.index(pool)]
    rows = bundle.tables["contributions"]
    worker = {row["contribution_id"]: row["worker_id"] for row in rows}
    received = _sums(rows, "worker_id", "wage_micro")
    received.update(_sums(bundle.tables["benchmarks"], "worker_id", "received_micro"))
    for row in bundle.tables["lines"]:
        if _rule(bundle, row["pool_id"])["id"] in earlier:
            received[worker[row["contribution_id"]]] += int(row["amount_micro"])
    weights: dict[str, int] = {}
    for benchmark in bundle.tables["benchmarks"]:
        who, wage = benchmark["worker_id"], int(benchmark["living_wage_micro_per_hour"])
        own = [row for row in rows if row["worker_id"] == who]
        times = {row["contribution_id"]: int(row["seconds"] or 0) for row in own}
        gap = -(-wage * sum(times.values()) // 3600) - received[who]
        if any(times.values()) and gap > 0:
            weights |= {key: each for key, each in share(gap, times).items() if each}
    return {key: weights[key] for key in sorted(weights)}


def _sums(rows: list[Row], key: str, value: str) -> Counter[str]:
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row[key]] += int(row[value])
    return sums


def _by_product(bundle: Bundle, weights: dict[str, int]) -> dict[str, int]:
    totals = {row["product_id"]: 0 for row in bundle.tables["products"]}
    for row in bundle.tables["contributions"]:
        totals[row["product_id"]] += weights.get(row["contribution_id"], 0)
    return totals


def _flows(bundle: Bundle, pool: Row, weights: dict[str, int]) -> tuple[Counter[Key], Counter[Key]]:
    """Return money through products, and money that stays at products without labour."""
    totals = _by_product(bundle, weights)
    flows: Counter[Key] = Counter()
    stranded: Counter[str] = Counter()
    if pool["flow"] == "direct":
        direct = int(pool["funded_micro"])
        if any(totals.values()):
            flows.update({(key, ""): each for key, each in share(direct, totals).items()})
        else:
            stranded[""] = direct
    else:
        for funds in _funds_by_sign(bundle, pool):
            rule = _rule(bundle, pool["pool_id"])
            _trace(bundle, rule, totals, funds, (flows, stranded))
    unmeasured = bundle.held() & set(weights)
    rows = bundle.tables["contributions"]
    waiting = {row["product_id"] for row in rows if row["contribution_id"] in unmeasured}
    public = {row["product_id"] for row in bundle.tables["products"] if row["public"] == "true"}
    escrow: Counter[Key] = Counter()
    for product, amount in stranded.items():
        held = product in waiting or (product == "" and bool(waiting))
        reason = "commons" if product in public else "unmeasured" if held else "no_labour"
        escrow[product, reason] += amount
    return flows, escrow


def _funds_by_sign(bundle: Bundle, pool: Row) -> list[dict[str, int]]:
    """Return a dividend's money at its revenue products: what was earned, what was refunded."""
    rate_ppm = _rule(bundle, pool["pool_id"])["rate_ppm"]
    parts = {key: part(each, rate_ppm) for key, each in _product_revenue(bundle).items()}
    funded, original = int(pool["funded_micro"]), int(pool["scaled_from_micro"])
    earned = {key: each for key, each in parts.items() if each > 0}
    refunded = {key: each for key, each in parts.items() if each < 0}
    if sum(parts.values()) != original:
        raise ValueError(f"pool {pool['pool_id']} is not its rate on the revenue")
    if funded != original:
        lost = sum(refunded.values()) * -1 * funded // original
        earned = share(funded + lost, earned)
        refunded = share(-lost, {key: -each for key, each in refunded.items()}) if lost else {}
    return [earned, refunded]


def _product_revenue(bundle: Bundle) -> dict[str, int]:
    revenue = {row["product_id"]: 0 for row in bundle.tables["products"]}
    for row in bundle.tables["revenue"]:
        amount = int(row["amount_micro"])
        parts = {row["product_id"]: amount}
        if row["bundle_id"]:
            parts = share(amount, _bundle_shares(bundle, row["bundle_id"]))
        for product, each in parts.items():
            revenue[product] += each
    return revenue


def _bundle_shares(bundle: Bundle, name: str) -> dict[str, int]:
    """Return shares in ppm, by use times the technical index."""
    rows = [row for row in bundle.tables["usage"] if row["bundle_id"] == name]
    used = _sums(sorted(rows, key=lambda row: row["product_id"]), "product_id", "quantity")
    inputs = {row["product_id"]: row for row in bundle.tables["index_inputs"]}
    with localcontext(prec=40):
        claims = {product: Decimal(quantity) for product, quantity in used.items()}
        for column, (name_of_exponent, preset_ppm) in MEASURES.items():
            exponent_ppm = bundle.policy.get("index", {}).get(name_of_exponent, preset_ppm)
            sizes = {product: Decimal(inputs[product][column]) for product in used}
            if column == "training_flop":
                sizes = {product: size.log10() for product, size in sizes.items()}
            total = sum(sizes.values())
            if total and exponent_ppm:
                power = Decimal(exponent_ppm) / PPM
                claims = {key: each * (sizes[key] / total) ** power for key, each in claims.items()}
        whole = sum(claims.values())
        return share(PPM, {key: round(10**9 * each / whole) for key, each in claims.items()})


def _upstream_first(bundle: Bundle) -> tuple[list[str], dict[str, dict[str, int]]]:
    """Return the products in the order of lineage, and each one's sources with their ppm."""
    sources: dict[str, dict[str, int]] = {
        row["product_id"]: {} for row in bundle.tables["products"]
    }
    for row in bundle.tables["edges"]:
        ppm = int(row["transfer_ppm"]) * int(row["machine_ppm"]) // PPM
        into = sources[row["downstream_id"]]
        into[row["upstream_id"]] = into.get(row["upstream_id"], 0) + ppm
    order: list[str] = []
    while len(order) < len(sources):
        order += [key for key in sources if key not in order and set(sources[key]) <= set(order)]
    return order, {key: dict(sorted(each.items())) for key, each in sources.items()}


def _trace(
    bundle: Bundle,
    rule: dict[str, Any],
    totals: dict[str, int],
    funds: dict[str, int],
    moved: tuple[Counter[Key], Counter[str]],
) -> None:
    """Add the money of one sign on its way back to `moved`: flows, and what is stranded."""
    flows, stranded = moved
    order, sources = _upstream_first(bundle)
    solidarity_ppm = rule.get("solidarity_ppm", 0) if any(totals.values()) else 0
    together = {key: part(each, solidarity_ppm) for key, each in funds.items()}
    arrived = Counter({key: each - together[key] for key, each in funds.items()})
    if any(totals.values()):
        direct = share(sum(together.values()), totals)
        flows.update({(key, ""): each for key, each in direct.items()})
    embodied = dict(totals)
    for product in order:
        passed = [ppm * embodied[up] // PPM for up, ppm in sources[product].items()]
        embodied[product] += sum(passed)
    for product in reversed(order):
        if not arrived[product]:
            continue
        if not embodied[product]:
            stranded[product] += arrived[product]
            continue
        claims = {"": totals[product]}
        claims |= {up: ppm * embodied[up] // PPM for up, ppm in sources[product].items()}
        for source, amount in share(arrived[product], claims).items():
            flows[product, source] += amount
            if source:
                arrived[source] += amount


def _lines(
    bundle: Bundle, weights: dict[str, int], flows: Counter[Key]
) -> tuple[Counter[str], Counter[Key]]:
    """Return what contributions earn, and what is held back by product and reason."""
    rows = {row["contribution_id"]: row for row in bundle.tables["contributions"]}
    unmeasured = bundle.held()
    lines: Counter[str] = Counter()
    held: Counter[Key] = Counter()
    for (product, source), money in flows.items():
        here = {key: each for key, each in weights.items() if rows[key]["product_id"] == product}
        if source or not money:
            continue
        for key, amount in share(money, here).items():
            disputed = part(amount, int(rows[key]["frozen_ppm"]))
            held[product, "disputed"] += disputed
            if key in unmeasured:
                held[product, "unmeasured"] += amount - disputed
            else:
                lines[key] += amount - disputed
    return lines, held


def _statements(bundle: Bundle) -> Table:
    unit = 10 ** (6 - int(bundle.manifest["minor_digits"]))
    minimum = bundle.policy.get("minimum_payout_minor", 0)
    worker = {row["contribution_id"]: row["worker_id"] for row in bundle.tables["contributions"]}
    carried = _sums(bundle.tables["benchmarks"], "worker_id", "carried_in_micro")
    earned = Counter({row["worker_id"]: 0 for row in bundle.tables["workers"]})
    for row in bundle.tables["lines"]:
        earned[worker[row["contribution_id"]]] += int(row["amount_micro"])
    table: Table = {}
    for who, amount in earned.items():
        due = amount + carried[who]
        paid = max(0, due // unit)
        paid = paid if paid >= minimum else 0
        table |= {(who, "amount_micro"): amount, (who, "carried_in_micro"): carried[who]}
        table |= {(who, "paid_minor"): paid, (who, "carried_out_micro"): due - paid * unit}
    return table


def main(arguments: list[str]) -> int:
    """Print every difference; return 0 if there is none."""
    found = list(differences(read_bundle(Path(arguments[0]))))
    sys.stdout.write("\n".join(found or ["Everything adds up."]) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
