"""What a page says of itself: JSON-LD, OpenGraph, meta and time tags. Knows no article text.

Where sources disagree the more deliberate one wins: JSON-LD (schema.org), then meta tags, then what
is printed on the page. See schema.org/Article and ogp.me.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from rapidfuzz import fuzz

Element = Any  # lxml ships no types
Node = Mapping[str, Any]

MAX_SCRIPT = 2_000_000
"""Characters of one JSON-LD script; a longer one is not read."""
_MAX_NODES = 3_000
_MAX_CHARACTERS = 500
"""Of a title, a name, a link's text: a longer one is cut."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says of itself; "" or None where it does not. Links are absolute.

    `published` is aware, in the page's own offset (UTC where it gives none). `language` is an
    ISO 639-1 code. `is_article` says that the page calls itself one.
    """

    title: str = ""
    author: str = ""
    published: datetime | None = None
    site: str = ""
    image: str = ""
    url: str = ""
    language: str = ""
    is_article: bool = False


def metadata(root: Element, url: str = "") -> Metadata:
    """Return what the tree of a page says. Never raises for odd content."""
    nodes = list(_json_ld(root))
    article = _article_node(nodes)
    metas = _metas(root)
    site = _site(nodes, metas)
    return Metadata(
        title=_title(root, article, metas, site),
        author=_author(root, article, metas, nodes),
        published=_published(root, article, metas, nodes),
        site=site,
        image=_web_link(_image(article, metas), url),
        url=_canonical(root, metas, url),
        language=_language(root, article, metas),
        is_article=bool(article) or metas.get("og:type", "").lower() == "article",
    )


# --- JSON-LD -----------------------------------------------------------------------------------

_ARTICLES = re.compile(r"Article$|^BlogPosting$|^Report$|^Review$|^LiveBlogPosting$|^Recipe$")
_PAGES = frozenset({"WebPage", "ItemPage", "AboutPage", "FAQPage", "MedicalWebPage", "Product"})


def _json_ld(root: Element) -> Iterator[Node]:
    """Yield every object of every JSON-LD script, however nested."""
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            yield from _nodes(_loaded(script.text or ""))


def _loaded(text: str) -> Any:  # noqa: ANN401 - JSON is anything
    text = re.sub(r"^\s*(?:<!--|//<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\]\]>|\]\]>)\s*$", "", text)
    if len(text) > MAX_SCRIPT:
        return None
    try:
        return json.loads(text.strip().rstrip(";"), strict=False)
    except (ValueError, RecursionError):
        return None


def _nodes(value: Any) -> Iterator[Node]:  # noqa: ANN401 - JSON is anything
    """Walk breadth first, without recursion, as far as `_MAX_NODES` values."""
    queue = [value]
    for looked in queue:
        if isinstance(looked, dict):
            yield looked
        inner = looked.values() if isinstance(looked, dict) else looked
        if isinstance(looked, (dict, list)) and len(queue) < _MAX_NODES:
            queue += [item for item in inner if isinstance(item, (dict, list))]


def _types(node: Node) -> list[str]:
    named = node.get("@type")
    some = named if isinstance(named, list) else [named]
    return [kind.rpartition("/")[2] for kind in some if isinstance(kind, str)]


def _article_node(nodes: Iterable[Node]) -> Node:
    """Return the first object that is an article, or has a headline; {} where none is."""
    some = [node for node in nodes if any(_ARTICLES.search(kind) for kind in _types(node))]
    told = [node for node in some if _text(node.get("headline")) or _text(node.get("name"))]
    return next(iter([*told, *some]), {})


def _text(value: Any) -> str:  # noqa: ANN401 - JSON is anything
    """Return a text of one line, entities decoded, or ""."""
    if isinstance(value, list):
        return next((text for item in value if (text := _text(item))), "")
    if isinstance(value, dict):
        return _text(value.get("@value") or value.get("name") or "")
    return _line(value) if isinstance(value, str) else ""


_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def _line(text: str) -> str:
    """Return one line without what nobody sees: control characters, overrides, zero widths."""
    start = text[: 4 * _MAX_CHARACTERS]
    decoded = html.unescape(html.unescape(start)) if "&" in start else start
    readable = decoded.encode("utf-8", "ignore").decode("utf-8")  # no lone surrogate
    line = " ".join(_UNSEEN.sub("", re.sub(r"\s", " ", readable)).split())
    return line if len(line) <= _MAX_CHARACTERS else f"{line[: _MAX_CHARACTERS - 1]}…"


# --- meta tags ---------------------------------------------------------------------------------


def _metas(root: Element) -> dict[str, str]:
    """Return the content of each meta tag by its name, small letters; the first one wins."""
    found: dict[str, str] = {}
    for tag in root.iter("meta"):
        name = tag.get("property") or tag.get("name") or tag.get("itemprop")
        name = name or tag.get("http-equiv") or ""
        content = _line(tag.get("content") or "")
        if name and content:
            found.setdefault(name[:100].lower().strip(), content)
    return found


def _first(metas: Mapping[str, str], *names: str) -> str:
    return next((metas[name] for name in names if name in metas), "")


# --- the site ----------------------------------------------------------------------------------


def _site(nodes: Iterable[Node], metas: Mapping[str, str]) -> str:
    named = _first(metas, "og:site_name", "application-name", "al:android:app_name")
    return named or next(
        (
            name
            for kind in ("WebSite", "NewsMediaOrganization", "Organization")
            for node in nodes
            if kind in _types(node) and (name := _text(node.get("name")))
        ),
        "",
    )


# --- the title ---------------------------------------------------------------------------------

_SEPARATOR = re.compile(r"\s+[|–—·•»«›-]\s+|\s*[|»]\s*|:\s+")


def _title(root: Element, article: Node, metas: Mapping[str, str], site: str) -> str:
    """Return the heading that the page shows, if it is the only one or another source confirms it;
    else what those say.
    """
    headings = [h for h in _headings(root, "h1") if not (site and _same_name(h, site))]
    headline = _text(article.get("headline"))
    shared = _first(metas, "og:title", "twitter:title", "dc.title", "title", "parsely-title")
    titled = next((_line(tag.text_content()) for tag in root.iter("title")), "")
    for told in (headline, shared, titled):
        for heading in headings:
            if told and _agree(heading, told):
                return heading
    if len(headings) == 1 and len(headings[0].split()) >= 3:
        return headings[0]
    told = shared or titled
    second = [h for h in _headings(root, "h2") if len(h) > 0.5 * len(told) and h in told]
    if second and not headline:
        return second[0]
    return headline or _without_site(told, site) or next(iter(headings), "")


def _headings(root: Element, kind: str) -> list[str]:
    found = [_line(tag.text_content()) for tag in islice(root.iter(kind), 5)]
    return [heading for heading in found if len(heading) > 2]


def _agree(heading: str, told: str) -> bool:
    """Whether a heading says what the page's title says, the site's name apart."""
    short, long = heading.casefold(), told.casefold()
    if short in long:
        return len(short.split()) >= 3 or len(short) >= 0.4 * len(long)
    return fuzz.token_set_ratio(short, long) >= 70 and fuzz.ratio(short, long) >= 50


def _without_site(title: str, site: str) -> str:
    """Cut the site's name off the end (or the start) of a title."""
    parts = [(cut.start(), cut.end()) for cut in _SEPARATOR.finditer(title)]
    if not parts:
        return title
    (_, first_end), (last_start, last_end) = parts[0], parts[-1]
    if site and _same_name(title[last_end:], site):
        return title[:last_start]
    if site and _same_name(title[:first_end].rstrip(" |–—·•»«›-:"), site):
        return title[first_end:]
    short_tail = len(title[last_end:].split()) <= 4 and len(title[:last_start].split()) >= 3
    return (
        title[:last_start]
        if short_tail and title[last_start:last_end].strip() in "|–—·•-"
        else title
    )


