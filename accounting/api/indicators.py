"""Runs by groups, and indicators over time, under the same rule of disclosure as the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounting.models import Run
from accounting.services import disclosure, run_cells, trends
from accounting.services.indicator_catalogue import CATALOGUE, hidden_from
from accounting.services.product_indicators import product_indicators
from accounting.services.run_cells import DIMENSIONS, Group, groups_of
from accounting.services.suppression import is_hidden, too_small
from accounting.tasks import enqueue_adding_up
from contributions.api.documents import Output
from contributions.api.fields import IdField, Money, money
from contributions.api.parameters import Filter, by_id, by_text
from contributions.api.resources import Item, Resource, find
from contributions.identifiers import public_id
from contributions.models import Organisation, Product
from contributions.services.visibility import visible_organisations

TAG = "Indicators"


def require_added_up(runs: list[Run]) -> None:
    """Refuse while a worker adds up a large run, and wake one.

    Raises:
        CellsPending: Ask again soon.
    """
    waiting = [run for run in runs if run.has_result and not run_cells.are_added_up(run)]
    for run in waiting:
        if run_cells.may_be_asked_for(run):
            enqueue_adding_up(run.pk)
    if waiting:
        raise run_cells.CellsPending(
            _("This run is large; a worker is adding its groups up. Ask again in a minute.")
        )


class CellOutput(Output):
    """One group that is large enough to show."""

    key = serializers.CharField(help_text="A product's id, or the code of the dimension.")
    workers = serializers.IntegerField()
    seconds = serializers.IntegerField()
    content_uh = serializers.IntegerField()
    wages = Money()
    paid = Money()
    indicators = serializers.DictField(child=serializers.CharField())


class CubeOutput(Output):
    """A run along one dimension."""

    dimension = serializers.CharField()
    fewest_in_group = serializers.IntegerField(help_text="0 where every group is shown.")
    suppressed = serializers.IntegerField(help_text="How many groups are too small to show.")
    groups = CellOutput(many=True)


class RunCellsView(Item):
    """A run by groups."""

    tag = TAG
    output = CubeOutput

    def rows(self) -> Any:
        """Return the runs that concern the asker."""
        return Run.objects.visible_to(self.user).select_related("period", "policy")

    def get(self, request: Request, **_path: str) -> Response:  # noqa: ARG002
        """Answer labour, pay and indicators along `product`, `labour_type`, `status`, `country`
        or `phase`.

        The cubes are fixed: free filters would let two answers be subtracted.
        """
        run: Run = self.found()
        dimension = self.kwargs["dimension"]
        if dimension not in DIMENSIONS:
            raise Http404(dimension)
        require_added_up([run])
        found = groups_of(run, dimension) if run.has_result else []
        fewest = disclosure.fewest_in_run(self.user, run)
        cells = {group.key: group.cell for group in found}
        small = set(cells) if is_hidden(cells, fewest) else too_small(cells, fewest)
        extra = product_indicators(run) if dimension == "product" and found else {}
        shown = [group for group in found if group.key not in small]
        return Response(
            self.shown(
                {
                    "dimension": dimension,
                    "fewest_in_group": fewest,
                    "suppressed": len(small),
                    "groups": [_told(run, group, dimension, extra, fewest) for group in shown],
                }
            )
        )


class TrendPointOutput(Output):
    """One period's figure; `null` where it is suppressed."""

    run = IdField(Run)
    period_start = serializers.DateField()
    period_end = serializers.DateField()
    value = serializers.CharField(allow_null=True)


class TrendOutput(Output):
    """One indicator from period to period, with how to read it."""

    name = serializers.CharField()
    formula = serializers.CharField()
    caution = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    points = TrendPointOutput(many=True)


class TrendsOutput(Output):
    """Indicators of an operator's periods in one currency, oldest first."""

    trends = TrendOutput(many=True)


class IndicatorTrendsView(Resource):
    """Indicators over time."""

    tag = TAG
    output = TrendsOutput
    filters: ClassVar[Mapping[str, Filter]] = {
        "operator": by_id(Organisation, "", "Whose periods."),
        "currency": by_text("", "In which currency they are kept."),
        "name": by_text("", "One indicator alone."),
    }

    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Answer each indicator period by period, of posted runs before computed ones."""
        operator = find(visible_organisations(self.user), self.query.get("operator", ""))
        runs = trends.series(self.user, operator, self.query.get("currency", ""))
        found = trends.indicators_over_time(runs)
        wanted = self.query.get("name", "")
        names = [name for name in CATALOGUE if name in found and wanted in {"", name}]
        fewest = {run.pk: disclosure.fewest_in_run(self.user, run) for run in runs}
        return Response(
            self.shown(
                {
                    "trends": [
                        {
                            "name": name,
                            "formula": CATALOGUE[name].formula,
                            "caution": str(CATALOGUE[name].never),
                            "source": CATALOGUE[name].source,
                            "points": [
                                _point(run, name, found[name], fewest[run.pk]) for run in runs
                            ],
                        }
                        for name in names
                    ]
                }
            )
        )


def _point(run: Run, name: str, values: dict[int, str], fewest: int) -> dict[str, Any]:
    hidden = hidden_from(run, CATALOGUE[name], fewest)
    return {
        "run": run.pk,
        "period_start": run.period.starts_on,
        "period_end": run.period.ends_on,
        "value": None if hidden else values.get(run.pk),
    }


def _told(
    run: Run, group: Group, dimension: str, extra: dict[str, dict[str, str]], fewest: int
) -> dict[str, Any]:
    key = group.key[0]
    currency = run.period.currency
    figures = group.indicators | extra.get(key, {})
    return {
        "key": public_id(Product.id_prefix, int(key)) if dimension == "product" else key,
        "workers": group.cell.workers,
        "seconds": group.seconds,
        "content_uh": group.content_uh,
        "wages": money(group.wages_micro, currency),
        "paid": money(group.cell.amount_micro, currency),
        "indicators": {
            name: value
            for name, value in figures.items()
            if not fewest or group.cell.workers >= max(fewest, CATALOGUE[name].fewest)
        },
    }
