"""Logging to standard error: one line an event, as text or as JSON. Tokens never appear."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime


class _Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class _Secrets(logging.Filter):
    """Blanks the tokens wherever a library logs them (the Bot API has the token in its address)."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._secrets = [secret for secret in secrets if secret]

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        for secret in self._secrets:
            message = message.replace(secret, "<token>")
        record.msg, record.args = message, ()
        return True


def configure(log_format: str, secrets: tuple[str, ...] = (), level: int = logging.INFO) -> None:
    """Send the log of this process to standard error. Libraries speak from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if log_format == "json" else _Text())
    handler.addFilter(_Secrets(secrets))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(level)
    # These warn of their own retries; our adapters say it in the operator's words.
    for noisy in ("discord.client", "discord.gateway", "discord.http", "apscheduler"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
