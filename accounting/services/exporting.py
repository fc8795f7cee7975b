"""Handing a run out: its bundle as a folder, and a description of it beside."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from django.utils.translation import gettext as _

from accounting.core.bundle.crate import CRATE, crate_document
from accounting.core.bundle.manifest import read_manifest
from accounting.core.errors import AccountingError
from accounting.models import Run
from accounting.services.runs import bundle_path


class RunWithoutBundle(AccountingError):
    """The run is not computed, or its bundle is gone from this machine."""

    code = "run_without_bundle"


class ExportThereAlready(AccountingError):
    """Something of the bundle's name is there already."""

    code = "export_there_already"


def bundle_of(run: Run) -> Path:
    """Return the folder of a run's bundle.

    Raises:
        RunWithoutBundle: It has none.
    """
    folder = bundle_path(run)
    if not run.bundle_name or not folder.is_dir():
        raise RunWithoutBundle(
            _("%(run)s has no bundle here: it is not computed, or its files were moved away.")
            % {"run": run.public_id}
        )
    return folder


def export_run(*, run: Run, to: Path) -> Path:
    """Copy a run's bundle into a folder, and describe it beside as an RO-Crate.

    Args:
        run: A computed run.
        to: Where to; made if need be.

    Returns:
        The bundle's new folder: complete, or not there at all.

    Raises:
        RunWithoutBundle: The run has none.
        ExportThereAlready: The folder holds an export already.
    """
    source = bundle_of(run)
    target = to / run.public_id
    if target.exists() or (to / CRATE).exists():
        raise ExportThereAlready(
            _("%(folder)s holds an export already; name another folder.") % {"folder": to}
        )
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{run.public_id}.", dir=to) as staging:
        copied = Path(staging) / run.public_id
        shutil.copytree(source, copied)
        described = Path(staging) / CRATE
        described.write_text(json.dumps(crate_of(run, copied), ensure_ascii=False, indent=2) + "\n")
        copied.rename(target)
        described.rename(to / CRATE)
    return target


def crate_of(run: Run, bundle: Path) -> dict[str, object]:
    """Return the RO-Crate description of a run's bundle, seen from beside it."""
    finished = run.finished_at or run.requested_at
    return crate_document(
        read_manifest(bundle),
        bundle,
        operator=run.period.operator.name,
        published=finished.date().isoformat(),
    )
