"""A question about a place -> Reply: the sentences that speak of it, in the articles' own words.

Knows no gazetteer format and no platform; which place a name means is the Places port's answer.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt

from bot.core.briefing import show_date
from bot.core.messages import Action, Block, Heading, Notice, Paragraph, Reply, StoryItem
from bot.core.news import Reading
from bot.core.ports import Places
from bot.core.questions import PlaceQuestion, understand
from summaries.article import Article, Sentence
from summaries.guard import leans
from summaries.places.finder import focus
from summaries.places.place import Lookup, Mention, Place
from summaries.sentences import split

ARTICLES_SHOWN = 4
SENTENCES_SHOWN = 5
CHOICES_SHOWN = 6
INSIDE_SHOWN = 6
FEWEST_WORDS = 5
"""What has no more words and no full stop is no sentence to quote."""
NEIGHBOUR_KM = 400
"""How far from a place that no article names its neighbours in the news are offered."""
_AS = " = "
_EARTH_KM = 6371.0
_NO_QUESTION = PlaceQuestion("")


@dataclass(frozen=True, slots=True)
class PlaceArticle:
    """What one article says of a place: its sentences that name it or a place inside it.

    `shown` has the sentence before too, where one would dangle without it. `named` lists the
    places meant, one for each mention; `is_about` tells a subject from a mere mention.
    """

    article: Article
    sentences: tuple[Sentence, ...]
    shown: tuple[Sentence, ...]
    named: tuple[Place, ...]
    is_about: bool


@dataclass(frozen=True, slots=True)
class PlaceAnswer:
    """What the news at hand says of the place that was asked about.

    Articles about it come first, then mentions, newest first in each. `older` counts the articles
    that the asked time leaves out, `beyond` those that were too many to read; `neighbours` are
    places near it that the news does name.
    """

    query: str
    lookup: Lookup
    articles: tuple[PlaceArticle, ...] = ()
    question: PlaceQuestion = _NO_QUESTION
    older: int = 0
    neighbours: tuple[Place, ...] = ()
    beyond: int = 0


class PlaceReader:
    """Reads articles for places, each article once."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._mentions = lru_cache(maxsize=4096)(self._find)

    async def ask(self, query: str, reading: Reading, now: datetime | None = None) -> PlaceAnswer:
        """Resolve the name, then collect what the articles say of the place.

        `now` is what "this week" counts from; without it a time in the query leaves nothing out.
        """
        asked = await asyncio.to_thread(self.resolve, query)
        return await self.tell(asked, reading, now)

    def resolve(self, query: str, remembered: int | None = None) -> PlaceAnswer:
        """Say which place is meant, without any article yet.

        `remembered` is what this chat once chose for the name, should it fit several places.
        """
        choice = chosen(query)
        question = understand(f"geo:{choice[0]}" if choice else query)
        lookup = self._places.lookup(question.name)
        if lookup.status == "ambiguous" and remembered is not None:
            place = self._places.lookup(f"geo:{remembered}").place
            if place is not None:
                lookup = replace(lookup, status="found", place=place)
        return PlaceAnswer(query, lookup, question=question)

    async def tell(
        self, asked: PlaceAnswer, reading: Reading, now: datetime | None = None
    ) -> PlaceAnswer:
        """Collect what the articles say of the place that was asked about."""
        if asked.lookup.status != "found" or asked.lookup.place is None:
            return asked
        return await asyncio.to_thread(self._tell, asked, asked.lookup.place, reading, now)

    def mentions(self, articles: Sequence[Article]) -> list[Mention]:
        """Return every place that the articles name."""
        return [mention for article in articles for mention in self._mentions(article)]

    def subjects(self, articles: Sequence[Article]) -> list[Mention]:
        """Return the mentions of the places that the articles are about."""
        found = []
        for article in articles:
            mentions = self._mentions(article)
            about = {place.id for place in focus(mentions).places}
            found += [mention for mention in mentions if mention.place.id in about]
        return found

    def _tell(
        self, asked: PlaceAnswer, place: Place, reading: Reading, now: datetime | None
    ) -> PlaceAnswer:
        question = asked.question
        told = self._collect(place, question, reading.articles)
        recent = tuple(item for item in told if _is_recent(item.article, question, now))
        neighbours = () if told else self._neighbours(place, reading.articles)
        older = max(reading.older, len(told) - len(recent))
        beyond = max(0, reading.total - len(told)) if told else 0
        return replace(asked, articles=recent, older=older, neighbours=neighbours, beyond=beyond)

    def _collect(
        self, place: Place, question: PlaceQuestion, articles: Sequence[Article]
    ) -> list[PlaceArticle]:
        def is_meant(other: Place) -> bool:
            near = question.radius_km and other.kind in {"city", "building"}
            return self._places.contains(place, other) or bool(
                near and distance_km(place, other) <= question.radius_km
            )

        told = [self._told(is_meant, article) for article in articles]
        return sorted((item for item in told if item.sentences), key=lambda item: not item.is_about)

    def _told(self, is_meant: Callable[[Place], bool], article: Article) -> PlaceArticle:
        mentions = self._mentions(article)
        meant = [mention for mention in mentions if is_meant(mention.place)]
        spans = list(sentence_spans(article))
        naming = [
            sentence
            for sentence, start, end in spans
            if any(start <= mention.start < end for mention in meant)
        ]
        speaking = [sentence for sentence in naming if _says_something(sentence.text)] or naming
        return PlaceArticle(
            article,
            tuple(speaking),
            _with_lead_ins(speaking, [sentence for sentence, _, _ in spans], article.language),
            tuple(mention.place for mention in meant),
            any(is_meant(place) for place in focus(mentions).places) if meant else False,
        )

    def _neighbours(self, place: Place, articles: Sequence[Article]) -> tuple[Place, ...]:
        """Return the nearest towns that the news does name."""
        towns = {
            mention.place.id: mention.place
            for mention in self.mentions(articles)
            if mention.place.kind == "city" and distance_km(place, mention.place) <= NEIGHBOUR_KM
        }
        return tuple(sorted(towns.values(), key=lambda town: distance_km(place, town))[:3])

    def _find(self, article: Article) -> tuple[Mention, ...]:
        return tuple(self._places.find(article.text, article.language))