def _same_name(one: str, other: str) -> bool:
    bare = [re.sub(r"[\W_]|(?:^the)|(?:\.com$)", "", name.casefold()) for name in (one, other)]
    return bool(bare[0]) and (bare[0] in bare[1] or bare[1] in bare[0])


# --- the author --------------------------------------------------------------------------------

_BY = re.compile(
    r"^(?:(?:written|posted|words|story|reviewed|published|text)\s+)?(?:by|par|von|por|di|da|door|av|"
    r"af|автор)\b\s*:?\s+|^(?:author|auteur|autor|autore)\s*:\s*",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"https?:|www\.|@|^\d+$|^(?:admin|administrator|editor|author|root|user)$", re.I
)
_BYLINES = (
    "descendant::*[@itemprop='author']//*[@itemprop='name']",
    "descendant::*[@itemprop='author']",
    "descendant::a[contains(concat(' ', normalize-space(@rel), ' '), ' author ')]",
    (
        "descendant::*[contains(@class, 'author-name') or contains(@class, 'author__name') or "
        "contains(@class, 'authorName') or contains(@class, 'byline-name') or "
        "contains(@class, 'author_name')]"
    ),
    "descendant::a[contains(@href, '/author/') or contains(@href, '/authors/')]",
    "descendant::*[contains(@class, 'yline') or contains(@class, 'author')]",
)


def _author(root: Element, article: Node, metas: Mapping[str, str], nodes: Iterable[Node]) -> str:
    told = _people(article.get("author") or article.get("creator"), nodes)
    told = told or _names([_first(metas, "author", "article:author", "parsely-author", "byl")])
    told = told or _names([_first(metas, "dc.creator", "dcterms.creator", "sailthru.author")])
    told = told or (
        _names([metas.get("twitter:data1", "")])
        if "by" in metas.get("twitter:label1", "").lower().split()
        else ""
    )
    return told or _byline(root)


def _people(value: Any, nodes: Iterable[Node]) -> str:  # noqa: ANN401 - JSON is anything
    """Return the names of one or more schema.org persons, references resolved."""
    some = value if isinstance(value, list) else [value]
    names = []
    for person in some[:10]:
        known = person
        if isinstance(person, dict) and "name" not in person and "@id" in person:
            known = next(
                (n for n in nodes if n.get("@id") == person["@id"] and "name" in n), person
            )
        names.append(_text(known))
    return _names(names)


