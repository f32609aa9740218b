"""All that the core asks of the outside: Adapter, Sources, Store, Places, Clock.

Each is a Protocol; the fakes in `tests/fakes.py` pass the same contract suite as the real ones.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from bot.core.chats import ChatSettings, Standing
from bot.core.journal import Forgetful, Journal
from bot.core.messages import Answer, Chat, Reply
from bot.core.news import Reading
from bot.core.schedule import Occurrence, Subscription
from summaries.article import Article
from summaries.places.place import Lookup, Mention, Place

FORGETFUL = Forgetful()
DROPPED = "dropped by the operator"
"""The reason of a message that nobody needs to look at any more."""

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

    def give_turn_back(self, chat: Chat) -> None:
        """Let others have the turn that was waited for; one that was posted in is over anyway."""

    async def post(self, chat: Chat, payload: Payload, key: str) -> str:
        """Post one message at once and return the platform's id of it.

        `key` (at most 25 characters) names this message for ever. Raises DeliveryError,
        ChatUnavailable or OutcomeUnknown.
        """

    async def look_up(self, chat: Chat, payload: Payload, key: str, since: datetime) -> str | None:
        """Ask the platform whether a message of unknown outcome arrived, not before `since`.

        Returns its id there, "" when it certainly did not arrive, and None when the platform
        cannot tell. Raises DeliveryError.
        """

    async def run(self, answer: Answer, journal: Journal = FORGETFUL) -> None:
        """Answer what people ask until cancelled; then finish what is in flight.

        What they ask is written into the journal before the platform is told that we have it, and
        what the journal holds from before is answered first. Raises SettingsError when the platform
        refuses the token.
        """

    async def stand_by(self) -> None:
        """Log in, so that digests can be posted, and hear nobody, until cancelled.

        Raises SettingsError when the platform refuses the token, DeliveryError when it is away.
        """


ABOUT = 60
"""The most articles that one question about a place reads."""


class Sources(Protocol):
    """Where articles come from."""

    async def articles(self, chat: Chat, topic: str = "") -> Reading:
        """Return what this chat's feeds (of one topic) brought lately, newest first.

        What its filters refuse is left out. With nothing followed, the operator's feeds; with none
        of these either, the samples. Raises RequestError for a topic that the chat has not.
        """

    async def about(
        self, chat: Chat, place: Place, radius_km: float = 0, since: datetime | None = None
    ) -> Reading:
        """Return the articles of this chat's feeds that name a place, one inside it or near it.

        Those about it come first, newest first in each; at most `ABOUT` of them.
        """

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

    def find(
        self, text: str, language: str = "", *, usual: Mapping[int, float] | None = None
    ) -> Sequence[Mention]:
        """Return the places that a text names, in order; offsets count code points of `text`.

        `usual` is what the text's feed named before: place id -> in how many earlier articles. It
        tells "Athens" apart in a paper of Georgia, and says little where the feed names the world.
        """

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
class Opening:
    """An occurrence that has come: its edition is to be written, and the subscription moves on.

    With `missed` the edition is written as one that will not be sent, for that reason.
    """

    subscription: Subscription
    due: Occurrence
    following: Occurrence
    missed: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """One occurrence of a subscription: at most one a local date, ever.

    `frozen` says that its parts are written down and will not change any more; `held_until` is
    the end of the quiet hours that it was kept out of, if it was.
    """

    id: int
    subscription: Subscription
    occurrence: Occurrence
    frozen: bool = False
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One message of an edition. `key` names it for ever: it becomes Discord's nonce.

    `attempts` counts the claims: it fences what an earlier one still wants to write.
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt to post a part.

    `uncertain` says that the attempt may have posted it, so `uncertain_since` stays.
    """

    state: PartState
    message_id: str = ""
    reason: str = ""
    not_before: datetime | None = None
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """A message that has not simply arrived, and the local date of the digest it belongs to."""

    part: Part
    day: date


