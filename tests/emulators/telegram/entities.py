"""Text with its entities, counted and corrected as Telegram does. Knows no markup and no chat.

Inside, a span counts Python characters; outside, an entity counts UTF-16 code units.
https://core.telegram.org/bots/api#messageentity
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from html import escape
from itertools import pairwise

from tests.emulators.telegram.errors import Json, bad_request
from tests.emulators.telegram.params import to_integer

MAX_ENTITIES = 100

NESTING = ("bold", "italic", "underline", "strikethrough", "spoiler")
QUOTES = ("blockquote", "expandable_blockquote")
MONOSPACE = ("code", "pre")


@dataclass(frozen=True, slots=True)
class Span:
    """An entity over characters `start` to `end`; `extra` holds its url, language and so on."""

    kind: str
    start: int
    end: int
    extra: Json = field(default_factory=dict)

    def meets(self, other: Span) -> bool:
        """Whether the two have a character in common."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text and its spans, sorted by start, the longer first."""

    text: str = ""
    spans: tuple[Span, ...] = ()

    @property
    def units(self) -> int:
        """Length in UTF-16 code units: what Telegram's limits count."""
        return utf16_length(self.text)

    def entities(self) -> list[Json]:
        """The spans as MessageEntity objects."""
        return [_entity(self.text, span) for span in self.spans]


def utf16_length(text: str) -> int:
    """How many UTF-16 code units a text has."""
    return len(text) + sum(char > "\uffff" for char in text)


def _entity(text: str, span: Span) -> Json:
    offset = utf16_length(text[: span.start])
    length = utf16_length(text[span.start : span.end])
    return {"type": span.kind, "offset": offset, "length": length} | span.extra


def spans_from(text: str, entities: Iterable[object]) -> list[Span]:
    """The spans that a list of MessageEntity objects means; those outside the text are left out.

    Raises ApiError for one that starts or ends inside a character.
    """
    positions = {unit: index for index, unit in enumerate(_unit_offsets(text))}
    last = max(positions)
    return [
        _span(entity, positions)
        for entity in entities
        if isinstance(entity, dict) and 0 <= to_integer(entity.get("offset")) < last
    ]


def _span(entity: Json, positions: dict[int, int]) -> Span:
    begin = to_integer(entity.get("offset"))
    end = min(begin + to_integer(entity.get("length")), max(positions))
    if begin not in positions or end not in positions:
        raise bad_request("can't parse entities: Entity begins in a middle of a UTF-16 symbol")
    extra = {key: entity[key] for key in entity if key not in {"type", "offset", "length"}}
    return Span(str(entity.get("type")), positions[begin], positions[end], extra)


def _unit_offsets(text: str) -> Iterator[int]:
    units = 0
    for char in text:
        yield units
        units += 2 if char > "\uffff" else 1
    yield units


# --- what the server does to every text -------------------------------------------------------

# Control characters become spaces; carriage returns and the directional overrides vanish, so only
# the isolates (U+2066 to U+2069) can turn a right-to-left text around.
_TO_SPACE = {*range(9), 11, 12, *range(14, 32)}
_VANISH = {13, *range(0x2028, 0x202F), 0xFEFF}


def finish(text: str, spans: Iterable[Span]) -> Formatted:
    """Clean and trim a text, add the links, commands, mentions and hashtags that Telegram finds in
    it, and put all spans in order; what is past 100 entities is ignored."""
    cleaned, given = _trimmed(*_cleaned(text, list(spans)))
    return with_found(cleaned, given)


def with_found(text: str, spans: Iterable[Span] = ()) -> Formatted:
    """The same for a text that needs no cleaning."""
    given = _in_order(text, list(spans))
    found = [span for span in find(text) if not any(span.meets(one) for one in _solid(given))]
    return Formatted(text, tuple(_in_order(text, [*given, *found])[:MAX_ENTITIES]))


def _cleaned(text: str, spans: list[Span]) -> tuple[str, list[Span]]:
    kept = [("" if ord(c) in _VANISH else " " if ord(c) in _TO_SPACE else c) for c in text]
    places = [0]
    for char in kept:
        places.append(places[-1] + len(char))
    return "".join(kept), [replace(s, start=places[s.start], end=places[s.end]) for s in spans]


