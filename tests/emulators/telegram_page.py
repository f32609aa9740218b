"""A chat as Telegram's app shows it on a phone, as one HTML page. Knows no server.

Pure: bubbles in, a page of 390 px width out that needs nothing else. Text directions follow each
paragraph, as in the app.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from html import escape
from itertools import groupby
from unicodedata import bidirectional

from tests.emulators.telegram.entities import Formatted, Span, render


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message. `at` is in Unix seconds, `links` says which buttons open a page, `sender` is
    shown above the text in groups."""

    body: Formatted
    at: float
    is_mine: bool
    sender: str = ""
    buttons: tuple[tuple[str, ...], ...] = ()
    links: tuple[tuple[bool, ...], ...] = ()
    is_edited: bool = False
    quoted: Formatted | None = None
    quoted_from: str = ""
    photo: bytes = b""
    document: str = ""
    document_size: int = 0


def chat_page(
    bubbles: Sequence[Bubble], title: str, subtitle: str = "bot", zone: tzinfo = UTC
) -> str:
    """The page: a head with the bot's name, the messages by day, and the line to type in."""
    days = groupby(bubbles, key=lambda bubble: datetime.fromtimestamp(bubble.at, zone).date())
    talk = "".join(_day(f"{day:%B} {day.day}", list(group), zone) for day, group in days)
    name = escape(title)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{name}</title>
<meta name="viewport" content="width=390"><style>{_STYLE}</style></head>
<body><div class="phone">
<header>{_BACK}<span class="face">{escape(title[:1].upper())}</span>
<div class="who"><b dir="auto">{name}</b><small>{escape(subtitle)}</small></div>{_DOTS}</header>
<main>{talk}</main>
<footer><span class="menu">{_MENU}Menu</span><span class="type">Message</span>{_CLIP}{_MIC}</footer>
</div></body></html>
"""


def _day(day: str, bubbles: list[Bubble], zone: tzinfo) -> str:
    """A day's messages; only the last of a row by one side has a tail."""
    nexts = [*bubbles[1:], None]
    shown = [
        _bubble(bubble, zone, has_tail=after is None or after.is_mine != bubble.is_mine)
        for bubble, after in zip(bubbles, nexts, strict=True)
    ]
    return f'<div class="day"><span>{day}</span></div>' + "".join(shown)


def _bubble(bubble: Bubble, zone: tzinfo, *, has_tail: bool) -> str:
    side = "mine" if bubble.is_mine else "theirs"
    shape = f"{side}{' tail' if has_tail and not bubble.buttons else ''}"
    wide = " wide" if bubble.buttons or bubble.photo else ""
    return (
        f'<article class="{shape}{wide}"><div class="bubble">'
        f"{_sender(bubble)}{_quote(bubble)}{_photo(bubble)}{_document(bubble)}"
        f"{_text(bubble, zone)}</div>{_buttons(bubble)}</article>"
    )


def _sender(bubble: Bubble) -> str:
    shown = bubble.sender and not bubble.is_mine
    return f'<div class="sender" dir="auto">{escape(bubble.sender)}</div>' if shown else ""


def _quote(bubble: Bubble) -> str:
    if bubble.quoted is None:
        return ""
    line = escape(bubble.quoted.text.split("\n")[0])
    name = escape(bubble.quoted_from)
    return f'<div class="reply"><b dir="auto">{name}</b><span dir="auto">{line}</span></div>'


def _photo(bubble: Bubble) -> str:
    if not bubble.photo:
        return ""
    kind = "png" if bubble.photo.startswith(b"\x89PNG") else "jpeg"
    return f'<img alt="" src="data:image/{kind};base64,{b64encode(bubble.photo).decode()}">'


def _document(bubble: Bubble) -> str:
    if not bubble.document:
        return ""
    size = f"{max(0.1, bubble.document_size / 1024):.1f} KB"
    name = escape(bubble.document)
    return f'<div class="file"><i>{_ARROW}</i><span><b>{name}</b><small>{size}</small></span></div>'


def _text(bubble: Bubble, zone: tzinfo) -> str:
    """The text with its time: beside the last line, or under one that runs from right to left."""
    html = _around_quotes(render(bubble.body, page_tags))
    time = _time(bubble, zone)
    if not html:
        return f'<div class="under">{time}</div>'
    below = _ends_right_to_left(bubble.body.text)
    room = "" if below else f'<span class="room" style="width:{_time_width(bubble)}px"></span>'
    place = "under" if below else "beside"
    text = f'<div class="text" dir="auto">{html}{room}</div>'
    return f'{text}<div class="{place}">{time}</div>'


def _time(bubble: Bubble, zone: tzinfo) -> str:
    time = f"{datetime.fromtimestamp(bubble.at, zone):%H:%M}"
    note = f"edited {time}" if bubble.is_edited else time
    return f'<span class="meta">{note}{_TICKS if bubble.is_mine else ""}</span>'


def _time_width(bubble: Bubble) -> int:
    return 44 + 42 * bubble.is_edited + 18 * bubble.is_mine


