"""What indicators are is said in one place for pages and API."""

from __future__ import annotations

from accounting.services.indicator_catalogue import (
    CATALOGUE as CATALOGUE,
)
from accounting.services.indicator_catalogue import (
    Entry as Entry,
)
from accounting.services.indicator_catalogue import (
    hidden_from as hidden_from,
)
from accounting.services.indicator_catalogue import (
    shown_value as shown_value,
)
