"""Valuations: asked, frozen, shown their data, confirmed, cancelled, and chosen to move pay.

The order is the point: the utility is frozen and hashed before the data to be valued are seen,
and copied points are shown before anything is computed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import Run, Score, Valuation, ValuationBlock, ValuationUse, WorkerValue
from accounting.services import valuation_files as files
from accounting.services.valuation_plans import (
    Parameters,
    check_question,
    frozen_utility,
    level_of,
    needs_validation,
    utility_digest,
)
from accounting.valuation.files.reading import Content
from accounting.valuation.files.scores import Columns
from accounting.valuation.points import TestPoints
from accounting.valuation.utility import canonical_json
from contributions.models import Product, User

RUNS_OF_A_CASE: Final = 3
CONTENT_OF: Final = {
    Valuation.Source.POINTS: Content.POINTS,
    Valuation.Source.TABLE: Content.COALITIONS,
    Valuation.Source.SCORES: Content.SCORES,
}


class ValuationNotWaiting(AccountingError):
    """The valuation is past the step that was tried."""

    code = "valuation_not_waiting"


class ValuationNotCancellable(AccountingError):
    """The valuation is finished."""

    code = "valuation_not_cancellable"


class ValuationNotComputed(AccountingError):
    """The valuation has no scores, so it cannot move pay."""

    code = "valuation_not_computed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.

    Attributes:
        product: Whose labour is valued.
        source, method, parameters: What to compute and from what.
        title: What the valuation is called.
        provenance: Where imported figures come from: tool, version, note.
        seed: Decides every draw.
    """

    product: Product
    source: str
    method: str
    parameters: Parameters
    title: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0


@transaction.atomic
def ask(*, question: Question, requested_by: User | None) -> Valuation:
    """Begin a valuation. Without need of a validation set its utility is frozen at once.

    Raises:
        QuestionUnusable: The question contradicts itself.
    """
    check_question(source=question.source, method=question.method, parameters=question.parameters)
    valuation = Valuation.objects.create(
        product=question.product,
        title=question.title,
        source=question.source,
        method=question.method,
        level=level_of(question.method),
        parameters=question.parameters.as_json(),
        provenance=dict(question.provenance),
        seed=question.seed,
        requested_by=requested_by,
    )
    if not needs_validation(source=question.source, method=question.method):
        _freeze(valuation, None)
    valuation.refresh_from_db()
    return valuation


def freeze(*, valuation: Valuation, chunks: Iterable[bytes], file_name: str) -> None:
    """Take the validation set and freeze the utility with it, before any data are seen.

    Raises:
        ValuationNotWaiting: The utility is frozen already.
        FileRefused: The file cannot be used.
        ValuationError: It does not fit the question.
    """
    from accounting.services import valuation_inputs

    _require(valuation, Valuation.State.DRAFT)
    stored = files.take(
        valuation=valuation, chunks=chunks, file_name=file_name, content=Content.VALIDATION
    )
    tests, classes = valuation_inputs.read_tests(valuation, sha256=stored.arrays_sha256)
    facts = {"rows": tests.count, "features": int(tests.features.shape[1])}
    with transaction.atomic():
        locked = _locked(valuation, Valuation.State.DRAFT)
        locked.inputs = {"validation": stored.as_json() | facts, "classes": classes}
        _freeze(locked, tests)
    valuation.refresh_from_db()


def stage(*, valuation: Valuation, chunks: Iterable[bytes], file_name: str) -> None:
    """Take the data to be valued, find whose they are, and look for copied points.

    Raises:
        ValuationNotWaiting: The utility is not frozen yet, or the valuation is confirmed.
        FileRefused: The file cannot be used.
        NamesUnknown, NamesAmbiguous: It names labour that cannot be found.
        ValuationError: It does not fit the question.
    """
    # Here and in `freeze`: the arithmetic takes seconds to load, and not every page needs it.
    from accounting.services import valuation_staging

    _require(valuation, Valuation.State.FROZEN, Valuation.State.STAGED)
    content = CONTENT_OF[Valuation.Source(valuation.source)]
    parameters = Parameters.from_json(valuation.parameters)
    stored = files.take(
        valuation=valuation,
        chunks=chunks,
        file_name=file_name,
        content=content,
        columns=Columns(
            parameters.reference_column, parameters.score_column, parameters.error_column
        ),
    )
    found = valuation_staging.look_at(valuation, content, stored)
    with transaction.atomic():
        locked = _locked(valuation, Valuation.State.FROZEN, Valuation.State.STAGED)
        locked.inputs = found.inputs
        locked.inputs_sha256 = hashlib.sha256(canonical_json(locked.inputs)).hexdigest()
        locked.duplicates = found.duplicates
        locked.blocks_count = found.blocks_count
        locked.state = Valuation.State.STAGED
        locked.save()
    valuation.refresh_from_db()


