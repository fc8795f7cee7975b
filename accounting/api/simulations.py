"""Trying policies: live results, simulated runs, and results side by side."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounting.api.agreements import DocumentField
from accounting.api.indicators import require_added_up
from accounting.api.outputs import RunOutput
from accounting.models import Period, Policy, Run
from accounting.services import comparisons, disclosure, policies, simulations
from accounting.services.comparisons import Pair, Result
from accounting.services.indicator_catalogue import CATALOGUE
from accounting.services.visibility import visible_periods, visible_policies
from accounting.tasks import enqueue_run
from contributions.api.documents import Input, Output, fail_field
from contributions.api.fields import Money, RecordField, money
from contributions.api.parameters import by_id
from contributions.api.resources import KEEPING, SIGNING, Resource, find, rendered
from contributions.identifiers import public_id
from contributions.models import ApiToken, Worker
from contributions.services.replies import Reply
from contributions.services.visibility import oversees

TAG = "Policy lab"
_NEVER_OWED = "Nothing of it is owed to anybody; it can never be approved, posted or paid."


class SimulationInput(Input):
    """The period, and the policy to try on it; drafts can be tried."""

    period = RecordField(Period, visible=visible_periods)
    policy = RecordField(Policy, visible=visible_policies)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a policy of another operator."""
        if attrs["policy"].operator_id != attrs["period"].operator_id:
            raise fail_field("policy", "not_of_operator", _("This is another operator's policy."))
        return attrs


class SimulationsView(Resource):
    """Runs that are never owed."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT
    input = SimulationInput
    output = RunOutput
    key_required = True

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {202: RunOutput}

    def post(self, request: Request) -> HttpResponse:
        """Queue a simulation; the operator may, and labour that bargains with it.

        It is a run like any other to read, and can never be approved, posted or paid.
        """
        where = request.path.rpartition("/simulations")[0]

        def queue(asked: Mapping[str, Any]) -> Reply:
            period: Period = asked["period"]
            if not policies.may_sign_for_labour(user=self.user):
                self.require_role(period.operator, *KEEPING, *SIGNING)
            run = simulations.request_simulation(
                period=period, policy=asked["policy"], requested_by=self.user
            )
            run.refresh_from_db()
            transaction.on_commit(partial(enqueue_run, run.pk))
            return self.created(run, status=202, location=f"{where}/runs/{run.public_id}")

        return self.write(queue)


class PairOutput(Output):
    """One figure on both sides; `null` where a side has none or hides it."""

    key = serializers.ListField(child=serializers.CharField())
    before = Money(allow_null=True)
    after = Money(allow_null=True)


class ComparedIndicatorOutput(Output):
    """An indicator on both sides, with how to read it."""

    name = serializers.CharField()
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    formula = serializers.CharField()
    caution = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]


class ComparisonOutput(Output):
    """Two results side by side, as far as the asker may see them."""

    simulation = serializers.BooleanField(help_text=f"Whether a side is one. {_NEVER_OWED}")
    fewest_in_group = serializers.IntegerField(
        help_text="Workers that a shown group needs; smaller ones have an empty key together."
    )
    pools = PairOutput(many=True)
    groups = PairOutput(many=True)
    people = PairOutput(many=True)
    indicators = ComparedIndicatorOutput(many=True)


class WhatIfInput(SimulationInput):
    """A period, a policy to start from, and what to change of it."""

    document = DocumentField(help_text="Only the fields that differ.")


class WhatIfView(Resource):
    """Small worlds, recomputed at once."""

    tag = TAG
    scope = ApiToken.Scope.READ
    input = WhatIfInput
    output = ComparisonOutput

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {200: ComparisonOutput}

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Compute a period under changed terms and hold it against the policy; store nothing.

        Worlds of more than twenty thousand contributions answer `world_too_large`: queue a
        simulation. Whoever only oversees may not ask, for answers could be subtracted.
        """
        return self.write(self._answer)

    def _answer(self, asked: Mapping[str, Any]) -> Reply:
        period: Period = asked["period"]
        if oversees(self.user) and not self.user.is_superuser:
            raise PermissionDenied(_("Whoever only oversees tries no terms."), "role_missing")
        base = simulations.complete(asked["policy"].document)
        tried = simulations.complete(policies.merged(base, asked["document"]))
        world = simulations.open_world(period=period, policy=asked["policy"])
        workers = world.pinned.worker_ids.tolist()
        before, after = (
            comparisons.of_allocation(world, world.under(document)) for document in (base, tried)
        )
        seen = disclosure.seen_workers(self.user, period.operator_id, workers)
        fewest = disclosure.fewest_in_world(self.user, period.operator_id, workers)
        people = comparisons.people(before, after, seen=seen)
        told = _told(before, after, people, fewest=fewest, simulation=True)
        return Reply(200, rendered(self.shown(told)).decode())


class ComparisonsView(Resource):
    """Two stored runs."""

    tag = TAG
    output = ComparisonOutput
    filters = {
        "before": by_id(Run, "", "The run to compare with."),
        "after": by_id(Run, "", "The run that is compared."),
    }

    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Hold one run against another: by pool, group, person and indicator."""
        found = []
        for name in ("before", "after"):
            rows = Run.objects.visible_to(self.user).exclude(result_sha256="")
            found.append(find(rows.select_related("period"), self.query.get(name, "")))
        before, after = found
        if before.period.currency != after.period.currency:
            raise fail_field("after", "currency_mixed", _("The runs' currencies differ."))
        require_added_up(found)
        fewest = max(disclosure.fewest_in_run(self.user, run) for run in found)
        people = (
            [] if oversees(self.user) else comparisons.people_of_runs(before, after, user=self.user)
        )
        sides = comparisons.of_run(before), comparisons.of_run(after)
        simulated = before.simulation or after.simulation
        return Response(self.shown(_told(*sides, people, fewest=fewest, simulation=simulated)))


def _told(
    before: Result, after: Result, people: list[Pair], *, fewest: int, simulation: bool
) -> dict[str, Any]:
    currency = after.currency
    named = [
        Pair((public_id(Worker.id_prefix, int(row.key[0])),), row.before, row.after)
        for row in people
    ]
    return {
        "simulation": simulation,
        "fewest_in_group": fewest,
        "pools": _pairs(comparisons.pools(before, after), currency),
        "groups": _pairs(comparisons.groups(before, after, fewest=fewest), currency),
        "people": _pairs(named, currency),
        "indicators": [
            {
                "name": name,
                "before": values[0] or None,
                "after": values[1] or None,
                "formula": CATALOGUE[name].formula,
                "caution": str(CATALOGUE[name].never),
                "source": CATALOGUE[name].source,
            }
            for name, *values in comparisons.indicators(before, after, fewest=fewest)
        ],
    }


def _pairs(rows: list[Pair], currency: str) -> list[dict[str, Any]]:
    return [
        {
            "key": list(row.key),
            **{
                name: None if amount is None else money(amount, currency)
                for name, amount in (("before", row.before), ("after", row.after))
            },
        }
        for row in rows
    ]
