"""An environment for the peers alone, made on demand and kept beside the benchmarks."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[1] / ".venv-peers"
REQUIREMENTS: Final = Path(__file__).resolve().parent / "requirements-peers.in"
INSTALL_SECONDS: Final = 1800


def peer_python() -> Path | None:
    """The peers' interpreter, installing what it needs first; None if that fails."""
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp, python = FOLDER / "installed", FOLDER / "bin" / "python"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    sys.stderr.write("Installing the peers into bench/.venv-peers, some gigabytes …\n")
    venv.create(FOLDER, with_pip=True, clear=True)
    (FOLDER / ".gitignore").write_text("*\n")
    command = [str(python), "-m", "pip", "install", "--quiet", "-r", str(REQUIREMENTS)]
    finished = subprocess.run(command, check=False, timeout=INSTALL_SECONDS)  # noqa: S603
    if finished.returncode != 0:
        return None
    stamp.write_text(wanted)
    return python
