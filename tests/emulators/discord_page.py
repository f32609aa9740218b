"""A channel as Discord's app shows it on a phone, as one HTML page. Knows no server.

Pure: message objects of Discord's API in, a page 390 px wide out. The markdown is what
https://support.discord.com/hc/en-us/articles/210298617 lists. Directions follow each paragraph.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

EPHEMERAL, LOADING = 1 << 6, 1 << 7
GROUPED_SECONDS = 7 * 60
LINK = 5
FACES = ("#5865f2", "#3ba55c", "#f0883e", "#eb459e", "#ed4245")


def page(
    channel: str,
    messages: Sequence[Json],
    images: Mapping[str, bytes] | None = None,
    *,
    direct: bool = False,
) -> str:
    """The page of one channel. `images` are the bytes behind attachment URLs, drawn in place;
    `direct` shows a conversation with one person instead of a channel."""
    name = escape(channel)
    shown = "".join(
        _day(before, after) + _message(before, after, images or {})
        for before, after in pairwise([None, *messages])
        if after is not None
    )
    mark = "" if direct else _HASH
    at = "@" if direct else "#"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{name}</title>
<meta name="viewport" content="width=390"><style>{_STYLE}</style></head>
<body><div class="phone"><header>{_BACK}{mark}<b dir="auto">{name}</b>{_CHEVRON}{_SEARCH}</header>
<main>{shown}</main>
<footer><i>{_PLUS}</i><span>Message {at}{name}</span><i>{_SMILE}</i></footer></div></body></html>
"""


# --- messages


def _time(message: Json) -> datetime:
    return datetime.fromisoformat(message["timestamp"]).astimezone(UTC)


def _day(before: Json | None, message: Json) -> str:
    if before is not None and _time(before).date() == _time(message).date():
        return ""
    day = _time(message)
    return f'<div class="day"><span>{day:%B} {day.day}, {day.year}</span></div>'


def _message(before: Json | None, message: Json, images: Mapping[str, bytes]) -> str:
    joined = _continues(before, message)
    kind = ("message joined" if joined else "message") + (" ephemeral" if _is(message) else "")
    head = "" if joined else _above(message) + _avatar(message) + _head(message)
    return (
        f'<article class="{kind}">{head}<div class="body">{_body(message, images)}</div></article>'
    )


def _is(message: Json, flag: int = EPHEMERAL) -> bool:
    return bool(message.get("flags", 0) & flag)


def _continues(before: Json | None, message: Json) -> bool:
    """Does the app join it to the message above, without face and name?"""
    if before is None or _above(message) or before["author"]["id"] != message["author"]["id"]:
        return False
    same_reader = _is(before) == _is(message)
    seconds = (_time(message) - _time(before)).total_seconds()
    return same_reader and seconds < GROUPED_SECONDS


def _name(user: Json) -> str:
    return escape(user.get("global_name") or user["username"])


