"""An emulated Discord for tests and for trying the bot by hand; knows nothing of the bot."""

from tests.emulators.discord.faults import Fault
from tests.emulators.discord.limits import DEFAULT_LIMITS, Budget, Limits
from tests.emulators.discord.people import NotOfferedError
from tests.emulators.discord.server import TOKEN, DiscordEmulator, Posted
from tests.emulators.discord.state import Violation

__all__ = [
    "DEFAULT_LIMITS",
    "TOKEN",
    "Budget",
    "DiscordEmulator",
    "Fault",
    "Limits",
    "NotOfferedError",
    "Posted",
    "Violation",
]
