"""What Discord's tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.adapters.discord.running import Doorman
from tests.emulators.discord import DiscordEmulator


@pytest.fixture
async def emulator() -> AsyncIterator[DiscordEmulator]:
    """The emulator; whatever a test did, every request fits Discord's OpenAPI document."""
    async with DiscordEmulator(limits=None) as started:
        yield started
        assert started.violations == []


@pytest.fixture
def porter() -> Doorman:
    """Somebody who answers, is told what happens to chats, and knows which of them rest."""
    return Doorman()
