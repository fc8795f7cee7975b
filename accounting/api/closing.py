"""Approving and posting runs, closing periods, and correcting what is posted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounting.api.ledger import EntryOutput, entry_reply
from accounting.api.outputs import RunOutput
from accounting.api.periods import PeriodOutput
from accounting.models import Delta, Period, Run
from accounting.services import approving, closing, deltas, posting
from accounting.services.deltas import visible_deltas
from accounting.services.visibility import kept_periods
from accounting.tasks import enqueue_run
from contributions.api.documents import Input, Output
from contributions.api.fields import IdField, IntegerField, MoneyField, TextField
from contributions.api.resources import KEEPING, SIGNING, Collection, Item, find
from contributions.models import ApiToken, Worker
from contributions.services.replies import Reply

TAG = "Closing and posting"


class ReasonInput(Input):
    """Why."""

    reason = TextField(most=500)


class NoteInput(Input):
    """A remark; needed where points of the checklist are open."""

    note = TextField(most=500, required=False, default="")


class PointOutput(Output):
    """A point of the checklist: `done`, `open` (closable with a note) or `blocking`."""

    code = serializers.CharField()
    state = serializers.ChoiceField(choices=["done", "open", "blocking"])
    count = IntegerField()
    records = serializers.ListField(child=serializers.CharField())


class ChecklistOutput(Output):
    """What should be in order before a period is closed."""

    points = PointOutput(many=True)


class DeltaOutput(Output):
    """What a correction changes for one payee."""

    worker = IdField(Worker, source="worker_id")
    old = MoneyField(source="old_micro", currency="entry.ledger.currency")
    new = MoneyField(source="new_micro", currency="entry.ledger.currency")
    delta = MoneyField(source="delta_micro", currency="entry.ledger.currency")


class RunAct(Item):
    """Something done to a run."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT
    output: ClassVar[type[Output]] = RunOutput
    http_method_names = ["post"]

    def rows(self) -> QuerySet[Run]:
        """Return the runs of the asker's own operators."""
        kept = kept_periods(self.user).values("pk")
        return Run.objects.filter(period__in=kept).select_related("period__operator")

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {200: self.output}

    def where(self, request: Request) -> str:
        """Return the address of the run."""
        return request.path.rstrip("/").rpartition("/")[0]


class RunApprovalView(RunAct):
    """Approving a computed run."""

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Approve the result of a run that somebody else asked for."""
        run = self.found()
        return self.write(lambda _nothing: self._approve(run, self.where(request)))

    def _approve(self, run: Run, where: str) -> Reply:
        approving.approve_run(run=run, approved_by=self.user)
        return self.created(run, status=200, location=where)


class RunRejectionView(RunAct):
    """Rejecting a computed or approved run."""

    input = ReasonInput

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Reject a result, with the reason; it is never posted."""
        run = self.found()
        return self.write(lambda given: self._reject(run, given["reason"], self.where(request)))

    def _reject(self, run: Run, reason: str, where: str) -> Reply:
        approving.reject_run(run=run, rejected_by=self.user, reason=reason)
        return self.created(run, status=200, location=where)


class RunPostingView(RunAct):
    """Posting an approved run."""

    output = EntryOutput

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {201: EntryOutput}

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Post an approved run, for good.

        If its period has a posted run already, the differences are booked into the next open
        period.
        """
        run = self.found()
        return self.write(
            lambda _nothing: entry_reply(self, posting.post_run(run=run, posted_by=self.user))
        )


class RunDeltasView(Collection):
    """What a posted correction changed, payee by payee."""

    tag = TAG
    output = DeltaOutput
    orders = {"worker": "worker_id"}

    def rows(self) -> QuerySet[Delta]:
        """Return the deltas of a run, as far as the asker may read single rows."""
        run = find(Run.objects.visible_to(self.user), self.kwargs["id"])
        return visible_deltas(self.user).filter(entry__run=run)


class PeriodAct(Item):
    """Something done to a period."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT
    input: ClassVar[type[Input] | None] = NoteInput
    output: ClassVar[type[Output]] = PeriodOutput
    http_method_names = ["post"]

    def rows(self) -> QuerySet[Period]:
        """Return the periods of the asker's own operators."""
        return kept_periods(self.user).select_related("operator")

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {200: self.output}

    def take(self, period: Period, given: Mapping[str, Any]) -> None:
        """Do it."""
        raise NotImplementedError

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Take this step of closing."""
        period = self.found()
        where = request.path.rstrip("/").rpartition("/")[0]

        def effect(given: Mapping[str, Any]) -> Reply:
            self.take(period, given)
            period.refresh_from_db()
            return self.created(period, status=200, location=where)

        return self.write(effect)


class PeriodClosingView(PeriodAct):
    """Starting to close a period: from then on it takes no figures."""

    input = None

    def take(self, period: Period, given: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Start closing."""
        closing.start_closing(period=period, started_by=self.user)


class PeriodReopeningView(PeriodAct):
    """Opening a closing period again."""

    def take(self, period: Period, given: Mapping[str, Any]) -> None:
        """Open it again."""
        closing.reopen(period=period, reopened_by=self.user, note=given["note"])


class PeriodClosureView(PeriodAct):
    """Closing a period for good, by somebody else than who started it."""

    def take(self, period: Period, given: Mapping[str, Any]) -> None:
        """Close it."""
        closing.close_period(period=period, closed_by=self.user, note=given["note"])


class PeriodChecklistView(Item):
    """The checklist of a period."""

    tag = TAG
    output = ChecklistOutput

    def rows(self) -> QuerySet[Period]:
        """Return the periods of the asker's own operators."""
        return kept_periods(self.user).select_related("operator")

    def get(self, request: Request, **_path: str) -> Response:  # noqa: ARG002
        """Answer what should be in order before the period is closed."""
        points = closing.checklist(self.found())
        return Response(ChecklistOutput({"points": points}).data)


class PeriodRecomputationView(PeriodAct):
    """Computing a posted period again."""

    input = None
    output = RunOutput

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {202: RunOutput}

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Queue a run with what was recorded and corrected since.

        Approved and posted, it books the differences into the next open period.
        """
        period = self.found()
        self.require_role(period.operator, *KEEPING, *SIGNING)
        root = request.path.partition("/periods/")[0]
        return self.write(lambda _nothing: self._queue(period, root))

    def _queue(self, period: Period, root: str) -> Reply:
        run = deltas.request_recomputation(period=period, requested_by=self.user)
        transaction.on_commit(partial(enqueue_run, run.pk))
        return self.created(run, status=202, location=f"{root}/runs/{run.public_id}")
