"""Questions about places, as people type them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.commands import in_words
from bot.core.questions import NEAR_KM, PlaceQuestion, is_question, understand

DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=31)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Mosul", PlaceQuestion("Mosul")),
        ("near Mosul 100 km", PlaceQuestion("Mosul", 100)),
        ("within 100 km of Mosul", PlaceQuestion("Mosul", 100)),
        ("100 miles around Baghdad", PlaceQuestion("Baghdad", 161)),
        ("near Mosul", PlaceQuestion("Mosul", NEAR_KM)),
        ("near Mosul 99999999 km", PlaceQuestion("Mosul", 2000)),
        ("whats new in Iraq?", PlaceQuestion("Iraq")),
        ("près de Raqa", PlaceQuestion("Raqa", NEAR_KM)),
        ("Iraq this week", PlaceQuestion("Iraq", 0, WEEK)),
        ("Irak cette semaine", PlaceQuestion("Irak", 0, WEEK)),
        ("what's new in Iraq today?", PlaceQuestion("Iraq", 0, DAY)),
        ("что нового в Мосуле?", PlaceQuestion("Мосуле")),
        ("que se passe-t-il à Raqa ?", PlaceQuestion("Raqa")),
        ("Que se passe-t-il en Irak ce mois-ci ?", PlaceQuestion("Irak", 0, MONTH)),
        ("what's new in Iraq?", PlaceQuestion("Iraq")),
        ("What is happening in the United States?", PlaceQuestion("United States")),
        ("what about New York?", PlaceQuestion("New York")),
        ("¿qué pasa en Chile?", PlaceQuestion("Chile")),
        ("was passiert in Georgien?", PlaceQuestion("Georgien")),
        ("ماذا يحدث في الموصل؟", PlaceQuestion("الموصل")),
        ("geo:98860 page:2", PlaceQuestion("geo:98860", page=2)),
        ("Nice", PlaceQuestion("Nice")),
        ("Aden", PlaceQuestion("Aden")),
        ("En Nahud", PlaceQuestion("En Nahud")),
        ("Paris, Texas", PlaceQuestion("Paris, Texas")),
        ("", PlaceQuestion("")),
    ],
)
def test_a_question_is_understood(typed: str, meant: PlaceQuestion) -> None:
    assert understand(typed) == meant


@pytest.mark.parametrize(
    ("typed", "name", "days"),
    [
        ("que se passe-t-il à raqa ?", "raqa", 0),
        ("que se passe t il a raqa", "raqa", 0),
        ("quoi de neuf en irak", "irak", 0),
        ("les dernières nouvelles de mossoul", "mossoul", 0),
        ("qu’est-ce qui se passe dans le donbass ?", "donbass", 0),
        ("what's new in iraq", "iraq", 0),
        ("news from mosul today", "mosul", 1),
        ("whats up in syria", "syria", 0),
        ("latest from aleppo", "aleppo", 0),
        ("what is going on in the sahel this week?", "sahel", 7),
        ("¿qué pasa en irak?", "irak", 0),
        ("que pasa en mosul hoy", "mosul", 1),
        ("últimas noticias de alepo", "alepo", 0),
        ("was ist los in bagdad", "bagdad", 0),
        ("neues aus dem irak", "irak", 0),
        ("nachrichten aus mossul heute", "mossul", 1),
        ("che succede a mosul?", "mosul", 0),
        ("notizie da gaza questa settimana", "gaza", 7),
        ("o que está acontecendo em mossul?", "mossul", 0),
        ("notícias do iraque hoje", "iraque", 1),
        ("что происходит в мосуле?", "мосуле", 0),
        ("новости из сирии сегодня", "сирии", 1),
        ("ماذا يحدث في الموصل؟", "الموصل", 0),
        ("أخبار غزة اليوم", "غزة", 1),
    ],
)
def test_a_question_in_lower_case_is_understood_in_eight_languages(
    typed: str, name: str, days: int
) -> None:
    assert is_question(typed)
    period = timedelta(days=days) if days else None
    assert understand(typed) == PlaceQuestion(name, 0, period)


@pytest.mark.parametrize(
    "typed", ["what's new in Iraq?", "que se passe-t-il à Raqa ?", "news from Gaza"]
)
def test_asking_in_words_is_recognised(typed: str) -> None:
    assert is_question(typed)


@pytest.mark.parametrize("typed", ["Mosul", "hello there", "what?", "news", ""])
def test_a_bare_name_or_small_talk_is_no_question(typed: str) -> None:
    assert not is_question(typed)


def test_a_distance_is_kept_within_reason() -> None:
    assert understand("near Mosul 99999 km").radius_km == 2000
    assert understand("near Mosul 0 km").radius_km == 1


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("look at https://example.org/news, please", ("brief", "https://example.org/news")),
        ("que se passe-t-il à Raqa ?", ("place", "que se passe-t-il à Raqa ?")),
        ("what's new in Iraq?", ("place", "what's new in Iraq?")),
        ("good morning", ("words", "good morning")),
    ],
)
def test_a_message_without_a_command_is_understood(said: str, meant: tuple[str, str]) -> None:
    assert in_words(said) == meant
