"""A chat may have several digests at one hour, each with a question of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KEY = ("platform", "chat", "thread", "at", "command", "arguments")
_CHILDREN = ("editions", "parts")


def upgrade() -> None:
    """Let the question be part of a subscription's key, where it is not yet."""
    connection = op.get_bind()
    keys = sa.inspect(connection).get_unique_constraints("subscriptions")
    if any("command" in key["column_names"] for key in keys):
        return  # some databases got it with 0001
    # SQLite makes the table anew and drops the old one, which empties all that hangs on it.
    children = _CHILDREN if connection.dialect.name == "sqlite" else ()
    for name in children:
        op.execute(f"CREATE TEMPORARY TABLE kept_{name} AS SELECT * FROM {name}")  # noqa: S608 - constants
    with op.batch_alter_table(
        "subscriptions",
        table_kwargs={"sqlite_autoincrement": True},
        naming_convention={"uq": "uq_%(table_name)s_%(column_0_N_name)s"},
    ) as table:
        for key in keys:
            name = key["name"] or f"uq_subscriptions_{'_'.join(key['column_names'])}"
            table.drop_constraint(name, type_="unique")
        table.create_unique_constraint(f"uq_subscriptions_{'_'.join(_KEY)}", list(_KEY))
    for name in children:
        op.execute(f"INSERT INTO {name} SELECT * FROM kept_{name}")  # noqa: S608 - constants
        op.execute(f"DROP TABLE kept_{name}")