def _ends_right_to_left(text: str) -> bool:
    """Whether the first letter of the last line is Arabic, Hebrew or the like."""
    strong = [bidirectional(char) for char in text.rpartition("\n")[2]]
    return next((kind in {"R", "AL"} for kind in strong if kind in {"L", "R", "AL"}), False)


def _around_quotes(html: str) -> str:
    """A quotation is a block of its own: the line breaks at its edges are not shown."""
    return re.sub(
        r"\n?(<(?:blockquote|pre)[ >])", r"\1", re.sub(r"(</(?:blockquote|pre)>)\n", r"\1", html)
    )


def _buttons(bubble: Bubble) -> str:
    rows = zip(bubble.buttons, bubble.links, strict=True)
    shown = "".join(f'<div class="row">{_row(labels, links)}</div>' for labels, links in rows)
    return f'<div class="buttons">{shown}</div>' if shown else ""


def _row(labels: tuple[str, ...], links: tuple[bool, ...]) -> str:
    return "".join(
        f'<span class="button" dir="auto">{escape(label)}{_OUT if is_link else ""}</span>'
        for label, is_link in zip(labels, links, strict=True)
    )


_HTML_TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
}
# Its bar and its mark stand where its own text begins and ends; a folded one shows three lines.
_QUOTES = {"blockquote": "", "expandable_blockquote": ' class="folded"'}
_LINK_LIKE = {"bot_command", "mention", "hashtag", "cashtag", "email", "text_mention"}


def page_tags(span: Span, text: str) -> tuple[str, str]:
    """The HTML that shows an entity."""
    if span.kind in _QUOTES:
        return f'<blockquote dir="auto"{_QUOTES[span.kind]}>', "</blockquote>"
    if span.kind in _HTML_TAGS:
        tag = _HTML_TAGS[span.kind]
        return f"<{tag}>", f"</{tag}>"
    if span.kind in {"url", "text_link"}:
        return f'<a href="{escape(span.extra.get("url", text))}">', "</a>"
    if span.kind in _LINK_LIKE:
        return "<a>", "</a>"
    return f'<span class="{escape(span.kind)}">', "</span>"


def _icon(path: str, size: int = 24, style: str = "", box: int = 24) -> str:
    pen = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"'
    look = f' style="{style}"' if style else ""
    return (
        f'<svg width="{size}" height="{size}" viewBox="0 0 {box} {box}" {pen} '
        f'stroke-linejoin="round"{look}><path d="{path}"/></svg>'
    )


_BACK = _icon("M20 12H5M12 5l-7 7 7 7")
_DOTS = _icon("M12 5.5v.01M12 12v.01M12 18.5v.01", style="stroke-width:3.4")
_MENU = _icon("M4 7h16M4 12h16M4 17h16", 17, "stroke-width:2.6")
_CLIP = _icon(
    "M20 11l-8.2 8.2a5 5 0 0 1-7-7L13.500 3.500a3.400 3.400 0 0 1 4.800 4.800L10 16.600a1.700 1.700"
    " 0 0 1-2.400-2.400l7.600-7.600"
)
_MIC = _icon("M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5 11a7 7 0 0 0 14 0M12 18v3")
_TICKS = _icon(
    "M1 8.5l3.200 3.200L11 4.500M7.800 11.300l.5.400L15.200 4.500", 16, "stroke-width:1.5", 16
)
_OUT = _icon("M4 8l5-5M5 3h4v4", 11, "stroke-width:1.500", 12)
_ARROW = _icon("M12 4v14M6 12l6 6 6-6", 24, "stroke-width:2.500")

