"""A run's bundle as one file, to be recomputed anywhere."""

from __future__ import annotations

import tempfile
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from django.http import FileResponse, Http404
from django.views.decorators.http import require_GET

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
    """Answer the bundle as a ZIP archive to whoever keeps the operator's records.

    Raises:
        Http404: The run has no bundle, or it holds single rows that this reader may not see.
    """
    run = find_run_with_result(request, run_id)
    folder = bundle_path(run)
    if reader_of(request).fewest_in_cell(run) or not run.bundle_name or not folder.is_dir():
        raise Http404(run_id)
    return FileResponse(_archive(folder), as_attachment=True, filename=f"{run.public_id}.zip")


def _archive(folder: Path) -> tempfile.SpooledTemporaryFile[bytes]:
    archive = tempfile.SpooledTemporaryFile[bytes](max_size=8 * 2**20)
    with ZipFile(archive, "w", ZIP_DEFLATED, compresslevel=1) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
    archive.seek(0)
    return archive
