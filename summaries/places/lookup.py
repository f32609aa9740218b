"""A name typed by a person -> the place, several, or none. Knows names, not articles.

The rule: a name is "found" when the best known place of that name is at least 25 times as well
known (`CLEARLY` powers of ten of standing) as any other that is neither inside it, nor around it,
nor close to it. So Paris is the capital of France, with Paris, Texas among the candidates; Georgia,
Tripoli and Springfield are ambiguous; Gaza (the city and the strip around it) is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rapidfuzz import process
from rapidfuzz.distance import OSA

from summaries.places.endings import word_forms
from summaries.places.folding import clean, fold, one_script, sound, tokenize
from summaries.places.index import CODE_MARK, COMMA_MARK, SOUND_MARK, Entry, Index
from summaries.places.nesting import contains, distance_km, nested
from summaries.places.place import Lookup, Place
from summaries.places.words import words_of

CLEARLY = 1.4
MOST = 10
LONGEST = 80

# A place of this standing is meant even by "nice" or "split", typed in lower case.
_FAMOUS = 5.7

# A place less known than this is not even offered to who asks about the war or the cinema.
_OFFERED = 5.0

# What a weaker kind of name costs, in powers of ten of standing, by rank.
RANK_COST = (0.0, 0.0, 0.0, 0.9, 9.0, 3.0)

# A name known to few, where another name, a slip away, is known to hundreds of times as many.
_OBSCURE = 4.5
_FAR_BETTER = 2.4
_LONG_ENOUGH = 6

_NEAR_KM = 30
_LOOSE_KM = 150  # between a region with borders and the same without
_QUALIFIED = re.compile(r"(.+?)\s*(?:[,،]|[(（])\s*([^()（）]+?)\s*[)）]?$")
_BEFORE = re.compile(
    r"^(?:the (?:city|town|state|country) of|the|in|at|near|about|city of|state of|republic of"
    r"|l|la|le|les|d|de la|de l|du|des|de|a|au|aux|en|dans|a la|ville de|ville d|pays de"
    r"|en el|il|lo|gli|der|die|das|den|dem|nach|aus"
    r"|в|во|на|город|город[еа]?|г|из|في|مدينه|دوله|من|الي)\s+(?=\S)"
)
_AFTER = re.compile(r"\s+(?:city|town|ville|stadt|ciudad|citta|cidade|город)$")


def look_up(index: Index, query: str, language: str = "") -> Lookup:
    """Return what a typed name stands for; never raises, whatever is typed."""
    flag = _flag(query)
    if flag:
        return _answer(query, _country(index, flag))
    name = clean(query)
    if not name or len(name) > LONGEST:
        return Lookup(query, "unknown", None, ())
    ranked = _known(index, name, language)
    if not ranked:
        return _unsure(_nearest(index, query, name), index, name)
    if _is_topic(index, name):
        ranked = [pair for pair in ranked if pair[0] > _OFFERED]
    if fold(name) in index.table("words").get("legends", ()) or _is_topic(index, name):
        return _doubt(query, ranked)
    if _everyday(index, name) and ranked[0][0] < _FAMOUS:
        # Nobody who types "the moon" means Moon-sur-Elle; "la somme" may be the river.
        moon = fold(name).startswith("the ") and _loses_an_article(index, name)
        return _doubt(query, [] if moon else ranked)
    return _or_slip(index, query, name, ranked)


def _or_slip(index: Index, query: str, name: str, ranked: list[tuple[float, Place]]) -> Lookup:
    """Return the place of that name; if hardly anyone knows it, ask whether a slip was made.

    "Barcelon" is a village of the Philippines, and what is typed for Barcelona; "Ракке" is one of
    Estonia, and what Ракка becomes after "in".
    """
    answer = _answer(query, ranked)
    if answer.place is None or ranked[0][0] > _OBSCURE:
        return answer
    meant = _inflected(index, name)
    if meant is None and len(fold(name)) >= _LONG_ENOUGH:
        meant = _nearest(index, query, name).place
    if meant is None or meant.standing < ranked[0][0] + _FAR_BETTER:
        return answer
    return Lookup(query, "ambiguous", None, (meant, *answer.candidates[: MOST - 1]))


def _inflected(index: Index, name: str) -> Place | None:
    """Return the best known place whose name this is with an ending: "Ракке" of Ракка."""
    folded = fold(name)
    keys = [key for key in word_forms(folded) if key != folded]
    entries = [entry for key in keys for entry in index.entries(key) if entry.rank < 4]
    return next((place for _, place in _ranked(index, entries, "", name)), None)


def _is_topic(index: Index, name: str) -> bool:
    """Tell what the news is asked about that is no place: "cinema", "the economy"."""
    topics = index.table("words").get("topics", ())
    return fold(name) in topics or _BEFORE.sub("", fold(name)) in topics


def _everyday(index: Index, name: str) -> bool:
    """Tell words of every day, in lower case or after an article: "love", "The Moon"."""
    words = words_of(index)
    short = _BEFORE.sub("", fold(name)).split()
    lists = (words.any_function, words.any_common, words.never)
    everyday = all(any(word in known for known in lists) for word in short)
    return everyday and (name.islower() or _loses_an_article(index, name))


def _loses_an_article(index: Index, name: str) -> bool:
    """Tell "the moon", which is known only as "moon", from The Hague."""
    folded = fold(name)
    return bool(_BEFORE.match(folded)) and not index.entries(folded)


def _unsure(answer: Lookup, index: Index, name: str) -> Lookup:
    """Return the answer for a typo; of words of every day it only offers what is near."""
    if _is_topic(index, name):
        return Lookup(answer.query, "unknown", None, ())
    if answer.place and _everyday(index, name):
        return Lookup(answer.query, "unknown", None, answer.candidates)
    return answer


def _known(index: Index, name: str, language: str) -> list[tuple[float, Place]]:
    """Return the places whose name or qualified name this is, best first; nothing if none."""
    for form in dict.fromkeys((name, one_script(name))):
        ranked = _ranked(index, named(index, form), language, form) or _qualified(
            index, form, language
        )
        if ranked:
            return ranked
    return []


def named(index: Index, name: str) -> list[Entry]:
    """Return the entries of the first reading of the name that is known."""
    for keys in _readings(name):
        entries = [entry for key in keys for entry in index.entries(key) if entry.rank < 4]
        if entries:
            return entries
    return []


def _readings(name: str) -> Iterator[Iterable[str]]:
    """Yield sets of keys to try: as typed (or in capitals), less its articles, less its endings."""
    folded = fold(name)
    short = _AFTER.sub("", _BEFORE.sub("", folded))
    bare = "".join(token.text for token in tokenize(name)).upper()
    if name.isupper() and len(bare) <= _LONGEST_CODE:
        yield _codes(bare)
    yield (folded, *_codes(bare))
    yield (short, *_codes(short.replace(" ", "").upper()))
    yield (folded.replace(" ", ""),)
    for key in (*word_forms(folded), *word_forms(short)):
        yield (key,)
    yield _comma_codes(bare)


_LONGEST_CODE = 8


def _codes(capitals: str) -> tuple[str, ...]:
    plain = capitals.replace(".", "")
    return tuple(CODE_MARK + code for code in dict.fromkeys((capitals, plain)) if code)


def _comma_codes(capitals: str) -> tuple[str, ...]:
    plain = capitals.replace(".", "")
    return (COMMA_MARK + plain, COMMA_MARK + capitals, f"{COMMA_MARK}{plain.capitalize()}.")


def _ranked(
    index: Index, entries: Iterable[Entry], language: str, name: str
) -> list[tuple[float, Place]]:
    best: dict[int, float] = {}
    for row, rank in entries:
        best[row] = max(best.get(row, -99.0), float(index.standing[row]) - RANK_COST[rank])
    ranked = [(score, index.place(row)) for row, score in best.items()]
    if language:
        own = fold(name)
        ranked = [
            (score + (fold(index.label(place.id, language)) == own), place)
            for score, place in ranked
        ]
    return sorted(ranked, key=lambda pair: (-pair[0], pair[1].id))


def _qualified(index: Index, name: str, language: str) -> list[tuple[float, Place]]:
    """Return the places of "Paris, Texas", "Paris (Texas)" or "Paris Texas"."""
    for head, tail in _splits(name):
        inner = _ranked(index, named(index, head), language, head)
        outer = _ranked(index, _anynamed(index, tail), language, tail) if inner else []
        for _, around in outer:
            within = [pair for pair in inner if _inside(around, pair[1])]
            if within:
                return within
    return []


def _anynamed(index: Index, name: str) -> list[Entry]:
    keys = {key for reading in _readings(name) for key in reading}
    return [entry for key in sorted(keys) for entry in index.entries(key) if entry.rank < 4]


def _inside(around: Place, place: Place) -> bool:
    return place.id != around.id and contains(around, place)


def _splits(name: str) -> Iterator[tuple[str, str]]:
    match = _QUALIFIED.match(name)
    if match:
        yield match[1], match[2]
        yield match[1], re.split("[,،]", match[2])[0]
        yield match[1], re.split("[,،]", match[2])[-1]
    words = re.sub("[,،]", " ", name).split()
    for cut in range(len(words) - 1, 0, -1):
        yield " ".join(words[:cut]), " ".join(words[cut:])


def _answer(query: str, ranked: list[tuple[float, Place]]) -> Lookup:
    places = _distinct([place for _, place in ranked])[:MOST]
    if not places:
        return Lookup(query, "unknown", None, ())
    score, first = ranked[0]
    rivals = [
        place for rank, place in ranked[1:] if rank > score - CLEARLY and not _same(first, place)
    ]
    if not rivals:
        return Lookup(query, "found", first, tuple(places))
    return Lookup(query, "ambiguous", None, tuple(_distinct([first, *rivals])[:MOST]))


def _doubt(query: str, ranked: list[tuple[float, Place]]) -> Lookup:
    """Return no answer: the real places of that name, if any, are offered, not assumed."""
    return Lookup(query, "unknown", None, tuple(_distinct([p for _, p in ranked])[:5]))


def _same(a: Place, b: Place) -> bool:
    if nested(a, b) or (a.level == b.level and distance_km(a, b) < _NEAR_KM):
        return True
    loose = "area" in (a.kind, b.kind) and a.country == b.country
    return loose and distance_km(a, b) < _LOOSE_KM


def _distinct(places: list[Place]) -> list[Place]:
    """Return the places without those that a better one of the list stands in for."""
    kept: list[Place] = []
    for place in places:
        twin = any(
            place.id == other.id or (place.level == other.level and distance_km(place, other) < 10)
            for other in kept
        )
        if not twin:
            kept.append(place)
    return kept


# --- typing errors ---


def _nearest(index: Index, query: str, name: str) -> Lookup:
    """Return the place a typo stands for if one is clearly nearest; otherwise did-you-mean."""
    folded = fold(one_script(name))
    if len(folded) < 3:
        return Lookup(query, "unknown", None, ())
    ranked, spelt = _by_spelling(index, folded)
    places = _distinct([place for _, place in ranked])
    if not ranked:
        return Lookup(query, "unknown", None, ())
    score, first = ranked[0]
    rivals = [s for s, place in ranked[1:] if not _same(first, place)]
    sure = score >= _SURE and (not rivals or rivals[0] <= score - _TYPO_CLEARLY)
    if sure and len(_BEFORE.sub("", folded)) >= 5 and first.id in spelt:
        return Lookup(query, "found", first, tuple(places[:MOST]))
    return Lookup(query, "unknown", None, tuple(places[:5]))


_SURE = 4.0
_TYPO_CLEARLY = 0.8
_EDIT_COST = 3.0
_FIRST_LETTER_COST = 1.0
_SOUND_COST = 1.6


def _by_spelling(index: Index, folded: str) -> tuple[list[tuple[float, Place]], set[int]]:
    """Return the places whose names are a few typing errors away or sound alike, best first.

    And the ids of those a few typing errors away: what only sounds alike is offered, not taken.
    """
    reach = 1 if len(folded) < 6 else 2 if len(folded) < 12 else 3
    near = process.extract(
        folded,
        index.spellings(folded, reach),
        scorer=OSA.distance,
        score_cutoff=reach,
        limit=60,
    )
    best: dict[int, float] = {}
    for name, edits, _ in near:
        cost = edits * _EDIT_COST * 6 / max(6, len(folded))
        cost += _FIRST_LETTER_COST * (name[0] != folded[0])
        _keep(index, best, name, cost)
    spelt = {index.place(row).id for row in best}
    if folded.isascii():
        _keep(index, best, SOUND_MARK + sound(folded), _SOUND_COST)
    ranked = [(score, index.place(row)) for row, score in best.items()]
    return sorted(ranked, key=lambda pair: (-pair[0], pair[1].id)), spelt


def _keep(index: Index, best: dict[int, float], key: str, cost: float) -> None:
    for row, rank in index.entries(key):
        if rank != 4:
            score = float(index.standing[row]) - (RANK_COST[rank] if rank < 4 else 0) - cost
            best[row] = max(best.get(row, -99.0), score)


# --- flags ---

_INDICATOR_A = 0x1F1E6
_TAG_A = 0xE0061
_BLACK_FLAG = "\U0001f3f4"


def _flag(query: str) -> str:
    """Return "FR" for a flag of two regional indicators, "GB.SCT" for a subdivision's, or ""."""
    letters = [c for c in query.strip() if c not in "\ufe0f\u200d"]
    codes = [ord(c) - _INDICATOR_A for c in letters]
    if len(codes) == 2 and all(0 <= code < 26 for code in codes):
        return "".join(chr(ord("A") + code) for code in codes)
    if letters[:1] == [_BLACK_FLAG] and len(letters) > 5:
        tags = "".join(chr(ord(c) - _TAG_A + ord("A")) for c in letters[1:-1] if ord(c) >= _TAG_A)
        return f"{tags[:2]}.{tags[2:]}"
    return ""


