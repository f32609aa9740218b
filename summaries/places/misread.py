"""Names that stand for something else where they stand: centuries, acronyms, parts of names.

Rules of writing, the same for every name. Knows no place; `evidence` weighs the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from summaries.places.folding import Token
from summaries.places.index import CODE_MARK, COMMA_MARK, Index
from summaries.places.tagger import Span, Tagged
from summaries.places.words import Words

_ORDINAL = re.compile(r"[IVXLC]+(?:e|er|ère|ème|eme|º|ª)")
_NUMERALS = "ivxlc"
_DISTRICT = "arr"  # arrondissement, arr., arrondissements
_REACH = 3
_BRACKETED = re.compile(r"\(([A-Z]{2,6})\)")
_PLACE_RANK = 4  # of the names in the index, those below it are names of places


def without_misread(tagged: Tagged, index: Index, words: Words, language: str) -> list[Span]:
    """Return the spans that may be places by how they are written."""
    explained = frozenset(_explained(tagged, index, words))
    return [
        span
        for span in tagged.spans
        if not (
            _is_century(span, tagged)
            or (explained and _plain(span, tagged) in explained)
            or _is_shouted(span, tagged, words, language)
            or _is_cut_out(span, tagged)
        )
    ]


def _plain(span: Span, tagged: Tagged) -> str:
    """Return the letters of a span that is one word."""
    return tagged.tokens[span.first].text.replace(".", "") if span.first == span.last else ""


def _is_century(span: Span, tagged: Tagged) -> bool:
    """Tell the "XIXe" of "au XIXe siècle" from that of "le XIXe arrondissement"."""
    if span.key[0] not in _NUMERALS or not _ORDINAL.fullmatch(_plain(span, tagged)):
        return False
    behind = tagged.tokens[span.last + 1 : span.last + 1 + _REACH]
    before = tagged.tokens[span.first - 1] if span.first else None
    in_town = before is not None and before.text[0].isupper()  # "Paris XVIe"
    return not in_town and not any(token.folded.startswith(_DISTRICT) for token in behind)


def _explained(tagged: Tagged, index: Index, words: Words) -> Iterator[str]:
    """Yield the acronyms that the text explains: "Augmented Reality (AR)"; not those of places."""
    for match in _BRACKETED.finditer(tagged.text):
        before = tuple(token for token in tagged.tokens if token.end <= match.start())
        meant = _spelt_out(before, match[1], words)
        if meant and not _is_place(meant, index):
            yield match[1]


def _spelt_out(before: tuple[Token, ...], short: str, words: Words) -> list[Token]:
    """Return the last words before an acronym if their first letters are its own, else none."""
    letters, meant = list(short.casefold()), []
    for token in reversed(before[-len(short) * 2 :]):
        if not letters:
            break
        if token.folded[:1] == letters[-1]:
            letters.pop()
        elif token.folded not in words.any_function:
            return []
        meant.append(token)
    return [] if letters else meant[::-1]


def _is_place(meant: list[Token], index: Index) -> bool:
    key = " ".join(token.folded for token in meant)
    return any(entry.rank < _PLACE_RANK for entry in index.entries(key))


def _is_shouted(span: Span, tagged: Tagged, words: Words, language: str) -> bool:
    """Tell the "LA" of "TOUTE LA VILLE": a word of every day among others in capitals."""
    if span.first != span.last or span.key[0] not in (CODE_MARK, COMMA_MARK):
        return False
    folded = tagged.tokens[span.first].folded
    known = words.function.get(language, frozenset()) | words.common.get(language, frozenset())
    return folded in known and any(_in_capitals(one) for one in _beside(span, tagged))


def _beside(span: Span, tagged: Tagged) -> list[Token]:
    """Return the words next to a span with nothing but a space or a hyphen between."""
    tokens, text = tagged.tokens, tagged.text
    before = tokens[span.first - 1 : span.first] if span.first else ()
    after = tokens[span.last + 1 : span.last + 2]
    near = [one for one in before if text[one.end : span.start] in (" ", "-", "'", "’")]
    return near + [one for one in after if text[span.end : one.start] in (" ", "-", "'", "’")]


def _in_capitals(token: Token) -> bool:
    return len(token.text) > 1 and token.text.isupper()


def _is_cut_out(span: Span, tagged: Tagged) -> bool:
    """Tell the "Duc" of "Viollet-le-Duc": the end of a longer name."""
    if span.first < 2 or tagged.text[span.start - 1] != "-":
        return False
    text, (outer, inner) = tagged.text, tagged.tokens[span.first - 2 : span.first]
    chained = text[outer.end : inner.start] == "-" and inner.end == span.start - 1
    return chained and inner.text.islower() and outer.text[0].isupper()
