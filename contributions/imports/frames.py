"""What goes through the pipe between the reading process and the one that asked for it.

A frame is a kind, the length of its payload, and the payload. A batch is the length of its
JSON part, that part, and an Arrow stream of one record batch.
"""

from __future__ import annotations

import struct
from typing import Final

HEADER: Final = struct.Struct(">cQ")
META: Final = struct.Struct(">I")
BATCH: Final = b"B"
DONE: Final = b"D"
REFUSED: Final = b"E"
OUT_OF_MEMORY: Final = "reader_out_of_memory"
