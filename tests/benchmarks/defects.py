"""Finds what an editor would not print in a brief. Knows the brief only, and shares no code with
the rules that choose.

A finding is visible to a reader who has not seen the article: an opening that points at nothing, a
quotation cut in two or said by nobody, a sentence that repeats another, a subheading or caption
glued to the sentence after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_QUOTES = "«»“”\"‘’'„"

_POINTS = {
    "fr": r"(?:il(?! (?:n['’]y|n['’]est pas|était (?:plus|près|environ)|y|faut|aura fallu"
    r"|fallait|faudra|(?:est|était) (?:\w+ )?\w+ (?:pour nous que|de|d'|d’|que|qu))\b)"
    r"|elle|ils|elles|celui-ci|celle-ci|ceux-ci|celles-ci|lui|eux"
    r"|son|sa|ses|leurs?|(?:ce(?! sont .* qui)|cet|cette|ces)(?= \w))",
    "en": r"(?:he|she|they|it(?! (?:is|was|has been) \w+ (?:that|to)\b)|his|her|their|its"
    r"|these|those(?! who)|this|that|such|the latter|the pair|the duo)",
}
_TIME = {
    "fr": r"(?:ce|cet|cette|ces) (?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|matin|midi"
    r"|soir|nuit|après-midi|semaine|week-end|mois|année|été|hiver|automne|printemps|saison"
    r"|derni(?:ers|ères) \w+|prochain(?:s|es) \w+)",
    "en": r"(?:this|these) (?:week|month|year|morning|afternoon|evening|summer|winter|spring|autumn"
    r"|weekend|season|monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
}
_LINKS = {
    "fr": r"(?:mais|et|or|car|donc|puis|ainsi|cependant|toutefois|pourtant|en effet|de plus"
    r"|en outre|par ailleurs|en revanche|du coup|d['’]ailleurs|néanmoins|au contraire|cela|ça"
    # "C'est un instant qu'ont vécu ..." stands alone, "C'est ce qu'a dit ..." does not
    r"|(?:c['’](?:est|était))(?!(?! ce).{3,120}? (?:qu[ie]|qu['’]\w+|dont|auquel)\b))",
    "en": r"(?:but|and|so|however|also|then|meanwhile|moreover|furthermore|nevertheless|instead"
    r"|therefore|yet|in addition|for example|as a result)",
}
_NOBODY = {
    "fr": r"[»”\",] ?,? ?(?:[\w’']+ ){0,3}[\w’']+(?:-t)?-(?:il|elle|ils|elles)\b"
    r"(?! (?:également )?précisé)(?!.*\?\s*$)",
    "en": r"[”\"’',] (?:he|she|they) (?:\w+ )?(?:said|says|added|told|explained|wrote|tweeted"
    r"|continued|insisted|claimed)\b",
}

_GLUED = re.compile(
    r"(?<![\w/.@#])[a-zà-ÿ]{4,}(?:[A-ZÀ-Ý][a-zà-ÿ]{2,}|(?:L['’]|[AÀ] )[a-zà-ÿ])"
    r"|[a-zà-ÿ]{2}[\"»”](?:L[ea]s?|Une?|Des|Il|Elle|Cette|The|But) |(?i:scroll down for)"
)
_DATELINE = re.compile(r"[^.]{0,40}\((?:CNN|AFP|AP|Reuters)\)")


def defects(sentences: Sequence[tuple[int, str]], title: str, language: str) -> list[str]:
    """What is wrong with a brief, in words; `sentences` are (place in the article, text)."""
    found = []
    for number, (place, text) in enumerate(sentences):
        follows = number > 0 and sentences[number - 1][0] == place - 1
        found += [f"{kind}: {text}" for kind in _alone(text, language) if not follows]
        found += [f"cut quotation: {text}"] * _cut(text)
        found += [f"glued: {text}"] * bool(_GLUED.search(text))
        found += [f"dateline: {text}"] * bool(_DATELINE.match(text))
        found += [f"repeats the title: {text}"] * same(text, title)
        found += [f"repeats: {text}"] * any(same(text, other) for _, other in sentences[:number])
    return found


def _alone(text: str, language: str) -> list[str]:
    """What is wrong with a sentence whose predecessor is not printed."""
    opening = text.lstrip(_QUOTES + " \u00a0\u202f—–-(•").lower()
    quoted = text.lstrip()[:1] in _QUOTES
    kinds = []
    time = _TIME.get(language)
    if _opens(_POINTS, opening, language) and not (time and re.match(time, opening)):
        kinds.append("points at nothing")
    if not quoted and _opens(_LINKS, opening, language):
        kinds.append("carries on from nothing")
    if language in _NOBODY and re.search(_NOBODY[language], text, re.IGNORECASE):
        kinds.append("said by nobody")
    if not re.search(r"\w\w", re.sub(r"«.*?»|“.*?”|\".*?\"", "", text)) and quoted:
        kinds.append("quotes nobody")
    return kinds


def _opens(table: dict[str, str], opening: str, language: str) -> bool:
    return language in table and re.match(rf"{table[language]}(?![\w’'-])", opening) is not None


def _cut(text: str) -> bool:
    pairs = text.count("«") != text.count("»") or text.count("“") != text.count("”")
    return pairs or text.count('"') % 2 == 1


def same(text: str, other: str) -> bool:
    """Most of the longer words of the shorter stand in the longer, and it adds little."""
    ours = {word for word in re.findall(r"\w+", text.lower()) if len(word) > 3}
    theirs = {word for word in re.findall(r"\w+", other.lower()) if len(word) > 3}
    return len(ours) > 2 and len(ours & theirs) >= 0.8 * len(ours)
