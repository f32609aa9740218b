"""An emulator of Telegram's Bot API on the wire, written from its documentation.

It knows no client library: anything that speaks HTTP can be pointed at it. In a test:

    async with TelegramEmulator() as telegram:
        ...  # a bot with base_url=f"{telegram.root}/bot" and token=telegram.token
        await telegram.say("/start")
        [hello] = await telegram.wait_for_post()

By hand: `python -m tests.emulators.telegram --help`.
"""

from tests.emulators.telegram.emulator import DEFAULT_TOKEN, TelegramEmulator
from tests.emulators.telegram.faults import Fault
from tests.emulators.telegram.limits import DEFAULT_LIMITS, Limits
from tests.emulators.telegram.posted import Posted, PostedFile
from tests.emulators.telegram.world import CallbackAnswer, InlineAnswer

__all__ = [
    "DEFAULT_LIMITS",
    "DEFAULT_TOKEN",
    "CallbackAnswer",
    "Fault",
    "InlineAnswer",
    "Limits",
    "Posted",
    "PostedFile",
    "TelegramEmulator",
]
