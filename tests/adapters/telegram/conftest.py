"""The emulator that the Telegram adapter's tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.emulators.telegram import TelegramEmulator


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramEmulator]:
    """The emulator; whatever a test did, every request fits the Bot API's own description."""
    async with TelegramEmulator(limits=None) as emulator:
        yield emulator
        assert emulator.violations == []
