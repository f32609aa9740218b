"""Lines that run from right to left, marked so that they read well in a chat. Pure.

A chat gives each line the direction of its first letter (UAX 9, rule P2). An Arabic line that
begins with a Latin name would run the wrong way round, and in one that runs the right way the slash
of a command would stand behind its name. Two invisible marks mend that; nothing else is changed.
"""

from __future__ import annotations

import re
from unicodedata import bidirectional

RIGHT_TO_LEFT, LEFT_TO_RIGHT = "\u200f", "\u200e"
"""Marks that count as a letter of that direction: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters"""

_TURNS = re.compile(
    r"[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_SIGN = re.compile(r"(?<![\w\u200e/.:])(?=[/@#][A-Za-z])")
"""Where a command or a name begins whose sign belongs to the left of it."""
_LETTERS = {"L": False, "R": True, "AL": True}


def has_right_to_left(text: str) -> bool:
    """Tell whether a text has a letter that is written from right to left."""
    return _TURNS.search(text) is not None


def starts_right_to_left(line: str) -> bool:
    """Tell which way a chat shows a line: as its first letter; from the left without letters."""
    kinds = (_LETTERS.get(bidirectional(sign)) for sign in line)
    return next((kind for kind in kinds if kind is not None), False)


def reads_right_to_left(text: str) -> bool:
    """Tell which way a text is meant: as the greater part of its letters."""
    kinds = [_LETTERS[kind] for sign in text if (kind := bidirectional(sign)) in _LETTERS]
    return 2 * sum(kinds) > len(kinds)


class Line:
    """One line, which may come in parts (of different styles): each is marked in its turn.

    `among` says that it stands in a text from right to left: there a few such letters are enough.
    """

    def __init__(self, whole: str, *, among: bool = False) -> None:
        runs = has_right_to_left(whole)
        starts = runs and starts_right_to_left(whole)
        self._turns = starts or (runs and (among or reads_right_to_left(whole)))
        self._mark = RIGHT_TO_LEFT if self._turns and not starts else ""

    def directed(self, part: str) -> str:
        """Return the next part: the first that is not empty begins with the line's mark.

        In a line from right to left the signs of commands and names stay before their letters.
        """
        if not self._turns or not part:
            return part
        marked, self._mark = self._mark + part, ""
        return _SIGN.sub(LEFT_TO_RIGHT, marked)


def directed(text: str) -> str:
    """Mark every line of a text."""
    if not has_right_to_left(text):
        return text
    among = reads_right_to_left(text)
    return "\n".join(Line(line, among=among).directed(line) for line in text.split("\n"))
