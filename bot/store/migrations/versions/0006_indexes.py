"""What one chat has left is found without looking at what everybody has left."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Let the indexes of what is left lead to one subscription, and to one edition."""
    op.drop_index("ix_editions_done_due_at", "editions")
    op.create_index(
        "ix_editions_done_subscription_due_at", "editions", ["done", "subscription", "due_at"]
    )
    op.drop_index("ix_parts_state", "parts")
    op.create_index("ix_parts_state_edition", "parts", ["state", "edition"])
