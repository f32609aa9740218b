"""The doctor: looks at everything, and whatever fails never hides the next."""

from __future__ import annotations

import asyncio

from bot.core.errors import SettingsError
from bot.ops.doctor import Finding, examine


async def well() -> str:
    return "all is well"


async def wrong() -> str:
    raise SettingsError("No token is set.")


async def unreadable() -> str:
    raise PermissionError(13, "Permission denied", "/data")


async def faulty() -> str:
    raise KeyError("version")


async def silent() -> str:
    await asyncio.Event().wait()
    return "never"


async def test_each_thing_is_looked_at_and_none_hides_the_next() -> None:
    looks = [
        ("token", wrong),
        ("folder", unreadable),
        ("library", faulty),
        ("platform", silent),
        ("seeds", well),
    ]
    assert await examine(looks, patience=0.05) == [
        Finding("token", well=False, words="No token is set."),
        Finding("folder", well=False, words="[Errno 13] Permission denied: '/data'"),
        Finding("library", well=False, words="KeyError: 'version'"),
        Finding("platform", well=False, words="no answer within 0.05 seconds."),
        Finding("seeds", well=True, words="all is well"),
    ]
