"""What is said later, or elsewhere, in the reader's language: English words and their values.

A feed fails hours before a chat asks about it, a page in a process that speaks nobody's language.
So what happened is kept as a message and its values. Knows no chat and no error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, Union

from bot.core.words import _

LONGEST: Final = 200
"""Characters of one value that are kept: addresses and titles come from anywhere."""

Value: TypeAlias = Union[str, int, "Said"]


@dataclass(frozen=True, slots=True)
class Said:
    """A marked message and the values of its named placeholders.

    `str()` says it in the language that is spoken then. A message without values may hold braces.
    """

    message: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        told = _(self.message)
        if not self.values:
            return told
        return told.format(**{name: str(value) for name, value in self.values.items()})


def said(message: str, **values: Value) -> Said:
    """Return a message to be said where it is read: `said(N_("There is no {name}."), name=name)`"""
    return Said(message, values)


def said_by(error: BaseException) -> Said:
    """Return what an error says, to be said in another language too."""
    first = error.args[0] if error.args else ""
    return first if isinstance(first, Said) else Said(str(error))


def kept(told: Said) -> str:
    """Return it as a text to be stored or handed over, which `heard` reads again."""
    return json.dumps(_plain(told), ensure_ascii=False, sort_keys=True)


def heard(text: str) -> Said:
    """Return what a kept text says. A text that nothing kept so is said as it is."""
    try:
        return _said(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Said(text)


def _plain(told: Said) -> dict[str, Any]:
    values = {
        name: _plain(value) if isinstance(value, Said) else _short(value)
        for name, value in told.values.items()
    }
    return {"message": told.message} | ({"values": values} if values else {})


def _short(value: str | int) -> str | int:
    return value[:LONGEST] if isinstance(value, str) else value


def _said(plain: Mapping[str, Any]) -> Said:
    values = plain.get("values", {})
    return Said(
        str(plain["message"]),
        {name: _said(one) if isinstance(one, dict) else one for name, one in values.items()},
    )