def _trimmed(text: str, spans: list[Span]) -> tuple[str, list[Span]]:
    left = len(text) - len(text.lstrip())
    cut = text.strip()
    moved = [
        replace(s, start=max(0, s.start - left), end=min(len(cut), s.end - left)) for s in spans
    ]
    return cut, moved


def _in_order(text: str, spans: list[Span]) -> list[Span]:
    """Enforce the documented nesting: of two entities that meet, one lies inside the other; solid
    entities never meet, and code holds nothing."""
    seen = _seen(text, spans)
    quotes = _without_overlaps([span for span in seen if span.kind in QUOTES])
    solid = _without_overlaps([span for span in _solid(seen) if _fits(span, quotes)])
    code = [span for span in solid if span.kind in MONOSPACE]
    nesting = _joined([span for span in seen if span.kind in NESTING])
    bare = [piece for span in nesting for piece in _around(span, code)]
    cut = [piece for span in bare for piece in _cut(span, [*quotes, *solid])]
    pieces = [piece for span in cut for piece in _cut(span, _before(span, cut))]
    return _sorted([*solid, *quotes, *_seen(text, pieces)])


def _seen(text: str, spans: list[Span]) -> list[Span]:
    """Those over something that can be seen."""
    return [span for span in spans if text[max(0, span.start) : max(0, span.end)].strip()]


def _fits(span: Span, quotes: list[Span]) -> bool:
    """Whether each quotation that the span meets holds it whole."""
    return all(one.start <= span.start and span.end <= one.end for one in quotes if one.meets(span))


def _before(span: Span, others: list[Span]) -> list[Span]:
    return [other for other in others if other.start < span.start]


def _cut(span: Span, others: list[Span]) -> list[Span]:
    """The span in pieces, where it crosses an edge of another instead of lying in or around it."""
    edges = {span.start, span.end}
    for other in others:
        if other.start < span.start < other.end < span.end:
            edges.add(other.end)
        if span.start < other.start < span.end < other.end:
            edges.add(other.start)
    return [replace(span, start=start, end=end) for start, end in pairwise(sorted(edges))]


def _solid(spans: Iterable[Span]) -> list[Span]:
    return [span for span in spans if span.kind not in NESTING and span.kind not in QUOTES]


