"""All that the core asks of the outside: Adapter, Sources, Store, Places, Clock.

Each is a Protocol; the fakes in `tests/fakes.py` pass the same contract suite as the real ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from bot.core.messages import Answer, Chat, Reply
from bot.core.news import Reading
from bot.core.schedule import Occurrence, Subscription
from summaries.article import Article
from summaries.places.place import Lookup, Mention, Place

Payload: TypeAlias = Mapping[str, Any]
"""One platform message, ready to post, as JSON: only its own adapter reads it."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""


class Adapter(Protocol):
    """One chat platform, whole."""

    platform: str
    idempotent: bool
    """Posting again with the same key within minutes posts nothing twice."""

    async def check(self) -> str:
        """Ask the platform who we are and say it. Raises SettingsError or DeliveryError."""

    def render(self, reply: Reply) -> Sequence[Payload]:
        """Turn a reply into messages within the platform's limits. Pure."""

    async def wait_turn(self, chat: Chat) -> None:
        """Wait until the platform's limits let one more message of a digest go to the chat."""

    async def post(self, chat: Chat, payload: Payload, key: str) -> str:
        """Post one message at once and return the platform's id of it.

        `key` (at most 25 characters) names this message for ever. Raises DeliveryError,
        ChatUnavailable or OutcomeUnknown.
        """

    async def run(self, answer: Answer) -> None:
        """Answer what people ask until cancelled; then finish what is in flight.

        Raises SettingsError when the platform refuses the token.
        """


class Sources(Protocol):
    """Where articles come from."""

    async def articles(self, chat: Chat) -> Reading:
        """Return what this chat follows, newest first; with nothing followed, the samples."""

    async def read(self, target: str, *, local: bool) -> Article:
        """Read one link, or with `local` also one file's path or "-" (standard input).

        Raises RequestError or SourceError.
        """


class Places(Protocol):
    """The gazetteer and the finder of toponyms."""

    def lookup(self, query: str, language: str = "") -> Lookup:
        """Return which place a name means: found, ambiguous or unknown."""

    def suggest(self, prefix: str, limit: int = 10) -> Sequence[Place]:
        """Return the best known places whose name, in any language, begins so."""

    def find(self, text: str, language: str = "") -> Sequence[Mention]:
        """Return the places that a text names, in order; offsets count code points of `text`."""

    def contains(self, outer: Place, inner: Place) -> bool:
        """Tell whether `inner` lies in `outer` (a place contains itself)."""

    def label(self, place: Place, language: str = "") -> str:
        """Return a name that tells the place from its namesakes: "Paris, Texas, United States"."""


class PartState(StrEnum):
    """Where one message of an edition is on its way; a person reads these in `/status`."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Edition:
    """One occurrence of a subscription: at most one a local date, ever.

    `frozen` says that its parts are written down and will not change any more.
    """

    id: int
    subscription: Subscription
    occurrence: Occurrence
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One message of an edition. `key` names it for ever: it becomes Discord's nonce.

    `uncertain_since` is the first attempt that may have posted it though no answer said so.
    """

    id: int
    edition: int
    position: int
    chat: Chat
    payload: Payload
    state: PartState
    attempts: int = 0
    message_id: str = ""
    reason: str = ""
    uncertain_since: datetime | None = None

    @property
    def key(self) -> str:
        """Return the message's name, at most 25 characters."""
        return f"dateline-{self.id}"


class Store(Protocol):
    """What must outlive the process. Every method is one committed transaction.

    Raises StoreError when the database cannot be used.
    """

    async def subscribe(self, subscription: Subscription, first: Occurrence) -> Subscription:
        """Keep a subscription, due first at `first`; the same hour in the same chat is replaced."""

    async def unsubscribe(self, chat: Chat, number: int | None) -> Sequence[Subscription]:
        """Drop the chat's subscription of that number, or all with None; return them."""

    async def subscriptions(self, chat: Chat) -> Sequence[tuple[Subscription, Occurrence]]:
        """Return what a chat is subscribed to, with the next occurrence of each, by hour."""

    async def due(
        self, now: datetime, limit: int = 500
    ) -> Sequence[tuple[Subscription, Occurrence]]:
        """Return active subscriptions whose next occurrence is not after `now`, oldest first."""

    async def open_edition(
        self, subscription: Subscription, due: Occurrence, following: Occurrence
    ) -> bool:
        """Write an edition for the local date unless it has one, and move the subscription on.

        Returns whether the edition is new: the key (subscription, local date) is unique. Nothing
        changes when the subscription is gone, paused, or no longer due at `due`.
        """

    async def skip(
        self, subscription: Subscription, due: Occurrence, following: Occurrence, reason: str
    ) -> None:
        """Record that an occurrence was missed, and why, and move the subscription on.

        Nothing changes when the subscription is gone, paused, or no longer due at `due`.
        """

    async def open_editions(
        self, platforms: Sequence[str], now: datetime, limit: int = 500
    ) -> Sequence[Edition]:
        """Return editions with something left to write or to post, oldest first.

        A chat one of whose parts waits for later than `now` has none: its parts go in order.
        """

    async def freeze(self, edition: Edition, payloads: Sequence[Payload]) -> None:
        """Write the edition's parts down. A second call changes nothing."""

    async def parts(self, edition: Edition) -> Sequence[Part]:
        """Return the edition's parts in order."""

    async def claim(self, part: Part, now: datetime) -> bool:
        """Take a pending part to send it now, and count the attempt.

        Returns False when it must not be sent: somebody else took it, it waits for later than
        `now`, or it is gone. Of all who ask at once, exactly one gets True.
        """

    async def mark(
        self,
        part: Part,
        state: PartState,
        *,
        message_id: str = "",
        reason: str = "",
        not_before: datetime | None = None,
        uncertain: bool = False,
    ) -> None:
        """Write down what became of a claimed part, given as it was read before the claim.

        `uncertain` says that the attempt may have posted it, so `uncertain_since` stays.
        """

    async def give_up(self, edition: Edition, reason: str) -> None:
        """Record that what is left of an edition will not be sent, and why."""

    async def recover(self, platforms: Mapping[str, bool]) -> int:
        """After a start: settle the parts that a crash left in SENDING; return how many.

        Each platform says whether it is idempotent: there they are pending again, else unknown.
        Other platforms' parts are left alone: another process may be sending them.
        """

    async def pause(self, chat: Chat, reason: str) -> None:
        """Stop every subscription of a chat that the bot can no longer write to.

        What waits for the chat is given up; subscribing again at the hour takes the pause off.
        """

    async def move_chat(self, old: Chat, new: Chat) -> None:
        """Give everything that belongs to one chat to another (a group became a supergroup).

        Where both have a digest at the same hour, the new chat's stays.
        """

    async def tally(self) -> Mapping[str, int]:
        """Count parts by state, and "subscriptions" and "missed" editions."""

    async def close(self) -> None:
        """Close the database."""
