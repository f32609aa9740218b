"""Claims end by themselves, chats have settings, and what people ask is written down first."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Give every claim an end and every chat its settings; add the journal of updates."""
    lease = sa.Column("lease_until", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("parts", lease)
    op.create_table(
        "chats",
        sa.Column("platform", sa.String(16), primary_key=True),
        sa.Column("chat", sa.String(64), primary_key=True),
        sa.Column("thread", sa.String(64), primary_key=True),
        sa.Column("settings", sa.JSON, nullable=False),
    )
    op.create_table(
        "updates",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("platform", sa.String(16), nullable=False),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("platform", "number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_updates_at", "updates", ["at"])
    op.create_index("ix_updates_platform_state", "updates", ["platform", "state"])