@transaction.atomic
def confirm(*, valuation: Valuation) -> None:
    """Queue a valuation whose data were shown. Enqueuing the task is the caller's, on commit.

    Raises:
        ValuationNotWaiting: It has no data yet, or is confirmed already.
    """
    locked = _locked(valuation, Valuation.State.STAGED)
    ValuationBlock.objects.bulk_create(
        ValuationBlock(valuation=locked, position=position)
        for position in range(locked.blocks_count)
    )
    locked.state = Valuation.State.QUEUED
    locked.save(update_fields=["state"])
    valuation.refresh_from_db()


def cancel(*, valuation: Valuation) -> None:
    """Give a valuation up, at any step; its workers find it gone and store nothing.

    Its files are removed: nothing was found out that somebody would have to recompute.

    Raises:
        ValuationNotCancellable: It is finished.
    """
    cancelled = (
        Valuation.objects.filter(pk=valuation.pk)
        .exclude(
            state__in=[
                Valuation.State.COMPUTED,
                Valuation.State.CANCELLED,
                Valuation.State.FAILED,
            ]
        )
        .update(state=Valuation.State.CANCELLED, lease_token=None, finished_at=Now())
    )
    if not cancelled:
        raise ValuationNotCancellable(_("This valuation is finished and cannot be cancelled."))
    transaction.on_commit(partial(files.forget, valuation))
    valuation.refresh_from_db()


@transaction.atomic
def use(*, valuation: Valuation, chosen_by: User | None) -> ValuationUse:
    """Let a valuation's scores move the product's pay from now on.

    Raises:
        ValuationNotComputed: It has no scores.
    """
    if valuation.state != Valuation.State.COMPUTED:
        raise ValuationNotComputed(_("This valuation has no scores yet."))
    return ValuationUse.objects.create(
        product_id=valuation.product_id, valuation=valuation, chosen_by=chosen_by
    )


@transaction.atomic
def use_none(*, product: Product, chosen_by: User | None) -> ValuationUse:
    """Let no scores move a product's pay from now on."""
    return ValuationUse.objects.create(product=product, valuation=None, chosen_by=chosen_by)


def used_in(*, run: Run, product_id: int) -> Valuation | None:
    """Return the valuation that moved a product's pay in a run, as chosen when it began."""
    chosen = (
        ValuationUse.objects.filter(product=product_id, chosen_at__lte=run.started_at or Now())
        .select_related("valuation")
        .order_by("-pk")
        .first()
    )
    return chosen.valuation if chosen else None


@transaction.atomic
def declare(
    *, product: Product, method: str, reliability_ppm: int, scores: Mapping[int, int]
) -> Valuation:
    """Record scores that a case states, and use them.

    Args:
        product: Whose labour is scored.
        method: How they came about, in words.
        reliability_ppm: Their stated rank correlation over three runs.
        scores: Parts per billion by row number of contributions.
    """
    valuation = Valuation.objects.create(
        product=product,
        method=method,
        source=Valuation.Source.SCORES,
        provenance={"note": method},
        utility={"declared": method},
        utility_sha256=utility_digest({"declared": method}),
        state=Valuation.State.COMPUTING,
    )
    Score.objects.bulk_create(
        [
            Score(valuation=valuation, contribution_id=number, score_ppb=score)
            for number, score in scores.items()
        ],
        batch_size=5_000,
    )
    _add_people(valuation)
    Valuation.objects.filter(pk=valuation.pk).update(
        state=Valuation.State.COMPUTED,
        reliability_ppm=reliability_ppm,
        runs_count=RUNS_OF_A_CASE,
        finished_at=Now(),
    )
    valuation.refresh_from_db()
    use(valuation=valuation, chosen_by=None)
    return valuation


def forgotten_valuations() -> list[int]:
    """Return the valuations that some worker should look at: unsent, orphaned, or unsettled."""
    return list(Valuation.objects.unfinished().order_by("pk").values_list("pk", flat=True))


def _add_people(valuation: Valuation) -> None:
    people: dict[int, list[int]] = {}
    rows = valuation.scores.values_list("contribution__worker_id", "score_ppb")
    for worker, score in rows:
        people.setdefault(worker, []).append(score)
    WorkerValue.objects.bulk_create(
        WorkerValue(
            valuation=valuation,
            worker_id=worker,
            value_ppb=sum(scores),
            contributions_count=len(scores),
        )
        for worker, scores in people.items()
    )


def _freeze(valuation: Valuation, tests: TestPoints | None) -> None:
    valuation.utility = frozen_utility(valuation, tests)
    valuation.utility_sha256 = utility_digest(valuation.utility)
    valuation.state = Valuation.State.FROZEN
    valuation.save()
    Valuation.objects.filter(pk=valuation.pk).update(frozen_at=Now())


def _require(valuation: Valuation, *states: Valuation.State) -> None:
    if valuation.state not in states:
        raise ValuationNotWaiting(_("This valuation is past that step."))


def _locked(valuation: Valuation, *states: Valuation.State) -> Valuation:
    locked = Valuation.objects.select_for_update().get(pk=valuation.pk)
    _require(locked, *states)
    return locked
