"""Cutting text to a platform's limit without cutting a character. Pure; the platform measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import regex  # type: ignore[import-untyped] # it ships no types

_GRAPHEME = regex.compile(r"\X")
_URL = regex.compile(r"https?://[^\s<>\"«»]+", regex.IGNORECASE)
_CLOSING = ".,;:!?»”’'\""


def links_in(text: str) -> list[str]:
    """Return the links in a text, without the punctuation that follows them."""
    return [_without_closing(match[0]) for match in _URL.finditer(text)]


def _without_closing(link: str) -> str:
    """Take off what ends a sentence or a bracket around the link."""
    link = link.rstrip(_CLOSING)
    while link.endswith(")") and link.count(")") > link.count("("):
        link = link[:-1].rstrip(_CLOSING)
    return link


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
        pieces.append(head.rstrip())
        rest = _without_space(rest[len(head) :])
    return [piece for piece in [*pieces, rest] if piece]


def _prefix(text: str, limit: int, measure: Callable[[str], int]) -> str:
    """Return the longest run of whole graphemes that fits, up to its last white space.

    It goes back to the white space unless that would waste half of the piece. At least one code
    point is returned.
    """
    end = used = space = 0
    for grapheme in _graphemes(text):
        used += measure(grapheme)
        if grapheme.isspace():
            space = end
        if used > limit:
            break
        end += len(grapheme)
    if not end:
        return _code_points(text, limit, measure)
    return text[:space] if space > end // 2 else text[:end]


def _code_points(text: str, limit: int, measure: Callable[[str], int]) -> str:
    used = 0
    for end, sign in enumerate(text):
        used += measure(sign)
        if used > limit:
            return text[: max(1, end)]
    return text


def _without_space(text: str) -> str:
    """Drop the white space at the start; one that carries an accent is no white space."""
    start = 0
    for grapheme in _graphemes(text):
        if not grapheme.isspace():
            break
        start += len(grapheme)
    return text[start:]


def _graphemes(text: str) -> Iterator[str]:
    return (match[0] for match in _GRAPHEME.finditer(text))
