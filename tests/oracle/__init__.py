"""A slow, plain second derivation of the value model, written from the specification alone.

Rows are small records keyed by text, quantities are `int` and `Fraction`, nothing is vectorised.
The engine has to agree with it on thousands of random worlds (`tests/properties`).
"""
