"""Answers of several messages: the buttons stand under the last, the rest above. No platform.

An answer that takes the place of another takes that of all its messages. Which these are is known
for as long as the bot runs; the mark on a button says that there were some, also after that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

MARK = "+"
"""Stands before what a button sends, when its message is one of several."""
REMEMBERED = 2000
"""So many answers of several messages are remembered."""


def marked(messages: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """Mark the buttons of an answer of several messages; each carries so many UTF-8 bytes."""
    if len(messages) < 2:
        return messages
    return [one | _marked_buttons(one.get("buttons"), limit) for one in messages]


def _marked_buttons(
    rows: Sequence[Sequence[Sequence[str]]] | None, limit: int
) -> dict[str, list[list[list[str]]]]:
    if rows is None:
        return {}
    return {"buttons": [[[label, _marked(data, limit)] for label, data in row] for row in rows]}


def _marked(data: str, limit: int) -> str:
    fits = len(data.encode(errors="replace")) < limit
    return f"{MARK}{data}" if fits else data


def unmarked(data: str) -> tuple[str, bool]:
    """Return what a button sends, and whether its message is one of several."""
    return data.removeprefix(MARK), data.startswith(MARK)


class Above:
    """Which messages stand above the last one of an answer, by its chat and its id."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], Sequence[int]] = OrderedDict()

    def note(self, chat: str, messages: Sequence[int]) -> None:
        """Remember the messages of an answer; of one alone there is nothing to remember."""
        if len(messages) < 2:
            return
        *above, last = messages
        self._known[chat, last] = above
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def of(self, chat: str, last: int) -> Sequence[int]:
        """Return what stands above a message; nothing where it is not known (any more)."""
        return self._known.get((chat, last), ())

    def forget(self, chat: str, last: int) -> None:
        """What stood above a message is taken away."""
        self._known.pop((chat, last), None)
