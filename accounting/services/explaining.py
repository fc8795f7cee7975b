"""Explaining a cent: from a line of the ledger to the numbers it was multiplied out of.

The explanation is told from the inputs pinned in the run's bundle, not from today's records, and
it is checked before it is shown: every step must follow from its operands and the tree must lead
to the amount in the ledger. So a page can never show a formula that does not give its number.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from django.utils.translation import gettext as _

from accounting.core.allocation import allocate
from accounting.core.bundle import open_bundle
from accounting.core.bundle.manifest import read_manifest
from accounting.core.bundle.reading import read_inputs
from accounting.core.errors import AccountingError
from accounting.core.trace import ComputedRun, Trace, check, gather, tell
from accounting.models import Line, Run
from accounting.services.runs import bundle_path
from contributions.identifiers import public_id
from contributions.models import Contribution

_RUNS_KEPT = 4


class ExplanationContradicts(AccountingError):
    """The bundle leads to another amount than the ledger holds: one of them was changed."""

    code = "explanation_contradicts"


def explain_line(*, line: Line) -> Trace:
    """Return the tree run → pool → products → contribution behind a line, multiplied out.

    Raises:
        ExplanationContradicts: The bundle and the ledger differ.
        BundleUnreadable: The run's bundle is gone or damaged.
        TraceDoesNotMultiplyOut: The steps contradict each other.
    """
    pool = line.pool
    computed = _computed(bundle_path(pool.run), pool.run.public_id, pool.run.result_sha256)
    position = _position(computed, line.contribution_id)
    trace = tell(gather(computed, pool.code, position))
    amount = check(trace)
    if amount != line.amount_micro:
        raise ExplanationContradicts(
            _("The bundle leads to %(bundle)s µ, the ledger says %(ledger)s µ.")
            % {"bundle": amount, "ledger": line.amount_micro},
            line=line.public_id,
        )
    return trace


def computed_run(*, run: Run) -> ComputedRun:
    """Return a run with all its figures at hand, recomputed from its bundle.

    Raises:
        BundleUnreadable: The run's bundle is gone or damaged.
    """
    return _computed(bundle_path(run), run.public_id, run.result_sha256)


# The hash in the key makes a replaced bundle a new entry.
@lru_cache(maxsize=_RUNS_KEPT)
def _computed(path: Path, run_id: str, _result_sha256: str) -> ComputedRun:
    with open_bundle(path) as directory:
        inputs = read_inputs(directory, read_manifest(directory))
    return ComputedRun(inputs, allocate(inputs), run_id)


def _position(computed: ComputedRun, contribution_id: int) -> int:
    ids = computed.inputs.contributions.id
    wanted = public_id(Contribution.id_prefix, contribution_id)
    position = int(np.searchsorted(ids, wanted))
    if position >= len(ids) or str(ids[position]) != wanted:
        raise ExplanationContradicts(
            _("The bundle has no contribution %(id)s.") % {"id": wanted}, contribution=wanted
        )
    return position
