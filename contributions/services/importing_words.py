"""What a person reads when an import, or one of its rows, is refused."""

from __future__ import annotations

from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.imports.normal_form import RowFault
from contributions.imports.refusals import ImportRefused
from contributions.imports.sentences import fault_sentence, file_sentence
from contributions.services.importing_rows import SOURCE_ID_REPEATED, SOURCE_ID_TOO_LONG


def told(error: ContributionError) -> str:
    """Tell why an import was refused."""
    if isinstance(error, ImportRefused):
        return file_sentence(error.code, error.facts)
    return str(error)


def told_fault(fault: RowFault) -> str:
    """Tell why a row was rejected."""
    if fault.code == SOURCE_ID_REPEATED:
        return _("An earlier row of the file has the same identifier and says something else.")
    if fault.code == SOURCE_ID_TOO_LONG:
        return _("The identifier is too long.")
    return fault_sentence(fault)
