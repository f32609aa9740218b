"""Who claimed a message is written down, and until when quiet hours hold a digest that is late."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Give every claim the name of the process that made it, every edition an end of its wait."""
    claimant = sa.Column("claimant", sa.String(32), nullable=False, server_default="")
    op.add_column("parts", claimant)
    held = sa.Column("held_until", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("editions", held)
