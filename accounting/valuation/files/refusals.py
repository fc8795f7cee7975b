"""Why a file cannot be used. Facts are names, lines and limits, never the content of a cell."""

from __future__ import annotations

from accounting.valuation.errors import ValuationError


class FileRefused(ValuationError):
    """A file cannot be used; the subclass says why."""

    code = "valuation_file_refused"


class FileUnknown(FileRefused):
    """The file is neither CSV, Parquet, Arrow nor NPZ, or of a kind not taken here."""

    code = "valuation_file_unknown"


class FileDamaged(FileRefused):
    """The file cannot be read to its end."""

    code = "valuation_file_damaged"


class FileTooLarge(FileRefused):
    """The file holds more than is taken."""

    code = "valuation_file_too_large"


class FileEmpty(FileRefused):
    """The file has no rows."""

    code = "valuation_file_empty"


class ColumnMissing(FileRefused):
    """A column that is needed is not there."""

    code = "valuation_column_missing"


class ColumnUnusable(FileRefused):
    """A column is there twice, or holds what it cannot hold."""

    code = "valuation_column_unusable"


class CellUnusable(FileRefused):
    """One cell is empty, no number, or names nothing."""

    code = "valuation_cell_unusable"


class ReaderStopped(FileRefused):
    """Reading the file took too much time or memory, or the reader died of it."""

    code = "valuation_reader_stopped"
