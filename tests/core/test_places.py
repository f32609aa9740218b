"""Questions about places: which sentences, in what order, and what is offered besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.messages import Heading, Notice, Paragraph, Reply, StoryItem
from bot.core.news import Reading
from bot.core.places import (
    PlaceAnswer,
    PlaceReader,
    called_so,
    distance_km,
    place_reply,
    sentence_spans,
)
from bot.core.questions import PlaceQuestion
from summaries.article import Article
from summaries.places.place import Lookup, Mention, Place
from tests.fakes import press

NOW = datetime(2017, 7, 12, tzinfo=UTC)
IRAQ = Place(1, "Iraq", "IQ", 33.0, 44.0, "country", 40_000_000, "", level=1)
MOSUL = Place(2, "Mosul", "IQ", 36.335, 43.119, "city", 1_700_000, "15")
BAGHDAD = Place(3, "Baghdad", "IQ", 33.34, 44.4, "city", 7_000_000, "07")
ERBIL = Place(4, "Erbil", "IQ", 36.19, 44.01, "city", 900_000, "05")
PARIS = Place(5, "Paris", "FR", 48.85, 2.35, "city", 2_100_000, "11")
TEXAS = Place(6, "Paris", "US", 33.66, -95.55, "city", 25_000, "TX")
KNOWN = {place.name: place for place in (IRAQ, MOSUL, BAGHDAD, ERBIL, PARIS)}


class Atlas:
    """A gazetteer of six places."""

    def lookup(self, query: str, language: str = "") -> Lookup:
        if query.startswith("geo:"):
            found = next((p for p in (*KNOWN.values(), TEXAS) if p.id == int(query[4:])), None)
            return Lookup(query, "found" if found else "unknown", found, ())
        if query == "Paris":
            return Lookup(query, "ambiguous", None, (PARIS, TEXAS))
        if query in KNOWN:
            return Lookup(query, "found", KNOWN[query], (KNOWN[query],))
        return Lookup(query, "unknown", None, (MOSUL,) if query == "Mosool" else ())

    def suggest(self, prefix: str, limit: int = 10) -> Sequence[Place]:
        return [place for place in KNOWN.values() if place.name.startswith(prefix)][:limit]

    def find(
        self, text: str, language: str = "", *, usual: Mapping[int, float] | None = None
    ) -> Sequence[Mention]:
        found = [
            Mention(name, start, start + len(name), place, 1.0)
            for name, place in KNOWN.items()
            for start in range(len(text))
            if text.startswith(name, start)
        ]
        return sorted(found, key=lambda mention: mention.start)

    def contains(self, outer: Place, inner: Place) -> bool:
        return outer.id == inner.id or (outer == IRAQ and inner.country == "IQ")

    def label(self, place: Place, language: str = "") -> str:
        return f"{place.name}, {place.country}"


def article(title: str, *paragraphs: str, days_old: int = 0) -> Article:
    published = NOW - timedelta(days=days_old)
    return Article(title, paragraphs, "en", source="Wire", published=published)


ABOUT = article(
    "Battle",
    "Mosul fell in June. The army waited for months before it moved.",
    "Mosul is large. He added that Mosul would be slow.",
    days_old=40,
)
MENTION = article(
    "Visit",
    "Paris saw a march. Paris was calm. Paris slept. Later the minister flew to Baghdad.",
    days_old=1,
)
NEARBY = article("Camp", "Tents stand near Erbil. Paris sent blankets.", days_old=3)


async def ask(query: str, *articles: Article) -> PlaceAnswer:
    return await PlaceReader(Atlas()).ask(query, Reading(articles), NOW)


async def reply(query: str, *articles: Article) -> Reply:
    return place_reply(await ask(query, *articles), Atlas())


async def test_only_sentences_that_name_the_place_are_told_and_they_are_verbatim() -> None:
    [told] = (await ask("Mosul", ABOUT, MENTION)).articles
    assert [sentence.text for sentence in told.sentences] == [
        "Mosul fell in June.",
        "Mosul is large.",
        "He added that Mosul would be slow.",
    ]
    assert all(sentence.text in ABOUT.text for sentence in told.sentences)


async def test_places_inside_a_country_count_and_are_counted() -> None:
    answer = await reply("Iraq", ABOUT, MENTION)
    assert any(isinstance(b, Paragraph) and "Mosul 3, Baghdad 1" in b.text for b in answer.blocks)
    assert "Mosul 3" in [action.label for action in answer.actions]


async def test_articles_about_the_place_come_before_mere_mentions() -> None:
    answer = await ask("Iraq", MENTION, ABOUT)
    assert [told.article.title for told in answer.articles] == ["Battle", "Visit"]
    assert [told.is_about for told in answer.articles] == [True, False]


async def test_a_sentence_that_points_back_brings_the_one_before_it() -> None:
    dangling = article("Talks", "The general spoke on Monday. He added that Mosul was next.")
    [told] = (await ask("Mosul", dangling)).articles
    assert [sentence.index for sentence in told.sentences] == [1]
    assert [sentence.index for sentence in told.shown] == [0, 1]


async def test_a_dateline_is_not_quoted_as_a_sentence() -> None:
    filed = article("Quake", "MOSUL, Iraq -", "The bridge in Mosul was closed.", "Mosul at night")
    [told] = (await ask("Mosul", filed)).articles
    assert [sentence.text for sentence in told.sentences] == ["The bridge in Mosul was closed."]
    [bare] = (await ask("Mosul", article("Photos", "Mosul at night"))).articles
    assert [sentence.text for sentence in bare.sentences] == ["Mosul at night"]


async def test_an_ambiguous_name_asks_which_one_with_buttons_that_answer() -> None:
    answer = await reply("Paris", MENTION)
    [notice] = answer.blocks
    assert isinstance(notice, Notice)
    assert "Which one?" in notice.text
    assert [(a.label, a.arguments) for a in answer.actions] == [
        ("Paris, FR", "geo:5 = Paris"),
        ("Paris, US", "geo:6 = Paris"),
    ]
    chosen = await reply(answer.actions[0].arguments, MENTION)
    assert chosen.blocks[0] == Heading("Paris, FR")


def test_what_a_chat_once_chose_is_meant_from_then_on_and_the_others_are_offered() -> None:
    asked = PlaceReader(Atlas()).resolve("news from Paris this week", TEXAS.id)
    assert (asked.lookup.status, asked.lookup.place) == ("found", TEXAS)
    assert PARIS in asked.lookup.candidates
    assert PlaceReader(Atlas()).resolve("Mosul", TEXAS.id).lookup.place == MOSUL


async def test_a_country_is_told_from_a_region_of_its_name() -> None:
    country = Place(7, "Georgia", "GE", 42.0, 43.5, "country", 3_700_000, "", level=1)
    state = Place(8, "Georgia", "US", 32.8, -83.2, "region", 10_000_000, "GA", level=2)

    class Labelled(Atlas):
        def label(self, place: Place, language: str = "") -> str:
            return "Georgia" if place is country else "Georgia, United States"

    lookup = Lookup("Georgia", "ambiguous", None, (country, state))
    answer = place_reply(PlaceAnswer("Georgia", lookup), Labelled())
    labels = [action.label for action in answer.actions]
    assert labels == ["Georgia (country)", "Georgia, United States"]


def test_no_two_buttons_look_the_same() -> None:
    city = Place(7, "Geneva", "CH", 46.2, 6.1, "city", 180_000, "GE")
    canton = Place(8, "Geneva", "CH", 46.2, 6.1, "region", 500_000, "GE", level=2)
    hamlet = Place(9, "Geneva", "CH", 47.04, 8.3, "city", 10, "LU")
    found = Lookup("Geneva", "found", city, (city, canton))
    answer = place_reply(PlaceAnswer("Geneva", found, question=PlaceQuestion("Geneva")), Atlas())
    assert [a.label for a in answer.actions] == ["Geneva, CH (region)", "Follow this place"]
    asked = Lookup("Geneva", "ambiguous", None, (city, canton, hamlet))
    answer = place_reply(PlaceAnswer("Geneva", asked), Atlas())
    assert [action.label for action in answer.actions] == [
        "Geneva, CH, 46.2° N, 6.1° E",
        "Geneva, CH (region)",
        "Geneva, CH, 47.0° N, 8.3° E",
    ]


def test_what_is_only_spelt_like_a_country_by_some_is_not_offered_beside_it() -> None:
    arak = Place(7, "Arāk", "IR", 34.1, 49.7, "city", 500_000, "34")
    town = Place(8, "Iraq", "US", 34.1, 49.7, "city", 500, "TX")
    found = Lookup("Irak", "found", IRAQ, (IRAQ, arak, town))
    assert called_so(found, "Irak", Atlas()) == (IRAQ, town)
    asked = Lookup("Irak", "ambiguous", None, (IRAQ, arak, town))
    assert called_so(asked, "Irak", Atlas()) == (IRAQ, town)
    liban = Place(8, "Iráq", "CZ", 50.4, 15.2, "city", 1_700, "82")
    assert called_so(replace(found, candidates=(IRAQ, liban)), "Iraq", Atlas()) == (IRAQ,)
    two = Lookup("Irak", "ambiguous", None, (IRAQ, arak))
    assert called_so(two, "Irak", Atlas()) == (IRAQ, arak)  # else nothing would be left to ask


async def test_what_several_print_word_by_word_is_told_once() -> None:
    other, third = replace(ABOUT, source="Post"), replace(ABOUT, source="Herald", title="War")
    answer = await reply("Mosul", ABOUT, other, third)
    items = [block for block in answer.blocks if isinstance(block, StoryItem)]
    assert [(one.title, one.source) for one in items] == [("Battle", "Wire"), ("War", "Herald")]
    assert items[0].byline == "also in Post · sentences 1, 3, 4 of 4"


@pytest.mark.parametrize(("typed", "offers"), [("Mosool", ["Mosul, IQ"]), ("Atlantis", [])])
async def test_an_unknown_name_offers_what_was_perhaps_meant(typed: str, offers: list[str]) -> None:
    answer = await reply(typed)
    [notice] = answer.blocks
    assert isinstance(notice, Notice)
    assert typed in notice.text
    assert notice.hint
    assert [action.label for action in answer.actions] == offers


async def test_a_radius_brings_in_the_towns_around() -> None:
    assert [told.article.title for told in (await ask("Mosul", ABOUT, NEARBY)).articles] == [
        "Battle"
    ]
    wide = await ask("near Mosul 100 km", ABOUT, NEARBY)
    assert {told.article.title for told in wide.articles} == {"Battle", "Camp"}


async def test_a_time_leaves_older_articles_out_and_says_how_many() -> None:
    recent = await ask("Iraq this week", ABOUT, MENTION)
    assert [told.article.title for told in recent.articles] == ["Visit"]
    assert recent.older == 1
    silent = await reply("Mosul today", ABOUT)
    assert "1 older article speaks of it" in str(silent.blocks[1])
    assert silent.actions[0].arguments == "geo:2"


async def test_a_place_without_news_names_its_neighbours_that_have_some() -> None:
    answer = await reply("Erbil", ABOUT, MENTION)
    assert "Mosul" in str(answer.blocks[1])
    assert answer.actions[0].arguments == "geo:2"


async def test_many_articles_come_in_pages_that_lose_none() -> None:
    many = [article(f"Day {day}", "Mosul was quiet.", days_old=day) for day in range(11)]
    query, titles = "Mosul", []
    while query:
        answer = await reply(query, *many)
        titles += [block.title for block in answer.blocks if isinstance(block, StoryItem)]
        more = [action for action in answer.actions if action.label == "Next"]
        query = more[0].arguments if more else ""
    assert titles == [f"Day {day}" for day in range(11)]


async def test_a_page_takes_the_place_of_the_one_before_and_leads_back() -> None:
    many = [article(f"Day {day}", "Mosul was quiet.", days_old=day) for day in range(11)]
    first = await reply("Mosul", *many)
    assert Paragraph("1 / 3") in first.blocks
    assert not first.in_place
    second = await reply(press(first, "Next").arguments, *many)
    assert Paragraph("2 / 3") in second.blocks
    assert second.in_place
    back = await reply(press(second, "Back").arguments, *many)
    assert back == replace(first, in_place=True)
    assert not any(action.label == "Back" for action in back.actions)


def test_spans_count_code_points_of_the_articles_text() -> None:
    for sentence, start, end in sentence_spans(ABOUT):
        assert ABOUT.text[start:end] == sentence.text


def test_a_distance_is_that_of_the_great_circle() -> None:
    assert distance_km(MOSUL, BAGHDAD) == pytest.approx(352, abs=5)
    assert distance_km(PARIS, PARIS) == 0
