"""RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, CDF -> ParsedFeed, on lxml. Knows no network and no DTD.

The rules of which element means what, and which of several wins, are feedparser's: feeds in the
wild have been written against it for twenty years.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from html.entities import html5
from itertools import pairwise
from typing import TypeAlias
from xml.sax.saxutils import quoteattr

from lxml import etree

from bot.core.errors import SourceError
from bot.core.news import Enclosure, Entry, Feed, ParsedFeed
from bot.core.said import said
from bot.core.words import N_
from bot.sources.feeds_dates import parse_date
from bot.sources.feeds_markup import Sanitizer, absolute, looks_like_html, plain_line

MAX_ENTRIES = 10_000
"""More entries than any feed needs: what stands behind them is left out, and counted."""
MAX_TAGS = 250_000
"""The most tags and references read, those inside HTML included: it bounds time and memory."""

_Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml's only name for the type
_Parts: TypeAlias = dict[str, list[_Element]]
"""The elements in another, by what they are for, each in the document's order."""

_PREFIXES = {
    "http://backend.userland.com/rss": "",
    "http://backend.userland.com/rss2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://purl.org/rss/1.0/modules/rss091#": "",
    "http://example.com/newformat#": "",
    "http://example.com/necho": "",
    "http://purl.org/echo/": "",
    "uri/of/echo/namespace#": "",
    "http://purl.org/pie/": "",
    "http://purl.org/atom/ns#": "",
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/rss/1.0/modules/syndication/": "sy:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://search.yahoo.com/mrss": "media:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
}
"""The usual prefixes of namespaces, written in small letters; "" is what is a feed's own."""
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ATOM_FEED = "{http://www.w3.org/2005/Atom}feed"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"

_SUMMARIES = {
    "description": "text/html",
    "dc:description": "text/html",
    "media:description": "text/html",
    "abstract": "text/plain",
    "summary": "text/plain",
    "itunes:summary": "text/plain",
}
"""The elements that sum an entry up, and what they hold where they do not say."""
_CONTENTS = {
    "content": "text/plain",
    "content:encoded": "text/html",
    "fullitem": "text/html",
    "body": "application/xhtml+xml",
    "xhtml:body": "application/xhtml+xml",
}
_SUBTITLES = dict.fromkeys(("subtitle", "tagline", "itunes:subtitle"), "text/plain")
_NAMES = {
    "entry": ("item", "entry"),
    "channel": ("channel",),
    "group": ("media:group",),
    "title": ("title", "dc:title"),
    "media title": ("media:title",),
    "text": (*_SUMMARIES, *_CONTENTS),
    "subtitle": tuple(_SUBTITLES),
    "link": ("link",),
    "id": ("guid", "id"),
    "author": ("author", "dc:creator", "dc:author", "itunes:author", "managingeditor"),
    "name": ("name", "itunes:name"),
    "email": ("email", "itunes:email"),
    "published": ("pubdate", "published", "issued", "dcterms:issued"),
    "updated": ("updated", "modified", "lastbuilddate", "dc:date", "dcterms:modified"),
    "created": ("created", "dcterms:created"),
    "language": ("language", "dc:language"),
    "thumbnail": ("media:thumbnail", "itunes:image"),
    "file": ("enclosure", "media:content"),
    "picture": ("image", "logo", "icon"),
    "url": ("url",),
    "ttl": ("ttl",),
    "period": ("sy:updateperiod",),
    "frequency": ("sy:updatefrequency",),
}
"""What elements are for -> how they are called, over all formats. Any other is passed over."""
_PURPOSES = {name: purpose for purpose, names in _NAMES.items() for name in names}
_HTML = frozenset(("text/html", "application/xhtml+xml"))
_SHORT_TYPES = {
    "text": "text/plain",
    "plain": "text/plain",
    "html": "text/html",
    "xhtml": "application/xhtml+xml",
}


