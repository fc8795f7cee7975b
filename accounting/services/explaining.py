"""Explaining a cent: from a line of the ledger to the numbers it was multiplied out of.

The explanation is told from what the run wrote down, not from today's records, and it is checked
before it is shown: every step must follow from its operands and the tree must lead to the amount
in the ledger. So a page can never show a formula that does not give its number.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.core.trace import Trace, check, gather, tell
from accounting.models import Line
from accounting.services.stored_runs import StoredRun


class ExplanationContradicts(AccountingError):
    """The steps lead to another amount than the ledger holds: one of them was changed."""

    code = "explanation_contradicts"


def explain_line(*, line: Line) -> Trace:
    """Return the tree run → pool → products → contribution behind a line, multiplied out.

    Raises:
        ExplanationContradicts: The steps and the ledger differ.
        BasisMissing: The run was computed before runs kept what explains them.
        TraceDoesNotMultiplyOut: The steps contradict each other.
    """
    run = StoredRun(line.pool.run, line)
    trace = tell(gather(run, line.pool.code, line.contribution_id))
    amount = check(trace)
    if amount != line.amount_micro:
        raise ExplanationContradicts(
            _("The steps lead to %(steps)s µ, the ledger says %(ledger)s µ.")
            % {"steps": amount, "ledger": line.amount_micro},
            line=line.public_id,
        )
    return trace