_STYLE = """
* { box-sizing: border-box; }
html, body { margin: 0; background: #fff; }
body { font: 16px/1.3125 Roboto, "Noto Sans", "Noto Sans Arabic", "Noto Color Emoji", system-ui,
  "Liberation Sans", Arial, sans-serif; color: #000; -webkit-font-smoothing: antialiased; }
.phone { width: 390px; min-height: 100vh; display: flex; flex-direction: column; overflow: hidden; }
header { height: 56px; display: flex; align-items: center; gap: 14px; padding: 0 14px;
  background: #fff; color: #707579; box-shadow: 0 1px 1px rgba(0,0,0,.12); z-index: 1; }
.face { width: 40px; height: 40px; border-radius: 50%; color: #fff; font-weight: 500;
  font-size: 19px; display: grid; place-items: center;
  background: linear-gradient(#6ec9f2, #3a8fd8); margin-left: -4px; }
.who { flex: 1; display: flex; flex-direction: column; line-height: 1.25; min-width: 0; }
.who b { color: #000; font-weight: 600; font-size: 16.5px; }
.who small { font-size: 13.5px; color: #707579; }
main { flex: 1; padding: 6px 8px 10px; display: flex; flex-direction: column; gap: 3px;
  background: #a9c99a; }
.day { text-align: center; margin: 6px 0 5px; }
.day span { background: rgba(60,92,58,.42); color: #fff; font-size: 13.5px; font-weight: 500;
  border-radius: 13px; padding: 3px 10px; }
article { position: relative; max-width: 334px; align-self: flex-start; margin: 0 8px; }
article.wide { min-width: 286px; }
article.mine { align-self: flex-end; }
article.tail { margin-bottom: 5px; }
.bubble { position: relative; background: #fff; border-radius: 15px; padding: 6px 10px 6px;
  box-shadow: 0 1px 1px rgba(0,0,0,.14); min-width: 76px; }
.mine .bubble { background: #eeffde; }
.tail.theirs .bubble { border-bottom-left-radius: 0; }
.tail.mine .bubble { border-bottom-right-radius: 0; }
.tail .bubble::after { content: ""; position: absolute; bottom: 0; width: 9px; height: 9px;
  background: radial-gradient(circle at 0 0, transparent 8.5px, #fff 9px); left: -8.5px; }
.tail.mine .bubble::after { left: auto; right: -8.5px;
  background: radial-gradient(circle at 100% 0, transparent 8.5px, #eeffde 9px); }
.text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
.text pre, .text blockquote { unicode-bidi: plaintext; }
.text b { font-weight: 600; }
.text a { color: #2481cc; text-decoration: none; }
.mine .text a { color: #1f8b4c; }
.room { display: inline-block; height: 10px; unicode-bidi: isolate; }
.beside { position: absolute; right: 10px; bottom: 6px; line-height: 0; }
.under { text-align: right; line-height: 1; padding-top: 1px; }
.mine .beside { right: 8px; }
.meta { display: inline-flex; align-items: center; gap: 3px; font-size: 12.5px; color: #8d969c;
  line-height: 1; white-space: nowrap; direction: ltr; }
.mine .meta { color: #4fae4e; }
.sender { color: #cc5049; font-weight: 600; font-size: 14.5px; }
.reply { border-left: 3px solid #3a8fd8; background: #3a8fd81a; border-radius: 4px;
  padding: 2px 8px; margin: 2px 0 4px; font-size: 14.5px; overflow: hidden; }
.reply b { display: block; color: #3a8fd8; font-weight: 600; }
.reply span { display: block; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.mine .reply { border-color: #4fae4e; background: #4fae4e1f; }
.mine .reply b { color: #4fae4e; }
blockquote { margin: 3px 0; padding-block: 2px; padding-inline: 9px 20px;
  border-inline-start: 3px solid #3a8fd8;
  background: #3a8fd81a; border-radius: 4px; font-size: 15px; position: relative; }
blockquote.folded { max-height: 63px; overflow: hidden; }
blockquote.folded::before { content: "\\2304"; position: absolute; bottom: 0; inset-inline-end: 7px;
  color: #3a8fd8; font: 700 20px/1 sans-serif; }
blockquote::after { content: "\\201D"; position: absolute; top: 1px; inset-inline-end: 6px;
  color: #3a8fd8; font: 700 22px/1 Georgia, "Liberation Serif", serif; }
code, pre { font: 14.5px/1.3 "Roboto Mono", "Liberation Mono", "DejaVu Sans Mono", monospace; }
code { color: #8f3f71; }
pre { margin: 3px 0; padding: 6px 8px; background: #0000000d; border-radius: 4px;
  white-space: pre-wrap; }
.spoiler { background: #c9ced2; color: transparent; border-radius: 3px; }
img { display: block; width: calc(100% + 14px); margin: -3px -7px 5px; border-radius: 12px; }
.file { display: flex; gap: 11px; align-items: center; padding: 4px 0 6px; }
.file i { width: 44px; height: 44px; border-radius: 50%; background: #3a8fd8; color: #fff;
  display: grid; place-items: center; flex: none; }
.mine .file i { background: #4fae4e; }
.file b { display: block; font-weight: 600; font-size: 15.5px; overflow-wrap: anywhere; }
.file small { color: #8d969c; font-size: 13.5px; }
.buttons { display: flex; flex-direction: column; gap: 3px; margin-top: 3px; }
.row { display: flex; gap: 3px; }
.button { flex: 1 1 0; min-width: 0; position: relative; text-align: center; color: #fff;
  font-weight: 500; font-size: 14.5px; line-height: 1.2; padding: 10px 8px; border-radius: 7px;
  background: rgba(60,92,58,.46); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.row:last-child .button:first-child { border-bottom-left-radius: 15px; }
.row:last-child .button:last-child { border-bottom-right-radius: 15px; }
.button svg { position: absolute; top: 4px; right: 4px; opacity: .85; }
footer { height: 52px; display: flex; align-items: center; gap: 12px; padding: 0 12px;
  background: #fff; color: #8d969c; border-top: 1px solid #0000000f; }
.menu { display: inline-flex; gap: 6px; align-items: center; background: #3a8fd8; color: #fff;
  border-radius: 17px; padding: 6px 13px 6px 10px; font-size: 15px; font-weight: 600; }
.type { flex: 1; font-size: 16.5px; color: #a2acb4; }
"""
