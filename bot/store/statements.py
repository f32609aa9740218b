"""The statements that every digest needs, made once: to put one together takes SQLAlchemy longer
than it takes SQLite to run it. Knows no connection; what they mean is said at the Store port.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Select,
    String,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    case,
    cast,
    exists,
    or_,
    select,
    text,
    type_coerce,
    update,
)

from bot.core.ports import DROPPED, PartState
from bot.store.schema import chats, editions, parts, subscriptions

CHAT = ("platform", "chat", "thread")
"""The columns that name a chat."""


def subscribed() -> Select[tuple[object, ...]]:
    """Select subscriptions with what their chats chose, as the JSON it is kept in."""
    chosen = and_(*(chats.c[name] == subscriptions.c[name] for name in CHAT))
    settings = cast(chats.c.settings, Text).label("settings")
    return select(subscriptions, settings).outerjoin(chats, chosen)


def _of(table: Table) -> ColumnElement[bool]:
    """Say that a row belongs to the chat that the statement is given."""
    return and_(*(table.c[name] == bindparam(name) for name in CHAT))


# What the desk asks before every answer.
_PAUSED = exists().where(_of(subscriptions), subscriptions.c.paused != "")
STANDING = select(
    type_coerce(select(chats.c.settings).where(_of(chats)).scalar_subquery(), JSON).label("chosen"),
    _PAUSED.label("stopped"),
)


def settled(which: ColumnElement[bool]) -> Update:
    """An edition is done when none of its parts is left to send."""
    left = select(parts.c.id).where(
        parts.c.edition == editions.c.id, parts.c.state.in_([PartState.PENDING, PartState.SENDING])
    )
    done = update(editions).where(
        which, editions.c.done.is_(False), editions.c.frozen.is_(True), ~left.exists()
    )
    return done.values(done=True)


# --- what is due

DUE = (
    subscribed()
    .where(subscriptions.c.next_run_at <= bindparam("now"), subscriptions.c.paused == "")
    .order_by(subscriptions.c.next_run_at)
    .limit(bindparam("limit"))
)

# Thousands of chats have the same hour: all of them in one statement. The two dialects differ only
# in how they read numbers out of JSON. Whoever changed a subscription meanwhile keeps the change:
# then it is not due any more.
_STILL_DUE = {
    "sqlite": "id IN (SELECT value FROM json_each(:ids)) AND paused = '' AND next_run_at <= :due",
    "postgresql": "id IN (SELECT CAST(jsonb_array_elements(CAST(:ids AS jsonb)) AS integer))"
    " AND paused = '' AND next_run_at <= :due",
}
OPEN = {
    name: text(
        "INSERT INTO editions (subscription, day, due_at, frozen, done, missed) "  # noqa: S608 - constants
        f"SELECT id, :day, :due, false, :is_missed, :missed FROM subscriptions WHERE {still_due} "
        "ON CONFLICT (subscription, day) DO NOTHING"
    )
    for name, still_due in _STILL_DUE.items()
}
MOVE_ON = {
    name: text(
        "UPDATE subscriptions SET next_day = :next_day, next_run_at = :next "  # noqa: S608 - constants
        f"WHERE {still_due}"
    )
    for name, still_due in _STILL_DUE.items()
}

# --- what waits to be sent

# SQLite takes CROSS JOINs in their order (https://sqlite.org/optoverview.html#crossjoin). It cannot
# know by itself that few editions are open, and that fewer are open in one chat.
#
# A million editions may be open: of them only the first are put together by their chats.
WAITING_CHATS = text(
    "SELECT platform, chat, thread, max(kind) AS kind FROM ("
    "SELECT s.platform, s.chat, s.thread, s.kind, e.due_at "
    "FROM editions AS e CROSS JOIN subscriptions AS s "
    "WHERE e.done = false AND e.held_until <= :now AND s.id = e.subscription AND s.paused = '' "
    "AND s.platform IN :platforms AND (s.platform, s.chat, s.thread) NOT IN ("
    "SELECT s.platform, s.chat, s.thread "
    "FROM parts AS p CROSS JOIN editions AS e CROSS JOIN subscriptions AS s "
    "WHERE p.state = 'pending' AND p.not_before > :now AND e.id = p.edition "
    "AND s.id = e.subscription) "
    "ORDER BY e.due_at LIMIT :limit) AS first "
    "GROUP BY platform, chat, thread ORDER BY min(due_at)"
).bindparams(bindparam("platforms", type_=String, expanding=True))

_OF_CHAT = (
    "s.platform = :platform AND s.chat = :chat AND s.thread = :thread "
    "AND e.subscription = s.id AND e.done = false"
)
_SUBSCRIBED = ", ".join(f"s.{column.name}" for column in subscriptions.c)
OPEN_EDITIONS = text(
    f"SELECT {_SUBSCRIBED}, CAST(c.settings AS text) AS settings, "  # noqa: S608 - constants
    "e.id AS edition, e.day, e.due_at, e.frozen, e.held_until "
    "FROM subscriptions AS s CROSS JOIN editions AS e LEFT JOIN chats AS c "
    "ON c.platform = s.platform AND c.chat = s.chat AND c.thread = s.thread "
    f"WHERE {_OF_CHAT} AND e.held_until <= :now AND s.paused = '' AND NOT EXISTS ("
    "SELECT 1 FROM subscriptions AS s CROSS JOIN editions AS e CROSS JOIN parts AS p "
    f"WHERE {_OF_CHAT} AND p.edition = e.id AND p.state = 'pending' AND p.not_before > :now) "
    "ORDER BY e.due_at, e.id"
).columns(frozen=Boolean)

# --- the outbox

FREEZE = (
    update(editions)
    .where(editions.c.id == bindparam("its_edition"))
    .where(editions.c.frozen.is_(False), editions.c.done.is_(False))
    .values(frozen=True, done=bindparam("is_empty"))
)
PARTS = select(parts).where(parts.c.edition == bindparam("its_edition")).order_by(parts.c.position)
CLAIM = (
    update(parts)
    .where(parts.c.id == bindparam("its_part"), parts.c.state == PartState.PENDING)
    .where(parts.c.not_before <= bindparam("now"), parts.c.attempts == bindparam("its_attempts"))
    .where(parts.c.uncertain_since == bindparam("since"))  # as it was read
    .values(
        state=PartState.SENDING,
        attempts=parts.c.attempts + 1,
        uncertain_since=case(
            (parts.c.uncertain_since == 0, bindparam("now")), else_=parts.c.uncertain_since
        ),
        lease_until=bindparam("until"),
        claimant=bindparam("me"),
    )
)
RELEASE = (
    update(parts)
    .where(parts.c.id == bindparam("its_part"), parts.c.state == PartState.SENDING)
    .where(parts.c.attempts == bindparam("its_attempts"), parts.c.claimant == bindparam("me"))
    .values(state=PartState.PENDING, uncertain_since=bindparam("since"))
)
# Also when the lease ran out: until somebody else takes the part, nobody knows better.
_MINE = and_(
    parts.c.attempts == bindparam("its_attempts"),
    parts.c.state.in_([PartState.SENDING, PartState.PENDING]),
)
# That it was sent after all counts for as long as nobody else is sending it.
_AFTER_ALL = and_(
    bindparam("its_state") == PartState.SENT,
    parts.c.state.in_([PartState.UNKNOWN, PartState.PENDING]),
)
MARK = (
    update(parts)
    .where(parts.c.id == bindparam("its_part"), or_(_MINE, _AFTER_ALL))
    .values(
        state=bindparam("its_state"),
        reason=bindparam("its_reason"),
        message_id=bindparam("its_message"),
        not_before=bindparam("later"),
        uncertain_since=case(
            (bindparam("uncertain", type_=Boolean), parts.c.uncertain_since),
            else_=bindparam("since"),
        ),
    )
)
SETTLE = settled(editions.c.id == bindparam("its_edition"))

# --- by the operator's hand, and once a day

_STUCK = (PartState.UNKNOWN, PartState.DEAD)
_THESE = parts.c.id.in_(bindparam("its_parts", expanding=True))
_TAKES_DIGESTS = (
    select(editions.c.id)
    .join(subscriptions, subscriptions.c.id == editions.c.subscription)
    .where(editions.c.id == parts.c.edition, subscriptions.c.paused == "")
    .correlate(parts)
    .exists()
)
RETRY = (
    update(parts)
    .where(_THESE, parts.c.state.in_(_STUCK), _TAKES_DIGESTS)
    .values(state=PartState.PENDING, not_before=0, uncertain_since=0, reason="")
    .returning(parts.c.edition)
)
REOPEN = (
    update(editions)
    .where(editions.c.id.in_(bindparam("its_editions", expanding=True)))
    .values(done=False, missed="", held_until=0, due_at=bindparam("its_due"))
)
DROP = (
    update(parts)
    .where(_THESE, parts.c.state.in_([*_STUCK, PartState.PENDING]))
    .values(state=PartState.DEAD, reason=DROPPED)
)
OLD_EDITIONS = select(editions.c.id).where(
    editions.c.done.is_(True), editions.c.due_at < bindparam("before")
)
