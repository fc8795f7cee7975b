"""What people would be paid if a policy let a valuation move pay more, or less.

The inputs of a computed run are taken from its own bundle, a valuation is put in the place of
the one that run used, and the run is recomputed for several β. Nothing is written.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from django.utils.translation import gettext as _

from accounting.core.allocation import allocate
from accounting.core.bundle import read_bundle
from accounting.core.errors import AccountingError
from accounting.core.tables import Inputs, Scores, Valuations
from accounting.models import Run, Valuation
from accounting.services.runs import bundle_path
from contributions.identifiers import public_ids
from contributions.models import Contribution, Worker

MOST_CONTRIBUTIONS: Final = 20_000
USUAL_BETAS_PPM: Final = (0, 100_000, 200_000, 300_000, 500_000)


class WorldTooLarge(AccountingError):
    """The run has too many contributions to be recomputed while somebody waits."""

    code = "valuation_world_too_large"


class RunNotKept(AccountingError):
    """The run's bundle is gone, so it cannot be recomputed."""

    code = "valuation_run_not_kept"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Pay by β.

    Attributes:
        betas_ppm: Each β that was tried.
        workers: Row numbers of workers.
        pay_micro: For each β, what each worker gets in the run.
        pool_moved: Whether a pool of the policy was first made to follow data value.
    """

    betas_ppm: list[int]
    workers: list[int]
    pay_micro: list[list[int]]
    pool_moved: bool


def what_if(*, valuation: Valuation, run: Run, betas_ppm: Sequence[int]) -> WhatIf:
    """Recompute a run with a valuation for several β.

    Raises:
        WorldTooLarge: It has too many contributions.
        RunNotKept: Its bundle is gone.
    """
    if (run.contributions_count or 0) > MOST_CONTRIBUTIONS:
        raise WorldTooLarge(
            _("This run is too large to be recomputed while you wait."),
            limit=MOST_CONTRIBUTIONS,
        )
    path = bundle_path(run)
    if not run.bundle_name or not path.exists():
        raise RunNotKept(_("The bundle of this run is gone."))
    inputs = _with_valuation(read_bundle(path).inputs, valuation)
    document, moved = _following(inputs.policy_document)
    pay = []
    for beta in betas_ppm:
        changed = replace(inputs, policy_document={**document, "blend_beta_ppm": beta})
        pay.append(allocate(changed).statements.amount_micro.tolist())
    workers = [Worker.number_of(name) for name in inputs.workers]
    return WhatIf(list(betas_ppm), workers, pay, moved)


def _with_valuation(inputs: Inputs, valuation: Valuation) -> Inputs:
    """Put a valuation in the place of whatever scored its product in the run."""
    products = [str(name) for name in inputs.products.id]
    product = products.index(valuation.product.public_id)
    others = inputs.valuations.product != product
    kept = np.flatnonzero(others[inputs.scores.valuation])
    place = np.cumsum(others) - 1
    known = {str(name): at for at, name in enumerate(_ids(inputs))}
    rows = list(valuation.scores.order_by().values_list("contribution_id", "score_ppb"))
    numbers = np.array([number for number, _score in rows], dtype=np.int64)
    names = public_ids(Contribution.id_prefix, numbers).tolist()
    fresh = [
        (known[name], score)
        for name, (_number, score) in zip(names, rows, strict=True)
        if name in known
    ]
    count = int(others.sum())
    contribution = np.concatenate(
        [inputs.scores.contribution[kept], [at for at, _score in fresh]]
    ).astype(np.int64)
    order = np.argsort(contribution, kind="stable")
    scores = np.concatenate([inputs.scores.score_ppb[kept], [score for _at, score in fresh]])
    by = np.concatenate([place[inputs.scores.valuation[kept]], np.full(len(fresh), count)])
    return replace(
        inputs,
        scores=Scores(
            contribution=contribution[order],
            score_ppb=scores.astype(np.int64)[order],
            valuation=by.astype(np.int64)[order],
        ),
        valuations=_valuations(inputs.valuations, others, valuation, product),
    )


def _valuations(known: Valuations, others: Any, valuation: Valuation, product: int) -> Valuations:
    kept = np.flatnonzero(others).tolist()
    return Valuations(
        id=[*(known.id[at] for at in kept), valuation.public_id],
        product=np.append(known.product[others], product).astype(np.int64),
        method=[*(known.method[at] for at in kept), valuation.method],
        reliability_ppm=np.append(known.reliability_ppm[others], valuation.reliability_ppm).astype(
            np.int64
        ),
    )


def _ids(inputs: Inputs) -> Any:
    ids = inputs.contributions.id
    return ids if isinstance(ids, np.ndarray) else ids.at(np.arange(len(ids)))


def _following(document: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The policy, with its data dividend following data value if no pool does."""
    if any(pool.get("key") == "blend" for pool in document["pools"]):
        return document, False
    changed = copy.deepcopy(document)
    for pool in changed["pools"]:
        if pool["kind"] == "data_dividend":
            pool["key"] = "blend"
    return changed, True