def _says_something(text: str) -> bool:
    """Tell a sentence from a dateline or a heading that stands alone: "MOSUL, Iraq -"."""
    return len(text.split()) > FEWEST_WORDS or text.rstrip("\"'”’»)")[-1:] in set(".!?…؟。！？")


def _is_recent(article: Article, question: PlaceQuestion, now: datetime | None) -> bool:
    since = question.since(now) if now else None
    return since is None or (article.published is not None and article.published >= since)


def _with_lead_ins(
    speaking: Sequence[Sentence], every: Sequence[Sentence], language: str
) -> tuple[Sentence, ...]:
    """Add the sentence before where one points back at it ("He added ...")."""
    wanted = {sentence.index for sentence in speaking}
    for sentence in speaking:
        if sentence.index > 0 and leans(sentence.text, language):
            wanted.add(sentence.index - 1)
    return tuple(sentence for sentence in every if sentence.index in wanted)


def distance_km(one: Place, other: Place) -> float:
    """Return the great-circle distance in kilometres (haversine formula)."""
    lat1, lat2 = radians(one.latitude), radians(other.latitude)
    half_lat, half_lon = (lat2 - lat1) / 2, radians(other.longitude - one.longitude) / 2
    chord = sin(half_lat) ** 2 + cos(lat1) * cos(lat2) * sin(half_lon) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(chord)))


def sentence_spans(article: Article) -> Iterator[tuple[Sentence, int, int]]:
    """Yield every sentence with its start and end in `article.text`, in code points."""
    offset = index = 0
    for number, paragraph in enumerate(article.paragraphs):
        for start, end in split(paragraph, article.language):
            yield Sentence(paragraph[start:end], number, index), offset + start, offset + end
            index += 1
        offset += len(paragraph) + len("\n\n")


def place_reply(answer: PlaceAnswer, places: Places, command: str = "place") -> Reply:
    """Turn the answer into a reply; an ambiguous name asks back, an unknown one offers others.

    `command` is what a button that names another place sends.
    """
    match answer.lookup.status:
        case "found" if answer.lookup.place is not None:
            return _found(answer, answer.lookup.place, places)
        case "ambiguous":
            asked = Notice(f"There are several places called “{_named(answer)}”. Which one?")
            named = answer.question.name
            return Reply((asked,), _choices(answer.lookup.candidates, places, command, named))
        case _:
            return _unknown(answer, places, command)


def _unknown(answer: PlaceAnswer, places: Places, command: str) -> Reply:
    near = answer.lookup.candidates
    advice = "Try another spelling, or a larger place near it."
    hint = "Did you mean one of these?" if near else advice
    unknown = Notice(f"I know no place called “{_named(answer)}”.", hint)
    return Reply((unknown,), _choices(near, places, command))


