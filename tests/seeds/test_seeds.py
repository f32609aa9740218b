"""The sample articles: shape, languages, counts. Knows no feed, no bot; reads seeds/ only."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from summaries.clean import clean

ROOT: Final = Path(__file__).parents[2]
SEEDS: Final = ROOT / "seeds"
REAL: Final = ROOT.parent / "shared" / "seeds"


class Expected(NamedTuple):
    """What a careful reader counts in one file; `furniture` is in lines, the title is neither."""

    language: str
    paragraphs: int
    furniture: int


EXPECTED: Final = {
    "2008-08-13-georgie-cessez-le-feu.txt": Expected("fr", 13, 6),
    "2010-07-31-victoria-bushfires-report.txt": Expected("en", 14, 7),
    "2010-10-14-rescate-mineros-chile.txt": Expected("es", 13, 10),
    "2011-08-24-chute-de-tripoli-libye.txt": Expected("fr", 13, 8),
    "2014-11-12-philae-comete-tchouri.txt": Expected("fr", 13, 8),
    "2015-12-12-accord-de-paris-climat.txt": Expected("fr", 13, 8),
    "2016-01-14-paris-talks-islamic-state.txt": Expected("en", 13, 9),
    "2016-01-14-reunion-paris-groupe-etat-islamique.txt": Expected("fr", 13, 9),
    "2017-07-11-mosul-liberation-ar.txt": Expected("ar", 13, 8),
    "2019-04-16-incendie-notre-dame-de-paris.txt": Expected("fr", 13, 7),
    "2020-08-05-explosion-port-de-beyrouth.txt": Expected("fr", 12, 9),
    "2021-01-20-georgia-senators-sworn-in.txt": Expected("en", 13, 9),
    "2021-01-29-tripoli-lebanon-unrest.txt": Expected("en", 13, 7),
    "2021-03-29-ever-given-suez-canal.txt": Expected("en", 13, 7),
    "2022-11-06-paris-texas-tornado.txt": Expected("en", 12, 8),
}
ASKED_FOR: Final = {"fr": 5, "en": 3, "es": 1, "ar": 1}

# In these files every paragraph, and no line of furniture, is this long and ends a sentence.
PROSE: Final = re.compile(r'^.{80,}[.!?…»"]$')
CAPTION: Final = re.compile(r"\. \([^()]+\)$")
READING_TIME: Final = re.compile(
    r"Temps de lecture|Lecture \d|min read|Tiempo de lectura|مدة القراءة"
)
READ_MORE: Final = re.compile(r"ire aussi|^Read more|^Lea también|^اقرأ أيضا")

each_seed = pytest.mark.parametrize("name", sorted(EXPECTED))


def read(name: str) -> str:
    return (SEEDS / name).read_text(encoding="utf-8")


def lines(name: str) -> list[str]:
    return [line for line in read(name).split("\n") if line.strip()]


def body(name: str) -> list[str]:
    return [line for line in lines(name)[1:] if PROSE.match(line)]


def runs_of_eight_words(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return set(zip(*(words[start:] for start in range(8)), strict=False))


def test_the_table_names_every_seed_and_no_other() -> None:
    assert {path.name for path in SEEDS.glob("*.txt")} == set(EXPECTED)


def test_there_are_enough_articles_in_each_language() -> None:
    found = Counter(expected.language for expected in EXPECTED.values())
    assert all(found[language] >= least for language, least in ASKED_FOR.items())


@each_seed
def test_the_file_name_is_a_date_and_a_slug(name: str) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-[a-z0-9-]+\.txt", name)
    assert date(2000, 1, 1) < date.fromisoformat(name[:10]) < date(2023, 1, 1)


@each_seed
def test_the_file_is_utf8_without_bom_and_has_unix_line_ends(name: str) -> None:
    raw = (SEEDS / name).read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    assert raw.decode("utf-8").endswith("\n")


@each_seed
def test_the_first_line_is_a_title_and_an_empty_line_follows(name: str) -> None:
    title, after = read(name).split("\n")[:2]
    assert 30 <= len(title) <= 110
    assert not title.endswith((".", "!", "?"))
    assert after == ""


@each_seed
def test_each_seed_has_a_caption_a_reading_time_and_a_read_more_line(name: str) -> None:
    for kind in (CAPTION, READING_TIME, READ_MORE):
        assert any(kind.search(line) for line in lines(name)), kind.pattern


@each_seed
def test_every_line_is_the_title_a_paragraph_or_furniture(name: str) -> None:
    expected = EXPECTED[name]
    assert len(body(name)) == expected.paragraphs
    assert len(lines(name)) == 1 + expected.paragraphs + expected.furniture


@each_seed
def test_furniture_stands_only_at_the_head_and_the_tail(name: str) -> None:
    paragraphs = body(name)
    first = lines(name).index(paragraphs[0])
    assert lines(name)[first : first + len(paragraphs)] == paragraphs


@each_seed
def test_paragraphs_are_separated_by_empty_lines(name: str) -> None:
    assert "\n\n".join(body(name)) in read(name)


@each_seed
def test_a_seed_is_as_long_as_a_news_story(name: str) -> None:
    words = re.findall(r"[^\W_]+(?:['’.,-][^\W_]+)*", " ".join(body(name)))
    assert 350 <= len(words) <= 600


@pytest.mark.parametrize("name", [n for n, e in EXPECTED.items() if e.language == "fr"])
def test_french_seeds_keep_their_non_breaking_spaces(name: str) -> None:
    text = read(name)
    assert "\u00a0" in text
    assert "\u202f" in text
    assert not re.search(r"« | [»:;!?]", text)


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/seeds (the real article) is not here")
@each_seed
def test_no_run_of_eight_words_is_shared_with_the_real_article(name: str) -> None:
    real = "\n".join(path.read_text(encoding="utf-8") for path in REAL.glob("*.txt"))
    assert not runs_of_eight_words(read(name)) & runs_of_eight_words(real)


@each_seed
def test_cleaning_finds_the_title_every_paragraph_and_all_furniture(name: str) -> None:
    article = clean(read(name))
    assert article.title == lines(name)[0]
    assert list(article.paragraphs) == body(name)
    assert len(article.furniture) == EXPECTED[name].furniture


@each_seed
def test_cleaning_tells_the_language(name: str) -> None:
    assert clean(read(name)).language == EXPECTED[name].language
