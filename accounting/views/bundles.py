"""A run's bundle as one file, to be recomputed anywhere."""

from __future__ import annotations

from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryDirectory

from django.http import FileResponse, Http404
from django.views.decorators.http import require_GET

from accounting.core.bundle import zip_bundle
from accounting.services.runs import bundle_path
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
    run = find_run_with_result(request, run_id)
    folder = bundle_path(run)
    if reader_of(request).fewest_in_cell(run) or not run.bundle_name or not folder.is_dir():
        raise Http404(run_id)
    return FileResponse(_archive(folder), as_attachment=True, filename=f"{run.public_id}.zip")


def _archive(folder: Path) -> BufferedReader:
    with TemporaryDirectory() as place:
        target = Path(place) / "bundle.zip"
        zip_bundle(folder, target)
        # An open file outlives its name, so nothing is left behind when the answer is sent.
        return target.open("rb")
