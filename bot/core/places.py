"""A question about a place -> Reply: the sentences that speak of it, in the articles' own words.

Knows no gazetteer format and no platform; which place a name means is the Places port's answer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.core.briefing import show_date
from bot.core.messages import Action, Block, Heading, Notice, Paragraph, Reply, StoryItem
from bot.core.news import Reading
from bot.core.ports import Places
from summaries.article import Article, Sentence
from summaries.places.place import Lookup, Mention, Place
from summaries.sentences import split

ARTICLES_SHOWN = 5
SENTENCES_SHOWN = 6
CHOICES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class PlaceArticle:
    """What one article says of a place: its sentences that name it or a place inside it."""

    article: Article
    sentences: tuple[Sentence, ...]
    named: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class PlaceAnswer:
    """What the news at hand says of the place that was asked about. Newest article first."""

    query: str
    lookup: Lookup
    articles: tuple[PlaceArticle, ...] = ()


class PlaceReader:
    """Reads articles for places, each article once."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._mentions = lru_cache(maxsize=4096)(self._find)

    async def ask(self, query: str, reading: Reading) -> PlaceAnswer:
        """Resolve the name, then collect what the articles say of the place."""
        lookup = await asyncio.to_thread(self._places.lookup, query)
        if lookup.status != "found" or lookup.place is None:
            return PlaceAnswer(query, lookup)
        told = await asyncio.to_thread(self._collect, lookup.place, reading.articles)
        return PlaceAnswer(query, lookup, tuple(told))

    def _collect(self, place: Place, articles: Sequence[Article]) -> list[PlaceArticle]:
        told = (self._about(place, article) for article in articles)
        return [item for item in told if item.sentences]

    def _about(self, place: Place, article: Article) -> PlaceArticle:
        inside = [
            mention
            for mention in self._mentions(article)
            if self._places.contains(place, mention.place)
        ]
        sentences = tuple(
            sentence
            for sentence, start, end in sentence_spans(article)
            if any(start <= mention.start < end for mention in inside)
        )
        return PlaceArticle(article, sentences, tuple(mention.place for mention in inside))

    def _find(self, article: Article) -> tuple[Mention, ...]:
        return tuple(self._places.find(article.text, article.language))


def sentence_spans(article: Article) -> Iterator[tuple[Sentence, int, int]]:
    """Yield every sentence with its start and end in `article.text`, in code points."""
    offset = index = 0
    for number, paragraph in enumerate(article.paragraphs):
        for start, end in split(paragraph, article.language):
            yield Sentence(paragraph[start:end], number, index), offset + start, offset + end
            index += 1
        offset += len(paragraph) + len("\n\n")


def place_reply(answer: PlaceAnswer, places: Places) -> Reply:
    """Turn the answer into a reply; an ambiguous name asks back, an unknown one offers others."""
    match answer.lookup.status:
        case "found" if answer.lookup.place is not None:
            return _found(answer, answer.lookup.place, places)
        case "ambiguous":
            asked = Notice(f"There are several places called “{_short(answer.query)}”. Which one?")
            return Reply((asked,), _choices(answer.lookup.candidates, places))
        case _:
            hint = (
                "Did you mean one of these?"
                if answer.lookup.candidates
                else "Try another spelling, or a larger place near it."
            )
            unknown = Notice(f"I know no place called “{_short(answer.query)}”.", hint)
            return Reply((unknown,), _choices(answer.lookup.candidates, places))


def _found(answer: PlaceAnswer, place: Place, places: Places) -> Reply:
    heading = Heading(places.label(place))
    namesakes = _choices(
        [other for other in answer.lookup.candidates if other.id != place.id][:3], places
    )
    if not answer.articles:
        return Reply((heading, Notice("None of the articles at hand speaks of it.")), namesakes)
    shown = answer.articles[:ARTICLES_SHOWN]
    blocks: list[Block] = [heading]
    if inside := _inside(answer, place):
        blocks.append(Paragraph(f"Places in it: {inside}"))
    blocks += [_item(told) for told in shown]
    if left := len(answer.articles) - len(shown):
        blocks.append(Paragraph(f"More articles that speak of it: {left}."))
    return Reply(tuple(blocks), namesakes)


def _inside(answer: PlaceAnswer, place: Place) -> str:
    """Say which places inside it are named: "Mosul 4, Baghdad 2"."""
    named = Counter(
        inner.name for told in answer.articles for inner in told.named if inner.id != place.id
    )
    return ", ".join(f"{name} {count}" for name, count in named.most_common(6))


def _item(told: PlaceArticle) -> StoryItem:
    article, left = told.article, len(told.sentences) - SENTENCES_SHOWN
    more = f"{left} more sentence{'s' if left > 1 else ''}" if left > 0 else ""
    return StoryItem(
        title=article.title or "Untitled",
        sentences=tuple(sentence.text for sentence in told.sentences[:SENTENCES_SHOWN]),
        byline=" · ".join(
            part for part in (article.source, show_date(article.published), more) if part
        ),
        url=article.url,
    )


def _choices(candidates: Sequence[Place], places: Places) -> tuple[Action, ...]:
    return tuple(
        Action(places.label(place), "place", f"geo:{place.id}")
        for place in candidates[:CHOICES_SHOWN]
    )


def _short(name: str) -> str:
    return name if len(name) <= 60 else name[:59] + "…"