@dataclass(frozen=True, slots=True)
class _Document:
    """What is the same for all of a document. `based` and `tongued` say that it uses xml:base
    and xml:lang at all: most do not, and asking each element is slow."""

    url: str
    root: _Element
    format: str
    based: bool
    tongued: bool
    names: dict[str, str] = field(default_factory=dict)
    purposes: dict[str, str] = field(default_factory=dict)
    sanitizer: Sanitizer = field(default_factory=Sanitizer)

    def name(self, element: _Element) -> str:
        """Return an element's name in small letters, with the usual prefix of its namespace."""
        tag = str(element.tag)
        known = self.names.get(tag)
        if known is None:
            known = self.names[tag] = _name(tag, element.prefix)
        return known

    def parts(self, element: _Element) -> _Parts:
        """Sort out what is in an element; of media:group, what is in that."""
        found: _Parts = {}
        self._add(found, element)
        for group in found.get("group", ()):
            self._add(found, group)
        return found

    def _add(self, found: _Parts, element: _Element) -> None:
        purposes = self.purposes
        for child in element:
            tag = child.tag
            if tag not in purposes:
                purposes[tag] = _PURPOSES.get(self.name(child), "")
            purpose = purposes[tag]
            if purpose in found:
                found[purpose].append(child)
            elif purpose:
                found[purpose] = [child]

    def base(self, element: _Element) -> str:
        if not self.based:
            return self.url
        base = str(element.base or "")
        return base if base.startswith(("https://", "http://")) else self.url

    def harmless(self, markup: str, element: _Element) -> str:
        return self.sanitizer.clean(markup, self.base(element))

    def language(self, element: _Element) -> str:
        """Return the language that an element or one around it declares."""
        around: _Element | None = element if self.tongued else None
        while around is not None:
            language = around.get(_LANG)
            if language is not None:
                return str(language).replace("_", "-")
            around = around.getparent()
        return ""


def _name(tag: str, prefix: str | None) -> str:
    if tag[:1] != "{":
        return tag.lower()
    namespace, _, local = tag[1:].rpartition("}")
    known = _PREFIXES.get(namespace.lower())
    if known is None:
        known = f"{prefix}:" if prefix else ""
    return (known + local).lower()


def read_xml(text: str, url: str = "") -> ParsedFeed | None:
    """Return the feed in an XML document, or None where it holds none.

    `url` is where it was read: relative links are relative to it. Raises SourceError for a
    document that is made to be too large to read.
    """
    whole, left_out = _without_excess(text)
    root = parse_xml(whole, url)
    if root is None:
        return None
    names = {"rss": "rss", "rdf:rdf": "rdf", "feed": "atom", "channel": "cdf"}
    kind = names.get(_name(str(root.tag), root.prefix), "")
    if not kind:
        return None
    document = _Document(url, root, kind, "base=" in whole, "lang" in whole)
    return _feed(document, left_out)


# ---------------------------------------------------------------- text -> tree

