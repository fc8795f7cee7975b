"""What runs wrote: pools, flows, lines, statements, norms, indicators, escrow, and traces."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from accounting.api.outputs import (
    EscrowOutput,
    FlowOutput,
    IndicatorOutput,
    LineOutput,
    NormOutput,
    PoolOutput,
    StatementOutput,
    TraceOutput,
)
from accounting.models import EscrowEntry, Flow, Line, Run, RunPool, Statement
from accounting.services.disclosure import fewest_in_run
from accounting.services.explaining import explain_line
from accounting.services.indicator_catalogue import CATALOGUE, hidden_from
from accounting.services.visibility import kept_periods
from contributions.api.parameters import by_id, by_text, by_word
from contributions.api.resources import Collection, Item, find
from contributions.models import Contribution, Product, Worker
from contributions.services.visibility import oversees, visible_workers

TAG = "Results"
FEWEST_FOR_REGULATORS = 10
FEWEST_FOR_OTHERS = 5
_BY_AMOUNT = {"id": "pk", "-id": "-pk", "amount": "amount_micro", "-amount": "-amount_micro"}
_LINE_FILTERS = {
    "pool": by_id(RunPool, "pool", "Lines of one pool."),
    "pool_code": by_text("pool__code", "Lines of pools with one code."),
    "worker": by_id(Worker, "contribution__worker", "Lines of one worker."),
    "contribution": by_id(Contribution, "contribution", "Lines of one contribution."),
    "product": by_id(Product, "contribution__product", "Lines of labour on one product."),
}


class RunPart(Collection):
    """A list that belongs to a run."""

    tag = TAG

    def run(self) -> Run:
        """Return the run that the address names.

        Raises:
            Http404: There is none, or it does not concern the asker.
        """
        return find(Run.objects.visible_to(self.user), self.kwargs["id"])


class RunPoolsView(RunPart):
    """The pools of a run, as funded."""

    output = PoolOutput
    orders = {"position": "position"}

    def rows(self) -> QuerySet[RunPool]:
        """Return the run's pools."""
        return RunPool.objects.filter(run=self.run()).select_related("run__period")


class RunFlowsView(RunPart):
    """How each pool's money flowed along the lineage."""

    output = FlowOutput
    filters = {
        "pool": by_id(RunPool, "pool", "Flows of one pool."),
        "product": by_id(Product, "product", "Flows at one product."),
    }

    def rows(self) -> QuerySet[Flow]:
        """Return the run's flows."""
        return Flow.objects.filter(pool__run=self.run()).select_related("pool__run__period")


class RunLinesView(RunPart):
    """The lines of a run that the asker may read one by one."""

    output = LineOutput
    filters = _LINE_FILTERS
    orders = _BY_AMOUNT

    def rows(self) -> QuerySet[Line]:
        """Return the run's lines, as far as they are the asker's to see."""
        run = self.run()
        # The pools by number let the index on (pool, contribution) be used.
        pools = list(run.pools.values_list("pk", flat=True))
        return _lines(self.user).filter(pool__in=pools)


class LinesView(Collection):
    """Lines of all runs that the asker may read one by one."""

    tag = TAG
    output = LineOutput
    filters = {"run": by_id(Run, "pool__run", "Lines of one run."), **_LINE_FILTERS}
    orders = _BY_AMOUNT

    def rows(self) -> QuerySet[Line]:
        """Return the asker's lines."""
        return _lines(self.user)


class LineView(Item):
    """One line."""

    tag = TAG
    output = LineOutput

    def rows(self) -> QuerySet[Line]:
        """Return the asker's lines."""
        return _lines(self.user)


class LineTraceView(Item):
    """Explain a cent."""

    tag = TAG
    output = TraceOutput

    def rows(self) -> QuerySet[Line]:
        """Return the asker's lines."""
        return _lines(self.user)

    def get(self, request: Request, **_path: str) -> Response:  # noqa: ARG002
        """Explain a line: the tree from the run down to the recorded labour, multiplied out.

        Every step's result follows from its operands by its rule, and the root leads to the
        line's amount; this was checked before it is answered.
        """
        return Response(TraceOutput(explain_line(line=self.found())).data)


