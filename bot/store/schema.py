"""The tables, for SQLite and PostgreSQL alike. What they mean is said at the ports.

Instants are kept as whole seconds since the epoch (UTC), local dates as ISO text: both sort, and
neither depends on what a driver thinks of time zones.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
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


def _chat() -> tuple[Column[str], ...]:
    """Make the columns that name a chat."""
    return (
        Column("platform", String(16), primary_key=True),
        Column("chat", String(64), primary_key=True),
        Column("thread", String(64), primary_key=True),
    )


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
    UniqueConstraint("platform", "chat", "thread", "at", "command", "arguments"),
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
    Column("held_until", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("subscription", "day"),
    Index("ix_editions_done_subscription_due_at", "done", "subscription", "due_at"),
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
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Column("claimant", String(32), nullable=False, server_default=""),
    Column("message_id", String(64), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    UniqueConstraint("edition", "position"),
    Index("ix_parts_state_edition", "state", "edition"),
    sqlite_autoincrement=True,
)


chats = Table(
    "chats",
    metadata,
    *_chat(),
    Column("settings", JSON, nullable=False),
)


shelf = Table(
    "shelf",
    metadata,
    Column("token", String(32), primary_key=True),
    Column("arguments", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_shelf_at", "at"),
)


updates = Table(
    "updates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("number", String(64), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("platform", "number"),
    Index("ix_updates_at", "at"),
    Index("ix_updates_platform_state", "platform", "state"),
    sqlite_autoincrement=True,
)


# --- the archive of the news: what these mean is said at the Archive port
#
# `digest` stands for an address: addresses may be longer than an index takes (2,700 bytes on
# PostgreSQL). The tables that have a row for each article and place name no foreign keys: they
# are the index, written and dropped by the thousand together with what they point at.


feeds = Table(
    "feeds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(32), nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("position", Integer),  # among the operator's feeds, or NULL
    Column("next_at", BigInteger, nullable=False),
    Column("etag", Text, nullable=False, server_default=""),
    Column("last_modified", Text, nullable=False, server_default=""),
    Column("tried_at", BigInteger),
    Column("read_at", BigInteger),
    Column("interval", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("entries", Integer, nullable=False, server_default="0"),
    Index("ix_feeds_next_at", "next_at"),
    sqlite_autoincrement=True,
)

follows = Table(
    "follows",
    metadata,
    *_chat(),
    Column("feed", Integer, ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("topic", Text, nullable=False),
    Index("ix_follows_feed", "feed"),
)

filters = Table(
    "filters",
    metadata,
    *_chat(),
    Column("topic", Text, primary_key=True),
    Column("wanted", JSON, nullable=False),
    Column("unwanted", JSON, nullable=False),
)

feed_keys = Table(
    "feed_keys",
    metadata,
    Column("feed", Integer, primary_key=True, autoincrement=False),
    Column("key", String(32), primary_key=True),
    sqlite_with_rowid=False,
)

entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed", Integer, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("key", String(32), nullable=False),
    Column("entry", JSON, nullable=False),
    Column("instant", BigInteger, nullable=False),
    Column("arrived_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    Column("given_up", Boolean, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Index("ix_entries_given_up_instant", "given_up", "instant"),
    Index("ix_entries_feed", "feed"),
    Index("ix_entries_arrived_at", "arrived_at"),
    sqlite_autoincrement=True,
)

articles = Table(
    "articles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(32), nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("image", Text, nullable=False),
    Column("published", BigInteger),
    Column("published_guessed", Boolean, nullable=False),
    Column("instant", BigInteger, nullable=False),
    Column("arrived_at", BigInteger, nullable=False),
    Column("paragraphs", Text, nullable=False),
    Column("furniture", Text, nullable=False),
    Column("places", Text, nullable=False),
    Index("ix_articles_arrived_at", "arrived_at"),
)

article_feeds = Table(
    "article_feeds",
    metadata,
    Column("feed", Integer, primary_key=True, autoincrement=False),
    Column("instant", BigInteger, primary_key=True, autoincrement=False),
    Column("article", Integer, primary_key=True, autoincrement=False),
    Index("ix_article_feeds_article", "article"),
    sqlite_with_rowid=False,
)

article_places = Table(
    "article_places",
    metadata,
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("feed", Integer, primary_key=True, autoincrement=False),
    Column("about", Boolean, primary_key=True),
    Column("instant", BigInteger, primary_key=True, autoincrement=False),
    Column("article", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

feed_places = Table(
    "feed_places",
    metadata,
    Column("feed", Integer, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("named", Integer, nullable=False),  # by how many articles, not counting places inside
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Index("ix_feed_places_feed_latitude_longitude", "feed", "latitude", "longitude"),
    sqlite_with_rowid=False,
)

told = Table(
    "told",
    metadata,
    *_chat(),
    Column("day", String(10), primary_key=True),
    Column("digest", String(32), primary_key=True),
    Column("url", Text, nullable=False),
    sqlite_with_rowid=False,
)

place_choices = Table(
    "place_choices",
    metadata,
    *_chat(),
    Column("name", Text, primary_key=True),
    Column("place", BigInteger, nullable=False),
)