def _names(found: Iterable[str]) -> str:
    """Return real names, without "By" and what is none, each once, joined by commas."""
    names = [_BY.sub("", name).strip(" ,;|·•-–—") for name in found]
    return ", ".join(
        dict.fromkeys(n for n in names if n and len(n) <= 150 and not _NO_NAME.search(n))
    )


def _byline(root: Element) -> str:
    """Return the name that is printed on the page as the writer's."""
    for path in _BYLINES:
        for tag in root.xpath(path)[:3]:
            name = _names([_line(tag.get("content") or tag.text_content())])
            if 1 <= len(name.split()) <= 6 and len(name) <= 60 and not re.search(r"\d", name):
                return name
    return ""


# --- the date ----------------------------------------------------------------------------------

_DATED = (
    "article:published_time", "og:published_time", "datepublished", "date", "pubdate",
    "publish-date", "publishdate", "publish_date", "published_time", "article:published",
    "parsely-pub-date", "sailthru.date", "dc.date", "dc.date.issued", "dcterms.created",
    "dcterms.date", "dc.date.created", "dcterms.issued", "citation_publication_date",
    "citation_date", "citation_online_date", "article.published", "cxenseparse:recs:publishtime",
    "ptime", "originalpublicationdate", "datecreated", "og:article:published_time",
)  # fmt: skip
_DAY = re.compile(r"^(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?")


def _published(
    root: Element, article: Node, metas: Mapping[str, str], nodes: Iterable[Node]
) -> datetime | None:
    """Return the first declared moment that can be read."""
    told = [_text(article.get("datePublished"))]
    told += [metas[name] for name in _DATED if name in metas]
    told += [_text(n.get("datePublished")) for n in nodes if _PAGES.intersection(_types(n))]
    told += [_text(article.get("dateCreated")), *_times(root)]
    return next((moment for text in told if (moment := moment_of(text))), None)


def _times(root: Element) -> Iterator[str]:
    for tag in root.xpath("descendant::*[@itemprop='datePublished']")[:3]:
        yield tag.get("datetime") or tag.get("content") or _line(tag.text_content())
    for tag in root.xpath("descendant::time[@pubdate or contains(@class, 'publish')]")[:3]:
        yield tag.get("datetime") or ""
    times = {tag.get("datetime")[:10] for tag in root.iter("time") if tag.get("datetime")}
    if len(times) == 1:  # several may be of other articles
        yield times.pop()


def moment_of(text: str) -> datetime | None:
    """Return the aware moment that an ISO 8601 text names, or None. Without an offset, UTC."""
    moment = _iso(text.strip()) or _day_of(text.strip())
    if moment is None or not 1990 <= moment.year <= 2100:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _day_of(text: str) -> datetime | None:
    found = _DAY.match(text)
    try:
        return (
            datetime(int(found[1]), int(found[2]), int(found[3] or 1), tzinfo=UTC)
            if found
            else None
        )
    except ValueError:
        return None


# --- image, link, language ---------------------------------------------------------------------


def _image(article: Node, metas: Mapping[str, str]) -> str:
    shared = _first(metas, "og:image", "og:image:url", "og:image:secure_url", "twitter:image")
    return shared or metas.get("twitter:image:src", "") or _picture(article.get("image"))


def _picture(value: Any) -> str:  # noqa: ANN401 - JSON is anything
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("url") or value.get("contentUrl")
    return _text(value)


def _canonical(root: Element, metas: Mapping[str, str], fetched: str) -> str:
    """Return the address that a page gives itself, if it is a link; else `fetched`."""
    named = [
        tag.get("href") or ""
        for tag in root.iter("link")
        if "canonical" in (tag.get("rel") or "").lower().split()
    ]
    for link in [*named, metas.get("og:url", "")]:
        whole = _web_link(link, fetched)
        if whole and not (
            urlsplit(whole).path in {"", "/"} and urlsplit(fetched).path not in {"", "/"}
        ):
            return whole
    return fetched


def _web_link(link: str, base: str) -> str:
    """Return a link as an absolute one of the web, or ""."""
    try:
        whole = urljoin(base, _line(link)) if link else ""
        parts = urlsplit(whole)
    except ValueError:
        return ""
    safe = (
        parts.scheme in {"http", "https"} and parts.hostname and not re.search(r"[\s<>\"]", whole)
    )
    return whole if safe and len(whole) < 2_000 else ""


def _language(root: Element, article: Node, metas: Mapping[str, str]) -> str:
    told = [
        next((tag.get("lang") or "" for tag in root.iter("html")), ""),
        _text(article.get("inLanguage")),
        _first(metas, "og:locale", "content-language", "language", "dc.language"),
    ]
    codes = (re.match(r"[A-Za-z]{2}(?![A-Za-z])", text.strip()) for text in told)
    return next((code[0].lower() for code in codes if code), "")
