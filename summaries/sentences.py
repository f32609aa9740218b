"""Offline sentence and word splitting for news. Knows characters and abbreviations, no meaning.

A sentence is always a run of its paragraph: nothing is joined, dropped or reworded. Lines are split
first. A quotation or a parenthesis that holds several sentences is never cut while it closes within
a sensible length (see `quotations`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final, NamedTuple

from summaries.article import Article, Sentence
from summaries.quotations import Enclosures
from summaries.tables import table

MARKS_CAP: Final = 15_000  # marks judged in one line, a novel's worth: no prose has more
SENTENCE_CAP: Final = 3_000  # characters: a longer run has no sentences, so it is cut at a space

Span = tuple[int, int]


def split(paragraph: str, language: str = "") -> list[Span]:
    """The sentences of a paragraph as spans: stripped, in order, together all its visible text."""
    return [
        (start + left, start + right)
        for start, line in _lines(paragraph)
        for left, right in _sentences_of_line(line, language)
    ]


def sentences(article: Article) -> tuple[Sentence, ...]:
    """Every sentence of an article, in order."""
    runs = (
        (number, paragraph[start:end])
        for number, paragraph in enumerate(article.paragraphs)
        for start, end in split(paragraph, article.language)
    )
    return tuple(Sentence(text, number, index) for index, (number, text) in enumerate(runs))


# A heading that an agency sets between dashes: "un tollé.- Inquiet, fatigué -En raison de".
CROSSHEAD: Final = re.compile(
    r"""(?<=[.!?…»"”])\s?([-–]\ [^\s.–-][^.…\n]{1,60}?\ [-–])(?=\s?["«“]?\s?[^\W\d_a-zà-öø-ÿ])"""
)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a text, and a crosshead as a line of its own."""
    start = 0
    for line in text.splitlines(keepends=True):
        done = 0
        for match in CROSSHEAD.finditer(line) if " -" in line or " –" in line else ():
            for cut in match.span(1):
                yield start + done, line[done:cut]
                done = cut
        yield start + done, line[done:]
        start += len(line)


def _sentences_of_line(line: str, language: str) -> Iterator[Span]:
    start = 0
    for cut in _cuts(line, language):
        yield from _capped(line, start, cut)
        start = cut
    yield from _capped(line, start, len(line))


