"""A scraped text -> Article without the page around it. Knows lines and phrases, no HTML, no network."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

from summaries.article import Article
from summaries.language import detect
from summaries.tables import table

HEAD_LINES: Final = 15
TAIL_LINES: Final = 40
TITLE_CHARACTERS: Final = 220


def clean(text: str, *, title: str = "", language: str = "") -> Article:
    """The article in a scraped text; `paragraphs` is empty when nothing readable is there."""
    lines = _lines(_readable(text))
    title = _readable(title).strip()
    if not title:
        title, lines = _take_title(lines)
    body, furniture = _without_furniture(lines, title)
    return Article(
        title=title,
        paragraphs=tuple(body),
        language=language or detect("\n".join(body) or title),
        furniture=tuple(furniture),
    )


def _readable(text: str) -> str:
    text = re.sub(r"\r\n?|[\u2028\u2029\u0085\x0b\x0c]", "\n", text)
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})


def _lines(text: str) -> list[str]:
    stripped = (line.strip().strip("\ufeff\u200b").strip() for line in text.split("\n"))
    return [line for line in stripped if line]


def _take_title(lines: list[str]) -> tuple[str, list[str]]:
    for index, line in enumerate(lines[:HEAD_LINES]):
        if _kind(line):
            continue
        looks = (
            len(line) <= TITLE_CHARACTERS
            and len(lines) > index + 1
            and not SENTENCE_END.search(line)
        )
        return (line, lines[:index] + lines[index + 1 :]) if looks else ("", lines)
    return "", lines


SENTENCE_END: Final = re.compile(r"[.!?…。！？؟۔।][\"'»”’)\]\s]*$")


def _without_furniture(lines: list[str], title: str) -> tuple[list[str], list[str]]:
    head = _head(lines, title)
    tail = _tail(lines, len(lines))
    gone = head | tail
    body = [line for i, line in enumerate(lines) if i not in gone]
    return body, [line for i, line in enumerate(lines) if i in gone]


def _head(lines: list[str], title: str) -> set[int]:
    gone: set[int] = set()
    seen = 0
    for i, line in enumerate(lines[:HEAD_LINES]):
        doubled = line in lines[:i] or line in lines[i + 1 : HEAD_LINES]
        if _kind(line) or doubled or line == title:
            gone.add(i)
        elif _is_prose(line):
            seen += 1
            if seen == 2:
                break
    return gone


def _tail(lines: list[str], stop: int) -> set[int]:
    gone: set[int] = set()
    seen = 0
    for i in range(stop - 1, max(-1, stop - TAIL_LINES), -1):
        if _kind(lines[i]):
            gone.add(i)
        elif _is_prose(lines[i]):
            seen += 1
            if seen == 2:
                break
    return gone


def _is_prose(line: str) -> bool:
    return len(line) > 80 and SENTENCE_END.search(line) is not None


CREDITED: Final = re.compile(r"[.!?…»”\"] ?\([^()]{2,80}\)$")


@dataclass(frozen=True, slots=True)
class _Phrases:
    starts: tuple[str, ...]
    whole: frozenset[str]


@cache
def _phrases() -> _Phrases:
    rules = table("furniture")
    return _Phrases(
        tuple(p for part in rules["starts"].values() for p in part),
        frozenset(p for part in rules["whole"].values() for p in part),
    )


def _kind(line: str) -> str:
    """What kind of furniture a line is, or ""."""
    if len(line) > 300:
        return ""
    lowered = " ".join(line.casefold().split())
    if not any(char.isalpha() for char in lowered):
        return "counter"
    if lowered in _phrases().whole or lowered.startswith(_phrases().starts):
        return "phrase"
    return "caption" if CREDITED.search(line) else ""