class RunStatementsView(RunPart):
    """The statements of a run that the asker may read."""

    output = StatementOutput
    filters = {"worker": by_id(Worker, "worker", "The statement of one worker.")}
    orders = _BY_AMOUNT

    def rows(self) -> QuerySet[Statement]:
        """Return the run's statements, as far as they are the asker's to see."""
        return _statements(self.user).filter(run=self.run())


class RunStatementView(Item):
    """What a run owes one worker."""

    tag = TAG
    output = StatementOutput

    def rows(self) -> QuerySet[Statement]:
        """Return the asker's statements of the run."""
        run = find(Run.objects.visible_to(self.user), self.kwargs["id"])
        return _statements(self.user).filter(run=run)

    def found(self) -> Statement:
        """Return the worker's statement.

        Raises:
            Http404: There is none, or it is not the asker's to see.
        """
        worker = find(visible_workers(self.user), self.kwargs["worker"])
        statement = self.rows().filter(worker=worker).first()
        if statement is None:
            raise Http404(self.kwargs["worker"])
        return statement


class StatementsView(Collection):
    """Statements of all runs that the asker may read."""

    tag = TAG
    output = StatementOutput
    filters = {
        "run": by_id(Run, "run", "Statements of one run."),
        "worker": by_id(Worker, "worker", "Statements of one worker."),
    }
    orders = {"-id": "-pk", "id": "pk", "amount": "amount_micro", "-amount": "-amount_micro"}

    def rows(self) -> QuerySet[Statement]:
        """Return the asker's statements."""
        return _statements(self.user)


class WorkerStatementsView(StatementsView):
    """One worker's statements, newest first."""

    filters = {"run": by_id(Run, "run", "The statement of one run.")}

    def rows(self) -> QuerySet[Statement]:
        """Return the worker's statements, as far as they are the asker's to see."""
        worker = find(visible_workers(self.user), self.kwargs["worker"])
        return _statements(self.user).filter(worker=worker)


class RunNormsView(RunPart):
    """The norms a run found: socially necessary labour time by task type.

    Whoever is not the operator gets no norm of fewer than five producers, regulators none of
    fewer than ten: it would tell how fast one person works.
    """

    output = NormOutput

    def rows(self) -> QuerySet[Any]:
        """Return the run's norms, as far as enough people stand behind them."""
        run = self.run()
        if kept_periods(self.user).filter(pk=run.period_id).exists():
            return run.norms.all()
        fewest = FEWEST_FOR_REGULATORS if oversees(self.user) else FEWEST_FOR_OTHERS
        return run.norms.filter(producers__gte=fewest)


class RunIndicatorsView(RunPart):
    """The indicators of a run.

    Whoever sees groups only gets no figure that would tell too much about too few people.
    """

    output = IndicatorOutput
    filters = {"name": by_text("name", "One indicator.")}

    def rows(self) -> QuerySet[Any]:
        """Return the run's indicators, as far as enough people stand behind them."""
        run = self.run()
        fewest = fewest_in_run(self.user, run)
        hidden = [name for name, entry in CATALOGUE.items() if hidden_from(run, entry, fewest)]
        return run.indicators.exclude(name__in=hidden)


class RunEscrowView(RunPart):
    """Money of a run that is nobody's yet, with the reason."""

    output = EscrowOutput
    filters = {"reason": by_word("reason", EscrowEntry.Reason.values, "Money held for one reason.")}

    def rows(self) -> QuerySet[EscrowEntry]:
        """Return the run's escrow."""
        return EscrowEntry.objects.filter(pool__run=self.run()).select_related("pool__run__period")


def _lines(user: Any) -> QuerySet[Line]:
    return Line.objects.visible_to(user).select_related("pool__run__period", "contribution")


def _statements(user: Any) -> QuerySet[Statement]:
    return Statement.objects.visible_to(user).select_related("run__period")
