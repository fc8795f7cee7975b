"""What each fault is called when a person reads it.

Codes travel from the reading process and through the API; sentences are made where the reader's
language is known. None mentions the content of a cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contributions.imports.normal_form import RowFault

FILE_SENTENCES: Final[Mapping[str, str | Promise]] = {
    "archive_damaged": _("The zip file is damaged."),
    "archive_encrypted": _("The zip file asks for a password. Export it without one."),
    "archive_not_one_table": _("A mapping reads one table; the zip file holds none or several."),
    "archive_too_large": _("The zip file would unpack to more than %(limit)s bytes."),
    "archive_too_many": _("The zip file holds more than %(limit)s files."),
    "column_missing": _("The mapping reads the column “%(column)s”, which the file does not have."),
    "file_empty": _("The file is empty."),
    "file_no_table": _("This is a file of the kind %(kind)s, whatever its name says."),
    "file_too_large": _("The file is larger than %(limit)s bytes."),
    "format_unknown": _("There is no format named “%(name)s”."),
    "gzip_damaged": _("The gzip file is damaged."),
    "gzip_too_large": _("The gzip file would unpack to more than %(limit)s bytes."),
    "has_nul": _("There is a NUL byte in line %(line)s, so this is no text file."),
    "idle_cap_too_short": _("The longest time to count for a row must be a second or more."),
    "json_malformed": _("The JSON is malformed at record %(record)s."),
    "json_too_deep": _("Record %(record)s is nested too deeply."),
    "lone_return": _(
        "Line %(line)s ends in a carriage return alone. Save the file with usual line ends."
    ),
    "mapping_key_unknown": _("The mapping has a key that means nothing: “%(key)s”."),
    "mapping_malformed": _("This is no mapping file (TOML with format = huisu-mapping/1)."),
    "mapping_value_unknown": _("The mapping's key “%(key)s” cannot have that value."),
    "mapping_worker_missing": _("The mapping does not say who did the work."),
    "not_utf8": _(
        "Line %(line)s is not UTF-8, most likely Latin-1 or Windows-1252. In the spreadsheet, "
        "choose “Save as: CSV UTF-8”."
    ),
    "parquet_damaged": _("The Parquet file is damaged."),
    "parquet_too_large": _("The Parquet file would unpack to more than %(limit)s bytes."),
    "quote_unclosed": _(
        "A quotation mark opens a cell in line %(line)s and is not closed at the end of the cell."
    ),
    "reader_crashed": _("The file made its reader crash. It is damaged, or made to do so."),
    "reader_out_of_memory": _("Reading the file takes more memory than allowed."),
    "reader_took_too_long": _("Reading the file takes longer than allowed."),
    "record_too_long": _("Record %(record)s is too long."),
    "records_not_found": _("There is no list of records under “%(path)s”."),
    "row_too_long": _("The row in line %(line)s is too long."),
    "sheet_too_sparse": _("The cells of the sheet lie too far apart to be a table."),
    "table_empty": _("The table has no rows."),
    "too_many_columns": _("The table has more than %(limit)s columns."),
    "too_many_rows": _("The table has more than %(limit)s rows."),
    "utf16": _("The file is UTF-16. In the spreadsheet, choose “Save as: CSV UTF-8”."),
    "workbook_damaged": _("The workbook is damaged."),
    "workbook_has_entities": _("The workbook declares XML entities, which no spreadsheet does."),
    "workbook_has_macros": _("The workbook carries macros. Save it as .xlsx or as CSV UTF-8."),
    "zone_unknown": _("There is no time zone of that name."),
}

CELL_SENTENCES: Final[Mapping[str, str | Promise]] = {
    "amount_too_fine": _("The amount has more than six decimals."),
    "amount_too_large": _("The amount is too large."),
    "cells_miscounted": _("The row has more or fewer cells than the heading."),
    "currencies_mixed": _("The amount names another currency than its column."),
    "currency_missing": _("The amount has no currency."),
    "currency_unknown": _("The currency is none of ISO 4217."),
    "day_does_not_exist": _("There is no such day or time of day."),
    "digits_not_ascii": _("The digits are not 0 to 9 but look like them."),
    "duration_malformed": _("This is no duration of the form chosen for the column."),
    "duration_too_long": _("The duration is longer than a year. Is its unit another one?"),
    "ends_before_start": _("The work ends before it starts."),
    "flag_unknown": _("This is neither yes nor no."),
    "formula_not_a_number": _("A formula stands where a number is needed."),
    "json_key_repeated": _("The record names a key twice."),
    "json_not_a_number": _("The record holds NaN, infinity or an endless number."),
    "json_row_malformed": _("This is no JSON object."),
    "not_a_number": _("This says that it is no number. Leave the cell empty instead."),
    "number_grouped": _("Thousands separators are not read. Write the number without them."),
    "number_malformed": _("This is no plain number."),
    "number_negative": _("The number is negative."),
    "number_too_large": _("The number is too large."),
    "outcome_unknown": _("The meaning of this status is not known."),
    "role_unknown": _("This is none of execute, direct and supervise."),
    "source_id_missing": _("The row has no identifier."),
    "text_has_bidi": _("The text has characters that reverse what is read."),
    "text_has_control": _("The text has control characters."),
    "text_has_surrogate": _("The text has half a character."),
    "text_has_zero_width": _("The text has invisible characters."),
    "text_too_long": _("The text is longer than 200 characters."),
    "time_does_not_exist": _("The clocks were put forward over this time."),
    "time_in_future": _("The work lies in the future."),
    "time_malformed": _("This is no date or time of the form chosen for the column."),
    "worker_missing": _("The row does not say who did the work."),
    "year_out_of_range": _("The year is before 1990 or after 2100."),
    "zone_abbreviation_unknown": _("The letters for the time zone mean several zones."),
}


def file_sentence(code: str, facts: Mapping[str, object]) -> str:
    """Tell why a file or mapping was refused."""
    return str(FILE_SENTENCES[code]) % facts


def fault_sentence(fault: RowFault) -> str:
    """Tell why a row was rejected."""
    return str(CELL_SENTENCES[fault.code])
