"""The invariants of the value model, on random worlds."""
