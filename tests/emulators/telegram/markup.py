"""Telegram's HTML, MarkdownV2 and Markdown -> text with spans. Knows no chat and no HTTP.

https://core.telegram.org/bots/api#formatting-options ; the wording of the errors is the server's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qs, urlsplit

from tests.emulators.telegram.entities import Span
from tests.emulators.telegram.errors import ApiError, Json, bad_request

Parsed = tuple[str, list[Span]]


def parse(text: str, mode: str) -> Parsed:
    """The plain text and its spans. Raises ApiError for markup the server would refuse."""
    parsers: dict[str, Callable[[str], Parsed]] = {
        "": lambda plain: (plain, []),
        "html": lambda html: _Html(html).parse(),
        "markdownv2": lambda markdown: _MarkdownV2(markdown).parse(),
        "markdown": lambda markdown: _Markdown(markdown).parse(),
    }
    if mode.lower() not in parsers:
        raise bad_request("unsupported parse_mode")
    return parsers[mode.lower()](text)


def wrong(why: str) -> ApiError:
    """400 for markup."""
    return bad_request(f"can't parse entities: {why}")


def _bytes(text: str, index: int) -> int:
    return len(text[:index].encode())


def link(kind_text: str, url: str) -> Json | None:
    """What a link with this address is: `text_link`, `text_mention`, or None when it is no address.

    Telegram drops such a link without a word and shows its text.
    """
    user = re.fullmatch(r"tg://(?:user\?id=|openmessage\?user_id=)(\d+)", url or kind_text)
    if user:
        return {"kind": "text_mention", "user_id": int(user[1])}
    checked = checked_url(url or kind_text)
    return {"kind": "text_link", "url": checked} if checked else None


def checked_url(url: str) -> str:
    """The address as Telegram keeps it, with a scheme and a path; "" when it is none."""
    url = url.strip()
    if not url or re.search(r"\s", url):
        return ""
    if re.match(r"(?i)(tg|ton)://", url):
        return url
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https", "ftp"} or "." not in host.strip("."):
        return ""
    return parts._replace(path=parts.path or "/").geturl()


def _link_span(text: str, url: str, start: int, end: int) -> list[Span]:
    meant = link(text, url)
    if meant is None:
        return []
    kind = meant.pop("kind")
    return [Span(kind, start, end, meant)]


# --- HTML -------------------------------------------------------------------------------------

_ALIASES = {"strong": "b", "em": "i", "ins": "u", "strike": "s", "del": "s"}
_PLAIN = {"b": "bold", "i": "italic", "u": "underline", "s": "strikethrough", "code": "code"}
_PLAIN |= {"pre": "pre", "tg-spoiler": "spoiler"}
_TAGS = {*_ALIASES, *_PLAIN, "a", "span", "blockquote", "tg-emoji", "tg-time"}
_ATTRIBUTE = re.compile(r"\s*([^\s=>]+)\s*(=?)\s*(\"[^\"]*\"|'[^']*'|[^\s>\"']*)")
_NAMED = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")


def _decoded(text: str) -> str:
    return _NAMED.sub(lambda match: unescape(match[0]), text)


@dataclass
class _Tag:
    name: str
    start: int
    attributes: dict[str, str]


@dataclass
class _Html:
    """One pass over the text; tags wait on a stack for their end."""

    source: str
    at: int = 0
    out: str = ""
    waiting: list[_Tag] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)

    def parse(self) -> Parsed:
        while self.at < len(self.source):
            self._text() if self.source[self.at] != "<" else self._tag()
        if self.waiting:
            name = self.waiting[-1].name
            raise wrong(f'Can\'t find end tag corresponding to start tag "{name}"')
        return self.out, self.spans

    def _text(self) -> None:
        end = self.source.find("<", self.at)
        end = len(self.source) if end < 0 else end
        self.out += _decoded(self.source[self.at : end])
        self.at = end

    def _tag(self) -> None:
        self._end_tag() if self.source.startswith("</", self.at) else self._start_tag()

    def _start_tag(self) -> None:
        begin = self.at
        name = self._name(begin + 1)
        if name not in _TAGS:
            where = _bytes(self.source, begin)
            raise wrong(f'Unsupported start tag "{name}" at byte offset {where}')
        attributes = self._attributes(name, begin)
        tag = _Tag(_ALIASES.get(name, name), len(self.out), attributes)
        self._check(tag, begin)
        self.waiting.append(tag)

    def _name(self, start: int) -> str:
        match = re.compile(r"[^\s>]*").match(self.source, start)
        name = match[0] if match else ""
        self.at = start + len(name)
        return name.lower()

    def _attributes(self, name: str, begin: int) -> dict[str, str]:
        attributes: dict[str, str] = {}
        while True:
            self._skip_space()
            if self.at >= len(self.source):
                where = _bytes(self.source, begin)
                raise wrong(f'Unclosed start tag "{name}" at byte offset {where}')
            if self.source[self.at] == ">":
                self.at += 1
                return attributes
            attributes |= self._attribute(name, begin)

    def _skip_space(self) -> None:
        while self.at < len(self.source) and self.source[self.at].isspace():
            self.at += 1

    def _attribute(self, tag: str, begin: int) -> dict[str, str]:
        where = _bytes(self.source, begin)
        match = _ATTRIBUTE.match(self.source, self.at)
        if match is None:
            raise wrong(f'Empty attribute name in the tag "{tag}" at byte offset {where}')
        self.at = match.end()
        name, equals, value = match.groups()
        if not equals and tag == "blockquote" and not value:
            return {name.lower(): ""}
        if not equals:
            why = f'Expected equal sign in declaration of an attribute of the tag "{tag}"'
            raise wrong(f"{why} at byte offset {where}")
        return {name.lower(): _decoded(value.strip("\"'"))}

    def _check(self, tag: _Tag, begin: int) -> None:
        where = _bytes(self.source, begin)
        if tag.name == "span" and tag.attributes.get("class") != "tg-spoiler":
            raise wrong(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')

    def _end_tag(self) -> None:
        begin = self.at
        name = self._name(begin + 2)
        self._skip_space()
        where = _bytes(self.source, begin)
        if self.source[self.at : self.at + 1] != ">":
            raise wrong(f"Unclosed end tag at byte offset {where}")
        self.at += 1
        if not self.waiting:
            raise wrong(f"Unexpected end tag at byte offset {where}")
        self._close(name, where)

    def _close(self, name: str, where: int) -> None:
        tag = self.waiting.pop()
        if name and _ALIASES.get(name, name) != tag.name:
            expected = f'expected "</{tag.name}>", found "</{name}>"'
            raise wrong(f"Unmatched end tag at byte offset {where}, {expected}")
        self.spans += self._spans(tag)

    def _spans(self, tag: _Tag) -> list[Span]:
        start, end = tag.start, len(self.out)
        if tag.name == "a":
            return _link_span(self.out[start:end], tag.attributes.get("href", ""), start, end)
        if tag.name == "code" and self.waiting and self.waiting[-1].name == "pre":
            return self._language(tag)
        return _special(tag, start, end)

    def _language(self, tag: _Tag) -> list[Span]:
        """`<pre><code class="language-x">` is one entity: the pre takes the language."""
        language = tag.attributes.get("class", "")
        if language.startswith("language-"):
            self.waiting[-1].attributes["language"] = language.removeprefix("language-")
        return []


def _special(tag: _Tag, start: int, end: int) -> list[Span]:
    attributes = tag.attributes
    if tag.name == "pre":
        extra = {"language": attributes["language"]} if "language" in attributes else {}
        return [Span("pre", start, end, extra)]
    if tag.name in _PLAIN:
        return [Span(_PLAIN[tag.name], start, end)]
    if tag.name == "span":
        return [Span("spoiler", start, end)]
    if tag.name == "blockquote":
        kind = "expandable_blockquote" if "expandable" in attributes else "blockquote"
        return [Span(kind, start, end)]
    if tag.name == "tg-emoji":
        return [Span("custom_emoji", start, end, {"custom_emoji_id": attributes.get("emoji-id")})]
    return _time(attributes.get("unix", ""), attributes.get("format", ""), start, end)


def _time(unix: str, shape: str, start: int, end: int) -> list[Span]:
    if not unix.isdigit():
        raise wrong("Date-time entity must have a valid Unix time")
    if not re.fullmatch(r"r|w?[dD]?[tT]?", shape):
        raise wrong("Invalid date-time format specified")
    extra = {"unix_time": int(unix)} | ({"date_time_format": shape} if shape else {})
    return [Span("date_time", start, end, extra)]


# --- MarkdownV2 -------------------------------------------------------------------------------

_RESERVED = set("_*[]()~`>#+-=|{}.!\n")
# Longer marks first, so "__" is underline and not twice italic.
_MARKS = (
    ("```", "pre"),
    ("__", "underline"),
    ("||", "spoiler"),
    ("![", "custom_emoji"),
    ("_", "italic"),
    ("*", "bold"),
    ("~", "strikethrough"),
    ("`", "code"),
    ("[", "text_link"),
)
_ENDS = {kind: mark for mark, kind in _MARKS} | {"custom_emoji": "]", "text_link": "]"}
_NAMES = {"text_link": "TextUrl", "custom_emoji": "CustomEmoji", "pre": "Pre"}


@dataclass
class _Open:
    kind: str
    start: int
    source_at: int
    language: str = ""


@dataclass
class _MarkdownV2:
    """One pass over the text; entities wait on a stack for their closing mark."""

    source: str
    at: int = 0
    out: str = ""
    waiting: list[_Open] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)

    def parse(self) -> Parsed:
        while self.at < len(self.source):
            self._step()
        self._end_quote()
        if self.waiting:
            raise self._no_end()
        return self.out, self.spans

    def _step(self) -> None:
        char = self.source[self.at]
        if char == "\\" and self._escapes():
            self._take(self.source[self.at + 1], 2)
        elif self._is_plain(char):
            self._take(char, 1)
        elif char == "\n":
            self._newline()
        elif self._closes():
            self._close()
        elif char == ">" and self.out[-1:] in {"", "\n"}:
            self._quote()
        else:
            self._open()

    def _escapes(self) -> bool:
        return "\0" < self.source[self.at + 1 : self.at + 2] <= "~"

    def _take(self, char: str, width: int) -> None:
        self.out += char
        self.at += width

    def _is_plain(self, char: str) -> bool:
        if self.waiting and self.waiting[-1].kind in {"code", "pre"}:
            return char != "`"
        return char not in _RESERVED

    def _newline(self) -> None:
        if self._in_quote() and self.source[self.at + 1 : self.at + 2] != ">":
            self._end_quote()
        self._take("\n", 1)

    def _in_quote(self) -> bool:
        return any(one.kind == "blockquote" for one in self.waiting)

    def _quote(self) -> None:
        if not self._in_quote():
            self.waiting.append(_Open("blockquote", len(self.out), self.at))
        self.at += 1

    def _end_quote(self) -> None:
        """A quotation ends with its last line; `||` before that end makes it expandable."""
        if not self._in_quote():
            return
        kind = "blockquote"
        if self.waiting[-1].kind == "spoiler" and self.waiting[-1].start == len(self.out):
            self.waiting.pop()
            kind = "expandable_blockquote"
        if self.waiting[-1].kind != "blockquote":
            raise self._no_end()
        self.spans.append(Span(kind, self.waiting.pop().start, len(self.out)))

    def _no_end(self) -> ApiError:
        last = self.waiting[-1]
        name = _NAMES.get(last.kind, last.kind.capitalize())
        where = _bytes(self.source, last.source_at)
        return wrong(f"Can't find end of {name} entity at byte offset {where}")

    def _closes(self) -> bool:
        if not self.waiting or self.waiting[-1].kind == "blockquote":
            return False
        kind = self.waiting[-1].kind
        if kind == "italic" and self.source.startswith("__", self.at):
            return False
        return self.source.startswith(_ENDS[kind], self.at)

    def _close(self) -> None:
        one = self.waiting.pop()
        self.at += len(_ENDS[one.kind])
        if one.kind == "text_link":
            url = self._url() if self.source.startswith("(", self.at) else ""
            self.spans += _link_span(self.out[one.start :], url, one.start, len(self.out))
        elif one.kind == "custom_emoji":
            self.spans += self._emoji(one)
        else:
            extra = {"language": one.language} if one.language else {}
            self.spans.append(Span(one.kind, one.start, len(self.out), extra))

    def _url(self) -> str:
        match = re.compile(r"\(((?:\\[\x01-~]|[^)\\]|\\)*)\)").match(self.source, self.at)
        if match is None:
            where = _bytes(self.source, self.at + 1)
            raise wrong(f"Can't find end of a URL at byte offset {where}")
        self.at = match.end()
        return re.sub(r"\\([\x01-~])", r"\1", match[1])

    def _emoji(self, one: _Open) -> list[Span]:
        """`![text](tg://emoji?id=..)` or `![text](tg://time?unix=..&format=..)`."""
        url = self._url() if self.source.startswith("(", self.at) else ""
        query = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
        if url.startswith("tg://time?"):
            shape = query.get("format", "")
            return _time(query.get("unix", ""), shape, one.start, len(self.out))
        if not url.startswith("tg://emoji?") or "id" not in query:
            raise wrong("Custom emoji entity must contain a tg://emoji URL")
        extra = {"custom_emoji_id": query["id"]}
        return [Span("custom_emoji", one.start, len(self.out), extra)]

    def _open(self) -> None:
        for mark, kind in _MARKS:
            if self.source.startswith(mark, self.at):
                one = _Open(kind, len(self.out), self.at)
                self.at += len(mark)
                one.language = self._language() if kind == "pre" else ""
                self.waiting.append(one)
                return
        char = self.source[self.at]
        raise wrong(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")

    def _language(self) -> str:
        match = re.compile(r"([^\s`]*)(\r\n|\n\r|\n|\r|(?=\s))").match(self.source, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[1]


# --- Markdown, the legacy mode ----------------------------------------------------------------


@dataclass
class _Markdown:
    """`*bold*`, `_italic_`, `[text](url)`, code and pre; nothing nests."""

    source: str
    at: int = 0
    out: str = ""
    spans: list[Span] = field(default_factory=list)

    def parse(self) -> Parsed:
        while self.at < len(self.source):
            self._step()
        return self.out, self.spans

    def _step(self) -> None:
        char = self.source[self.at]
        if char == "\\" and self.source[self.at + 1 : self.at + 2] in {*"_*`["}:
            self.out += self.source[self.at + 1]
            self.at += 2
        elif char in "_*`[":
            self._entity()
        else:
            self.out += char
            self.at += 1

    def _entity(self) -> None:
        begin = self.at
        kinds = {"_": "italic", "*": "bold", "`": "code", "[": "text_link", "```": "pre"}
        mark = "```" if self.source.startswith("```", begin) else self.source[begin]
        end = self.source.find("]" if mark == "[" else mark, begin + len(mark))
        if end < 0:
            where = _bytes(self.source, begin)
            raise wrong(f"Can't find end of the entity starting at byte offset {where}")
        start = len(self.out)
        self.out += self.source[begin + len(mark) : end]
        self.at = end + len(mark)
        self._add(kinds[mark], start)

    def _add(self, kind: str, start: int) -> None:
        if kind != "text_link":
            self.spans.append(Span(kind, start, len(self.out)))
            return
        match = re.compile(r"\(([^)]*)\)?").match(self.source, self.at)
        self.at = match.end() if match else self.at
        url = match[1] if match else ""
        self.spans += _link_span(self.out[start:], url, start, len(self.out))