_FIRST_TAG = re.compile(r"<[A-Za-z_]")
_BEFORE = re.compile(
    r"""
    \s++ | <\?.*?\?> | <!--.*?-->
    | <!DOCTYPE[^\[<>]*+(?:\[(?P<subset>.*?)\]\s*+)?>
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_DECLARED_ENTITY = re.compile(
    r"""<!ENTITY\s+(\w+)\s+["']((?:&\#\w{1,8};|[^&"'<%]){0,16})["']\s*>"""
)
# XML 1.0, 2.2: these signs may not stand in a document.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NAMED = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!\#\d{1,7};|\#x[0-9a-fA-F]{1,6};)(?:(\w{1,32}+);)?", re.DOTALL
)
_NUMBERED = re.compile(r"&#(?:(\d{1,7})|x([0-9a-fA-F]{1,6}));")
_ENDLESS_TAG = re.compile(
    r"""<(?=[a-zA-Z][^<]{999})[^\s<>]++(?:\s++(?:[^\s<>"']|"[^"<]*+"|'[^'<]*+')++){500}"""
)
_OWN = frozenset(("amp", "lt", "gt", "quot", "apos"))
_COMMENT = re.compile(r"<!--(?:.*?-->|.*)", re.DOTALL)
_ITEM = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)


def has_items(text: str) -> bool:
    """Tell whether a text looks as if it had entries."""
    return _ITEM.search(_COMMENT.sub("", text)) is not None


def _without_excess(text: str) -> tuple[str, int]:
    """Cut a document behind its last allowed entry. Raises SourceError for too many tags."""
    left_out = 0
    if (
        len(text) > MAX_ENTRIES * len("<item>")
        and text.count("<item") + text.count("<entry") > MAX_ENTRIES
    ):
        starts = [found.start() for found in _ITEM.finditer(text)]
        left_out = max(0, len(starts) - MAX_ENTRIES)
        text = text[: starts[MAX_ENTRIES]] if left_out else text
    if len(text) > MAX_TAGS and text.count("<") + text.count("&") > MAX_TAGS:
        raise SourceError(said(N_("That feed is made of too many tags to be read.")))
    return text, left_out


def parse_xml(text: str, url: str = "") -> _Element | None:
    """Return the root of an XML document, mended where that is needed.

    Its document type is taken off before: no entity is ever expanded by the parser.
    """
    start, declared = _prologue(text)
    if start < 0:
        return None
    text = without_endless_tags(text[start:])
    root, faults = _parse_once(text, url)
    if not faults:
        return root
    mended = _mended(text, dict(_DECLARED_ENTITY.findall(declared)))
    root, faults = _parse_once(mended, url)
    if faults and root is not None and len(_entries_in(root)) < len(_ITEM.findall(mended)):
        return _salvaged(mended, root, url)
    return root


def _entries_in(root: _Element) -> list[_Element]:
    return list(root.iter("{*}item", "{*}entry", "{*}Item", "{*}Entry", "{*}ITEM"))


def _salvaged(text: str, root: _Element, url: str) -> _Element:
    """Return a broken document's tree, each entry read by itself: a fault costs only its own."""
    starts = [found.start() for found in _ITEM.finditer(text)]
    opening = _opening(root)
    whole = _parse_once(text[: starts[0]], url)[0]
    if whole is None:
        return root
    place = next((child for child in whole if _name(str(child.tag), None) == "channel"), whole)
    for start, end in pairwise([*starts, len(text)]):
        alone = _parse_once(opening + text[start:end], url)[0]
        place.extend([] if alone is None else _entries_in(alone)[:1])
    return whole


def _opening(root: _Element) -> str:
    """Return the start of a document in which a piece of another means what it meant there."""
    declared = "".join(
        f" xmlns{f':{prefix}' if prefix else ''}={quoteattr(str(namespace))}"
        for prefix, namespace in root.nsmap.items()
    )
    return f"<salvaged{declared}>"


def without_endless_tags(text: str) -> str:
    """Make text of tags with hundreds of attributes: they are a broken tag that took in the text
    behind it, or meant to keep libxml2 busy for hours."""
    return _ENDLESS_TAG.sub(lambda found: f"&lt;{found[0][1:]}", text)


def _parse_once(text: str, url: str) -> tuple[_Element | None, bool]:
    """Return the root, and whether there were faults."""
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser, base_url=url or None)
    except (etree.XMLSyntaxError, ValueError):
        return None, True
    return root, len(parser.error_log) > 0


def first_tag(text: str) -> int:
    """Return where a document's first tag stands, behind its declarations and comments; else -1."""
    return _prologue(text)[0]


def _prologue(text: str) -> tuple[int, str]:
    """Return where the first tag stands (or -1), and what the document type declares."""
    position = 0
    subset = ""
    while before := _BEFORE.match(text, position):
        position = before.end()
        subset = before["subset"] or subset
    first = _FIRST_TAG.search(text, position)
    return (first.start() if first else -1), subset


def _mended(text: str, entities: dict[str, str]) -> str:
    """Take out forbidden signs and the numbers of such; outside of CDATA write HTML's entities as
    signs, & as &amp;."""

    def mend(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "&amp;" if found[0] == "&" else found[0]
        if name in _OWN:
            return found[0]
        sign = entities.get(name) or html5.get(f"{name};")
        return sign if sign else f"&amp;{name};"

    return _NAMED.sub(mend, _NUMBERED.sub(_allowed, _FORBIDDEN.sub("", text)))


def _allowed(found: re.Match[str]) -> str:
    """Leave a number out that means no character: libxml2 would write half of a pair into the tree,
    where nobody can read it."""
    number = int(found[1]) if found[1] else int(found[2], 16)
    if number > 0x10FFFF or 0xD800 <= number < 0xE000 or _FORBIDDEN.match(chr(number)):
        return ""
    return found[0]


# ---------------------------------------------------------------- tree -> values


def _feed(document: _Document, left_out: int) -> ParsedFeed:
    channel = _channel(document)
    parts = document.parts(channel)
    title_html = _title(document, parts)
    feed = Feed(document.url, plain_line(title_html), _link(document, parts, channel))
    items = [item for item in _entries_in(document.root) if document.name(item) in _NAMES["entry"]]
    return ParsedFeed(
        title=feed.title,
        link=feed.link,
        language=_last(parts, "language") or document.language(channel),
        entries=tuple(_entry(document, feed, item) for item in items),
        ttl=_ttl(parts),
        title_html=title_html,
        description=_description(document, parts),
        author=_author(document, parts),
        id=_id(document, parts, channel),
        image=_feed_image(document, parts),
        published=_date(parts, "published"),
        updated=_date(parts, "updated") or _last_modified(document, channel),
        format=document.format,
        left_out=left_out,
    )


def _channel(document: _Document) -> _Element:
    """Return where the feed speaks of itself: its channel, or the root where there is none."""
    return next(iter(document.parts(document.root).get("channel", ())), document.root)


def _entry(document: _Document, feed: Feed, element: _Element) -> Entry:
    parts = document.parts(element)
    title_html = _title(document, parts)
    summary, content = _texts(document, parts)
    files = _files(parts)
    return Entry(
        feed=feed,
        link=_link(document, parts, element),
        title=plain_line(title_html),
        id=_id(document, parts, element),
        title_html=title_html,
        summary=summary,
        content=content,
        author=_author(document, parts),
        published=_date(parts, "published") or _date(parts, "created"),
        updated=_date(parts, "updated") or _last_modified(document, element),
        language=_last(parts, "language") or document.language(element),
        image=_image(document, parts, files),
        enclosures=_enclosures(document, files),
    )


def _text(element: _Element) -> str:
    if len(element):
        return "".join(str(piece) for piece in element.itertext()).strip()
    return str(element.text or "").strip()


def _last(parts: _Parts, purpose: str) -> str:
    """Return the text of the last element for a purpose that has one."""
    for child in reversed(parts.get(purpose, ())):
        text = _text(child)
        if text:
            return text
    return ""


def _date(parts: _Parts, purpose: str) -> datetime | None:
    return parse_date(_last(parts, purpose)) if purpose in parts else None


def _last_modified(document: _Document, element: _Element) -> datetime | None:
    return parse_date(_attribute(element, "lastmod")) if document.format == "cdf" else None


def _attribute(element: _Element, name: str) -> str:
    """Return an attribute whose name may be written in large or small letters."""
    return next((str(v) for k, v in element.items() if str(k).lower() == name), "")


def _title(document: _Document, parts: _Parts) -> str:
    """Return the first title there is; one of the media in an entry is the last resort."""
    for child in (*parts.get("title", ()), *parts.get("media title", ())):
        title = _markup(document, child, "text/plain")
        if title:
            return title
    return ""


def _texts(document: _Document, parts: _Parts) -> tuple[str, str]:
    """Return an entry's summary and content. A second summary is content, and content without a
    summary is both."""
    summary: str | None = None
    contents: list[str] = []
    for child in parts.get("text", ()):
        name = document.name(child)
        if name in _SUMMARIES and (summary is None or contents):
            summary = _markup(document, child, _SUMMARIES[name])
        else:
            default = _CONTENTS.get(name, "text/plain")
            contents.append(_markup(document, child, default))
            if summary is None and _kind(child, default) in {"text/plain", *_HTML}:
                summary = contents[-1]
    return summary or "", next((content for content in contents if content), "")


def _description(document: _Document, parts: _Parts) -> str:
    for child in (*parts.get("subtitle", ()), *parts.get("text", ())):
        default = (_SUMMARIES | _SUBTITLES).get(document.name(child))
        if default:
            return _markup(document, child, default)
    return ""


def _link(document: _Document, parts: _Parts, element: _Element) -> str:
    """Return the page: the last alternate link, else CDF's attribute, else a permalink."""
    link, place = "", element
    if document.format == "cdf":
        link = _attribute(element, "href")
    for child in parts.get("link", ()):
        alternate = _alternate(child)
        if alternate:
            link, place = alternate, child
    if not link:
        link = next((_text(child) for child in parts.get("id", ()) if _is_permalink(child)), "")
        link = link if "://" in link else ""
    return absolute(document.base(place), link) if link else ""


def _alternate(link: _Element) -> str:
    """Return the address that a link element gives, where it leads to the page itself."""
    if link.get("rel", "alternate").lower() != "alternate":
        return ""
    address = _address(link)
    if not address:
        return _text(link).replace("&amp;", "&")
    media_type = link.get("type", "text/html").lower()
    return address if _SHORT_TYPES.get(media_type, media_type) in _HTML else ""


def _address(element: _Element) -> str:
    return str(element.get("href") or element.get("url") or element.get("uri") or "")


def _is_permalink(guid: _Element) -> bool:
    return _attribute(guid, "ispermalink") in {"", "true"}


def _id(document: _Document, parts: _Parts, element: _Element) -> str:
    """Return what the feed calls it; a path is made absolute."""
    for child in reversed(parts.get("id", ())):
        text = _text(child)
        relative = "/" in text and ":" not in text and _is_permalink(child)
        return absolute(document.base(child), text) if relative else text
    return str(element.get(_RDF_ABOUT, ""))


def _author(document: _Document, parts: _Parts) -> str:
    for child in reversed(parts.get("author", ())):
        person = _person(document, child)
        if person:
            return person
    return ""


def _person(document: _Document, element: _Element) -> str:
    """Return "name (address)", as far as it is told."""
    if not len(element):
        return " ".join(_text(element).split())
    parts = document.parts(element)
    name, email = _last(parts, "name"), _last(parts, "email")
    return f"{name} ({email})" if name and email else name or email


def _files(parts: _Parts) -> list[_Element]:
    """Return the elements that name files which go with an entry."""
    links = [link for link in parts.get("link", ()) if link.get("rel") == "enclosure"]
    return parts.get("file", []) + links


def _image(document: _Document, parts: _Parts, files: Sequence[_Element]) -> str:
    """Return the picture that goes with an entry: a thumbnail, or a file that is one."""
    pictures = [file for file in files if _is_picture(file)]
    for child in parts.get("thumbnail", []) + pictures:
        address = _address(child)
        if address:
            return absolute(document.base(child), address)
    return ""


def _is_picture(file: _Element) -> bool:
    return str(file.get("type", "")).startswith("image/") or file.get("medium") == "image"


def _feed_image(document: _Document, parts: _Parts) -> str:
    for child in parts.get("picture", ()):
        link = _last(document.parts(child), "url") if len(child) else _text(child)
        if link:
            return absolute(document.base(child), link)
    return _image(document, parts, ())


def _enclosures(document: _Document, files: Sequence[_Element]) -> tuple[Enclosure, ...]:
    named = [(file, _address(file)) for file in files]
    return tuple([_enclosure(document, file, address) for file, address in named if address])


def _enclosure(document: _Document, element: _Element, link: str) -> Enclosure:
    length = (element.get("length") or element.get("fileSize") or "").strip()
    return Enclosure(
        absolute(document.base(element), link),
        element.get("type", "").lower(),
        int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None,
    )


_PERIODS = {"hourly": 60, "daily": 1440, "weekly": 10_080, "monthly": 43_200, "yearly": 525_600}


def _ttl(parts: _Parts) -> int | None:
    """Return a feed's ttl in minutes, or what RSS 1.0's syndication module says to the same end."""
    ttl = _count(_last(parts, "ttl"))
    if ttl:
        return ttl
    period = _PERIODS.get(_last(parts, "period").lower())
    times = _count(_last(parts, "frequency")) or 1
    return max(1, period // times) if period else None


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


# ---------------------------------------------------------------- one text element -> markup

_C1 = re.compile("[\x80-\x9f]")
_WINDOWS = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}


def _kind(element: _Element, default: str) -> str:
    kind = str(element.get("type", default)).lower()
    return _SHORT_TYPES.get(kind, kind)


def _markup(document: _Document, element: _Element, default: str) -> str:
    """Return what a text element holds: harmless HTML, or plain text where it is that."""
    kind = _kind(element, default)
    if len(element):
        kind = kind if kind.endswith("xml") else "application/xhtml+xml"
        text = _inner(document, element)
    else:
        text = element.text or ""
    if element.get("mode") == "base64" or not _TEXTUAL.match(kind):
        text = _from_base64(text)
    text = text.strip() if text.isascii() else _recoded(text.strip())
    if kind == "text/plain" and document.format != "atom" and looks_like_html(text):
        kind = "text/html"
    return document.harmless(text, element) if kind in _HTML else text


_TEXTUAL = re.compile(r"text/|.*[+/]xml$")


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode(text.encode()).decode()
    except (binascii.Error, ValueError):
        return text


def _recoded(text: str) -> str:
    """Undo what is done to texts on the way: UTF-8 read as latin-1, cp1252 taken for latin-1."""
    with suppress(ValueError):
        text = text.encode("latin-1").decode()
    return text.translate(_WINDOWS) if _C1.search(text) else text


def _inner(document: _Document, element: _Element) -> str:
    """Return the markup inside an element; of a lone <div> that only wraps it, the inside."""
    children = list(element)
    wraps = str(document.root.tag) == _ATOM_FEED and _is_alone(children, element)
    if wraps and document.name(children[0]) in {"xhtml:div", "div"}:
        return _inner_of(children[0])
    return _inner_of(element)


def _is_alone(children: Sequence[_Element], element: _Element) -> bool:
    around = (element.text or "") + (children[0].tail or "")
    return len(children) == 1 and not around.strip()


def _inner_of(element: _Element) -> str:
    pieces = [_escaped(element.text or "")]
    pieces += [etree.tostring(child, encoding="unicode") for child in element]
    return "".join(pieces)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
