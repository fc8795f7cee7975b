"""Delete everything of one home: `python -m config.embedded.forgetting [HOME]`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from config.embedded.errors import EmbeddedServersFailed
from config.embedded.joining import supervised
from config.embedded.place import default_home, server_account


class StillInUse(EmbeddedServersFailed):
    """Servers run on the files that were to be deleted."""

    code = "embedded_servers_still_in_use"

    def __init__(self, *, home: Path) -> None:
        super().__init__(f"Huisu is still running on {home}; stop it first.")
        self.home = home


def forget(home: Path) -> None:
    """Delete a home with its database, queue, files and log-ins, wherever they lie.

    Raises:
        StillInUse: The servers run.
    """
    if not home.exists():
        return
    if supervised(home, server_account(home)):
        raise StillInUse(home=home)
    # Both may be links to folders outside the home.
    for folder in (home / "servers" / "run", home / "servers", home):
        if folder.exists():
            shutil.rmtree(folder.resolve())


def main(arguments: Sequence[str]) -> int:
    """Forget the named home or the default one.

    Returns:
        0, or 1 if it is in use.
    """
    home = Path(arguments[0]).absolute() if arguments else default_home()
    try:
        forget(home)
    except StillInUse as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
