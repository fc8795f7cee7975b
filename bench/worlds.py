"""Synthetic worlds of several sizes beside each other in one database."""

from __future__ import annotations

from dataclasses import replace

from accounting.cases.synthetic import World, world


def world_of_its_own(contributions: int, seed: int = 1) -> World:
    """Make a world whose organisations no world of another size or seed shares."""
    made = world(contributions, seed)
    organisations = tuple(
        replace(row, name=f"{row.name} {contributions}/{seed}") for row in made.case.organisations
    )
    return replace(made, case=replace(made.case, organisations=organisations))
