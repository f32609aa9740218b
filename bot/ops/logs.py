"""Logging to standard error: one line an event, as text or as JSON. Never shows a secret."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

BLANK = "<secret>"
"""What stands in the log in a secret's place."""


class Blanker:
    """Takes secrets out of a text."""

    def __init__(self, secrets: Sequence[str]) -> None:
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        # The longest first: one secret may be the beginning of another.
        self._spellings = sorted(spellings - {""}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return the text without them."""
        for spelling in self._spellings:
            text = text.replace(spelling, BLANK)
        return text


def _spellings(secret: str) -> tuple[str, ...]:
    """Return a secret as it is, as it stands in an address, and as Python shows it."""
    return secret, quote(secret, safe=""), repr(secret)[1:-1]


class _Text(logging.Formatter):
    """`2026-01-20 08:00:00 WARNING words`, and a traceback below them."""

    def __init__(self, blank: Blanker) -> None:
        super().__init__()
        self._blank = blank

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created).astimezone()
        line = f"{when:%Y-%m-%d %H:%M:%S} {record.levelname:<7} {_one_line(_message(record))}"
        return self._blank("\n".join(part for part in (line, _traceback(self, record)) if part))


class _Json(logging.Formatter):
    """One object a line: "time", "level", "logger", "message" and, with a fault, "exception"."""

    def __init__(self, blank: Blanker) -> None:
        super().__init__()
        self._blank = blank

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._blank(_message(record)),
        }
        if traceback := _traceback(self, record):
            line["exception"] = self._blank(traceback)
        return json.dumps(line, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    """Return the event's words; a library's slip in its own format string costs only the format."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - an argument's own __str__ may raise anything
        return str(record.msg)


def _one_line(message: str) -> str:
    """Keep a line break or an escape sequence in a page's title from forging lines of the log."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in message
    )


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    raised = formatter.formatException(record.exc_info) if record.exc_info else ""
    stack = formatter.formatStack(record.stack_info) if record.stack_info else ""
    return "\n".join(_one_line(line) for line in (raised + "\n" + stack).split("\n") if line)


def configure(log_format: str, secrets: Sequence[str] = (), level: int = logging.INFO) -> None:
    """Send the log of this process to standard error. Libraries speak from WARNING on.

    The secrets (tokens, a database's password) are blanked in messages and in tracebacks: the Bot
    API, for one, has the token in every address.
    """
    blank = Blanker(secrets)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(blank) if log_format == "json" else _Text(blank))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(level)
    # These warn of their own retries; our adapters say it in the operator's words.
    for noisy in (
        "discord.client",
        "discord.gateway",
        "discord.http",
        "discord.shard",
        "apscheduler",
    ):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    logging.getLogger("telegram.request").setLevel(logging.CRITICAL)  # a traceback for an answer
