"""Demonstration cases: plain facts in, no Django, nothing about the database.

Each case is a `Case`: frozen tables whose rows refer to each other by short local keys. The
worked example and BLOOMZ are read from small files that lie beside the modules and name their
sources; the synthetic world is generated from a seed.
"""
