"""The gazetteer that the tests share. make builds it; without it these tests say so and skip."""

from __future__ import annotations

import pytest

from summaries.places.gazetteer import BUILD_COMMAND, DEFAULT_PACK, Gazetteer


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    if not DEFAULT_PACK.exists():
        pytest.skip(f"the gazetteer is not built: {BUILD_COMMAND}")
    return Gazetteer.open()
