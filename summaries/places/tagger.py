"""Finds the words of a text that may name a place. Knows names, not which place is meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from summaries.places.endings import forms, word_forms
from summaries.places.folding import Token, sound, tokenize
from summaries.places.index import CODE_MARK, COMMA_MARK, SOUND_MARK, Entry, Index

LONGEST = 7

# What may stand between the words of one name: a space, a hyphen, an apostrophe, "St. Louis".
_GAPS = frozenset((*" \u00a0\u202f-‐‑'’`", ".", ". ", ".-"))


@dataclass(frozen=True, slots=True)
class Span:
    """Words first..last (of the token list) that read as `key`, and what that may mean."""

    first: int
    last: int
    start: int
    end: int
    key: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Tagged:
    """A text cut into words, and the spans that may be names of places, in order, never nested.

    `adjectives` are words for the people and things of a country ("Syrian"), apart from the spans.
    """

    text: str
    tokens: tuple[Token, ...]
    spans: tuple[Span, ...]
    adjectives: tuple[Span, ...] = ()


def tag(text: str, index: Index) -> Tagged:
    """Return every longest name in the text that begins with a capital, or has no capitals."""
    tokens = tuple(tokenize(text))
    demonyms = index.table("adjectives")
    spans: list[Span] = []
    adjectives: list[Span] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        known = token.folded in demonyms
        adjective = _adjective(text, tokens, position, index) if known else None
        span = _span_at(text, tokens, position, index) if not token.text[0].islower() else None
        if adjective and not (span and span.last > adjective.last):
            adjectives.append(adjective)
            position = adjective.last + 1
        elif span:
            spans.append(span)
            position = span.last + 1
        else:
            position += 1
    return Tagged(text, tokens, tuple(spans), tuple(adjectives))


def _adjective(text: str, tokens: tuple[Token, ...], first: int, index: Index) -> Span | None:
    """Return "Syrian", "South Korean" or "syrienne" if it begins here, unless it names a place."""
    one = tokens[first].folded
    keys = [(first, one)]
    if first + 1 < len(tokens) and text[tokens[first].end : tokens[first + 1].start] in _GAPS:
        keys.insert(0, (first + 1, f"{one} {tokens[first + 1].folded}"))
    for last, key in keys:
        if len(key) < _SHORTEST_ADJECTIVE:
            continue
        entries = tuple(entry for entry in index.entries(key) if entry.rank == _ADJECTIVE)
        if entries and not _famous(key, index):
            return Span(first, last, tokens[first].start, tokens[last].end, key, entries)
    return None


_ADJECTIVE = 4
_SHORTEST_ADJECTIVE = 4
_FAMOUS = 6.8


def _famous(key: str, index: Index) -> bool:
    """Tell a word that is a well-known place as well: "Corse" is the island, "Canadian" no town."""
    return any(
        entry.rank < _ADJECTIVE and float(index.standing[entry.row]) > _FAMOUS
        for entry in index.entries(key)
    )


def _span_at(text: str, tokens: tuple[Token, ...], first: int, index: Index) -> Span | None:
    """Return the longest known name that begins at this word, or None."""
    code = _code_at(text, tokens, first, index)
    reach = _reach(text, tokens, first)
    words = [token.folded for token in tokens[first : reach + 1]]
    ends = _ends(words)
    known = index.trie.prefixes(" ".join(words))
    for key in sorted(known, key=len, reverse=True):
        if len(key) in ends:
            last = first + ends[len(key)]
            if _cuts_an_office(text, tokens, last):
                continue
            span = _span(tokens, first, last, key, index)
            if span and not (code and span.first == span.last):
                return span
    return code or _inflected(tokens, first, reach, index)


def _cuts_an_office(text: str, tokens: tuple[Token, ...], last: int) -> bool:
    """Tell the "Dublin City" of "Dublin City Council": the council of Dublin."""
    if tokens[last].folded != "city" or last + 1 == len(tokens):
        return False
    after = tokens[last + 1]
    return after.folded in _OFFICES and text[tokens[last].end : after.start] == " "


_OFFICES = frozenset(
    ("council", "hall", "manager", "commission", "commissioner", "attorney", "schools", "police")
)


def _reach(text: str, tokens: tuple[Token, ...], first: int) -> int:
    last = first
    while last + 1 < len(tokens) and last - first + 1 < LONGEST:
        if text[tokens[last].end : tokens[last + 1].start] not in _GAPS:
            break
        last += 1
    return last


def _ends(words: list[str]) -> dict[int, int]:
    """Return the length of the joined words up to each word -> how many words follow the first."""
    ends, length = {}, -1
    for number, word in enumerate(words):
        length += len(word) + 1
        ends[length] = number
    return ends


def _span(tokens: tuple[Token, ...], first: int, last: int, key: str, index: Index) -> Span | None:
    if tokens[last].text[0].islower():
        return None  # "Nice day" is no town, and "La Paz que" no longer a name
    entries = tuple(entry for entry in index.entries(key) if entry.rank < 4)
    if not entries:
        return None
    return Span(first, last, tokens[first].start, tokens[last].end, key, entries)


def _code_at(text: str, tokens: tuple[Token, ...], first: int, index: Index) -> Span | None:
    """Return a flag, an abbreviation ("U.S."), one after a comma (", Calif."), or None."""
    token = tokens[first]
    flag = _flag_letters(token.text)
    row = index.country_row(flag) if flag else None
    if row is not None:
        return Span(first, first, token.start, token.end, CODE_MARK + flag, (Entry(row, 0),))
    if len(token.text) > _LONGEST_CODE:
        return None
    follows = first > 0 and _sets_apart(text, tokens[first - 1], token)
    for count, end, key in _code_keys(text, tokens[first : first + 2], follows=follows):
        entries = tuple(index.entries(key))
        if entries:
            return Span(first, first + count - 1, token.start, end, key, entries)
    return None


def _sets_apart(text: str, before: Token, token: Token) -> bool:
    """Tell what stands after a comma, in brackets, or after a party: "Sen. Casey, D-Pa."."""
    between = text[before.end : token.start]
    return between in _COMMAS or (between in ("-", "–") and before.text in _PARTIES)


_LONGEST_CODE = 8
_COMMAS = (", ", ",", " (", ",\u00a0")
_PARTIES = ("R", "D", "DFL", "I", "GOP")


def _code_keys(
    text: str, tokens: tuple[Token, ...], *, follows: bool
) -> Iterator[tuple[int, int, str]]:
    """Yield the abbreviations that may begin here: how many words, where it ends, its key."""
    token, after = tokens[0], tokens[1] if len(tokens) > 1 else None
    stop = text[token.end : token.end + 1] == "."
    if follows and stop and after and text[token.end : after.start] == ". ":
        # "W. Va." and "N. Y." are written with a space by some.
        yield 2, after.end + 1, f"{CODE_MARK}{token.text}.{after.text}."
    if follows and stop:
        yield 1, token.end + 1, f"{COMMA_MARK}{token.text}."
    if follows:
        yield 1, token.end, COMMA_MARK + token.text
    if token.text.isupper() or token.text.endswith("."):
        yield 1, token.end, CODE_MARK + token.text
        if token.text.endswith("."):
            yield 1, token.end, CODE_MARK + token.text.replace(".", "")
    elif stop:
        yield 1, token.end + 1, f"{CODE_MARK}{token.text}."


_FIRST_FLAG_LETTER = "\U0001f1e6"


def _flag_letters(text: str) -> str:
    if text < _FIRST_FLAG_LETTER:
        return ""
    codes = [ord(c) - ord(_FIRST_FLAG_LETTER) for c in text]
    return "".join(chr(65 + c) for c in codes) if all(0 <= c < 26 for c in codes) else ""


def _inflected(tokens: tuple[Token, ...], first: int, reach: int, index: Index) -> Span | None:
    """Return the longest name whose words stand here with endings or prefixes of their grammar."""
    if len(forms(tokens[first].folded)) == 1:
        return None
    for last in range(min(reach, first + 3), first - 1, -1):
        if last > first and tokens[last].text[0].islower():
            continue
        for key in _keys(tokens, first, last):
            span = _span(tokens, first, last, key, index) if key in index.trie else None
            if span:
                return span
    return None


def _keys(tokens: tuple[Token, ...], first: int, last: int) -> Iterator[str]:
    yield from word_forms(" ".join(token.folded for token in tokens[first : last + 1]))


def unknown_like(tagged: Tagged, index: Index, countries: frozenset[str]) -> list[Span]:
    """Return the unknown words that sound like a town of one of these countries: "Raqah"."""
    taken = {n for span in tagged.spans for n in range(span.first, span.last + 1)}
    spans = []
    for number, token in enumerate(tagged.tokens):
        if not _may_sound(token) or number in taken:
            continue
        rows = [
            entry
            for entry in index.entries(SOUND_MARK + sound(token.folded))
            if index.place(entry.row).country in countries and index.place(entry.row).level > 1
        ]
        if rows:
            entries = tuple(rows)
            spans.append(Span(number, number, token.start, token.end, token.folded, entries))
    return spans


_SHORTEST_SOUND = 4


def _may_sound(token: Token) -> bool:
    return (
        token.text[0].isupper()
        and len(token.text) >= _SHORTEST_SOUND
        and not token.text.isupper()
        and token.folded.isascii()
    )
