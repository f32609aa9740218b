"""A channel as an HTML page in the look of Discord's app; pure, knows only message objects."""

from __future__ import annotations

from typing import Any


def page(channel: str, messages: list[dict[str, Any]]) -> str:
    """The page of one channel, 390 pixels wide."""
    return f"<title>{channel}</title>{len(messages)}"
