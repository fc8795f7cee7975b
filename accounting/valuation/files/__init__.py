"""Files of strangers, read into arrays: points, utility tables and scores of other tools.

`reading` is the door: it reads in a process of its own (`child`) with bounded memory, processor
time and no right to write anything but its answer. `tabular` brings CSV, Parquet and Arrow into
one form, `npz` NumPy archives without pickles; `points`, `coalitions` and `scores` say what the
columns mean.
"""
