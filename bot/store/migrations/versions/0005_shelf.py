"""What a button carries may be longer than a platform keeps behind it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the shelf: the arguments of long buttons, each under its token."""
    op.create_table(
        "shelf",
        sa.Column("token", sa.String(32), primary_key=True),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_shelf_at", "shelf", ["at"])
