"""The worked example of the value model: eight people, four products, known to the cent.

The figures are the example's own; dates, names of places and kinds of employment are added so
that it can be told as a story. People with unpaid hours hold two contributions, one with its
wage and one without; splitting a batch changes no total.

Source: value-model.md, examples of sections a to i; worked_example.py beside it.
"""

from __future__ import annotations

from accounting.cases.case import Case
from accounting.cases.reading import FOLDER, read_csv, read_toml, shaped, task_types


def worked_example() -> Case:
    """Return the case; every golden number of the value model follows from it.

    Raises:
        CaseFileInvalid: The files beside this module were changed into another shape.
    """
    path = FOLDER / "worked_example" / "case.toml"
    document = read_toml(path)
    rows = read_csv(path.with_name("contributions.csv"))
    document["contributions"] = rows
    document["task_types"] = task_types(str(row["task_type"]) for row in rows)
    document["grades"] = sorted({row["grade"] for row in rows if row["grade"]})
    return shaped(document, Case, file=path)
