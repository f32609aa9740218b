"""A scraped text -> Article without the page around it. Knows lines, no HTML and no network.

What is kept of a text, exactly:
- Line ends of any kind become paragraph ends. Where a text is hard-wrapped (nearly every next word
  would not have fitted on its line), the lines of a paragraph are joined by one space instead.
- NUL, control characters, bidirectional overrides and lone surrogates are dropped.
- The entities that scrapers leave over (&amp; &quot; &nbsp; &#39; ...) are decoded once; &lt; and
  &gt; are not, because an article about HTML means them.
- A subheading that a scraper glued to the next paragraph ("... des retraitesCes lettres ...") is
  a paragraph of its own again.
- Everything else is verbatim. Furniture goes only from the head (up to the second paragraph of
  prose) and the tail (from the last but one), never from the middle.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise
from typing import Final

from summaries.article import Article
from summaries.language import detect
from summaries.tables import table

HEAD_LINES: Final = 20
TAIL_LINES: Final = 40
TITLE_CHARACTERS: Final = 220
FURNITURE_CHARACTERS: Final = 300  # no longer line is furniture
SHORT_CHARACTERS: Final = 160
PROSE_CHARACTERS: Final = 80
PROSE_CHARACTERS_CJK: Final = 30
WRAP_WIDTHS: Final = range(40, 121)


def clean(text: str, *, title: str = "", language: str = "") -> Article:
    """The article in a scraped text; `paragraphs` is empty when nothing readable is there.

    Without a `title` the first line is taken where it looks like one. `language` is an ISO 639
    code, "fr" or "fr-CA"; without it, it is detected. Never raises.
    """
    lines = _lines(_readable(text))
    code = language.partition("-")[0].partition("_")[0].lower() or detect("\n".join(lines))
    lines = [part for line in lines for part in _unglued(line, code)]
    title = " ".join(_readable(title).split())
    body, furniture = _without_furniture(lines, code)
    title, body = _without_title(body, title, code)
    if not any(char.isalnum() for line in body for char in line):
        body = []
    return Article(title, tuple(body), language=code, furniture=tuple(furniture))


# --- characters and lines --------------------------------------------------------------------

LINE_END: Final = re.compile("\r\n?|[\u2028\u2029\u0085\x0b\x0c]")
UNREADABLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
ENTITY: Final = re.compile(
    r"&(?!lt;|gt;|#60;|#62;)(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});"
)
INVISIBLE: Final = " \t\u00a0\u200b\u200e\u200f\u2060\ufeff"
CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def _readable(text: str) -> str:
    decoded = ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return UNREADABLE.sub("", LINE_END.sub("\n", decoded))


def _lines(text: str) -> list[str]:
    """The paragraphs of a text, empty ones left out."""
    blocks = [[]]  # type: list[list[str]]
    for line in (raw.strip(INVISIBLE).strip() for raw in text.split("\n")):
        if line:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    width = _wrap_width(blocks)
    return [line for block in blocks for line in (_unwrapped(block, width) if width else block)]


def _wrap_width(blocks: Iterable[list[str]]) -> int:
    """The column at which a text is hard-wrapped, or 0: see the top of the file."""
    pairs = [pair for block in blocks for pair in pairwise(block)]
    width = max((len(line) for pair in pairs for line in pair), default=0)
    if width not in WRAP_WIDTHS:
        return 0
    full = [line for line, following in pairs if _is_full(line, following, width)]
    short = [line for line, following in pairs if not _is_full(line, following, width)]
    strange = sum(SENTENCE_END.search(line) is None for line in short)  # no paragraph ends so
    broken = sum(SENTENCE_END.search(line) is None for line in full)
    enough = len(full) >= 4 and len(full) >= len(short) and len(full) >= 4 * strange
    return width if enough and 2 * broken > len(full) else 0


def _is_full(line: str, following: str, width: int) -> bool:
    """Whether the first word of the next line would not have fitted on this one."""
    word = following[:1] if CJK.match(following) else following.split(None, 1)[0]
    return len(line) + 1 + len(word) > width


def _unwrapped(block: list[str], width: int) -> Iterator[str]:
    if not block:
        return
    text = block[0]
    for line, following in pairwise(block):
        if _is_full(line, following, width):
            text += "" if CJK.match(line[-1]) and CJK.match(following) else " "
            text += following
        else:
            yield text
            text = following
    yield text


# --- glued paragraphs ------------------------------------------------------------------------

GLUED: Final = re.compile(
    r"(?<=[^\W_])(?P<mark>[\"»”]?)"
    r"(?=(?P<right>[A-ZÀ-ÖØ-ÞА-ЯЁ](?:['’](?=\w)|[a-zà-öø-ÿа-яё]{1,20}| (?=[a-zà-öø-ÿ]))))"
)
STOPPED: Final = re.compile(r"(?<=[a-zà-öø-ÿ]{3})[.!?](?=\d+ [^\W\d])")  # "... over.15 people"
DASHED: Final = re.compile(r"(?<![\w-])- [^.-]{3,70} -(?=[\"«“A-ZÀ-ÖØ-Þ])")
DATELINE: Final = re.compile(  # "(CNN)A law", "LONDON (Reuters) - The", "BERLIN — The"
    r"(?:[A-ZÀ-ÖØ-Þ][\w'’.-]*(?:,? [\w'’.-]+){0,5} )?"
    r"\((?:CNN|AFP|AP|Reuters|EFE|dpa|DPA|ANSA|Lusa)\)"
    r"(?:\s?[-–—:])?\s*(?=[\"«“‘'A-ZÀ-ÖØ-Þ])"
    r"|[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ'’ -]{2,25}(?:, [\w.]+(?: [\w.]+)?)? [–—-] (?=[\"«“A-ZÀ-ÖØ-Þ])"
)
LAST_WORD: Final = re.compile(r"[^\W_]+\Z")
SHORTEST_GLUED: Final = 20  # characters: nothing shorter is two paragraphs
GLUED_CAP: Final = 2_000  # places looked at: keeps hostile text quick
WORD_CAP: Final = 30  # characters: no word is longer
LETTERS_BEFORE_NAME: Final = 4  # "eBay", "iPhone" have fewer
IN_NAMES: Final = frozenset({"in", "on"})  # "LinkedIn"


def _unglued(line: str, language: str) -> Iterator[str]:
    """The paragraphs in a line: cut where a small letter stands right before a capital one."""
    if len(line) < SHORTEST_GLUED:
        yield line
        return
    start = 0
    cuts = {*_glued_at(line, language), *_dashed_at(line), *_captions_at(line, language)}
    cuts |= {found.end() for found in STOPPED.finditer(line)}
    dateline = DATELINE.match(line)
    if dateline:
        cuts.add(dateline.end())
    for cut in sorted(cuts):
        if line[start:cut].strip():
            yield line[start:cut].strip()
        start = cut
    yield line[start:].strip()


def _glued_at(line: str, language: str) -> Iterator[int]:
    """Where two paragraphs stand together without a space."""
    since = quotes = 0
    for found in islice(GLUED.finditer(line), GLUED_CAP):
        quotes += line.count('"', since, found.start())
        since = found.start()
        if found["mark"]:
            opens = found["mark"] == '"' and quotes % 2 == 0
            yield found.start() if opens else found.end()
            continue
        left = LAST_WORD.search(line, max(0, found.start() - WORD_CAP), found.start())
        if left and _is_glued(left[0], found["right"], language):
            yield found.end()


def _is_glued(left: str, right: str, language: str) -> bool:
    """Whether two words stand there, and no name such as "YouTube" or "iPhone"."""
    own = table("abbreviations")["language"].get(language, {})
    word = right.rstrip(" '’").lower()
    starts = word not in IN_NAMES and word in own.get("starters", "").split()
    if left.isupper() or not left.isalpha():  # "LREMLe", "2020Le"
        return starts and len(left) > 1 and len(word) > 1
    if not left[1:].islower():  # "BlaBlaCar"
        return False
    if starts and len(left) > 2:
        return True
    word_follows = len(right) > 2 or right[0] in "AÀ"
    return left[0].islower() and len(left) >= LETTERS_BEFORE_NAME and word_follows


def _dashed_at(line: str) -> Iterator[int]:
    """The ends of subheadings as agencies write them: "- In Lima -"."""
    for found in DASHED.finditer(line):
        yield from found.span()


def _captions_at(line: str, language: str) -> Iterator[int]:
    """Where a sentence follows a caption that has no full stop."""
    for pattern in _glued_patterns(language):
        for found in pattern.finditer(line):
            yield found.start()


@cache
def _glued_patterns(language: str) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, table("furniture").get(language, {}).get("glued", ())))


# --- the title -------------------------------------------------------------------------------

SENTENCE_END: Final = re.compile(r"[.!?…。！？؟۔।॥][\"'»”’)\]）」』\s]*$")
NO_TITLE: Final = re.compile(r"[.。۔।,;:，；：…\-–—][\"'»”’)\]\s]*$")
FINAL_ABBREVIATION: Final = re.compile(r"(?:\b\w|\b(?:Jr|Sr|Inc|Co|Corp|etc|Ltd))\.$")


def _without_title(body: list[str], title: str, language: str) -> tuple[str, list[str]]:
    """The title, and the paragraphs without a first line that only repeats it."""
    if title:
        same = bool(body) and _folded(body[0]) == _folded(title) and len(body) > 1
        return title, body[1:] if same else body
    if _looks_like_title(body, language):
        return body[0], body[1:]
    return "", body


def _looks_like_title(body: list[str], language: str) -> bool:
    if len(body) < 2 or len(body[0]) > TITLE_CHARACTERS:
        return False
    first, second = body[0], body[1]
    ends = NO_TITLE.search(first) and not FINAL_ABBREVIATION.search(first)
    goes_on = second[0].islower() or first[0].islower()
    if DATELINE.match(f"{first} A"):
        return False
    speech = first[0] in "-–—•*" or (SENTENCE_END.search(first) and len(first) > 120)
    prose = any(_is_prose(line) for line in body[1:8])
    return prose and not ends and not goes_on and not speech


# --- furniture -------------------------------------------------------------------------------


def _without_furniture(lines: list[str], language: str) -> tuple[list[str], list[str]]:
    """(the article's lines, the page's), both in order."""
    gone = _head(lines, language) | _tail(lines, language)
    body = [line for place, line in enumerate(lines) if place not in gone]
    return body, [lines[place] for place in sorted(gone)]


def _head(lines: list[str], language: str) -> set[int]:
    """The places of furniture before the second paragraph of prose."""
    top = lines[:HEAD_LINES]
    doubled = {line for line in top if len(line) > 40 and top.count(line) > 1}
    gone: set[int] = set()
    captions: set[int] = set()
    prose = 0
    for place, line in enumerate(top):
        leading = prose == 0
        if _kind(line, language) or (leading and _is_page_top(line)):
            gone.add(place)
        elif leading and place and (line in doubled or _is_credited(line)):
            captions.add(place)
        elif _is_prose(line):
            prose += 1
            if prose == 2:
                break
    return gone | _sure(captions, gone, lines, doubled)


def _sure(captions: set[int], gone: set[int], lines: list[str], doubled: set[str]) -> set[int]:
    """Captions, unless a credit is the only sign: agencies sign the first paragraph so, too."""
    if gone or any(lines[place] in doubled for place in captions):
        return captions
    return {place for place in captions if len(lines[place]) <= SHORT_CHARACTERS}


def _tail(lines: list[str], language: str) -> set[int]:
    """The places of furniture after the last but one paragraph of prose."""
    gone: set[int] = set()
    headlines: list[int] = []  # lines without a full stop, furniture if a heading stands above them
    prose = 0
    for place in range(len(lines) - 1, max(-1, len(lines) - TAIL_LINES), -1):
        line = lines[place]
        kind = _kind(line, language)
        if kind == "heading" and prose == 0:
            gone |= {place, *headlines}
        elif kind and kind != "heading":
            gone.add(place)
        elif _is_prose(line):
            prose += 1
            if prose == 2:
                break
        elif not SENTENCE_END.search(line):
            headlines.append(place)
    return gone


def _is_prose(line: str) -> bool:
    least = PROSE_CHARACTERS_CJK if CJK.search(line) else PROSE_CHARACTERS
    return len(line) >= least and SENTENCE_END.search(line) is not None


COUNTER: Final = re.compile(r"[\d\u0660-\u0669\u06f0-\u06f9][\d\u0660-\u06f9.,\s]*[kKmM]?\+?$")
TRAIL: Final = re.compile(r"^[^.!?]{2,40}(?: [>›»/|] [^.!?]{2,40})+$")
BARE_DATE: Final = re.compile(
    r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}"
    r"|\d{1,2}(?:st|nd|rd|th|er|\.)? (?:de )?[^\W\d]{3,12}\.? (?:de )?\d{4}"
    r"|[^\W\d]{3,12}\.? \d{1,2}(?:st|nd|rd|th)?, \d{4})"
    r"\D{0,6}(?:\d{1,2}[:hH.]\d{2})?\D{0,6}$"
)
CREDITED: Final = re.compile(r"[.!?…»”\"] ?\((?P<credit>[^().!?]{2,80})\)\.?$")


def _is_page_top(line: str) -> bool:
    """What only stands above an article: counters, a trail ("Home > World"), a bare date."""
    return any(pattern.match(line) for pattern in (COUNTER, TRAIL, BARE_DATE)) or not any(
        char.isalnum() for char in line
    )


def _is_credited(line: str) -> bool:
    """One sentence, then who took the picture in brackets."""
    found = CREDITED.search(line)
    return (
        found is not None and len(line) <= FURNITURE_CHARACTERS and len(found["credit"].split()) < 9
    )


# --- phrases ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The table furniture.toml, all languages at once: pages mix them."""

    whole: frozenset[str]
    headings: frozenset[str]
    starts: tuple[str, ...]
    dated: tuple[str, ...]
    ends: tuple[str, ...]
    together: tuple[tuple[str, ...], ...]


