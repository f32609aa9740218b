"""What a page says of itself: the better source wins, and odd ones do no harm."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from bot.sources.guess_date import guess_day
from bot.sources.metadata import Metadata, metadata, moment_of
from bot.sources.pages_blocks import parse

URL = "https://gazette.example/news/freighter?utm=1"
TITLE = "Freighter runs aground in the fog"


def told(head: str = "", body: str = f"<h1>{TITLE}</h1>", attributes: str = "") -> Metadata:
    return metadata(parse(f"<html {attributes}><head>{head}</head><body>{body}</body></html>"), URL)


def ld(value: Any) -> str:  # noqa: ANN401 - JSON is anything
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def article(**fields: Any) -> str:  # noqa: ANN401
    return ld({"@context": "https://schema.org", "@type": "NewsArticle", **fields})


def test_json_ld_says_it_all() -> None:
    found = told(
        article(
            headline=TITLE,
            author={"@type": "Person", "name": "Jane Smith"},
            datePublished="2016-01-20T09:30:00+01:00",
            image={"url": "/fog.jpg"},
            inLanguage="fr-CA",
        )
    )
    assert found == Metadata(
        title=TITLE,
        author="Jane Smith",
        published=datetime(2016, 1, 20, 9, 30, tzinfo=timezone(timedelta(hours=1))),
        image="https://gazette.example/fog.jpg",
        url=URL,
        language="fr",
        is_article=True,
    )


def test_open_graph_says_it_where_json_ld_does_not() -> None:
    found = told(
        f'<meta property="og:title" content="{TITLE}"><meta property="og:type" content="article">'
        '<meta property="og:site_name" content="The Gazette">'
        '<meta name="author" content="By Li Wei">'
        '<meta property="article:published_time" content="2016-01-20">'
        '<meta property="og:image" content="https://cdn.example/fog.jpg">'
        '<meta property="og:url" content="https://gazette.example/news/freighter">'
    )
    assert found == Metadata(
        title=TITLE,
        author="Li Wei",
        published=datetime(2016, 1, 20, tzinfo=UTC),
        site="The Gazette",
        image="https://cdn.example/fog.jpg",
        url="https://gazette.example/news/freighter",
        is_article=True,
    )


def test_a_page_that_says_nothing_has_nothing_but_its_address() -> None:
    assert told(body="<p>Text.</p>") == Metadata(url=URL)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (f"<title>{TITLE} | The Gazette</title>", ""),
        (f"<title>{TITLE} - Gazette</title>", ""),
        (f"<title>{TITLE} - Gazette</title>", f"<h1>The Gazette</h1><h2>{TITLE}</h2>"),
        (f'<title>x</title><meta property="og:title" content="{TITLE} | Gazette">', ""),
        (article(headline=f"{TITLE} &amp;amp; more"), f"<h1>{TITLE} & more</h1>"),
        (article(headline="Ship in trouble"), f"<h1>{TITLE}</h1>"),
    ],
)
def test_the_title_is_the_headline_without_the_site(head: str, body: str) -> None:
    assert told(head, body).title.removesuffix(" & more") == TITLE


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ({"name": "Jane Smith"}, "Jane Smith"),
        ([{"name": "Jane Smith"}, {"name": "Li Wei"}], "Jane Smith, Li Wei"),
        ("Par Jeanne Martin", "Jeanne Martin"),
        ({"@id": "#jane"}, "Jane Smith"),
        ({"name": "https://gazette.example/jane"}, ""),
        ({"name": "admin"}, ""),
        ([[{"name": {"name": ["Deep"]}}]], "Deep"),
        (7, ""),
        (None, ""),
    ],
)
def test_the_author_is_a_name(author: Any, name: str) -> None:  # noqa: ANN401
    person = {"@id": "#jane", "@type": "Person", "name": "Jane Smith"}
    assert told(ld({"@graph": [{"@type": "Article", "author": author}, person]})).author == name


def test_a_byline_on_the_page_is_an_author_too() -> None:
    assert (
        told(body="<p class='byline'>By <a rel='author'>Jane Smith</a></p>").author == "Jane Smith"
    )


@pytest.mark.parametrize(
    "script",
    [
        "{", "[" * 100_000, "null", '"text"', "[1, [2]]", '{"@type": {}}', '{"headline": "\ud800"}',
        '<!-- {"@type": "Article"} -->', '{"@type": "Article", "headline": [[[]]], "image": [0]}',
    ],
)  # fmt: skip
def test_odd_json_ld_does_no_harm(script: str) -> None:
    assert told(f'<script type="application/ld+json">{script}</script>').title == TITLE


def test_control_characters_and_overrides_are_not_in_a_title() -> None:
    found = told('<meta property="og:title" content="Free\u202eighter\x07 runs\u200b in">', "")
    assert found.title == "Freeighter runs in"


def test_an_endless_title_is_cut() -> None:
    assert len(told(f"<title>{'x' * 100_000}</title>", "").title) == 500


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "http://[", "", "/"])
def test_a_link_that_is_none_is_not_taken(link: str) -> None:
    found = told(f'<link rel="canonical" href="{link}"><meta property="og:image" content="{link}">')
    assert found.url == URL
    assert found.image in {"", "https://gazette.example/"}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2016-01-20T09:30:00Z", datetime(2016, 1, 20, 9, 30, tzinfo=UTC)),
        ("2016-01-20T09:30", datetime(2016, 1, 20, 9, 30, tzinfo=UTC)),
        ("2016/1/20 at noon", datetime(2016, 1, 20, tzinfo=UTC)),
        ("0001-01-01", None), ("2016-13-40", None), ("yesterday", None), ("", None),
    ],
)  # fmt: skip
def test_a_declared_moment_is_aware_or_none(text: str, moment: datetime | None) -> None:
    assert moment_of(text) == moment


@pytest.mark.parametrize(
    "line",
    [
        "Published 20 January 2016", "January 20th, 2016", "Publié le 20 janvier 2016 à 9h30",
        "20. Januar 2016", "20 de enero de 2016", "20 gennaio 2016", "20 января 2016 г.",
        "20 stycznia 2016", "20 Ocak 2016", "2016-01-20", "20.01.2016", "20/01/2016", "01/20/2016",
        "2016年1月20日",
    ],
)  # fmt: skip
def test_a_day_is_guessed_in_many_languages(line: str) -> None:
    assert guess_day("", ["By Jane", line]) == datetime(2016, 1, 20, tzinfo=UTC)


def test_the_day_of_an_address_comes_first_and_a_change_last() -> None:
    day = datetime(2016, 1, 20, tzinfo=UTC)
    assert guess_day("https://x.example/2016/01/20/fog", ["3 May 2020"]) == day
    assert guess_day("", ["Updated 3 May 2020", "20 January 2016"]) == day
    assert guess_day("", ["Updated 20 January 2016"]) == day


def test_a_day_of_two_numbers_is_read_as_the_language_does() -> None:
    assert guess_day("", ["03/04/2025"], "en") == datetime(2025, 3, 4, tzinfo=UTC)
    assert guess_day("", ["03/04/2025"], "fr") == datetime(2025, 4, 3, tzinfo=UTC)


@pytest.mark.parametrize("line", ["", "31 February 2016", "1 de 1 de 1", "12345678", "99/99/2016"])
def test_a_line_without_a_day_gives_none(line: str) -> None:
    assert guess_day("http://[", [line]) is None
