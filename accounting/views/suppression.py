"""What is too small to show is decided in one place for pages and API."""

from __future__ import annotations

from accounting.services.suppression import (
    FEWEST_FOR_GINI as FEWEST_FOR_GINI,
)
from accounting.services.suppression import (
    Cell as Cell,
)
from accounting.services.suppression import (
    is_hidden as is_hidden,
)
from accounting.services.suppression import (
    too_small as too_small,
)