def _capped(line: str, start: int, end: int) -> Iterator[Span]:
    while end - start > SENTENCE_CAP:
        space = line.rfind(" ", start + SENTENCE_CAP // 2, start + SENTENCE_CAP)
        cut = space if space >= 0 else start + SENTENCE_CAP
        yield from _stripped(line, start, cut)
        start = cut
    yield from _stripped(line, start, end)


def _stripped(line: str, start: int, end: int) -> Iterator[Span]:
    text = line[start:end]
    body = text.strip()
    if body:
        left = start + len(text) - len(text.lstrip())
        yield left, left + len(body)


# --- where a line is cut ---------------------------------------------------------------------

END: Final = re.compile(r"[.!?…‼⁇⁈⁉؟۔।॥։።;\u037e]+|[。！？｡]+")
AFTER: Final = re.compile(r"(?P<space>\s*)(?P<open>(?:[^\w\s]{1,4}\s?){0,4})(?P<word>\w{0,40})")
OPENERS: Final = re.compile(r"[«“„\"‘(\[/]")
TOKEN_CAP: Final = 40  # characters looked back for an abbreviation
SAID_CJK: Final = re.compile(r"[^，。！？\s]{0,8}(?:[说說问問道称稱喊答]|表示|と)")
QUOTES: Final = frozenset("\"'»”’)]%€$")
ROMAN: Final = re.compile(r"(?=[IVXLC])C{0,3}(?:X[LC]|L?X{0,3})(?:I[XV]|V?I{0,3})")
HALTS: Final = tuple(".,;:!?…")
BULLETS: Final = tuple("•▪■●►")
CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
ELISION: Final = re.compile(r"(?:\w|qu|dell?|all|un|nell?|sull?)['’]", re.IGNORECASE)
CONSONANTS: Final = re.compile(r"[B-DF-HJ-NP-TV-XZ]?[b-df-hj-np-tv-xz]{1,4}")
SPACES: Final = " \u00a0\u202f\u2009"


class _Stop(NamedTuple):  # made for every mark: a tuple is made in half the time of a dataclass
    """A mark that may end a sentence, and what stands around it."""

    before: str  # the run without spaces that ends at the mark
    earlier: str  # the word before that run
    mark: str
    closed: bool  # a quotation or bracket closes right after the mark
    titled: bool  # and it is the title of a work: 《你在哪里？》
    space: bool
    opening: str  # quotation marks, dashes before the next word
    word: str  # the next word
    rest: str  # the line from the next word on, a little of it


def _cuts(line: str, language: str) -> Iterator[int]:
    enclosures = Enclosures(line)
    rules = _rules(language)
    since = 0
    for match in islice(END.finditer(line), MARKS_CAP):
        cut = _past_closers(line, match.end(), enclosures.closing)
        if cut >= len(line) or enclosures.holds(cut):
            continue
        if _ends_sentence(_stop(line, match, cut, since), rules):
            yield cut
            since = cut


def _past_closers(line: str, place: int, closing: set[int]) -> int:
    """The place after the quotation marks and brackets that close right after a full stop."""
    while place < len(line):
        if place in closing:
            place += 1
        elif line[place] in SPACES and place + 1 in closing:
            place += 2
        else:
            break
    return place


def _stop(line: str, match: re.Match[str], cut: int, since: int) -> _Stop:
    start = match.start()
    back = max(since, start - TOKEN_CAP)
    after = AFTER.match(line, cut)
    words = line[back:start].rsplit(None, 2)
    spaced = not start or line[start - 1].isspace()
    token = OPENERS.split(words[-1])[-1] if words else ""
    return _Stop(
        before="" if spaced else token or line[start - 1],
        earlier=words[-2] if len(words) > 1 else "",
        mark=match[0],
        closed=cut > match.end(),
        titled=line[cut - 1] == "》",
        space=after is not None and bool(after["space"]),
        opening=after["open"] if after else "",
        word=after["word"] if after else "",
        rest=line[after.start("word") if after else cut :][:60],
    )


def _ends_sentence(stop: _Stop, rules: _Rules) -> bool:
    if stop.mark[0] in ";\u037e":
        return rules.language == "el" and stop.space and stop.word[:1].isupper()
    if stop.mark[0] in "。！？｡" or (not stop.space and CJK.match(stop.word)):
        return not (stop.closed and (stop.titled or SAID_CJK.match(stop.rest)))
    return _ends_before_space(stop, rules) if stop.space else _is_glued(stop, rules)


def _ends_before_space(stop: _Stop, rules: _Rules) -> bool:
    small = stop.word[:1].islower() and not _is_camel(stop.word)
    if not stop.word or small or _is_followed_by_halt(stop):
        return False
    if stop.mark[0] in "!?؟":
        return not _goes_on(stop, rules)
    return stop.mark != "." or stop.closed or not _is_abbreviation(stop, rules)


def _is_followed_by_halt(stop: _Stop) -> bool:
    """ "by M. B. ?": the mark after this one decides; not "low. .25 is lower"."""
    return stop.opening[:1] in HALTS and not (stop.opening == "." and stop.word[:1].isdigit())


def _is_camel(word: str) -> bool:
    """iPhone, eBay: names in small letters that may open a sentence."""
    return word[1:2].isupper()


def _is_glued(stop: _Stop, rules: _Rules) -> bool:
    """Two sentences that lost the space between them: "du film.Le lendemain"."""
    site = set(stop.opening) & set(",;:/@.!?…") or "@" in stop.before or "www" in stop.before
    if stop.opening.startswith(BULLETS):
        return True
    if site or _is_joined(stop) or not (_is_title(stop.rest) or _is_heading(stop)):
        return False
    plain = stop.closed or stop.mark[0] in "!?…" or len(stop.mark) > 1
    return plain or _is_solid(stop.before, rules)


def _is_joined(stop: _Stop) -> bool:
    """ "St.-Denis", "MADRID (EFE).- El": a dash that keeps both sides together."""
    dateline = stop.before.endswith(")") and stop.opening[:1] in {"-", "–", "—"}
    return dateline or stop.opening == "-"


def _is_title(rest: str) -> bool:
    """Whether a capital opens a word: "Le", "A l'aube", "L'autre", not "LE", "A."."""
    return rest[:1].isupper() and (rest[1:2].islower() or rest[1:2] in {" ", "’", "'"})


def _is_heading(stop: _Stop) -> bool:
    """After a plain word: "liquidation.UN ELECTEUR SUR DEUX", "la mairie.M. Petit"."""
    plain = stop.before[-4:].isalpha() and stop.before[-4:].islower() and len(stop.before) > 3
    titled = stop.rest[1:3] == ". " and stop.rest[3:4].isupper()
    return plain and stop.word.isupper() and (len(stop.word) > 1 or titled)


def _is_solid(token: str, rules: _Rules) -> bool:
    """A plain word or number at its end: no abbreviation, no initials."""
    if token[-1:] in QUOTES:
        return True
    inner = "." in token and not token[-1:].isdigit()
    return len(token) > 1 and not inner and token.lower() not in rules.always


def _said_by_name(stop: _Stop, rules: _Rules) -> bool:
    """ "Stop!" Smith said."""
    named = stop.word.lower() not in rules.starters
    return named and rules.said is not None and rules.said.match(stop.rest) is not None


def _goes_on(stop: _Stop, rules: _Rules) -> bool:
    """ "Stop!" Smith said; Yahoo! Inc."""
    if stop.closed:
        return stop.word in rules.said_first or _said_by_name(stop, rules)
    return stop.before.lower() in rules.exclaimed and stop.word.lower() not in rules.starters


def _is_abbreviation(stop: _Stop, rules: _Rules) -> bool:
    """Whether the full stop belongs to the word before it and ends nothing."""
    token = ELISION.sub("", stop.before.lstrip("'’"), count=1) or stop.before
    if token.isdigit():
        return _is_numbering(stop, token, rules)
    known = _known(stop, token.lower(), rules)
    if known is not None:
        return known
    if len(token) == 1:
        return _is_initial(stop, token, rules)
    cut_short = _has_inner_stop(token) or _lacks_vowels(token, rules) or token[-1:] in "ªº"
    return cut_short and not _starts_sentence(stop, rules)


def _known(stop: _Stop, small: str, rules: _Rules) -> bool | None:
    """What the table of abbreviations says, or None when it does not know the word."""
    names = {small, stop.earlier.lower() + small} if stop.earlier.endswith(".") else {small}
    if names & rules.closing or _is_unit(stop, rules):
        return stop.word.lower() in rules.times or stop.word[:1].isdigit()
    if names & rules.always or rules.always.issuperset(small.split("-")):
        return True
    if names & rules.number and _is_number(stop.word):
        return True
    return not _starts_sentence(stop, rules) if names & rules.open else None


def _is_unit(stop: _Stop, rules: _Rules) -> bool:
    """ "1,20 m. Un camion": a measure, no "M. Dupont"."""
    return stop.before in rules.units and stop.earlier[-1:].isdigit()


def _is_number(word: str) -> bool:
    """12, or XVI: "vol. 2", "s. XVI"."""
    return word[:1].isdigit() or ROMAN.fullmatch(word) is not None


def _starts_sentence(stop: _Stop, rules: _Rules) -> bool:
    initial = len(stop.word) == 1 and stop.rest[1:2] == "."
    quoted = stop.opening != "" and stop.opening[0] not in "(["
    return (stop.word.lower() in rules.starters and not initial) or quoted


def _is_initial(stop: _Stop, token: str, rules: _Rules) -> bool:
    """ "J. Smith", but not "vitamin C. The" nor "61 F. Winds"."""
    if not token.isalpha() or (token.islower() and not stop.word[:1].isupper()):
        return token.isalpha()
    if not stop.earlier:
        return True  # "Q. How old": a lone letter is no sentence
    label = stop.earlier.lower().rstrip(".")
    labelled = label in rules.labels or label[-1:].isdigit()
    name = stop.word.lower() in rules.particles or not _starts_sentence(stop, rules)
    return not labelled and name and not token.islower()


def _has_inner_stop(token: str) -> bool:
    """ "U.S", "J.-M", "S.p.A": letters with full stops between them."""
    return re.fullmatch(r"(?:\w{1,3}\.[-‐]?)+\w{1,3}", token) is not None and not token[0].isdigit()


def _lacks_vowels(token: str, rules: _Rules) -> bool:
    """ "bd", "Sgt": written without vowels, so very likely cut short."""
    return rules.vowels and CONSONANTS.fullmatch(token) is not None


def _is_numbering(stop: _Stop, token: str, rules: _Rules) -> bool:
    """ "1. Tax", "am 3. Oktober": a number whose full stop is part of it."""
    if len(token) > 2:
        return False
    if not stop.earlier or (len(token) == 1 and stop.earlier[-1] in ":;"):
        return True  # the first word of a sentence: an item of a list
    if not rules.ordinals:
        return False
    following = stop.word.lower()
    if following in rules.months or following.isdigit():
        return True
    return stop.earlier.lower() in rules.before_ordinal and following not in rules.starters


# --- the tables ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rules:
    """What one language knows about full stops; the lists are told in abbreviations.toml."""

    language: str
    always: frozenset[str]
    number: frozenset[str]
    closing: frozenset[str]
    open: frozenset[str]
    starters: frozenset[str]
    times: frozenset[str]
    units: frozenset[str]
    labels: frozenset[str]
    particles: frozenset[str]
    exclaimed: frozenset[str]
    months: frozenset[str]
    before_ordinal: frozenset[str]
    ordinals: bool
    vowels: bool
    said: re.Pattern[str] | None
    said_first: frozenset[str]


@cache
def _rules(language: str) -> _Rules:
    """The rules of a language; of all languages together where it is not known."""
    everything = table("abbreviations")
    own = everything["language"].get(language)
    parts = [everything["any"], *([own] if own else everything["language"].values())]

    def words_of(kind: str) -> frozenset[str]:
        return frozenset(word for part in parts for word in part.get(kind, "").split())

    said = "|".join(sorted(words_of("said")))
    return _Rules(
        language=language,
        always=words_of("always"),
        number=words_of("number"),
        closing=words_of("closing"),
        open=words_of("open"),
        starters=words_of("starters"),
        times=words_of("times"),
        units=words_of("units"),
        labels=words_of("labels"),
        particles=words_of("particles"),
        exclaimed=words_of("exclaimed"),
        months=words_of("months"),
        before_ordinal=words_of("before_ordinal"),
        ordinals=language in everything["ordinals"].split(),
        vowels=language in everything["vowels"].split(),
        said=re.compile(rf"(?:[A-Z][\w.'’-]*\s+){{1,3}}(?:{said})\b") if said else None,
        said_first=words_of("said_first"),
    )


# --- words -----------------------------------------------------------------------------------

# Python's \w leaves out the vowel signs of Arabic and Indic scripts: words would fall apart.
SIGNS: Final = (
    r"\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    r"\u0900-\u0963\u0966-\u0dff\u200c\u200d"
)
UNSPACED: Final = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufaff\U00020000-\U0003ffff"
)
LETTER: Final = rf"(?![{UNSPACED}\d_])[\w{SIGNS}]"
WORD: Final = re.compile(
    rf"(?P<unspaced>[{UNSPACED}]+)|\d+(?:[.,]\d+)*|(?:{LETTER})+(?:['’](?:s|t|re|ve|ll|d|m)\b)?"
)

_SPECIAL = re.compile(f"[{UNSPACED}{SIGNS}]")
_PLAIN_WORD = re.compile(  # the same, three times as quick, for a text without special characters
    r"[^\W\d_]+(?:['’](?:s|t|re|ve|ll|d|m)\b)?|\d+(?:[.,]\d+)*"
)


def words(text: str, language: str = "") -> list[str]:
    """The words of a text as written: "l'État" is two, "don't" one, "3.5" one.

    Scripts without spaces (Chinese, Japanese, Thai, Khmer, Lao, Burmese) give overlapping pairs of
    characters, which carry the meaning well enough to compare sentences.
    """
    del language  # every rule above is told by the script
    return _words_by_script(text) if _SPECIAL.search(text) else _PLAIN_WORD.findall(text)


def _words_by_script(text: str) -> list[str]:
    return [word for match in WORD.finditer(text) for word in _words_of(match)]


def _words_of(match: re.Match[str]) -> list[str]:
    run = match[0]
    if match["unspaced"] is None or len(run) < 3:
        return [run]
    return [run[index : index + 2] for index in range(len(run) - 1)]