class Jobs(Protocol):
    """Queues of work, a key for each piece. They are only a hint: the next tick fills them again.

    Raises StoreError when a queue cannot be used.
    """

    async def enqueue(self, queue: str, keys: Sequence[str]) -> None:
        """Ask for work on these keys; one that is asked for already, or at work, is left alone."""

    async def run(self, queues: Sequence[str], work: Callable[[str], Awaitable[None]]) -> None:
        """Work on many keys at once, each by one worker, until stopped; then finish those in hand.

        A full queue never holds up another.
        """

    def stop(self) -> None:
        """Begin nothing new."""


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

    async def newest_day(self, number: int) -> date | None:
        """Return the newest local date that a subscription has an edition of, or None."""

    async def due(
        self, now: datetime, limit: int = 500
    ) -> Sequence[tuple[Subscription, Occurrence]]:
        """Return active subscriptions whose next occurrence is not after `now`, oldest first."""

    async def open_due(self, openings: Sequence[Opening]) -> int:
        """Write an edition for each local date that has none, and move the subscriptions on.

        Returns how many editions are new and will be sent: the key (subscription, local date) is
        unique. Nothing changes for a subscription that is gone, paused, or no longer due then.
        """

    async def hold(self, edition: Edition, until: datetime) -> None:
        """Let an edition wait until then: it is not among those that are left before."""

    async def waiting_chats(
        self, platforms: Sequence[str], now: datetime, limit: int = 10_000
    ) -> Sequence[Chat]:
        """Return the chats with something left to write or to post, the longest waiting first.

        They are those of the oldest `limit` editions that are not held: a chat with several counts
        several times.
        A chat one of whose parts waits for later than `now` is left out: its parts go in order.
        """

    async def open_editions(self, chat: Chat, now: datetime) -> Sequence[Edition]:
        """Return the chat's editions with something left to write or to post, oldest first.

        One that is held comes when that is over. There are none while one of its parts waits for
        later than `now`.
        """

    async def freeze(self, edition: Edition, payloads: Sequence[Payload]) -> Sequence[Part]:
        """Write the edition's parts down and return them in order.

        A second call changes nothing, and returns those of the first.
        """

    async def parts(self, edition: Edition) -> Sequence[Part]:
        """Return the edition's parts in order."""

    async def claim(self, part: Part, now: datetime, lease: timedelta) -> Part | None:
        """Take a pending part to send it now, for the time of the lease, and count the attempt.

        Returns the part as it is now claimed, or None when it must not be sent: somebody else took
        it since it was read, it waits for later than `now`, or it is gone. Of all who ask at once,
        one gets it.
        """

    async def release(self, part: Part) -> None:
        """Give back what this process may have claimed: it asked, and heard no answer.

        `part` is as it was before. For certain nothing was sent, so it is as if nobody had asked;
        where the claim was never made, or is somebody else's, nothing changes.
        """

    async def cut_waits(self, platforms: Sequence[str], latest: datetime) -> int:
        """Let no part wait for later than `latest`; return how many did."""

    async def mark(self, part: Part, outcome: Outcome) -> bool:
        """Write down what became of a claimed part, given as `claim` returned it.

        What waits again in an edition that was given up meanwhile is dead, or unknown when it may
        have arrived. Returns False, and changes nothing, when the lease ran out and the part went
        on without; but that it was sent after all counts for as long as nobody else is sending it.
        """

    async def give_up(self, edition: Edition, reason: str) -> None:
        """Record that what is left of an edition will not be sent, and why.

        It is dead then, or unknown when it may have arrived.
        """

    async def settle(self, platforms: Sequence[str], now: datetime) -> int:
        """Take the parts back whose lease ran out before `now`; return how many.

        They are pending again, and uncertain since they were first claimed; in an edition that was
        given up they are unknown. Other platforms' parts are left alone.
        """

    async def pause(self, chat: Chat, reason: str) -> None:
        """Stop every subscription of a chat that the bot can no longer write to.

        What waits for the chat is given up; subscribing again at the hour takes the pause off.
        """

    async def threads(self, chat: Chat) -> Sequence[Chat]:
        """Return the chat and its threads, or the one thread, as far as they have subscriptions."""

    async def move_chat(self, old: Chat, new: Chat) -> None:
        """Give everything that belongs to one chat to another (a group became a supergroup).

        That is what it follows, too: all of it, or none. Where both have a digest at the same hour,
        the new chat's stays, and gets the editions of dates that it has none of.
        """

    async def outbox(self, limit: int = 100) -> Sequence[OutboxLine]:
        """Return messages that are unknown, dead, or waiting after a fault, newest first."""

    async def retry(self, parts: Sequence[int], now: datetime) -> int:
        """Let unknown or dead messages be sent again, as if due now; return how many.

        Those of a subscription that is paused stay as they are: nothing is sent there.
        """

    async def drop(self, parts: Sequence[int]) -> int:
        """Give messages up for good, with the reason `DROPPED`; return how many."""

    async def settings(self, chat: Chat) -> ChatSettings:
        """Return what the chat chose; without a choice, the defaults."""

    async def set_settings(self, chat: Chat, settings: ChatSettings) -> None:
        """Keep what the chat chose. Its subscriptions are due as before: subscribe them anew."""

    async def standing(self, chat: Chat) -> Standing:
        """Return what the desk must know of a chat before it answers."""

    async def shelve(self, arguments: Mapping[str, str], now: datetime) -> None:
        """Keep what long buttons carry, each under its token; what is kept already is fresh again.

        A token stands for its arguments for ever: one that is kept keeps them.
        """

    async def unshelve(self, token: str) -> str | None:
        """Return the arguments kept under a token, or None when they are forgotten."""

    async def forget(self, before: datetime) -> int:
        """Drop finished editions that were due before this, with their parts; return how many.

        What was last shelved before this goes too.
        """

    async def tally(self) -> Mapping[str, int]:
        """Count parts by state, and "subscriptions" and "missed" editions."""

    async def close(self) -> None:
        """Close the database."""
