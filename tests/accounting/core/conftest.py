"""The worked example, which most tests of the core change a little."""

from __future__ import annotations

import pytest

from accounting.core.tables import Inputs
from tests.accounting.core.worked_example_inputs import worked_example_inputs


@pytest.fixture(scope="session")
def example() -> Inputs:
    return worked_example_inputs()
