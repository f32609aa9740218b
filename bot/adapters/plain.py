"""Strangers' text made fit to show: what every renderer does first. Pure; knows no platform."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import regex  # type: ignore[import-untyped] # it ships no types

from bot.core.messages import Action, Block, Reply
from bot.core.text import cut

NOTHING = "…"
"""Stands where a platform insists on words and there are none."""
URL_UNITS = 2000
"""No platform takes longer links."""

_CONTROLS = {*range(0x20), *range(0x7F, 0xA0)} - {ord("\t"), ord("\n")}
_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
"""Directional embeddings, overrides and isolates (UAX 9): they turn round what stands after them,
also in the next line."""
_TABLE: dict[int, str | None] = (
    dict.fromkeys(_CONTROLS, " ")
    | dict.fromkeys(_TURNING, None)
    | {0x2028: "\n", 0x2029: "\n", 0xFEFF: None}
)
_TO_CHANGE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""What `plain` looks for; without any of it a text is plain already."""
_INVISIBLE = regex.compile(r"[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*")
_LINK = re.compile(r"https?://\w[\w.-]*(:\d+)?([/?#]\S*)?", re.IGNORECASE)


def plain(text: str) -> str:
    """Return the text without what breaks a chat or a terminal.

    Control characters become spaces, lone surrogates U+FFFD, carriage returns and Unicode's line
    separators line breaks; directional controls and byte order marks vanish. Joiners and the
    direction marks of right-to-left scripts stay.
    """
    if _TO_CHANGE.search(text) is None:
        return text
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\r\n", "\n").replace("\r", "\n").translate(_TABLE)


def cleaned(reply: Reply) -> Reply:
    """Return the reply with every text in it made plain."""
    return Reply(
        tuple(_cleaned_block(block) for block in reply.blocks),
        tuple(replace(action, label=plain(action.label)) for action in reply.actions),
        tuple(replace(file, name=plain(file.name)) for file in reply.attachments),
    )


def _cleaned_block(block: Block) -> Block:
    return replace(block, **{each.name: _walk(getattr(block, each.name)) for each in fields(block)})


def _walk(value: Any) -> Any:  # noqa: ANN401 - a text, a tuple of such, or a picture's bytes
    match value:
        case str():
            return plain(value)
        case tuple():
            return tuple(map(_walk, value))
        case _:
            return value


def is_visible(text: str) -> bool:
    """Tell whether a reader would see anything of it."""
    return _INVISIBLE.fullmatch(text) is None


def one_line(text: str) -> str:
    """Return the text on one line, or an ellipsis when there is nothing to see."""
    return " ".join(text.split()) if is_visible(text) else NOTHING


def web_link(url: str) -> str:
    """Return the address if a reader may follow it: http or https, well formed; else ""."""
    return url if _LINK.fullmatch(url) and units(url) <= URL_UNITS else ""


def units(text: str) -> int:
    """Return a text's length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def label(text: str, limit: int) -> str:
    """Return a button's label of at most `limit` UTF-16 units; a longer one ends in an ellipsis."""
    line = one_line(text)
    if units(line) <= limit:
        return line
    return cut(line, limit - len(NOTHING), units)[0] + NOTHING


def distinct(actions: Sequence[Action]) -> list[Action]:
    """Return the actions without those that would do again what an earlier one does."""
    first: dict[str, Action] = {}
    for action in actions:
        first.setdefault(action.data, action)
    return list(first.values())


def packed(pieces: Sequence[str], limit: int, gap: str, measure: Callable[[str], int]) -> list[str]:
    """Join pieces, each within the limit, into as few texts as keep it; order stays."""
    texts: list[str] = []
    for piece in pieces:
        joined = f"{texts[-1]}{gap}{piece}" if texts else piece
        if texts and measure(joined) <= limit:
            texts[-1] = joined
        else:
            texts.append(piece)
    return texts