def _face(user: Json, kind: str) -> str:
    colour = FACES[int(user["id"]) // 1000 % len(FACES)]
    colour = FACES[0] if user.get("bot") else colour
    return f'<span class="{kind}" style="background:{colour}">{_name(user)[:1].upper()}</span>'


def _avatar(message: Json) -> str:
    return _face(message["author"], "avatar")


def _above(message: Json) -> str:
    """The small line over a message: which command it answers, or to whom it replies."""
    used = message.get("interaction")
    if used:
        who = f"{_face(used['user'], 'face')}<b>{_name(used['user'])}</b>"
        slash = "" if message.get("type") == 23 else "/"
        return f'<div class="above">{who} used <em>{slash}{escape(used["name"])}</em></div>'
    if "referenced_message" not in message:
        return ""
    target = message["referenced_message"]
    if target is None:
        return '<div class="above"><i>Original message was deleted</i></div>'
    text = _inline(target["content"].split("\n")[0]) or "<i>Tap to see attachment</i>"
    who = f"{_face(target['author'], 'face')}{_badge(target['author'])}"
    return f'<div class="above">{who}<b>{_name(target["author"])}</b> <span>{text}</span></div>'


def _badge(user: Json) -> str:
    return '<span class="app">APP</span>' if user.get("bot") else ""


def _head(message: Json) -> str:
    author = message["author"]
    colour = ' class="bot"' if author.get("bot") else ""
    time = f"<time>{_time(message):%H:%M}</time>"
    return f'<div class="head"><b{colour}>{_name(author)}</b>{_badge(author)}{time}</div>'


def _body(message: Json, images: Mapping[str, bytes]) -> str:
    if _is(message, LOADING):
        dots = '<span class="dots"><i></i><i></i><i></i></span>'
        return f'<div class="thinking">{dots}{_name(message["author"])} is thinking…</div>'
    content = markdown(message["content"])
    edited = '<span class="edited">(edited)</span>' if message.get("edited_timestamp") else ""
    parts = [f'<div class="content">{content}{edited}</div>' if content or edited else ""]
    in_embeds = {_url(embed, "image") for embed in message["embeds"]}
    loose = [one for one in message["attachments"] if one["url"] not in in_embeds]
    parts += [_attachment(one, images) for one in loose]
    parts += [_embed(embed, images) for embed in message["embeds"]]
    parts += [_row(row) for row in message["components"]]
    parts.append(_only_you() if _is(message) else "")
    return "".join(parts)


def _only_you() -> str:
    return f'<div class="only">{_EYE}Only you can see this · <a>Dismiss message</a></div>'


def _attachment(attachment: Json, images: Mapping[str, bytes]) -> str:
    if attachment.get("content_type", "").startswith("image/"):
        return _picture(attachment["url"], images, attachment.get("description", ""))
    size = f"{attachment['size'] / 1024:.2f} KB"
    name = f"<a>{escape(attachment['filename'])}</a><small>{size}</small>"
    return f'<div class="file">{_FILE}<div>{name}</div></div>'


def _picture(url: str, images: Mapping[str, bytes], alt: str = "") -> str:
    data = images.get(url)
    source = url if data is None else f"data:image/png;base64,{b64encode(data).decode()}"
    return f'<img class="picture" alt="{escape(alt)}" src="{escape(source)}">'


# --- embeds and buttons


def _url(embed: Json, part: str) -> str:
    return str((embed.get(part) or {}).get("url") or "")


def _embed(embed: Json, images: Mapping[str, bytes]) -> str:
    colour = f"#{embed.get('color') or 0x4E5058:06x}"
    thumbnail, image = _url(embed, "thumbnail"), _url(embed, "image")
    inner = [
        f'<div class="thumbnail">{_picture(thumbnail, images)}</div>' if thumbnail else "",
        _embed_author(embed),
        _embed_title(embed),
        _part("description", markdown(embed.get("description") or "")),
        _fields(embed.get("fields") or []),
        _picture(image, images) if image else "",
        _embed_footer(embed),
    ]
    return f'<div class="embed" style="border-color:{colour}">{"".join(inner)}</div>'


def _part(kind: str, html: str) -> str:
    return f'<div class="{kind}" dir="auto">{html}</div>' if html else ""


def _embed_author(embed: Json) -> str:
    return _part("author", escape((embed.get("author") or {}).get("name") or ""))


def _embed_title(embed: Json) -> str:
    title = _inline(embed.get("title") or "")
    link = embed.get("url")
    return _part("title", f'<a href="{escape(link)}">{title}</a>' if link and title else title)


def _fields(fields: list[Json]) -> str:
    shown = "".join(
        f'<div class="field{" inline" if field.get("inline") else ""}">'
        f"{_part('name', _inline(field['name']))}{markdown(field['value'])}</div>"
        for field in fields
    )
    return f'<div class="fields">{shown}</div>' if shown else ""


def _embed_footer(embed: Json) -> str:
    text = escape((embed.get("footer") or {}).get("text") or "")
    at = embed.get("timestamp")
    time = f"{datetime.fromisoformat(at).astimezone(UTC):%d/%m/%Y %H:%M}" if at else ""
    return _part("foot", " • ".join(part for part in (text, time) if part))


def _row(row: Json) -> str:
    shown = "".join(_component(part) for part in row.get("components") or [])
    return f'<div class="row">{shown}</div>' if shown else markdown(row.get("content") or "")


def _component(part: Json) -> str:
    if part.get("type") != 2:
        return (
            f'<span class="select">{escape(part.get("placeholder") or "Make a selection")}</span>'
        )
    emoji = escape((part.get("emoji") or {}).get("name") or "")
    label = escape(part.get("label") or "")
    style = part.get("style", 2)
    off = " off" if part.get("disabled") else ""
    words = f"<bdi>{' '.join(word for word in (emoji, label) if word)}</bdi>"
    return f'<span class="button s{style}{off}">{words}{_OUT if style == LINK else ""}</span>'


# --- markdown

_ANY = r"(?:\\.|[^\\])+?"
_TOKENS = re.compile(
    rf"""\\(?P<escaped>[^0-9A-Za-z\s])
    | (?P<ticks>`+)(?P<code>.+?)(?P=ticks)(?!`)
    | \*\*(?P<bold>{_ANY})\*\*(?!\*)
    | __(?P<underline>{_ANY})__(?!_)
    | \*(?P<star>(?![\s*]){_ANY}(?<![\s\\]))\*(?!\*)
    | (?<!\w)_(?P<dash>{_ANY})_(?!\w)
    | ~~(?P<strike>{_ANY})~~
    | \|\|(?P<spoiler>{_ANY})\|\|
    | \[(?P<text>(?:\\.|[^\]\\])+)\]\(<?(?P<target>https?://[^\s)>]+)>?\)
    | <(?P<quiet>https?://[^>\s]+)>
    | (?P<url>https?://[^\s<]*[^\s<.,:;"')\]])
    | <(?P<mention>[@\#][!&]?\d+)>
    | <t:(?P<time>-?\d{{1,12}})(?::\w)?>
    | (?P<all>@everyone|@here)""",
    re.VERBOSE | re.DOTALL,
)
_WRAPPED = {
    "bold": ("<strong>", "</strong>"),
    "underline": ("<u>", "</u>"),
    "star": ("<em>", "</em>"),
    "dash": ("<em>", "</em>"),
    "strike": ("<s>", "</s>"),
    "spoiler": ('<span class="spoiler">', "</span>"),
}


def _inline(text: str) -> str:
    """Markdown within a line."""
    html, at = "", 0
    for match in _TOKENS.finditer(text):
        html += escape(text[at : match.start()]) + _token(match)
        at = match.end()
    return html + escape(text[at:])


def _token(match: re.Match[str]) -> str:
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    for name, (opens, closes) in _WRAPPED.items():
        if name in found:
            return f"{opens}{_inline(found[name])}{closes}"
    if "text" in found:
        return f'<a href="{escape(found["target"])}">{_inline(found["text"])}</a>'
    if "quiet" in found or "url" in found:
        url = escape(found.get("quiet") or found["url"])
        return f'<a href="{url}">{url}</a>'
    if "code" in found:
        return f"<code>{escape(found['code'])}</code>"
    return escape(found["escaped"]) if "escaped" in found else _pill(found)


def _pill(found: dict[str, str]) -> str:
    """A mention or a moment."""
    if "time" in found:
        moment = datetime.fromtimestamp(int(found["time"]), UTC)
        return f'<span class="moment">{moment:%d %B %Y %H:%M}</span>'
    return f'<span class="mention">{escape(found.get("mention") or found["all"])}</span>'


_FENCE = re.compile(r"```(?:\w*\n)?(.*?)\n?```", re.DOTALL)
_BLOCKS = (
    (re.compile(r"(#{1,3}) +(.+)"), "heading"),
    (re.compile(r"(-#) +(.+)"), "subtext"),
    (re.compile(r"( *)[-*] +(.+)"), "item"),
    (re.compile(r"( *\d+)\. +(.+)"), "numbered"),
    (re.compile(r"(>) (.*)"), "quote"),
)


def markdown(text: str) -> str:
    """Discord's markdown as HTML: headings, small print, lists, quotes, code, and inline marks."""
    pieces = _FENCE.split(text.strip("\n"))
    html = ""
    for index, piece in enumerate(pieces):
        html += f"<pre>{escape(piece)}</pre>" if index % 2 else _blocks(piece)
    return html


def _blocks(text: str) -> str:
    before, *after = re.split("^>>> ", text, maxsplit=1, flags=re.MULTILINE)
    html = _lines(before)
    return html + "".join(f"<blockquote>{_lines(quoted)}</blockquote>" for quoted in after)


def _lines(text: str) -> str:
    if not text:
        return ""
    html = "".join(_line(line) for line in text.strip("\n").split("\n"))
    return html.replace("</blockquote><blockquote>", "")


def _line(line: str) -> str:
    for pattern, kind in _BLOCKS:
        match = pattern.fullmatch(line)
        if match:
            return _block(kind, match[1], _inline(match[2]))
    return f'<p dir="auto">{_inline(line) or "&nbsp;"}</p>'


def _block(kind: str, mark: str, html: str) -> str:
    if kind == "heading":
        return f'<h{len(mark)} dir="auto">{html}</h{len(mark)}>'
    if kind == "subtext":
        return f'<p class="small" dir="auto">{html}</p>'
    if kind == "quote":
        return f'<blockquote><p dir="auto">{html or "&nbsp;"}</p></blockquote>'
    bullet = f"{mark.strip()}." if kind == "numbered" else "•"
    inset = " deep" if mark.startswith("  ") else ""
    return f'<div class="item{inset}" dir="auto"><b>{bullet}</b><span>{html}</span></div>'


# --- looks


def _icon(path: str, size: int = 24, kind: str = "") -> str:
    drawn = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"'
    box = f'width="{size}" height="{size}" viewBox="0 0 24 24"'
    return f'<svg class="{kind}" {box} {drawn}>{path}</svg>'


_BACK = _icon('<path d="M19 12H5m7-7-7 7 7 7"/>')
_HASH = _icon('<path d="M10 4 8 20M16 4l-2 16M5 9h15M4 15h15"/>', 20, "hash")
_CHEVRON = _icon('<path d="m9 6 6 6-6 6"/>', 16, "chevron")
_SEARCH = _icon('<circle cx="11" cy="11" r="6"/><path d="m20 20-4.5-4.5"/>', 22, "search")
_PLUS = _icon('<path d="M12 5v14M5 12h14"/>', 22)
_SMILE = _icon('<circle cx="12" cy="12" r="9"/><path d="M8 14a5 5 0 0 0 8 0M9 9v.5M15 9v.5"/>', 22)
_EYE = _icon(
    '<path d="M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12Z"/><circle cx="12" cy="12" r="3"/>', 14
)
_OUT = _icon('<path d="M14 4h6v6M20 4l-9 9M18 14v6H4V6h6"/>', 15)
_FILE = _icon('<path d="M6 2h8l5 5v15H6zM14 2v5h5"/>', 30)

_STYLE = """
*{box-sizing:border-box;margin:0;padding:0}
body{background:#111214;color:#dbdee1;-webkit-text-size-adjust:none;
 font:15px/1.36 "gg sans","Noto Sans","Noto Sans Arabic",Helvetica,Arial,sans-serif}
.phone{width:390px;min-height:100vh;margin:0 auto;background:#313338;display:flex;
 flex-direction:column;overflow-wrap:anywhere}
header{height:56px;flex:none;padding:0 14px;display:flex;align-items:center;gap:8px;color:#b5bac1;
 border-bottom:1px solid #232428;position:sticky;top:0;background:#313338}
header b{color:#f2f3f5;font-size:17px;font-weight:600}
header .hash{margin-left:8px;color:#949ba4}
header .chevron{color:#949ba4}
header .search{margin-left:auto;padding:0;color:#dbdee1}
main{flex:1;padding:8px 0 14px;display:flex;flex-direction:column;justify-content:flex-end}
footer{flex:none;display:flex;gap:10px;align-items:center;padding:10px 12px;
 border-top:1px solid #232428}
footer span{flex:1;height:40px;border-radius:20px;background:#1e1f22;color:#87898c;padding:0 16px;
 display:flex;align-items:center}
footer i{width:40px;height:40px;border-radius:20px;background:#1e1f22;color:#b5bac1;display:flex;
 align-items:center;justify-content:center}
.day{display:flex;align-items:center;margin:14px 16px 4px;color:#949ba4;font-size:12px;
 font-weight:600}
.day:before,.day:after{content:"";flex:1;height:1px;background:#3f4147}
.day span{padding:0 8px}
.message{position:relative;padding:2px 14px 2px 68px;margin-top:15px}
.joined{margin-top:1px}
.ephemeral{background:#393c59;background:linear-gradient(90deg,#5865f2 2px,#373a50 2px);
 padding-top:6px;padding-bottom:8px}
.avatar{position:absolute;left:14px;width:40px;height:40px;border-radius:50%;color:#fff;
 font-weight:600;font-size:18px;display:flex;align-items:center;justify-content:center;margin-top:2px}
.face{flex:none;width:16px;height:16px;border-radius:50%;color:#fff;font-size:9px;font-weight:700;
 display:inline-flex;align-items:center;justify-content:center}
.above{position:relative;height:20px;margin-bottom:3px;display:flex;align-items:center;gap:4px;
 color:#b5bac1;font-size:13px;white-space:nowrap}
.above span:last-child{overflow:hidden;text-overflow:ellipsis}
.above b{color:#dbdee1;font-weight:600}
.above em{font-style:normal;color:#00a8fc;overflow:hidden;text-overflow:ellipsis}
.above:before{content:"";position:absolute;left:-36px;top:9px;width:30px;height:11px;
 border-left:2px solid #4e5058;border-top:2px solid #4e5058;border-top-left-radius:6px}
.head{display:flex;align-items:center;gap:5px;line-height:20px}
.head b{color:#f2f3f5;font-weight:600;font-size:16px}
.head time{color:#949ba4;font-size:12px;margin-left:3px}
.app{flex:none;background:#5865f2;color:#fff;font-size:10px;font-weight:700;line-height:15px;
 border-radius:4px;padding:0 4.5px;letter-spacing:.2px}
.content{color:#dbdee1}
.edited{font-size:10px;color:#949ba4;margin-left:4px}
p{min-height:1.36em}
.small{font-size:12px;color:#949ba4;min-height:0}
h1,h2,h3{color:#f2f3f5;font-weight:700;line-height:1.3;margin:8px 0 4px}
h1{font-size:22px}h2{font-size:19px}h3{font-size:16px}
.content>:first-child,.description>:first-child{margin-top:0}
a{color:#00a8fc;text-decoration:none}
strong{font-weight:700;color:#f2f3f5}
blockquote{border-inline-start:4px solid #4e5058;border-radius:4px;padding-inline-start:12px;
 margin:1px 0}
.item{display:flex;gap:8px;padding-inline-start:4px}.item b{flex:none;font-weight:400}
.deep{margin-inline-start:18px}
code,pre{background:#2b2d31;border-radius:4px;
 font:13px/1.35 "Noto Sans Mono",Menlo,Consolas,monospace}
code{padding:1px 4px}
pre{border:1px solid #232428;padding:8px;white-space:pre-wrap;margin:4px 0}
.mention{background:#3c4270;color:#c9cdfb;border-radius:3px;padding:0 2px;font-weight:500}
.moment{background:#3f4147;border-radius:3px;padding:0 2px}
.spoiler{background:#1e1f22;color:#1e1f22;border-radius:3px}
.embed{background:#2b2d31;border-left:4px solid;border-radius:4px;padding:10px 14px 14px 12px;
 margin-top:6px;font-size:14px;overflow:hidden}
.embed .embed{margin:0}
.author{color:#f2f3f5;font-weight:600;font-size:13px;margin-top:4px}
.title{color:#f2f3f5;font-weight:600;font-size:15.5px;margin-top:4px;line-height:1.3}
.description{margin-top:6px}
.embed h1{font-size:19px}.embed h2{font-size:17px}.embed h3{font-size:15px}
.fields{display:flex;flex-wrap:wrap;gap:8px;margin-top:8px}
.field{flex:1 1 100%}.field.inline{flex:1 1 28%}
.name{font-weight:600;color:#f2f3f5;margin-bottom:1px}
.foot{color:#b5bac1;font-size:12px;margin-top:9px}
.embed code,.embed pre{background:#1e1f22}
.picture{display:block;max-width:100%;border-radius:6px;margin-top:8px}
.thumbnail{float:right;width:64px;margin-left:12px}
.row{display:flex;flex-wrap:wrap;gap:8px;margin-top:8px}
.button,.select{display:inline-flex;align-items:center;gap:6px;min-height:34px;border-radius:8px;
 padding:4px 14px;color:#fff;font-size:14px;font-weight:500;background:#4e5058}
.s1{background:#5865f2}.s3{background:#248046}.s4{background:#da373c}
.off{opacity:.5}
.select{background:#1e1f22;color:#949ba4;flex:1}
.only{display:flex;align-items:center;gap:4px;margin-top:5px;color:#949ba4;font-size:12px}
.thinking{color:#949ba4;display:flex;align-items:center;gap:8px}
.dots{display:inline-flex;gap:3px}
.dots i{width:7px;height:7px;border-radius:50%;background:#dbdee1}
.dots i+i{opacity:.7}.dots i+i+i{opacity:.4}
.file{display:flex;gap:10px;align-items:center;background:#2b2d31;border:1px solid #232428;
 border-radius:8px;padding:10px;margin-top:6px;color:#b5bac1}
.file small{display:block;color:#949ba4;font-size:12px}
"""
