"""The HTML inside feeds -> harmless HTML, or plain text. Knows no feed and no network.

A stream filter, as feedparser's sanitiser is and with the same results: known tags are written
anew with known attributes, everything else is dropped or escaped. One pass of one regular
expression whose every part is bounded or possessive, so the time is linear in the input.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from html.entities import codepoint2name, name2codepoint
from itertools import repeat
from operator import contains
from urllib.parse import urljoin

MAX_TAGS = 30_000
"""The most different tags that are written for one document; no real one comes near."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ELEMENTS = _words("""
    a abbr acronym address area article aside audio b big blockquote br button canvas caption center
    cite code col colgroup command datagrid datalist dd del details dfn dialog dir div dl dt em
    event-source fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 header hr i img input
    ins kbd keygen label legend li m map menu meter multicol nav nextid noscript ol optgroup option
    output p pre progress q s samp section select small sound source spacer span strike strong sub
    sup table tbody td textarea tfoot th thead time tr tt u ul var video
    """)
_EMPTY = _words("area br col command hr img input keygen source")
_HIDDEN = frozenset(("applet", "script", "style"))  # their text goes too
_ATTRIBUTES = _words("""
    abbr accept accept-charset accesskey action align alt autocomplete autofocus axis background
    balance bgcolor bgproperties border bordercolor bordercolordark bordercolorlight bottompadding
    cellpadding cellspacing ch challenge char charoff charset checked choff cite class clear color
    cols colspan compact contenteditable controls coords data datafld datapagesize datasrc datetime
    default delay dir disabled draggable dynsrc enctype end face for form frame galleryimg gutter
    headers height hidden hidefocus high href hreflang hspace icon id inputmode ismap keytype label
    lang leftspacing list longdesc loop loopcount loopend loopstart low lowsrc max maxlength media
    method min multiple name nohref noshade nowrap open optimum pattern ping point-size poster pqg
    preload prompt radiogroup readonly rel repeat-max repeat-min replace required rev rightspacing
    rows rowspan rules scope selected shape size span src start step style summary suppress tabindex
    target template title toppadding type unselectable urn usemap valign value variable volume vrml
    vspace width wrap xml:lang
    """)
_LINKS = frozenset(
    {"href", "src", "action", "cite", "longdesc", "poster", "usemap", "background", "data", "icon"}
    | {"lowsrc", "dynsrc", "ping", "urn"}
)
_SCHEMES = _words("""
    http https ftp sftp mailto news nntp magnet tel sip sips irc ircs xmpp feed git svn callto skype
    """)

# A tag ends at the first > outside of quotes; a quote that does not close soon is no quote.
_TOKEN = re.compile(
    r"""
    <!--(?:.*?-->|.*)                                       # a comment, closed or not
    | <(?P<end>/?)(?:\w{1,40}:)?(?P<name>[a-zA-Z][\w-]{0,40}+)
      (?P<rest>(?:[^<>"']|"[^"<>]*+"|'[^'<>]*+'|"[^"]{0,300}"|'[^']{0,300}'|["'])*+)>
    | <[!?][^<>]{0,4000}+>                                  # a declaration
    | <(?=[a-zA-Z/!?])                                      # a tag that never ends
    """,
    re.VERBOSE | re.DOTALL,
)
_INSIDE = re.compile(r"(/?)(?:\w{1,40}:)?([a-zA-Z][\w-]*+)([^<>]*)")
_CLOSED_QUOTES = re.compile(r"""(?:[^"']++|"[^"]*+"|'[^']*+')*+""")
# What comes out whole, closed or not. What is left is read again, so that a tag put together by
# taking something out of its middle is judged as any other.
_COMMENT = re.compile(r"<!--(?:.*?-->|.*)", re.DOTALL)
_HIDDEN_WHOLE = re.compile(
    r"<(script|style|applet)\b[^<>]*+>(?:.*?</\1\s*+>|.*)", re.DOTALL | re.IGNORECASE
)
_ATTRIBUTE = re.compile(
    r"""([a-zA-Z_][\w:.-]*+)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]*+))?""",
)
_REFERENCE = re.compile(
    r"&(?!(?:amp|lt|gt|quot|nbsp|\#8\d{3}|\#160);)(?:\#(?:(\d{1,7})|[xX]([0-9a-fA-F]{1,6}));?|(\w{1,32}+;?))?"
)
_BARE = re.compile(r"&(?!#?\w{1,32};)")
_CLOSE = {name: re.compile(rf"</{name}\s*+>", re.IGNORECASE) for name in _HIDDEN}
_WINDOWS = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}
"""What numbers 128 to 159 mean in practice (WHATWG HTML, numeric character references)."""


class _Untidy(Exception):  # noqa: N818 - it says what the markup is
    """Markup holds what is neither text nor a whole tag."""


@dataclass(slots=True)
class _Budget:
    """How many more different tags of a document are written; the others are left out."""

    left: int = MAX_TAGS

    def write(self, name: str, end: str, rest: str, base: str) -> str:
        self.left -= 1
        return _write_tag(name, end, rest, base) if self.left >= 0 else ""


class _Tags(dict[str, str]):
    """Tags as they were written, without their <>, -> as we write them, each worked out once."""

    def __init__(self, base: str, budget: _Budget) -> None:
        super().__init__(_BARE_TAGS)
        self.base = base
        self.budget = budget

    def __missing__(self, source: str) -> str:
        tag = _INSIDE.fullmatch(source)
        if tag is None:
            raise _Untidy
        end, name, rest = tag[1], tag[2].lower(), tag[3]
        if name in _HIDDEN or (_has_odd_quotes(rest) and not _CLOSED_QUOTES.fullmatch(rest)):
            raise _Untidy  # perhaps its > stands between quotes
        written = self.budget.write(name, end, rest, self.base)
        if len(source) < 200 and self.budget.left > 0:
            self[source] = written
        return written


def _has_odd_quotes(rest: str) -> bool:
    return "'" in rest or rest.count('"') % 2 == 1


class Sanitizer:
    """Makes HTML harmless: no scripts, styles, handlers and unknown tags; links made absolute.

    One for each document: it remembers the tags it has written, as the same ones come again and
    again, and writes no more than MAX_TAGS different ones, which bounds its time.
    """

    def __init__(self) -> None:
        self._budget = _Budget()
        self._tags: dict[str, _Tags] = {}

    def clean(self, markup: str, base: str = "") -> str:
        """Return harmless HTML, its links relative to `base`."""
        if "&" in markup:
            markup = _text(markup.replace("&#39;", "'").replace("&#34;", '"'))
        if "<" not in markup:
            return markup.strip()
        tags = self._tags.get(base)
        if tags is None:
            tags = self._tags[base] = _Tags(base, self._budget)
        markup = markup.replace("\r\n", "\n")
        if "<!--" in markup:
            markup = _COMMENT.sub("", markup)
        for reader in (_clean_tidy, _clean_tidied, _clean_any):
            try:
                return reader(markup, tags).strip()
            except _Untidy:
                continue
        return ""


def _clean_tidy(markup: str, known: _Tags) -> str:
    """Clean what is nothing but text and whole tags, fast; else raise _Untidy."""
    start, *rest = markup.split("<")
    if not all(map(contains, rest, repeat(">"))):
        raise _Untidy
    if markup.count(">") == len(rest):  # < and > take turns, so every other part is a tag
        parts = markup.replace(">", "<").split("<")
        parts[1::2] = map(known.__getitem__, parts[1::2])
        return "".join(parts)
    return start + "".join(
        [known[tag] + text for tag, text in [piece.split(">", 1) for piece in rest]]
    )


def _clean_tidied(markup: str, known: _Tags) -> str:
    return _clean_tidy(_HIDDEN_WHOLE.sub("", markup), known)


def _clean_any(markup: str, known: _Tags) -> str:
    pieces: list[str] = []
    position = 0
    for token in _TOKEN.finditer(markup):
        if token.start() < position:  # inside of something hidden
            continue
        pieces.append(markup[position : token.start()])
        position = token.end()
        name = (token["name"] or "").lower()
        if name in _HIDDEN:
            position = position if token["end"] else _end_of(name, markup, position)
        elif name:
            pieces.append(known.budget.write(name, token["end"], token["rest"], known.base))
        elif token[0] == "<":
            pieces.append("&lt;")
    pieces.append(markup[position:])
    return "".join(pieces)


def harmless(markup: str, base: str = "") -> str:
    """Return HTML made harmless, its links made absolute."""
    return Sanitizer().clean(markup, base)


def _end_of(name: str, markup: str, position: int) -> int:
    closed = _CLOSE[name].search(markup, position)
    return closed.end() if closed else len(markup)


def _text(text: str) -> str:
    return _REFERENCE.sub(_reference, text)


def _reference(found: re.Match[str]) -> str:
    """Write a character reference as it was meant; a bare & is an ampersand."""
    decimal, hexadecimal, name = found.groups()
    if name:
        known = name.endswith(";") and (name[:-1] in name2codepoint or name == "apos;")
        return found[0] if known else f"&amp;{name}"
    if not decimal and not hexadecimal:
        return "&"
    number = int(decimal) if decimal else int(hexadecimal, 16)
    if number in _WINDOWS:
        return f"&#x{ord(_WINDOWS[number]):x};"
    return f"&#{decimal};" if decimal else f"&#x{hexadecimal.lower()};"


def _write_tag(name: str, end: str, rest: str, base: str) -> str:
    """Return one tag written anew."""
    if name not in _ELEMENTS:
        return ""
    if end:
        return "" if name in _EMPTY else f"</{name}>"
    attributes = _attributes(rest, base) if rest else ""
    if name in _EMPTY:
        return f"<{name}{attributes} />"
    return f"<{name}{attributes}></{name}>" if rest.endswith("/") else f"<{name}{attributes}>"


def _attributes(source: str, base: str) -> str:
    found = {}
    for written, value in _ATTRIBUTE.findall(source.removesuffix("/")):
        name = written.lower()
        if name in _ATTRIBUTES:
            found[name] = value[1:-1] if value[:1] in _QUOTES else value
    return "".join(
        [
            f' {name}="{found[name]}"'
            if _AS_IT_IS[name in _CAREFUL](found[name])
            else _attribute(name, found[name], base)
            for name in sorted(found)
        ]
    )


def _attribute(name: str, value: str, base: str) -> str:
    if name == "style":
        value = harmless_style(html.unescape(value))
        if not value:
            return ""
    elif name in _LINKS and value:
        if "&" in value or not _ABSOLUTE.match(value):
            value = absolute(base, html.unescape(value))
    elif name in _LOWERED:
        value = value.lower()
    if _SPECIAL.search(value):
        value = _BARE.sub("&amp;", _text(value))
        value = value.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return f' {name}="{value}"'


_QUOTES = frozenset(("'", '"'))
_LOWERED = frozenset(("rel", "type"))
_CAREFUL = _LINKS | _LOWERED | {"style"}
_AS_IT_IS = (
    re.compile(r"""[^&<>"]*+""").fullmatch,
    re.compile(r"""https?://[^/\s&<>"][^\s&<>"]*+""").fullmatch,
)
"""What needs no work: values without signs to escape, and among those that do, absolute links."""
_SPECIAL = re.compile(r"""[&<>"]""")
_BARE_TAGS = {
    f"{end}{name}{space}": _write_tag(name, end, space, "")
    for name in _ELEMENTS
    for end, space in (("", ""), ("/", ""), ("", "/"), ("", " /"))
    if not space or name in _EMPTY
}
"""The tags without attributes, as they come most."""

_SCHEME = re.compile(r"\s*([a-zA-Z][\w+.-]*+):")
_ABSOLUTE = re.compile(r"https?://[^/\s]")
_SLASHES = re.compile(r"^([A-Za-z][\w+.-]*://)/+")
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0]+")


def absolute(base: str, link: str) -> str:
    """Return a link made absolute, or "" for one whose scheme is not for readers (javascript:)."""
    link = link.strip()
    if _ABSOLUTE.match(link):
        return link
    link = _join(base, link)
    scheme = _SCHEME.match(_UNSEEN.sub("", link[:100]))
    return link if scheme is None or scheme[1].lower() in _SCHEMES else ""


def _join(base: str, link: str) -> str:
    try:
        return urljoin(base, _SLASHES.sub(r"\1", link))
    except ValueError:  # "http://[" and its like
        return ""


_STYLES = _words("""
    azimuth background-color border-bottom-color border-collapse border-color border-left-color
    border-right-color border-top-color clear color cursor direction display elevation float font
    font-family font-size font-style font-variant font-weight height letter-spacing line-height
    overflow pause pause-after pause-before pitch pitch-range richness speak speak-header
    speak-numeral speak-punctuation speech-rate stress text-align text-decoration text-indent
    unicode-bidi vertical-align voice-family volume white-space width
    """)
_BOXES = frozenset(("background", "border", "margin", "padding"))
_BOX_WORDS = _words("""
    !important aqua auto black block blue bold both bottom brown center collapse dashed dotted
    fuchsia gray green italic left lime maroon medium navy none normal nowrap olive pointer purple
    red right silver solid teal top transparent underline white yellow
    """)
_BOX_VALUE = re.compile(
    r"#[0-9a-f]+|rgb\(\d+%?,\d*%?,?\d*%?\)?|\d{0,2}\.?\d{0,2}(?:cm|em|ex|in|mm|pc|pt|px|%|,|\))?"
)
_STYLE_URL = re.compile(r"url\s*\(\s*[^\s)]{1,2000}\s*\)\s*")
_STYLE_SIGNS = re.compile(
    r"""(?:[:,;#%.\sa-zA-Z0-9!_-]|'[\s\w]{1,200}+'|"[\s\w]{1,200}+"|\([\d,\s]{1,200}+\))*+"""
)
_DECLARATION = re.compile(r"\s*+([-\w]++)\s*+:\s*+([^:;]*+)(?:;|$)")


def harmless_style(style: str) -> str:
    """Return the declarations of a style attribute that only dress text (feedparser's rules)."""
    style = _STYLE_URL.sub(" ", style[:4000])
    if not _STYLE_SIGNS.fullmatch(style) or _DECLARATION.sub("", style).strip():
        return ""
    kept = [
        f"{name}: {value};"
        for name, value in _DECLARATION.findall(style)
        if value and _only_dresses(name.lower(), value)
    ]
    return " ".join(kept)


def _only_dresses(name: str, value: str) -> bool:
    if name in _STYLES:
        return True
    words = value.split()
    return name.partition("-")[0] in _BOXES and all(
        word in _BOX_WORDS or _BOX_VALUE.fullmatch(word) for word in words
    )


_CLOSED = re.compile(r"</\w+>|&#?\w{1,32};")
_TAG_NAME = re.compile(r"</?(\w+)")
_ENTITY_NAME = re.compile(r"&(\w{1,32});")
_ENTITIES = frozenset(codepoint2name.values())


def looks_like_html(text: str) -> bool:
    """Tell whether a text that claims to be plain is HTML. When in doubt it is plain."""
    if ("<" not in text and "&" not in text) or not _CLOSED.search(text):
        return False
    if any(name.lower() not in _ELEMENTS for name in _TAG_NAME.findall(text)):
        return False
    return all(name in _ENTITIES for name in _ENTITY_NAME.findall(text))


_BREAKS = _words("""
    address article aside blockquote br dd details dialog div dl dt figcaption figure footer form h1
    h2 h3 h4 h5 h6 header hr li nav ol p pre section table td th tr ul
    """)
# What is never seen and can turn a line round: controls, overrides and isolates, zero-width signs.
# The joiners (U+200C, U+200D) and the marks (U+200E, U+200F) stay: scripts and emoji need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)


def plain_text(markup: str) -> str:
    """Return the text that a reader of this HTML sees, paragraphs apart by blank lines.

    Twice encoded HTML is read twice. Text in <angle brackets> that are no HTML stays.
    """
    text = markup
    if "<" in text or "&" in text:
        text = _read_once(text)
        if looks_like_html(text):
            text = _read_once(text)
    text = _INVISIBLE.sub("", text)
    lines = (" ".join(line.split()) for line in text.split("\n\n"))
    return "\n\n".join(line for line in lines if line)


def plain_line(markup: str) -> str:
    """Return the text of this HTML on one line, as a title is."""
    if "<" not in markup and "&" not in markup:
        return " ".join(_INVISIBLE.sub("", markup).split())
    return " ".join(plain_text(markup).split())


def _read_once(markup: str) -> str:
    pieces = []
    position = 0
    for token in _TOKEN.finditer(markup):
        if token.start() < position:
            continue
        pieces.append(markup[position : token.start()])
        position = token.end()
        name = (token["name"] or "").lower()
        if name in _HIDDEN and not token["end"]:
            position = _end_of(name, markup, position)
        elif name in _BREAKS:
            pieces.append("\n\n")
        elif token[0] == "<" or (name and name not in _ELEMENTS and name not in _HIDDEN):
            pieces.append(token[0])
    pieces.append(markup[position:])
    return html.unescape("".join(pieces))
