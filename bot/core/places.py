"""A question about a place -> Reply: the sentences that speak of it, in the articles' own words.

Knows no gazetteer format and no platform; which place a name means is the Places port's answer.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt

from bot.core import words
from bot.core.briefing import UNTITLED, also_in, positions, show_date, source_of
from bot.core.messages import Action, Block, Heading, Notice, Paragraph, Reply, StoryItem
from bot.core.news import Reading
from bot.core.ports import Places
from bot.core.questions import PlaceQuestion, understand
from bot.core.words import N_, _, ngettext
from summaries.article import Article, Sentence, Summary
from summaries.guard import leans
from summaries.places.finder import focus
from summaries.places.folding import fold
from summaries.places.gazetteer import comma
from summaries.places.place import Kind, Lookup, Mention, Place
from summaries.sentences import split

ARTICLES_SHOWN = 4
SENTENCES_SHOWN = 5
CHOICES_SHOWN = 6
INSIDE_SHOWN = 6
NAMESAKES_SHOWN = 3
FEWEST_WORDS = 5
"""What has no more words and no full stop is no sentence to quote."""
NEIGHBOUR_KM = 400
"""How far from a place that no article names its neighbours in the news are offered."""
SURE = 0.6
"""How likely a name must be that of a place to be shown without the sentence that has it."""
_AS = " = "
_PAGE = "page:"
_EARTH_KM = 6371.0
_COMMA = re.compile(r"[,،]\s*")
_NO_QUESTION = PlaceQuestion("")
_KINDS: Mapping[Kind, str] = {
    "city": N_("city"),
    "region": N_("region"),
    "country": N_("country"),
    "area": N_("area"),
    "water": N_("water"),
    "building": N_("building"),
}


@dataclass(frozen=True, slots=True)
class PlaceArticle:
    """What one article says of a place: its sentences that name it or a place inside it.

    `shown` has the sentence before too, where one would dangle without it; `total` counts all the
    sentences of the article. `named` lists the places meant, one for each mention; `is_about` tells
    a subject from a mere mention. `also` are other sources' articles that say the very same.
    """

    article: Article
    sentences: tuple[Sentence, ...]
    shown: tuple[Sentence, ...]
    named: tuple[Place, ...]
    is_about: bool
    total: int = 0
    also: tuple[Article, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceAnswer:
    """What the news at hand says of the place that was asked about.

    Articles about it come first, then mentions, newest first in each. `older` counts the articles
    that the asked time leaves out, `beyond` those that were too many to read; `neighbours` are
    places near it that the news does name; `titles` gives feeds' own titles by their addresses.
    """

    query: str
    lookup: Lookup
    articles: tuple[PlaceArticle, ...] = ()
    question: PlaceQuestion = _NO_QUESTION
    older: int = 0
    neighbours: tuple[Place, ...] = ()
    beyond: int = 0
    titles: Mapping[str, str] = field(default_factory=dict)


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
        lookup = replace(lookup, candidates=called_so(lookup, question.name, self._places))
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
        return replace(
            asked,
            articles=merged(recent),
            older=older,
            neighbours=neighbours,
            beyond=beyond,
            titles=reading.titles,
        )

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
            len(spans),
        )

    def _neighbours(self, place: Place, articles: Sequence[Article]) -> tuple[Place, ...]:
        """Return the nearest towns that the news does name."""
        towns = {
            mention.place.id: mention.place
            for mention in self.mentions(articles)
            if mention.place.kind == "city"
            and mention.score >= SURE
            and distance_km(place, mention.place) <= NEIGHBOUR_KM
        }
        return tuple(sorted(towns.values(), key=lambda town: distance_km(place, town))[:3])

    def _find(self, article: Article) -> tuple[Mention, ...]:
        return tuple(self._places.find(article.text, article.language))


def merged(told: Sequence[PlaceArticle]) -> tuple[PlaceArticle, ...]:
    """Put articles that say the very same into one: an agency's text that several print."""
    kept: dict[tuple[str, ...], PlaceArticle] = {}
    for one in told:
        key = (one.article.title, *(sentence.text for sentence in one.shown))
        first = kept.get(key)
        kept[key] = replace(first, also=(*first.also, one.article)) if first else one
    return tuple(kept.values())


def called_so(lookup: Lookup, typed: str, places: Places) -> tuple[Place, ...]:
    """Return the candidates that are called so today, where there are enough of them.

    Whoever asks for Iraq does not mean Arāk, though that was spelt "Iraq" by some; nor Richmond
    whoever asks for Manchester, though that was once a town there.
    """
    if lookup.status == "unknown" or not lookup.candidates:
        return lookup.candidates
    first = lookup.place or lookup.candidates[0]
    # A country's name is well known: Libáň is no Liban. A town's accents are often left out.
    spelt = str.casefold if first.kind == "country" else fold

    def names(place: Place) -> set[str]:
        return {spelt(place.name), spelt(name_of(place, places))}

    called = {spelt(typed), *names(first)}
    kept = tuple(one for one in lookup.candidates if called & names(one))
    return kept if lookup.place or len(kept) > 1 else lookup.candidates


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
            several = _("There are several places called “{name}”. Which one?")
            how = _("Press a button, or type which one you mean.")
            asked = Notice(several.format(name=_named(answer)), how)
            named = answer.question.name
            return Reply((asked,), _choices(answer.lookup.candidates, places, command, named))
        case _:
            return _unknown(answer, places, command)


