"""The tables, for SQLite and PostgreSQL alike. What they mean is said at the Store port.

Instants are kept as whole seconds since the epoch (UTC), local dates as ISO text: both sort, and
neither depends on what a driver thinks of time zones.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s",
})  # fmt: skip

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("chat", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("thread", String(64), nullable=False),
    Column("command", String(32), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("locale", String(35), nullable=False),
    Column("at", String(5), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("days", String(7), nullable=False),
    Column("next_day", String(10), nullable=False),
    Column("next_run_at", BigInteger, nullable=False),
    Column("paused", Text, nullable=False, server_default=""),
    UniqueConstraint("platform", "chat", "thread", "at"),
    Index("ix_subscriptions_next_run_at", "next_run_at"),
    sqlite_autoincrement=True,
)

editions = Table(
    "editions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "subscription", Integer, ForeignKey("subscriptions.id", ondelete="CASCADE"), nullable=False
    ),
    Column("day", String(10), nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("frozen", Boolean, nullable=False, default=False),
    Column("done", Boolean, nullable=False, default=False),
    Column("missed", Text, nullable=False, server_default=""),
    UniqueConstraint("subscription", "day"),
    Index("ix_editions_done_due_at", "done", "due_at"),
    sqlite_autoincrement=True,
)

parts = Table(
    "parts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("edition", Integer, ForeignKey("editions.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", BigInteger, nullable=False, default=0),
    Column("uncertain_since", BigInteger, nullable=False, default=0),
    Column("message_id", String(64), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    UniqueConstraint("edition", "position"),
    Index("ix_parts_state", "state"),
    sqlite_autoincrement=True,
)
