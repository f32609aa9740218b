"""The archive of the news: feeds, who follows them, entries, articles and the places in them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the archive's tables beside the ledger's."""
    _feeds()
    _entries()
    _articles()
    _places()
    _chats()


def _chat() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("platform", sa.String(16), primary_key=True),
        sa.Column("chat", sa.String(64), primary_key=True),
        sa.Column("thread", sa.String(64), primary_key=True),
    )


def _number(name: str, kind: type[sa.Integer] = sa.Integer) -> sa.Column[Any]:
    """Make a number that is part of the primary key and given by us."""
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False)


def _state(name: str, kind: type[Any] = sa.Integer, default: str = "0") -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, server_default=default)


def _feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("digest", sa.String(32), nullable=False, unique=True),
        _text("url"),
        _text("title"),
        _text("link"),
        sa.Column("position", sa.Integer),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        _state("etag", sa.Text, ""),
        _state("last_modified", sa.Text, ""),
        sa.Column("tried_at", sa.BigInteger),
        sa.Column("read_at", sa.BigInteger),
        _state("interval"),
        _state("failures"),
        _state("reason", sa.Text, ""),
        _state("entries"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_feeds_next_at", "feeds", ["next_at"])
    op.create_table(
        "follows",
        *_chat(),
        sa.Column(
            "feed", sa.Integer, sa.ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("kind", sa.String(16), nullable=False),
        _text("topic"),
    )
    op.create_index("ix_follows_feed", "follows", ["feed"])


def _entries() -> None:
    op.create_table(
        "feed_keys",
        _number("feed"),
        sa.Column("key", sa.String(32), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "feed", sa.Integer, sa.ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("entry", sa.JSON, nullable=False),
        sa.Column("instant", sa.BigInteger, nullable=False),
        sa.Column("arrived_at", sa.BigInteger, nullable=False),
        _state("attempts"),
        _state("not_before", sa.BigInteger),
        sa.Column("given_up", sa.Boolean, nullable=False),
        _state("reason", sa.Text, ""),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_entries_given_up_instant", "entries", ["given_up", "instant"])
    op.create_index("ix_entries_feed", "entries", ["feed"])
    op.create_index("ix_entries_arrived_at", "entries", ["arrived_at"])


def _articles() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("digest", sa.String(32), nullable=False, unique=True),
        *map(_text, ("url", "title", "source", "author", "language", "image")),
        sa.Column("published", sa.BigInteger),
        sa.Column("published_guessed", sa.Boolean, nullable=False),
        sa.Column("instant", sa.BigInteger, nullable=False),
        sa.Column("arrived_at", sa.BigInteger, nullable=False),
        *map(_text, ("paragraphs", "furniture", "places")),
    )
    op.create_index("ix_articles_arrived_at", "articles", ["arrived_at"])
    op.create_table(
        "article_feeds",
        _number("feed"),
        _number("instant", sa.BigInteger),
        _number("article"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_article_feeds_article", "article_feeds", ["article"])


def _places() -> None:
    op.create_table(
        "article_places",
        _number("place", sa.BigInteger),
        _number("feed"),
        sa.Column("about", sa.Boolean, primary_key=True),
        _number("instant", sa.BigInteger),
        _number("article"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "feed_places",
        _number("feed"),
        _number("place", sa.BigInteger),
        sa.Column("named", sa.Integer, nullable=False),
        sa.Column("latitude", sa.Float, nullable=False),
        sa.Column("longitude", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_feed_places_feed_latitude_longitude", "feed_places", ["feed", "latitude", "longitude"]
    )


def _chats() -> None:
    op.create_table(
        "filters",
        *_chat(),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("wanted", sa.JSON, nullable=False),
        sa.Column("unwanted", sa.JSON, nullable=False),
    )
    op.create_table(
        "told",
        *_chat(),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("digest", sa.String(32), primary_key=True),
        _text("url"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "place_choices",
        *_chat(),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("place", sa.BigInteger, nullable=False),
    )