def _found(answer: PlaceAnswer, place: Place, places: Places) -> Reply:
    heading = Heading(_heading(answer, place, places))
    namesakes = [other for other in answer.lookup.candidates if other.id != place.id][:3]
    named = answer.question.name
    if not answer.articles:
        offers = *_choices(answer.neighbours, places), *_choices(namesakes, places, named=named)
        return Reply((heading, _silence(answer, place)), (*_any_time(answer, place), *offers))
    page = min(answer.question.page, -(-len(answer.articles) // ARTICLES_SHOWN))
    start = (page - 1) * ARTICLES_SHOWN
    shown = answer.articles[start : start + ARTICLES_SHOWN]
    inside = _inside(answer, place)
    blocks: list[Block] = [heading, _summary_line(answer, inside)]
    blocks += [_item(told) for told in shown]
    actions = [*_more(answer, place, page), Action("Map", "map", f"geo:{place.id}")]
    actions.append(Action("Follow this place", "subscribe", f"08:00 place geo:{place.id}"))
    for (inner, _), label in list(zip(inside, _counts(inside), strict=True))[:3]:
        actions.append(Action(label, "place", f"geo:{inner.id}"))
    return Reply(tuple(blocks), (*actions, *_choices(namesakes, places, named=named)))


def _heading(answer: PlaceAnswer, place: Place, places: Places) -> str:
    around = f" and {answer.question.radius_km} km around" if answer.question.radius_km else ""
    return f"{places.label(place)}{around}"


def _silence(answer: PlaceAnswer, place: Place) -> Notice:
    if answer.older:
        return Notice(f"Nothing in that time; older articles that speak of it: {answer.older}.")
    near = ", ".join(
        f"{town.name} ({distance_km(place, town):.0f} km)" for town in answer.neighbours
    )
    hint = f"Near it, the news speaks of {near}." if near else ""
    return Notice("None of the articles at hand speaks of it.", hint)


def _any_time(answer: PlaceAnswer, place: Place) -> tuple[Action, ...]:
    return (Action("At any time", "place", f"geo:{place.id}"),) if answer.older else ()


def _summary_line(answer: PlaceAnswer, inside: Sequence[tuple[Place, int]]) -> Paragraph:
    """Say how much there is, and which places inside it are named: "Mosul 4, Baghdad 2"."""
    about = sum(told.is_about for told in answer.articles)
    mere = len(answer.articles) - about
    counted = [f"{_articles(about)} about it"] if about else []
    if mere:
        more = f"{mere} more" if about else _articles(mere)
        counted.append(f"{more} that mention{'s' if mere == 1 else ''} it")
    named = ", ".join(_counts(inside))
    within = f" In it: {named}." if named else ""
    beyond = f" {answer.beyond} older ones are not shown." if answer.beyond else ""
    return Paragraph(f"{', '.join(counted)}.{within}{beyond}")


def _articles(count: int) -> str:
    return f"{count} article{'' if count == 1 else 's'}"


def _inside(answer: PlaceAnswer, place: Place) -> list[tuple[Place, int]]:
    """Count the mentions of each place inside the asked one, most mentioned first."""
    named = [inner for told in answer.articles for inner in told.named if inner.id != place.id]
    return tally(named)[:INSIDE_SHOWN]


def tally(named: Sequence[Place]) -> list[tuple[Place, int]]:
    """Count how often each place is named, most often first."""
    counts = Counter(place.id for place in named)
    by_id = {place.id: place for place in named}
    return [(by_id[number], count) for number, count in counts.most_common()]


def _counts(inside: Sequence[tuple[Place, int]]) -> list[str]:
    """Say each place and its count; of two of one name, which is the region."""
    names = Counter(place.name for place, _ in inside)
    return [
        f"{place.name}{f' ({place.kind})' if names[place.name] > 1 else ''} {count}"
        for place, count in inside
    ]


def _more(answer: PlaceAnswer, place: Place, page: int) -> tuple[Action, ...]:
    left = len(answer.articles) - page * ARTICLES_SHOWN
    if left <= 0:
        return ()
    asked = replace(answer.question, name=f"geo:{place.id}", page=page + 1)
    return (Action(f"More ({left})", "place", asked.words()),)


def _item(told: PlaceArticle) -> StoryItem:
    article, left = told.article, len(told.shown) - SENTENCES_SHOWN
    more = f"{left} more sentence{'s' if left > 1 else ''}" if left > 0 else ""
    return StoryItem(
        title=article.title or "Untitled",
        sentences=tuple(sentence.text for sentence in told.shown[:SENTENCES_SHOWN]),
        byline=" · ".join(
            part for part in (article.source, show_date(article.published), more) if part
        ),
        url=article.url,
    )


def _choices(
    candidates: Sequence[Place], places: Places, command: str = "place", named: str = ""
) -> tuple[Action, ...]:
    """Offer places; pressing one `named` like others says which is meant from now on."""
    shown = candidates[:CHOICES_SHOWN]
    labels = [places.label(place) for place in shown]
    return tuple(
        Action(_telling(label, place, labels), command, choice(place, command, named))
        for place, label in zip(shown, labels, strict=True)
    )


def choice(place: Place, command: str, named: str) -> str:
    """Return the words that choose a place for a name, where a button can carry the name."""
    words = f"geo:{place.id}{_AS}{named}"
    plain = not named or named.startswith("geo:") or not Action.fits(command, words)
    return f"geo:{place.id}" if plain else words


def chosen(words: str) -> tuple[int, str] | None:
    """Return the place and the name that it was chosen for, from the words of `choice`."""
    match = re.fullmatch(rf"geo:(\d+){_AS}(.+)", words.strip(), re.DOTALL)
    return (int(match[1]), match[2]) if match else None


def _telling(label: str, place: Place, labels: Sequence[str]) -> str:
    """Say of a country that it is one where a namesake's label begins alike."""
    alike = sum(other.startswith(label) for other in labels) > 1
    return f"{label} (country)" if alike and place.kind == "country" else label


def _named(answer: PlaceAnswer) -> str:
    name = answer.question.name or answer.query
    return name if len(name) <= 60 else name[:59] + "…"
