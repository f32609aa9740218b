"""What Discord's tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.emulators.discord import DiscordEmulator


@pytest.fixture
async def emulator() -> AsyncIterator[DiscordEmulator]:
    """The emulator; whatever a test did, every request fits Discord's OpenAPI document."""
    async with DiscordEmulator(limits=None) as started:
        yield started
        assert started.violations == []
