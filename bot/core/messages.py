"""What goes through the narrow waist: one Request in, one Reply out. Knows no platform.

Blocks say what is meant, in plain text. Each platform's renderer escapes, counts and splits in
its own units; its `match` over blocks ends in `assert_never`, so the type checker lists the work
when a block is added.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias

ACTION_BYTES = 64
"""The most that every platform keeps behind a button: Telegram's callback data, in UTF-8 bytes."""

FILE_BYTES = 5_000_000
"""The largest file that is taken from a chat."""


class ChatKind(StrEnum):
    """Who reads along in a chat."""

    PRIVATE = "private"
    GROUP = "group"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Chat:
    """Where a conversation happens. `id` is the platform's own, as text; `thread` is a forum
    topic or thread inside it, or ""."""

    platform: str
    id: str
    kind: ChatKind = ChatKind.PRIVATE
    thread: str = ""

    def __str__(self) -> str:
        """Return its name in logs and on the command line: "telegram:-1001234567"."""
        return ":".join(part for part in (self.platform, self.id, self.thread) if part)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a reply, or that came with a request."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One thing a person (or the clock) asks.

    `command` is a name of the command table without its slash; `arguments` is what was typed
    after it; `quoted` is the text (with its links) of the message that the request replies to.
    `sender` is the platform's id of the person, `locale` a BCP 47 tag or "". `may_manage` says
    that the person may change what this chat is subscribed to; `local` that they sit at this
    machine, so that a path is as good as a link. `file` is the file sent along, or None.
    `is_digest` says that the clock asks; `is_event` that no person does: something happened to the
    chat, or an adapter has a question of its own, and the command says what; `is_press` that a
    button of the bot was pressed.
    """

    chat: Chat
    command: str
    arguments: str = ""
    quoted: str = ""
    sender: str = ""
    locale: str = ""
    may_manage: bool = True
    local: bool = False
    file: Attachment | None = None
    is_digest: bool = False
    is_event: bool = False
    is_press: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words of the bot."""

    text: str


@dataclass(frozen=True, slots=True)
class StoryItem:
    """One story of a briefing or an answer: a headline and verbatim sentences, in article order.

    `dateline` is the small line above the sentences ("Mosul, Raqqa · 2 March 2026"). The one below
    them begins with `source`, the name that links to `url`, and goes on with `byline` ("also in 3
    feeds · sentences 1, 4 of 31"). `image` is the address of a picture, or "": for the platform to
    show, never for the bot to fetch.
    """

    title: str
    sentences: tuple[str, ...]
    byline: str = ""
    url: str = ""
    dateline: str = ""
    source: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Short lines, each a term and what it means: `("/brief", "today's briefing")`."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody else's words, verbatim, with who said them."""

    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something went otherwise than asked; `hint` says what to type or do."""

    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG with words for those who cannot see it."""

    png: bytes = field(repr=False)
    alt: str = ""


Block: TypeAlias = Heading | Paragraph | StoryItem | Listing | Quote | Notice | Picture


@dataclass(frozen=True, slots=True)
class Action:
    """A button: pressing it sends the command with these arguments as a Request.

    The arguments may be of any length: the desk shelves those that are too long for a platform.
    """

    label: str
    command: str
    arguments: str = ""

    @property
    def data(self) -> str:
        """What a platform keeps behind the button: the command and its arguments."""
        return f"{self.command} {self.arguments}".strip()

    @staticmethod
    def fits(command: str, arguments: str) -> bool:
        """Tell whether a platform's button carries this command as it is, without the shelf."""
        return len(f"{command} {arguments}".strip().encode(errors="replace")) <= ACTION_BYTES


@dataclass(frozen=True, slots=True)
class Told:
    """The articles (by their addresses) that a briefing tells, and the local date it is of."""

    day: date
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request is answered with.

    `told` is what a digest tells, to be remembered once the digest is written down. With `in_place`
    the answer to a pressed button takes the place of the message it stands under (another length,
    the next page, a setting); where that cannot be, or nobody pressed one, it is a message of its
    own.
    """

    blocks: tuple[Block, ...]
    actions: tuple[Action, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    in_place: bool = False
    told: Told | None = None


Answer: TypeAlias = Callable[[Request], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command, as Discord's slash commands and the help show it.

    `suggests` says of what the hidden command "suggest" knows what a half-typed one may become:
    "place" or "feed"; "" of nothing. `is_file` says that it is a file sent along, not a text.
    """

    name: str
    description: str
    required: bool = False
    choices: tuple[str, ...] = ()
    suggests: str = ""
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One row of the command table: it feeds dispatch, help, Telegram's command menu, Discord's
    slash commands and the command line's completion.

    `usage` is what may follow the name; `manages` says that in a group only those who manage it
    may use the command; `slow` says that the answer may need the network; `group` is where the
    help lists it: "reading", "places", "following", "digests" or "about". The descriptions are
    English, for `words.translate`; so is the name, for `words.localised("command", ...)`.
    """

    name: str
    description: str
    usage: str = ""
    arguments: tuple[Argument, ...] = ()
    examples: tuple[str, ...] = ()
    manages: bool = False
    slow: bool = False
    group: str = "about"

    @property
    def takes_file(self) -> bool:
        """Whether a file may be sent along."""
        return any(argument.is_file for argument in self.arguments)
