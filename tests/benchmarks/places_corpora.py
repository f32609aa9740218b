"""Reads the corpora of places into one shape. Knows their files, not our finder."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parents[3] / "shared" / "data" / "places"

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Gold:
    """One marked toponym. `point` is None where the corpus gives none; `country` is a name."""

    start: int
    end: int
    point: Point | None = None
    country: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One text with its toponyms; `feed` names its source, "" if unknown."""

    number: int
    text: str
    golds: tuple[Gold, ...]
    feed: str = ""

    @property
    def split(self) -> str:
        """Even documents are dev, odd ones test."""
        return "test" if self.number % 2 else "dev"


def _text(node: ET.Element, path: str) -> str:
    return (node.findtext(path) or "").strip()


def _point(node: ET.Element | None) -> Point | None:
    if node is None or not _text(node, "lat"):
        return None
    return float(_text(node, "lat")), float(_text(node, "lon"))


def read_gaztag(name: str) -> list[Document]:
    """Read LGL or TR-News: offsets from 0."""
    root = ET.parse(DATA / f"{name}.xml").getroot()  # noqa: S314 (our own trusted files)
    documents = []
    for number, article in enumerate(root.findall("article")):
        text = article.findtext("text") or ""
        golds = [_gaztag(toponym, text) for toponym in article.iter("toponym")]
        documents.append(Document(number, text, tuple(golds), _text(article, "feedid")))
    return documents


def _gaztag(toponym: ET.Element, text: str) -> Gold:
    start, phrase = int(_text(toponym, "start")), toponym.findtext("phrase") or ""
    end = int(_text(toponym, "end"))
    if text[start:end] != phrase:
        # The file was marked before its line ends were made one character each.
        near = [at for at in range(max(0, start - 60), start + 60) if text.startswith(phrase, at)]
        start = min(near, key=lambda at: abs(at - start), default=start)
        end = start + len(phrase)
    tag = toponym.find("gaztag")
    if tag is None:
        return Gold(start, end)
    city = tag.get("geonameid") or "" if _text(tag, "fclass") == "P" else ""
    return Gold(start, end, _point(tag), _text(tag, "country"), city)


def read_geovirus() -> list[Document]:
    """Read GeoVirus: offsets from 1."""
    root = ET.parse(DATA / "GeoVirus.xml").getroot()  # noqa: S314 (our own trusted files)
    documents = []
    for number, article in enumerate(root.findall("article")):
        golds = tuple(
            Gold(int(_text(node, "start")) - 1, int(_text(node, "end")) - 1, _point(node))
            for node in article.iter("location")
        )
        documents.append(Document(number, article.findtext("text") or "", golds))
    return documents


def read_wikineural(language: str) -> list[Document]:
    """Read the sentences of WikiNEuRal with LOC spans, words joined by single spaces."""
    text = (DATA / "wikineural" / f"{language}-val.conllu").read_text(encoding="utf-8")
    blocks = [block for block in text.split("\n\n") if block.strip()]
    return [_sentence(number, block) for number, block in enumerate(blocks)]


def _sentence(number: int, block: str) -> Document:
    rows = [line.split("\t") for line in block.splitlines() if "\t" in line]
    text, golds, start = "", [], -1
    for _, word, label in rows:
        at = len(text) + (1 if text else 0)
        if start >= 0 and label != "I-LOC":
            golds.append(Gold(start, len(text)))
            start = -1
        if label == "B-LOC":
            start = at
        text = f"{text} {word}" if text else word
    if start >= 0:
        golds.append(Gold(start, len(text)))
    return Document(number, text, tuple(golds))
