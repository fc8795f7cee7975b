"""PostgreSQL and Valkey for one machine, from wheels, without installing anything.

`services()` is all that most callers need. The servers' own wheels bring Python code that
loses servers and locks; only their programs are used here.
"""

from config.embedded.errors import EmbeddedServersFailed
from config.embedded.joining import services
from config.embedded.place import Addresses, addresses, default_home, prepare

__all__ = [
    "Addresses",
    "EmbeddedServersFailed",
    "addresses",
    "default_home",
    "prepare",
    "services",
]