def _country(index: Index, code: str) -> list[tuple[float, Place]]:
    if code == "EU":
        return _ranked(index, named(index, "European Union"), "", "")
    country, _, region = code.partition(".")
    row = index.region_row(country, region) if region else index.country_row(country)
    return [] if row is None else [(0.0, index.place(row))]


# --- while typing ---


def suggest(index: Index, prefix: str, limit: int = 10, language: str = "") -> list[Place]:
    """Return the best known places one of whose names begins so, best first."""
    folded = fold(clean(prefix)[:LONGEST])
    if not folded or limit < 1:
        return []
    best = {
        place: score
        + _SHOWN_NAME * fold(index.label(place.id, language) or place.name).startswith(folded)
        for place, score in _completions(index, folded).items()
    }
    for score, place in _known(index, clean(prefix), language):
        best[place] = max(best.get(place, -99.0), score + _WHOLE_NAME)
    ranked = sorted(best, key=lambda place: (-best[place], place.id))
    return _distinct(ranked[: limit * 4])[:limit]


_WHOLE_NAME = 1.0  # what a name typed in full is worth, in powers of ten
_SHOWN_NAME = 1.5  # what it is worth that the name shown begins so, not another name
_MOST_COMPLETIONS = 60


# A one-letter prefix has 60,000 names; a pack lists the best completions of short prefixes.
def _completions(index: Index, folded: str) -> dict[Place, float]:
    best: dict[int, float] = {}
    keys: Iterable[str] = index.table("prefixes").get(folded) or index.trie.keys(folded)
    for key in keys:
        for row, rank in index.entries(key):
            score = float(index.standing[row]) - RANK_COST[rank]
            best[row] = max(best.get(row, -99.0), score)
    rows = sorted(best, key=lambda row: (-best[row], row))[:_MOST_COMPLETIONS]
    return {index.place(row): best[row] for row in rows}
