"""A run's bundle as one file, to be recomputed anywhere."""

from __future__ import annotations

from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryDirectory

from django.http import FileResponse, Http404, JsonResponse
from django.views.decorators.http import require_GET

from accounting.core.bundle import zip_bundle
from accounting.core.bundle.crate import CRATE
from accounting.models import Run
from accounting.services.exporting import RunWithoutBundle, bundle_of, crate_of
from accounting.views.access import (
    SignedInRequest,
    find_run_with_result,
    reader_of,
    signed_in,
)


@require_GET
@signed_in
def bundle(request: SignedInRequest, run_id: str) -> FileResponse:
    """Answer the bundle as an archive to whoever may read all of its rows.

    Raises:
        Http404: The run has no bundle, or it holds single rows that this reader may not see.
    """
    run, folder = _found(request, run_id)
    return FileResponse(_archive(folder), as_attachment=True, filename=f"{run.public_id}.zip")


@require_GET
@signed_in
def crate(request: SignedInRequest, run_id: str) -> JsonResponse:
    """Answer the RO-Crate description that belongs beside the bundle.

    Raises:
        Http404: As for the bundle.
    """
    run, folder = _found(request, run_id)
    response = JsonResponse(crate_of(run, folder), json_dumps_params={"indent": 2})
    response["Content-Disposition"] = f'attachment; filename="{CRATE}"'
    return response


def _found(request: SignedInRequest, run_id: str) -> tuple[Run, Path]:
    run = find_run_with_result(request, run_id)
    if reader_of(request).fewest_in_cell(run):
        raise Http404(run_id)
    try:
        return run, bundle_of(run)
    except RunWithoutBundle as error:
        raise Http404(run_id) from error


def _archive(folder: Path) -> BufferedReader:
    with TemporaryDirectory() as place:
        target = Path(place) / "bundle.zip"
        zip_bundle(folder, target)
        # An open file outlives its name, so nothing is left behind when the answer is sent.
        return target.open("rb")
