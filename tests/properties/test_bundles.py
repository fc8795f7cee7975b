"""A bundle says all that a run read and found, and nothing else passes for it."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from accounting.core.allocation import allocate
from accounting.core.bundle import read_bundle, write_bundle, zip_bundle
from accounting.core.verify import verify_bundle
from tests.oracle.columns import inputs_of
from tests.oracle.recompute_bundle import differences
from tests.oracle.recompute_bundle import read_bundle as read_as_outsider
from tests.oracle.world import World
from tests.properties.effort import effort
from tests.properties.runs import plain
from tests.properties.strategies import randoms, worlds

DERIVED = ("norms", "labour", "pools", "weights", "flows", "lines", "statements", "escrow")


@contextmanager
def bundle_of(world: World) -> Iterator[Path]:
    """Write the bundle of a world and take it away afterwards."""
    inputs = inputs_of(world)
    with TemporaryDirectory() as folder:
        directory = Path(folder) / "bundle"
        write_bundle(directory, inputs, allocate(inputs), run_id="run-1", checkpoint="")
        yield directory


@effort(30)
@given(worlds())
def test_bundle_gives_back_the_inputs_it_was_written_from(world: World) -> None:
    # Tables are sorted in a bundle, also those whose order means nothing.
    usage = sorted(world.usage, key=lambda row: (row.bundle, row.product))
    facts = sorted(world.facts, key=lambda row: (row.name, row.product or "", row.item))
    world = replace(world, usage=usage, facts=facts)
    with bundle_of(world) as directory:
        inputs = read_bundle(directory).inputs
    assert plain(inputs) == plain(inputs_of(world))
    assert plain(allocate(inputs)) == plain(allocate(inputs_of(world)))


@effort(20)
@given(worlds())
def test_untouched_bundle_is_verified_open_or_zipped(world: World) -> None:
    with bundle_of(world) as directory:
        verdict = verify_bundle(directory)
        assert verdict.differences == []
        zip_bundle(directory, directory.parent / "bundle.zip")
        assert verify_bundle(directory.parent / "bundle.zip") == verdict


@effort(50)
@given(worlds())
def test_outsider_with_the_files_alone_finds_the_same_money(world: World) -> None:
    with bundle_of(world) as directory:
        assert list(differences(read_as_outsider(directory))) == []


@effort(15)
@given(worlds(), randoms)
def test_same_run_writes_the_same_bytes(world: World, rng: Random) -> None:
    mixed = dict(rng.sample(sorted(world.contributions.items()), len(world.contributions)))
    again = replace(world, contributions=mixed)
    with bundle_of(world) as first, bundle_of(again) as second:
        assert bytes_of(first) == bytes_of(second)


def bytes_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@effort(30)
@given(worlds(), st.data())
def test_any_flipped_bit_is_found_and_its_file_named(world: World, data: st.DataObject) -> None:
    with bundle_of(world) as directory:
        names = sorted(path.name for path in directory.iterdir() if path.stat().st_size)
        for name in data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=6)):
            whole = (directory / name).read_bytes()
            place = data.draw(st.integers(0, len(whole) - 1))
            bit = 1 << data.draw(st.integers(0, 7))
            damaged = whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :]
            (directory / name).write_bytes(damaged)
            verdict = verify_bundle(directory)
            assert name in [found.file for found in verdict.differences]
            (directory / name).write_bytes(whole)


@effort(25)
@given(worlds(), randoms)
def test_forged_figure_is_named_though_every_hash_fits(world: World, rng: Random) -> None:
    with bundle_of(world) as directory:
        forged = forge(directory, rng)
        verdict = verify_bundle(directory)
    if forged is not None:
        named = [(found.file, found.column) for found in verdict.differences]
        assert forged in named


def forge(directory: Path, rng: Random) -> tuple[str, str] | None:
    """Add one to a derived figure, hash everything anew, and return the file and column."""
    tables = [(directory / f"{name}.csv") for name in DERIVED]
    full = [path for path in tables if len(path.read_bytes().splitlines()) > 1]
    if not full:
        return None
    path = rng.choice(full)
    with path.open(newline="", encoding="utf-8") as file:
        head, *rows = list(csv.reader(file))
    row = rng.choice(rows)
    figures = [
        i for i, cell in enumerate(row) if cell.lstrip("-").isdigit() and "_id" not in head[i]
    ]
    column = rng.choice(figures)
    row[column] = str(int(row[column]) + 1)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    hash_anew(directory, path.name)
    return path.name, head[column]


def hash_anew(directory: Path, name: str) -> None:
    path = directory / "manifest.json"
    manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
    manifest["files"][name]["sha256"] = hashlib.sha256((directory / name).read_bytes()).hexdigest()
    derived = {f"{table}.csv" for table in DERIVED} | {"indicators.json"}
    hashes = {file: entry["sha256"] for file, entry in manifest["files"].items()}
    manifest["result_sha256"] = hash_of({file: hashes[file] for file in hashes if file in derived})
    del manifest["manifest_sha256"]
    manifest["manifest_sha256"] = hash_of(manifest)
    path.write_text(canonical(manifest), "utf-8")


def canonical(document: dict[str, Any]) -> str:
    """Return RFC 8785 form, which for these keys and values is plain sorted JSON."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hash_of(document: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(document).encode()).hexdigest()