def _unknown(answer: PlaceAnswer, places: Places, command: str) -> Reply:
    near = answer.lookup.candidates
    advice = _("Try another spelling, or a larger place near it.")
    hint = _("Did you mean one of these?") if near else advice
    unknown = _("I know no place called “{name}”.").format(name=_named(answer))
    return Reply((Notice(unknown, hint),), _choices(near, places, command))


def _found(answer: PlaceAnswer, place: Place, places: Places) -> Reply:
    heading = Heading(_heading(answer, place, places))
    namesakes = _namesakes(answer, place, places)
    named = answer.question.name
    if not answer.articles:
        offers = (
            *_choices(answer.neighbours, places),
            *_choices(namesakes, places, named=named, beside=place),
        )
        silence = _silence(answer, place, places)
        return Reply((heading, silence), (*_any_time(answer, place), *offers, _follow(place)))
    pages = -(-len(answer.articles) // ARTICLES_SHOWN)
    page = min(answer.question.page, pages)
    start = (page - 1) * ARTICLES_SHOWN
    shown = answer.articles[start : start + ARTICLES_SHOWN]
    inside = _inside(answer, place)
    counts = _counts(inside, places)
    blocks: list[Block] = [heading, _summary_line(answer, counts)]
    blocks += [_item(told, answer.titles) for told in shown]
    if pages > 1:
        blocks.append(Paragraph(f"{page} / {pages}"))
    actions = [*_turns(answer, place, page, pages), Action(_("Map"), "map", f"geo:{place.id}")]
    actions.append(_follow(place))
    for (inner, _count), label in list(zip(inside, counts, strict=True))[:3]:
        actions.append(Action(label, "place", f"geo:{inner.id}"))
    offers = _choices(namesakes, places, named=named, beside=place)
    return Reply(tuple(blocks), (*actions, *offers), in_place=_PAGE in answer.query)


def _heading(answer: PlaceAnswer, place: Place, places: Places) -> str:
    name, radius = places.label(place, words.spoken()), answer.question.radius_km
    if radius:
        return _("{place} and {distance} km around").format(place=name, distance=radius)
    return name


def name_of(place: Place, places: Places) -> str:
    """Return how a place is called in the spoken language: "Paris" of "Paris, Texas"."""
    return label_parts(places.label(place, words.spoken()))[0]


def label_parts(label: str) -> list[str]:
    """Return what a label is made of, the place's own name first; Arabic has its own comma."""
    return _COMMA.split(label)


def _silence(answer: PlaceAnswer, place: Place, places: Places) -> Notice:
    if answer.older:
        said = ngettext(
            "Nothing in that time. {count} older article speaks of it.",
            "Nothing in that time. {count} older articles speak of it.",
            answer.older,
        )
        return Notice(said.format(count=answer.older))
    near = [
        f"{name_of(town, places)} ({distance_km(place, town):.0f} km)" for town in answer.neighbours
    ]
    hint = _("Near it, the news speaks of {places}.").format(places=words.listed(near))
    return Notice(_("None of the articles at hand speaks of it."), hint if near else "")


def _any_time(answer: PlaceAnswer, place: Place) -> tuple[Action, ...]:
    return (Action(_("At any time"), "place", f"geo:{place.id}"),) if answer.older else ()


def _follow(place: Place) -> Action:
    return Action(_("Follow this place"), "subscribe", f"08:00 place geo:{place.id}")


def _summary_line(answer: PlaceAnswer, counts: Sequence[str]) -> Paragraph:
    """Say how much there is, and which places inside it are named: "Mosul 4, Baghdad 2"."""
    about = sum(told.is_about for told in answer.articles)
    mere = len(answer.articles) - about
    lines = [
        ngettext("{count} article is about it.", "{count} articles are about it.", about).format(
            count=about
        )
    ]
    if not about:
        said = ngettext("{count} article mentions it.", "{count} articles mention it.", mere)
        lines = [said.format(count=mere)]
    elif mere:
        said = ngettext("{count} more mentions it.", "{count} more mention it.", mere)
        lines.append(said.format(count=mere))
    if counts:
        lines.append(_("In it: {places}.").format(places=comma(words.spoken()).join(counts)))
    if answer.beyond:
        said = ngettext(
            "{count} older article is not shown.",
            "{count} older articles are not shown.",
            answer.beyond,
        )
        lines.append(said.format(count=answer.beyond))
    return Paragraph(" ".join(lines))


def _inside(answer: PlaceAnswer, place: Place) -> list[tuple[Place, int]]:
    """Count the mentions of each place inside the asked one, most mentioned first."""
    named = [inner for told in answer.articles for inner in told.named if inner.id != place.id]
    return tally(named)[:INSIDE_SHOWN]


def tally(named: Sequence[Place]) -> list[tuple[Place, int]]:
    """Count how often each place is named, most often first."""
    counts = Counter(place.id for place in named)
    by_id = {place.id: place for place in named}
    return [(by_id[number], count) for number, count in counts.most_common()]


def _counts(inside: Sequence[tuple[Place, int]], places: Places) -> list[str]:
    """Say each place and its count; of two of one name, which is the region."""
    names = [name_of(place, places) for place, _count in inside]
    return [
        f"{_of_kind(name, place) if names.count(name) > 1 else name} {count}"
        for name, (place, count) in zip(names, inside, strict=True)
    ]


def _of_kind(name: str, place: Place) -> str:
    return f"{name} ({_(_KINDS[place.kind])})"


def _turns(answer: PlaceAnswer, place: Place, page: int, pages: int) -> tuple[Action, ...]:
    """Offer the pages before and after; the page's number says that it takes this one's place."""
    asked = replace(answer.question, name=f"geo:{place.id}", page=1).words()
    back = (Action(_("Back"), "place", f"{asked} {_PAGE}{page - 1}"),) if page > 1 else ()
    after = (Action(_("Next"), "place", f"{asked} {_PAGE}{page + 1}"),) if page < pages else ()
    return (*back, *after)


def _namesakes(answer: PlaceAnswer, place: Place, places: Places) -> list[Place]:
    """Return the best known other places of the name, each looking different from the rest."""
    looks = {(places.label(place, words.spoken()), place.kind)}
    others: list[Place] = []
    for other in answer.lookup.candidates:
        look = places.label(other, words.spoken()), other.kind
        if look not in looks:
            looks.add(look)
            others.append(other)
    return others[:NAMESAKES_SHOWN]


def _item(told: PlaceArticle, titles: Mapping[str, str]) -> StoryItem:
    article, shown = told.article, told.shown[:SENTENCES_SHOWN]
    left = len(told.shown) - len(shown)
    said = ngettext("{count} more sentence", "{count} more sentences", left)
    others = dict.fromkeys(source_of(one, titles) for one in told.also)
    others.pop(source_of(article, titles), None)
    byline = [
        also_in(list(others)),
        positions(Summary(shown, told.total)),
        said.format(count=left) if left > 0 else "",
    ]
    return StoryItem(
        title=article.title or _(UNTITLED),
        sentences=tuple(sentence.text for sentence in shown),
        byline=" · ".join(filter(None, byline)),
        url=article.url,
        dateline=show_date(article.published),
        source=source_of(article, titles),
        image=article.image,
    )


def _choices(
    candidates: Sequence[Place],
    places: Places,
    command: str = "place",
    named: str = "",
    beside: Place | None = None,
) -> tuple[Action, ...]:
    """Offer places; pressing one `named` like others says which is meant from now on.

    Their labels tell them apart, also from the one they are offered `beside`.
    """
    shown = candidates[:CHOICES_SHOWN]
    labels = telling_labels([*shown, *([beside] if beside else [])], places)
    return tuple(
        Action(label, command, choice(place, named))
        for place, label in zip(shown, labels, strict=False)
    )


def telling_labels(shown: Sequence[Place], places: Places) -> list[str]:
    """Label places so that no two look the same: by their kind, or by where they lie."""
    labels = [places.label(place, words.spoken()) for place in shown]
    kinds = [_with_kind(label, place, labels) for place, label in zip(shown, labels, strict=True)]
    return [
        f"{label}{comma(words.spoken())}{_where(place)}" if kinds.count(kind) > 1 else kind
        for place, label, kind in zip(shown, labels, kinds, strict=True)
    ]


def choice(place: Place, named: str) -> str:
    """Return the words that choose a place for a name that it shares."""
    plain = not named or named.startswith("geo:")
    return f"geo:{place.id}" if plain else f"geo:{place.id}{_AS}{named}"


def chosen(typed: str) -> tuple[int, str] | None:
    """Return the place and the name that it was chosen for, from the words of `choice`."""
    match = re.fullmatch(rf"geo:(\d+){_AS}(.+)", typed.strip(), re.DOTALL)
    return (int(match[1]), match[2]) if match else None


def _with_kind(label: str, place: Place, labels: Sequence[str]) -> str:
    """Say what kind of place it is where another's label is the same, or a country's begins so."""
    is_begun = place.kind == "country" and sum(one.startswith(label) for one in labels) > 1
    return _of_kind(label, place) if is_begun or labels.count(label) > 1 else label


def _where(place: Place) -> str:
    """Say where on Earth a place lies, "46.2° N, 6.1° E"."""
    north, east = ("N" if place.latitude >= 0 else "S"), ("E" if place.longitude >= 0 else "W")
    return f"{abs(place.latitude):.1f}° {north}, {abs(place.longitude):.1f}° {east}"


def _named(answer: PlaceAnswer) -> str:
    name = answer.question.name or answer.query
    return name if len(name) <= 60 else name[:59] + "…"
