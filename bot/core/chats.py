"""What a chat chose for itself. Knows no platform and no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from bot.core.schedule import Quiet
from summaries.article import Length


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """A chat's own choices; "" and None leave it to the bot.

    `language` is that of the bot's words (a BCP 47 tag), `zone` an IANA time zone, `length` that
    of a briefing for which none is asked. `quiet` holds digests back; `rather_twice` sends a
    message again that may or may not have arrived.
    """

    language: str = ""
    zone: str = ""
    length: Length = Length.NORMAL
    quiet: Quiet | None = None
    rather_twice: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What the desk must know of a chat before it answers: its choices, and whether some of its
    digests stopped because the bot was shut out of it."""

    settings: ChatSettings = ChatSettings()
    is_paused: bool = False


def settings_row(settings: ChatSettings) -> dict[str, Any]:
    """Return the settings as JSON keeps them."""
    quiet = settings.quiet
    return {
        "language": settings.language,
        "zone": settings.zone,
        "length": settings.length.value,
        "quiet": [f"{quiet.start:%H:%M}", f"{quiet.end:%H:%M}"] if quiet else None,
        "rather_twice": settings.rather_twice,
    }


def chat_settings(row: Mapping[str, Any] | None) -> ChatSettings:
    """Read back what `settings_row` made; what an older or newer bot left out has its default."""
    if not row:
        return ChatSettings()
    quiet = row.get("quiet")
    return ChatSettings(
        language=str(row.get("language", "")),
        zone=str(row.get("zone", "")),
        length=Length(row.get("length", Length.NORMAL)),
        quiet=Quiet(*map(time.fromisoformat, quiet)) if quiet else None,
        rather_twice=bool(row.get("rather_twice", False)),
    )