def _without_overlaps(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in _sorted(spans):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _around(span: Span, code: list[Span]) -> list[Span]:
    """The pieces of a span that no code covers."""
    pieces, start = [], span.start
    for hole in code:
        if hole.meets(span):
            pieces.append(replace(span, start=start, end=max(start, hole.start)))
            start = max(start, hole.end)
    pieces.append(replace(span, start=start, end=max(start, span.end)))
    return [piece for piece in pieces if piece.start < piece.end]


def _joined(spans: list[Span]) -> list[Span]:
    """Touching spans of one kind become one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.kind, s.start)):
        last = joined[-1] if joined else None
        if last and last.kind == span.kind and span.start <= last.end:
            joined[-1] = replace(last, end=max(last.end, span.end))
        else:
            joined.append(span)
    return joined


_INNER = {kind: rank for rank, kind in enumerate((*QUOTES, "pre", "code", "text_link"))}


def _sorted(spans: Iterable[Span]) -> list[Span]:
    return sorted(spans, key=lambda s: (s.start, -s.end, _INNER.get(s.kind, len(_INNER)), s.kind))


# --- what the server finds in a text ----------------------------------------------------------

# The real list of top-level domains is long; these are the ones that a bare "example.com" may have
# here. A link with a scheme needs none of them.
_TLD = "com|org|net|info|io|me|news|int|gov|edu|eu|fr|de|uk|es|it|pt|ru|ch|be|nl|pl|ua|tr|lb|us|tv"
_IN_URL = r"[^\s<>\"«»“”]*[^\s<>\"«»“”.,:;!?'()\[\]{}…]"
_BARE = rf"(?<![\w@.-])(?:[\w-]+\.)+(?:{_TLD})(?![\w-]|\.\w)(?:/{_IN_URL})?/?"
_COMMAND = r"(?<![\w/<>])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w/<>])"
_FOUND = (
    ("url", re.compile(rf"(?:https?|ftp|tg|ton)://{_IN_URL}", re.IGNORECASE)),
    ("email", re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}\b", re.IGNORECASE)),
    ("url", re.compile(_BARE, re.IGNORECASE)),
    ("bot_command", re.compile(_COMMAND)),
    ("mention", re.compile(r"(?<![\w@])@[a-zA-Z0-9_]{4,32}(?!\w)")),
    ("hashtag", re.compile(r"(?<![\w])#(?=\w*[^\W\d])\w{1,256}(?![\w#])")),
    ("cashtag", re.compile(r"(?<![\w$])\$[A-Z]{1,8}(?![\w$])")),
)


def find(text: str) -> list[Span]:
    """The entities that Telegram itself finds in a text.

    The patterns are Telegram's own as far as https://core.telegram.org/api/entities tells them.
    """
    found = [
        Span(kind, match.start(), match.end())
        for kind, pattern in _FOUND
        for match in pattern.finditer(text)
    ]
    return _without_overlaps(found)


# --- back to markup ---------------------------------------------------------------------------

Tags = Callable[[Span, str], tuple[str, str]]


def render(formatted: Formatted, tags: Tags) -> str:
    """Escaped HTML in which `tags(span, its text)` opens and closes each span."""
    out: list[str] = []
    opened: list[Span] = []
    for start, end in _pieces(formatted):
        wanted = [span for span in formatted.spans if span.start <= start and end <= span.end]
        _switch(formatted, opened, wanted, tags, out)
        out.append(escape(formatted.text[start:end], quote=False))
    _switch(formatted, opened, [], tags, out)
    return "".join(out)


def _pieces(formatted: Formatted) -> list[tuple[int, int]]:
    edges = {0, len(formatted.text)}
    edges |= {edge for span in formatted.spans for edge in (span.start, span.end)}
    ordered = sorted(edges)
    return list(pairwise(ordered))


def _switch(
    formatted: Formatted, opened: list[Span], wanted: list[Span], tags: Tags, out: list[str]
) -> None:
    """Close what ends here, keeping tags well nested, and open what begins."""
    while opened and not all(span in wanted for span in opened):
        out.append(tags(opened[-1], _under(formatted, opened[-1]))[1])
        opened.pop()
    for span in wanted:
        if span not in opened:
            out.append(tags(span, _under(formatted, span))[0])
            opened.append(span)


def _under(formatted: Formatted, span: Span) -> str:
    return formatted.text[span.start : span.end]


_SIMPLE = {"bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "code": "code"}
_SIMPLE |= {"spoiler": "tg-spoiler", "blockquote": "blockquote"}


def telegram_tags(span: Span, text: str) -> tuple[str, str]:
    """The tags of Telegram's HTML; what Telegram finds by itself needs none.

    https://core.telegram.org/bots/api#html-style
    """
    del text
    if span.kind in _SIMPLE:
        return f"<{_SIMPLE[span.kind]}>", f"</{_SIMPLE[span.kind]}>"
    if span.kind == "text_link":
        return f'<a href="{escape(span.extra["url"])}">', "</a>"
    if span.kind == "text_mention":
        return f'<a href="tg://user?id={span.extra["user"]["id"]}">', "</a>"
    if span.kind == "expandable_blockquote":
        return "<blockquote expandable>", "</blockquote>"
    return _rarer_tags(span)


def _rarer_tags(span: Span) -> tuple[str, str]:
    if span.kind == "pre" and "language" in span.extra:
        language = escape(span.extra["language"])
        return f'<pre><code class="language-{language}">', "</code></pre>"
    if span.kind == "pre":
        return "<pre>", "</pre>"
    if span.kind == "custom_emoji":
        return f'<tg-emoji emoji-id="{span.extra["custom_emoji_id"]}">', "</tg-emoji>"
    if span.kind == "date_time":
        return _time_tags(span)
    return "", ""


def _time_tags(span: Span) -> tuple[str, str]:
    form = span.extra.get("date_time_format")
    shape = f' format="{escape(form)}"' if form else ""
    return f'<tg-time unix="{span.extra["unix_time"]}"{shape}>', "</tg-time>"
