"""Cutting text to a platform's limit without cutting a character. Pure; the platform measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import regex  # type: ignore[import-untyped] # it ships no types

_GRAPHEME = regex.compile(r"\X")


def cut(text: str, limit: int, measure: Callable[[str], int]) -> list[str]:
    """Cut a text into pieces of at most `limit` units each, at white space where there is some.

    `measure` gives a string's length in the platform's units and must be additive. A user-perceived
    character (Unicode UAX 29) is cut only when it alone exceeds the limit. Nothing but the white
    space at a cut is lost.
    """
    pieces = []
    rest = text
    while measure(rest) > limit:
        head = _prefix(rest, limit, measure)
        head = _at_space(head, rest)
        pieces.append(head.rstrip())
        rest = rest[len(head) :].lstrip()
    return [piece for piece in [*pieces, rest] if piece]


def _prefix(text: str, limit: int, measure: Callable[[str], int]) -> str:
    """Return the longest run of whole graphemes that fits; at least one code point."""
    end = used = 0
    for grapheme in _graphemes(text):
        size = measure(grapheme)
        if used + size > limit:
            break
        used += size
        end += len(grapheme)
    return text[:end] if end else _code_points(text, limit, measure)


def _code_points(text: str, limit: int, measure: Callable[[str], int]) -> str:
    used = 0
    for end, sign in enumerate(text):
        used += measure(sign)
        if used > limit:
            return text[: max(1, end)]
    return text


def _at_space(head: str, text: str) -> str:
    """Go back to the last white space, unless that would waste half of the piece."""
    if len(head) == len(text) or text[len(head)].isspace():
        return head
    space = max(head.rfind(" "), head.rfind("\n"))
    return head[: space + 1] if space > len(head) // 2 else head


def _graphemes(text: str) -> Iterator[str]:
    return (match[0] for match in _GRAPHEME.finditer(text))
