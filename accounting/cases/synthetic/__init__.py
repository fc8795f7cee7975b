"""A seeded world of any size, for trying things out and for benchmarks; nobody in it is real."""

from accounting.cases.synthetic.world import World, WorldImpossible, world

__all__ = ["World", "WorldImpossible", "world"]
