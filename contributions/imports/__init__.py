"""Reading what other tools export, without a database.

The walk of a file: bytes → `container` (what it really is, whatever its name says) → rows
(`delimited`, `documents`, `workbook`, `parquet`, `archive`, all yielding the text tables of
`tables`) → one of `formats`, or a `mapping` of columns → the columnar batches of `normal_form`
→ `idle` options → the preview of `report`. `sandbox` runs the walk in a child process that may
be killed; nothing else here should be called on a file from outside.

Every anticipated fault is a named error with a stable `code`; `sentences` turns codes into what
a person reads. No error carries a cell's content, because any cell may name a worker.
"""