@cache
def _phrases() -> _Phrases:
    parts = table("furniture").values()

    def every(kind: str) -> list[str]:
        return [_folded(phrase) for part in parts for phrase in part.get(kind, ())]

    return _Phrases(
        whole=frozenset(every("whole")),
        headings=frozenset(every("headings")),
        starts=tuple(every("starts")),
        dated=tuple(every("dated")),
        ends=tuple(every("ends")),
        together=tuple(tuple(phrase.split()) for phrase in every("together")),
    )


def _folded(line: str) -> str:
    """A line as the table writes it: small letters, plain apostrophes, numbers as "#"."""
    plain = " ".join(line.replace("’", "'").casefold().split())
    return NUMBER.sub("#", plain)


NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")


def _kind(line: str, language: str) -> str:
    """What a line of the page is, or "": it may be the article's."""
    if len(line) > FURNITURE_CHARACTERS:
        return ""
    folded, phrases = _folded(line), _phrases()
    bare = folded.strip(" :-–—|•·►▶>»")
    if bare in phrases.headings:
        return "heading"
    if bare in phrases.whole:
        return "button"
    if len(line) > SHORT_CHARACTERS:
        return ""
    return _kind_of_short(line, folded, language)


def _kind_of_short(line: str, folded: str, language: str) -> str:
    phrases = _phrases()
    if _starts(folded, phrases.starts):
        return "label"
    until_number = folded.partition("#")[0].split()
    if "#" in folded and len(until_number) <= 6 and _starts(folded, phrases.dated):
        return "date"
    if any(all(word in folded for word in words) for words in phrases.together):
        return "invitation"
    if not SENTENCE_END.search(line) and folded.endswith(phrases.ends):
        return "credit"
    return "byline" if _is_byline(line, folded, language) else ""


def _starts(folded: str, phrases: tuple[str, ...]) -> bool:
    """Whether a line begins with one of the phrases, and not in the middle of a word."""
    return folded.startswith(phrases) and any(
        folded.startswith(phrase)
        and not (phrase[-1:].isalpha() and folded[len(phrase) :][:1].isalpha())
        for phrase in phrases
    )


def _is_byline(line: str, folded: str, language: str) -> bool:
    """ "By Jane Smith", "Par la rédaction": in the article's language, and no sentence."""
    rules = table("furniture").get(language, {})
    found = [name for name in rules.get("names", ()) if folded.startswith(f"{name} ")]
    words = line.split()
    if not found or len(words) > 12 or SENTENCE_END.search(line):
        return False
    rest = words[len(max(found, key=len).split()) :]
    named = len(rest) > 1 and sum(word[0].isupper() for word in rest) * 2 >= len(rest)
    return named or any(desk in folded for desk in rules.get("desks", ()))
