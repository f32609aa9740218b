"""Claims end by themselves, and chats have settings of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Give every claim an end and every chat its settings."""
    lease = sa.Column("lease_until", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("parts", lease)
    op.create_table(
        "chats",
        sa.Column("platform", sa.String(16), primary_key=True),
        sa.Column("chat", sa.String(64), primary_key=True),
        sa.Column("thread", sa.String(64), primary_key=True),
        sa.Column("settings", sa.JSON, nullable=False),
    )
