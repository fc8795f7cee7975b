"""Why a valuation, or a file for one, was refused, in the words of a page."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounting.core.errors import AccountingError
from accounting.models import Valuation

SENTENCES: dict[str, str | Promise] = {
    "valuation_cell_unusable": gettext_lazy("A cell of the file is empty or holds no number."),
    "valuation_column_missing": gettext_lazy("A column that is needed is not in the file."),
    "valuation_column_unusable": gettext_lazy("A column is there twice, or cannot be used."),
    "valuation_dimensions_disagree": gettext_lazy(
        "The data and the validation set have different numbers of features."
    ),
    "valuation_feature_not_finite": gettext_lazy("A feature is missing, infinite or too large."),
    "valuation_file_damaged": gettext_lazy("The file cannot be read to its end."),
    "valuation_file_empty": gettext_lazy("The file has no rows."),
    "valuation_file_too_large": gettext_lazy("The file holds more than is taken."),
    "valuation_file_unknown": gettext_lazy(
        "The file is neither CSV, Parquet, Arrow nor, for data points, NPZ."
    ),
    "valuation_labels_not_whole": gettext_lazy("This method needs labels that name classes."),
    "valuation_reader_stopped": gettext_lazy(
        "Reading the file took too much time or memory, so it was stopped."
    ),
    "valuation_table_incomplete": gettext_lazy(
        "Coalitions that this method needs were never measured."
    ),
    "valuation_too_many_coalitions": gettext_lazy("There are too many owners for so large a K."),
    "valuation_too_many_complaints": gettext_lazy(
        "The least core weighs fewer coalitions than this table holds."
    ),
    "valuation_too_many_players": gettext_lazy("A utility table holds at most 20 players."),
    "valuation_tried_too_often": gettext_lazy(
        "Several workers died computing it; look into their log."
    ),
    "valuation_values_not_finite": gettext_lazy("A value came out as no number."),
}
"""Sentences by code, for refusals that the arithmetic states without words of a language."""


def told(error: AccountingError) -> str:
    """Say why something was refused, with the place where it is."""
    sentence = str(SENTENCES.get(error.code, error))
    places = [
        text % {"fact": error.facts[name]}
        for name, text in (("column", _("column %(fact)s")), ("row", _("row %(fact)s")))
        if error.facts.get(name)
    ]
    return f"{sentence} ({', '.join(places)})" if places else sentence


def failure_of(valuation: Valuation) -> str:
    """Say why a valuation failed."""
    return str(SENTENCES.get(valuation.failure_code, valuation.failure))
