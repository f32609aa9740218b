"""Says in words what is wrong with a database and what mends it. Opens none."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from bot.core.errors import StoreError


@contextmanager
def in_words(url: str) -> Iterator[None]:
    """Let whatever a database does wrong be a StoreError."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise StoreError(explain(url, error)) from error


def explain(url: str, error: Exception) -> str:
    """Say in words what is wrong with the database and what mends it."""
    shown = _without_password(url)
    cause = str(getattr(error, "orig", None) or error).splitlines()[0]
    for sign, advice in {
        "readonly": "Make the data folder and the file writable for this user",
        "Read-only": "Make the data folder writable for this user",
        "unable to open": "Make sure that its folder exists and this user may write in it",
        "Permission denied": "Make the data folder writable for this user",
        "not a database": "Move that file away",
        "disk is full": "Make room on the disk",
        "locked": "Stop the other program that holds it",
        "sslmode": "Write ?ssl=require in the place of ?sslmode=require",
        "asyncpg": "Install the extra for PostgreSQL: pip install 'dateline-bot[postgresql]'",
        "parse": "Write an address such as sqlite:////srv/dateline.db or postgresql://user@host/name",
    }.items():
        if sign in cause:
            other = "or set DATELINE_DATABASE_URL or DATELINE_DATA_DIR"
            return f"Cannot use the database {shown}: {cause}. {advice}, {other}."
    return f"Cannot use the database {shown}: {cause}."


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return re.sub(r"(?<=:)[^:@/]*(?=@)", "***", url)
