"""Discord's markdown -> the text that a reader sees; knows only the marks that we use.

The patterns are those of Discord's client (https://github.com/khlieng/simple-markdown-discord).
Any other mark that is live fails an assertion: text from a feed must never be one.
"""

from __future__ import annotations

import re

_URL = re.compile(r"(?:https?|steam)://[^\s<]+[^\s<.,:;\"'\]]")
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
_BOLD = re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)")
_ITALIC = re.compile(
    r"\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)"
)
_LIVE = re.compile(r"[\\*_~|`\[<]|@everyone|@here|:[\w+-]+:")
_OUR_LINE = re.compile(r"^(?:### |> )", re.MULTILINE)
_LIVE_LINE = re.compile(r"^\s*(?:[#>+-]|\d+\.\s)")


def shown(markdown: str) -> str:
    """Return what a reader sees. Raises AssertionError for markup that is not ours."""
    lines = [_OUR_LINE.sub("", line) for line in markdown.split("\n")]
    for line in lines:
        assert not _LIVE_LINE.match(line), f"a line of a feed is markup: {line!r:.80}"
    return inline("\n".join(lines))


def inline(markdown: str, *, links: bool = True) -> str:
    """The same for the inside of a line, or for an embed's title, which has no links."""
    text, at = "", 0
    while at < len(markdown):
        if links and (match := _URL.match(markdown, at)):
            text += match[0]
        elif match := _ESCAPED.match(markdown, at):
            text += match[1]
        elif match := _BOLD.match(markdown, at) or _ITALIC.match(markdown, at):
            text += inline(match[1])
        else:
            assert not _LIVE.match(markdown, at), f"live markup: {markdown[at : at + 40]!r}"
            match = None
            text += markdown[at]
        at = match.end() if match else at + 1
    return text
