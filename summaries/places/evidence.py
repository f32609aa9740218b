"""What speaks for and against a name being a place where it stands. Knows words, not geography.

Each kind of evidence is a number between 0 and about 1; `judge.py` says what each is worth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from summaries.places.folding import Token, fold
from summaries.places.index import CODE_MARK, COMMA_MARK, Index
from summaries.places.place import Place
from summaries.places.prior import Usual
from summaries.places.resolver import Choice
from summaries.places.tagger import Span, Tagged
from summaries.places.words import Words

_SENTENCE_END = re.compile(r"[.!?…:\n\"“”«»]|[-–—] ")


_MUCH_COMPANY = 3.0
_OFTEN = 3.0
_OF_ANY_LANGUAGE = (2, 3)


@dataclass(frozen=True, slots=True)
class Text:
    """What is asked of one text again and again: its language, its lower-case words, its people."""

    tagged: Tagged
    words: Words
    language: str
    lower: frozenset[str]
    people: frozenset[str]
    inside: frozenset[int]
    labels: Mapping[str, str]

    def calls_so(self, place: Place, word: str) -> bool:
        """Tell whether a place's main name, or that in the text's own language, is this word."""
        return word in (fold(place.name), fold(self.labels.get(str(place.id), "")))

    def is_everyday(self, word: str) -> bool:
        """Tell a word of every day, or a name of people."""
        words = self.words
        known = (words.any_function, words.any_common, words.given, words.family)
        return word in self.lower or word in self.people or any(word in some for some in known)


def read_text(tagged: Tagged, words: Words, language: str, index: Index) -> Text:
    """Return a text made ready for questions about its names."""
    lower = frozenset(folded for text, folded, _, _ in tagged.tokens if text[0].islower())
    inside = frozenset(n for span in tagged.spans for n in range(span.first, span.last + 1))
    labels = index.table(f"labels.{language}")
    return Text(tagged, words, language, lower, _people(tagged, words), inside, labels)


def _people(tagged: Tagged, words: Words) -> frozenset[str]:
    """Return the family names of the people the text names: "Carter" of "Ashton Carter"."""
    long_places = {n for s in tagged.spans if s.last > s.first for n in range(s.first, s.last + 1)}
    found = set()
    for number, token in enumerate(tagged.tokens[:-1]):
        if number in long_places or not token.text[0].isupper():
            continue
        if token.folded in words.given or token.folded in words.titles:
            found.update(_family(tagged, number, words, long_places))
    return frozenset(found)


def _family(tagged: Tagged, number: int, words: Words, places: set[int]) -> list[str]:
    names = []
    for after in range(number + 1, min(number + 4, len(tagged.tokens))):
        token = tagged.tokens[after]
        between = tagged.text[tagged.tokens[after - 1].end : token.start]
        if between not in (" ", "-", ". ", "\u00a0") or after in places:
            break
        if not token.text[0].isupper() or token.folded in words.any_function:
            break
        if len(token.text) > 1:
            names.append(token.folded)
    return names


def doubted(span: Span, text: Text) -> bool:
    """Tell a single word that is as well a person of the text, or a word or name of every day."""
    if span.first != span.last:
        return False
    words, key = text.words, span.key
    return (
        key in text.people
        or key in words.given
        or key in words.family
        or key in words.common.get(text.language, ())
        or key in text.lower
    )


def evidence(
    span: Span, text: Text, choice: Choice, counts: Mapping[str, int], usual: Usual
) -> dict[str, float]:
    """Return the evidence about one span, taken for the place chosen, by name.

    `counts` says how often each key stands in the text, `usual` what the feed named before.
    """
    tokens = text.tagged.tokens
    first, last = tokens[span.first], tokens[span.last]
    before = tokens[span.first - 1] if span.first else None
    after = tokens[span.last + 1] if span.last + 1 < len(tokens) else None
    close_before = before is not None and _joined(text, before, first)
    close_after = after is not None and _joined(text, last, after)
    opens = _opens_sentence(text, span.first)
    single = span.first == span.last
    folded = span.key.lstrip(CODE_MARK + COMMA_MARK)
    place = choice.place
    facts = {
        "bias": 1.0,
        "standing": place.standing / 10,
        "margin": min(choice.margin, 4.0) / 4,
        "company": min(choice.company, _MUCH_COMPANY) / _MUCH_COMPANY,
        "within": float(choice.within),
        "alternate name": float(choice.rank == 3),
        "sound": float(choice.rank == 5),
        "abbreviation": float(span.key[0] == CODE_MARK),
        "after comma": float(span.key[0] == COMMA_MARK),
        "words": min(span.last - span.first, 3) / 3,
        "country": float(place.kind == "country"),
        "region": float(place.kind == "region" and place.level == 2),
        "district": float(place.level == 3),
        "area": float(place.kind in ("area", "water")),
        "building": float(place.kind == "building"),
        "short": float(len(folded) <= 3),
        "opens sentence": float(opens),
        "all capitals": float(
            first.text.isupper() and len(first.text) > 1 and span.key[0] != CODE_MARK
        ),
        "usual": min(usual.get(place.id, 0.0), _OFTEN) / _OFTEN,
        "repeated": min(counts.get(span.key, 1) - 1, 4) / 4,
        "seen in lower case": float(single and folded in text.lower),
        "person of the text": float(single and folded in text.people),
    }
    facts |= _words_around(text, before if close_before else None, after if close_after else None)
    facts |= _kind_of_word(text, folded, first, single=single, opens=opens)
    facts["small"] = max(0.0, (6.0 - place.standing) / 3)
    facts["small and doubted"] = facts["small"] * max(
        facts["common word"], facts["given name"], facts["family name"]
    )
    facts["doubted, no preposition"] = facts["common word"] * (1 - facts["preposition"])
    facts["listed"] = float(_listed(text, span))
    is_person = max(facts["given name"], facts["family name"])
    is_foreign = choice.rank in _OF_ANY_LANGUAGE and not text.calls_so(place, folded)
    facts["person, foreign name"] = is_person * is_foreign
    alone = opens and not choice.company and not facts["repeated"]
    is_listed = after is not None and after.folded in text.words.listing
    little_known = max(0.0, min(1.0, 9.5 - place.standing))
    facts["given name opens alone"] = facts["given name"] * (alone and not is_listed) * little_known
    facts["given name, name follows"] = facts["given name"] * facts["name follows"]
    known = max(0.0, min(1.0, (place.standing - 6.5) / 2))
    facts["name follows, well known"] = facts["name follows"] * known
    facts["name before, well known"] = facts["name before"] * known
    facts["opens sentence, well known"] = facts["opens sentence"] * known
    facts["doubted, well known"] = (
        max(facts["common word"], facts["given name"], facts["family name"]) * known
    )
    facts["person of the text"] *= 1 - facts["preposition"]
    facts["given and family name"] = facts["given name"] * facts.pop("family name follows")
    facts["preposition, well known"] = facts["preposition"] * known
    facts["given name, unknown name follows"] = facts["given name"] * facts.pop("unknown follows")
    facts["institution of"] = float(_institution(text, span.first))
    facts["doubted, locative"] = facts["locative"] * max(
        facts["common word"], facts["given name"], facts["family name"], facts["other common word"]
    )
    facts["comma follows"] = float(text.tagged.text[last.end : last.end + 1] == ",")
    facts["kin beside"] = float(_kin_beside(text, span, before if close_before else None))
    facts["age follows"] = float(_AGE.match(text.tagged.text, last.end) is not None)
    facts["bracketed"] = float(text.tagged.text[first.start - 1 : first.start] == "(")
    return facts


def _words_around(text: Text, before: Token | None, after: Token | None) -> dict[str, float]:
    words, language = text.words, text.language
    prepositions = words.before.get(language, frozenset())
    ahead = before.folded if before else ""
    behind = after.folded if after else ""
    capital_before = before is not None and before.text[0].isupper()
    capital_after = after is not None and after.text[0].isupper()
    return {
        "preposition": float(ahead in prepositions and before is not None),
        "locative": float(ahead in words.locative and ahead in prepositions),
        "title before": float(ahead in words.titles and capital_before),
        "given name before": float(capital_before and ahead in words.given),
        "unknown follows": float(
            capital_after
            and behind not in text.lower
            and behind not in words.org_after
            and behind not in words.civic_after
            and behind not in words.any_common
        ),
        "family name follows": float(
            capital_after and (behind in words.family or behind in words.given)
        ),
        "name before": float(
            capital_before
            and ahead not in words.any_function
            and ahead not in prepositions
            and ahead not in words.compass
            and ahead not in words.parties
        ),
        "initial before": float(before is not None and len(before.text) == 1 and capital_before),
        "name follows": float(
            capital_after and behind not in words.any_function and behind not in words.civic_after
        ),
        "organisation follows": float(
            behind in words.org_after and capital_after and behind not in words.civic_after
        ),
        "civic follows": float(capital_after and behind in words.civic_after),
        "thing follows": float(behind in words.thing_after),
        "work before": float(ahead in words.works),
        "party before": float(ahead in words.parties and capital_before),
        "compass before": float(capital_before and ahead in words.compass),
        "organisation before": float(ahead in words.org_before and capital_before),
        "nothing beside": float(before is None and after is None),
    }


def _kind_of_word(
    text: Text, folded: str, first: Token, *, single: bool, opens: bool
) -> dict[str, float]:
    words = text.words
    common = words.common.get(text.language, frozenset())
    return {
        "function word": float(single and folded in words.function.get(text.language, frozenset())),
        "other function word": float(single and folded in words.any_function),
        "common word": float(single and folded in common),
        "common word opens": float(single and opens and folded in common),
        "other common word": float(single and folded in words.any_common and folded not in common),
        "given name": float(first.folded in words.given and single),
        "family name": float(folded in words.family and single),
        "lower case": float(first.text[0].islower()),
        "no capitals": float(not first.text[0].isupper()),
    }


def _kin_beside(text: Text, span: Span, before: Token | None) -> bool:
    """Tell "his friend Milan" and "Sydney, the daughter of"."""
    kin, tokens = text.words.kin, text.tagged.tokens
    if before is not None and before.folded in kin:
        return True
    follows = tokens[span.last + 1 : span.last + 3]
    comma = text.tagged.text.startswith(", ", tokens[span.last].end)
    return comma and any(token.folded in kin for token in follows)


# "Alan, 79, from Barton": a person's age.
_AGE = re.compile(r", \d{1,2}(?:,| ans\b| years\b| anni\b| años\b| anos\b)")


def _institution(text: Text, first: int) -> bool:
    """Tell the "Georgia" of "University of Georgia"."""
    if first < 2:
        return False
    kind, of = text.tagged.tokens[first - 2], text.tagged.tokens[first - 1]
    return kind.folded in text.words.org_before and of.folded in ("of", "de", "di", "of the")


def _listed(text: Text, span: Span) -> bool:
    """Tell a name that stands in a list with another: "Paris and Berlin", "Mali, Niger"."""
    return any(
        other in text.inside and _in_list(text, min(other, span.first), max(other, span.last))
        for other in (span.first - 1, span.first - 2, span.last + 1, span.last + 2)
    )


def _in_list(text: Text, left: int, right: int) -> bool:
    tokens = text.tagged.tokens
    between = [token for token in tokens[left + 1 : right] if token.text[0].islower()]
    if len(between) == 1:
        return between[0].folded in text.words.listing
    return right - left == 1 and text.tagged.text[tokens[left].end : tokens[right].start] == ", "


def _joined(text: Text, left: Token, right: Token) -> bool:
    between = text.tagged.text[left.end : right.start]
    return between in (" ", "\u00a0", "-", "’", "'", "\u202f") or (
        between == ". " and (len(left.text) <= 3)
    )


def _opens_sentence(text: Text, number: int) -> bool:
    if number == 0:
        return True
    tokens = text.tagged.tokens
    between = text.tagged.text[tokens[number - 1].end : tokens[number].start]
    return bool(_SENTENCE_END.search(between))
