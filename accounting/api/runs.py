"""Runs: asking for one, following it, cancelling it, and taking its bundle away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounting.api.outputs import RunOutput
from accounting.core.errors import AccountingError
from accounting.models import Period, Policy, Run
from accounting.services import runs
from accounting.services.exporting import bundle_of, crate_of
from accounting.services.visibility import kept_periods, visible_periods, visible_policies
from accounting.tasks import enqueue_run
from contributions.api.documents import Input, fail_field
from contributions.api.fields import RecordField, YesNoField
from contributions.api.parameters import by_id, by_word
from contributions.api.resources import KEEPING, SIGNING, Collection, Item
from contributions.models import ApiToken
from contributions.services.replies import Reply

TAG = "Runs"
_PIECE_BYTES = 65_536


class RunWithoutResult(AccountingError):
    """The run is not computed, so it has no bundle."""

    code = "run_without_result"


class BundleArchive(BaseRenderer):
    """Lets a ZIP be asked for; the view answers the file itself."""

    media_type = "application/zip"
    format = "zip"

    def render(self, data: Any, *_arguments: Any, **_options: Any) -> Any:
        """Write a problem as JSON, for an error has no archive."""
        return JSONRenderer().render(data)


class RunInput(Input):
    """The period to compute; under the policy in force, or as a simulation under any other."""

    period = RecordField(Period, visible=visible_periods)
    policy = RecordField(Policy, visible=visible_policies, required=False)
    simulation = YesNoField(default=False)


class RunsView(Collection):
    """Allocation runs, newest first."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT
    input = RunInput
    output = RunOutput
    key_required = True
    orders = {"-id": "-pk", "id": "pk"}
    filters = {
        "period": by_id(Period, "period", "Runs of one period."),
        "state": by_word("state", Run.State.values, "Runs in one state."),
    }

    def rows(self) -> QuerySet[Run]:
        """Return the runs that concern the asker."""
        return Run.objects.visible_to(self.user).select_related("period")

    def answers(self, method: str) -> dict[Any, Any]:
        """Return what a method answers by status."""
        return {202: RunOutput} if method == "POST" else super().answers(method)

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Queue a run; the answer names the run, to be asked for its state.

        It is computed once, however often the queue delivers it. Ask every few seconds until
        `state` is `computed`, `failed` or `cancelled`.
        """
        return self.write(self._request)

    def _request(self, asked: Mapping[str, Any]) -> Reply:
        period: Period = asked["period"]
        policy = asked.get("policy")
        self.require_role(period.operator, *KEEPING, *SIGNING)
        if policy is not None and policy.operator_id != period.operator_id:
            raise fail_field("policy", "not_of_operator", _("This is another operator's policy."))
        run = runs.request_run(
            period=period,
            policy=policy,
            requested_by=self.user,
            simulation=asked["simulation"],
        )
        run.refresh_from_db()
        transaction.on_commit(partial(enqueue_run, run.pk))
        return self.created(run, status=202)


class RunView(Item):
    """A run with its state and totals."""

    tag = TAG
    output = RunOutput

    def rows(self) -> QuerySet[Run]:
        """Return the runs that concern the asker."""
        return Run.objects.visible_to(self.user).select_related("period")


class RunCancellationView(Item):
    """Cancelling a run."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT
    output = RunOutput
    http_method_names = ["post"]

    def rows(self) -> QuerySet[Run]:
        """Return the runs that concern the asker."""
        return Run.objects.visible_to(self.user).select_related("period__operator")

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {200: RunOutput}

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Cancel a queued or computing run; a worker that computes it writes nothing."""
        run = self.found()
        self.require_role(run.period.operator, *KEEPING, *SIGNING)
        where = request.path.rpartition("/cancel")[0]
        return self.write(lambda _nothing: self._cancel(run, where))

    def _cancel(self, run: Run, where: str) -> Reply:
        runs.cancel_run(run=run)
        return self.created(run, status=200, location=where)


class RunBundleView(Item):
    """The bundle of a run."""

    tag = TAG
    output = RunOutput
    renderer_classes = (BundleArchive, JSONRenderer)

    def rows(self) -> QuerySet[Run]:
        """Return the runs of the asker's own operators: a bundle holds every single row."""
        return Run.objects.filter(period__in=kept_periods(self.user).values("pk"))

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {(200, "application/zip"): {"type": "string", "format": "binary"}}

    def get(self, request: Request, **_path: str) -> StreamingHttpResponse:  # type: ignore[override]  # noqa: ARG002
        """Answer all inputs and results of a run as one archive that anybody can recompute."""
        run: Run = self.found()
        folder = runs.bundle_path(run)
        if not run.bundle_name or not folder.is_dir():
            raise RunWithoutResult(_("This run has no bundle: it is not computed."))
        response = StreamingHttpResponse(_archive(folder), content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="{run.public_id}.zip"'
        return response


class RunCrateView(Item):
    """The description of a run's bundle as an RO-Crate."""

    tag = TAG
    output = RunOutput

    def rows(self) -> QuerySet[Run]:
        """Return the runs whose bundle the asker may take."""
        return Run.objects.filter(period__in=kept_periods(self.user).values("pk"))

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {200: {"type": "object", "additionalProperties": True}}

    def get(self, request: Request, **_path: str) -> Response:  # noqa: ARG002
        """Answer the metadata that belongs beside the bundle, as `ro-crate-metadata.json`."""
        run: Run = self.found()
        return Response(crate_of(run, bundle_of(run)))


def _archive(folder: Path) -> Iterator[bytes]:
    # The file lives as long as the iteration, also when the reader goes away in the middle.
    with tempfile.SpooledTemporaryFile(max_size=8_000_000) as archive:
        with ZipFile(archive, "w", ZIP_DEFLATED, compresslevel=1) as packed:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    packed.write(path, path.relative_to(folder).as_posix())
        archive.seek(0)
        while piece := archive.read(_PIECE_BYTES):
            yield piece
