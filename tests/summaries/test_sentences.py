"""Sentence and word splitting: the laws that hold for any text, and the hard cases."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summaries.article import Article
from summaries.sentences import SENTENCE_CAP, _words_by_script, sentences, split, words
from tests.benchmarks.bench_reading import LANGUAGES, SECOND, examples, halves, ours, score


def cut(text: str, language: str = "") -> list[str]:
    return [text[start:end] for start, end in split(text, language)]


def visible(text: str) -> str:
    return "".join(text.split())


NEWSY = st.text(alphabet="aàB1 .!?…«»“”\"'’()[/。」》？؟।;•–\n\u00a0-", max_size=80)
LANGUAGE = st.sampled_from(["", "fr", "en", "de", "zh", "el", "xx"])


@example("。؟0", "")  # a mark right after a sentence that ended
@given(st.one_of(st.text(), NEWSY), LANGUAGE)
def test_spans_are_in_order_stripped_and_cover_all_that_is_visible(
    text: str, language: str
) -> None:
    spans = split(text, language)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    assert visible("".join(text[start:end] for start, end in spans)) == visible(text)


@given(st.text(), LANGUAGE)
def test_words_are_runs_of_the_text_in_order(text: str, language: str) -> None:
    place = 0
    for word in words(text, language):
        found = text.find(word, place)
        assert found >= 0
        place = found + 1


PLAIN = st.text(st.one_of(st.sampled_from("aé'’stv1.,_ -"), st.characters(max_codepoint=0x2FF)))


@given(PLAIN)
def test_the_quick_way_to_words_finds_the_same(text: str) -> None:
    assert words(text) == _words_by_script(text)


def test_sentences_know_their_paragraph_and_place() -> None:
    article = Article("T", ("One. Two.", "Three."), language="en")
    assert [(s.text, s.paragraph, s.index) for s in sentences(article)] == [
        ("One.", 0, 0),
        ("Two.", 0, 1),
        ("Three.", 1, 2),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hand_checked_boundaries_are_found(language: str) -> None:
    least = 0.99 if language in {"fr", "en"} else 0.97
    for part in (*halves(language), examples(language, SECOND)):
        assert score(ours, language, part).f1 >= least


def test_the_hand_checked_sets_are_large() -> None:
    sizes = {language: sum(len(e.starts) for e in examples(language)) for language in LANGUAGES}
    assert min(sizes["fr"], sizes["en"]) >= 300
    assert min(sizes.values()) >= 40


def test_the_second_sets_are_large() -> None:
    sizes = {code: sum(len(e.starts) for e in examples(code, SECOND)) for code in LANGUAGES}
    assert min(sizes["fr"], sizes["en"]) >= 150
    assert min(sizes.values()) >= 40


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("«\u00a0Il part. Elle reste\u00a0», dit-il.", "fr"),
        ("«\u202fIl part\u202f? Elle reste\u202f», dit-il.", "fr"),
        ('"I saw it. I ran," she said.', "en"),
        ("“I saw it. He said ‘Run. Now.’ I ran,” she said.", "en"),
        ("'I saw it. I don't lie,' she said.", "en"),
        ("„Wir gehen. Wir kommen nicht wieder“, sagte er.", "de"),
        ("»Wir gehen. Wir kommen nicht wieder«, sagte er.", "de"),
        ("«Мы уйдём. Мы вернёмся», — сказал он.", "ru"),
        ("他说：“我走了。你留下。”", "zh"),
        ("「行きます。また来ます」と彼は言った。", "ja"),
        ("He left (it was late. He was tired) without a word.", "en"),
    ],
)  # fmt: skip
def test_a_quotation_is_never_cut(text: str, language: str) -> None:
    assert cut(text, language) == [text]


PHRASE = st.lists(st.sampled_from(["Il part", "M. Roux dort", "Why", "Ja", "3.5"]), min_size=1)
MARKS = st.sampled_from([("«\u00a0", "\u00a0»"), ("“", "”"), ('"', '"'), ("„", "“"), ("「", "」")])


@given(PHRASE, PHRASE, MARKS, st.sampled_from([". ", "! ", "? ", "… "]), LANGUAGE)
def test_no_boundary_falls_inside_any_short_quotation(
    inside: list[str], outside: list[str], marks: tuple[str, str], stop: str, language: str
) -> None:
    quotation = marks[0] + stop.join(inside[:9]) + stop.strip() + marks[1]
    text = f"{stop.join(outside)}, dit-il\u00a0: {quotation}. {stop.join(outside)}"
    assert sum(quotation in sentence for sentence in cut(text, language)) == 1


@pytest.mark.parametrize("mark", ["«", "“", '"', "(", "„", "「", "'"])
def test_a_quotation_that_never_closes_does_not_swallow_the_paragraph(mark: str) -> None:
    text = f"He said {mark}yes to it. She left. They stayed. Nobody spoke."
    assert len(cut(text, "en")) == 4


def test_a_quotation_of_a_whole_page_is_cut_after_all() -> None:
    text = "« " + "Il part et elle reste. " * 100 + "»"
    assert len(cut(text, "fr")) == 100


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("M. Carter est venu. Il est reparti.", "fr", 2),
        ("J. K. Rowling et J.-M. Dubois ont 3.5 millions.", "fr", 1),
        ("Il hésite... puis part. Elle reste… Il revient.", "fr", 3),
        ("Le film sort.Il dure deux heures.", "fr", 2),
        ("Dr. Smith paid $3.50 to Acme Inc. of Ohio at 5 p.m. on Jan. 5. He left.", "en", 2),
        ("He lives in the U.S. The house is old.", "en", 2),
        ('"Stop!" Smith said. "Why?" asked Jones.', "en", 2),
        ("Am 3. Oktober kam Dr. Kohl, z. B. mit 5.000 Gästen. Es regnete.", "de", 2),
        ("¿Vino? ¡Sí! Se fue.", "es", 3),
        ("В 2015 г. он жил на ул. Ленина, т. е. в центре. Потом уехал.", "ru", 2),
        ("ماذا حدث؟ لا أحد يعلم۔ انتهى.", "ar", 3),
        ("वह आया। वह गया। क्यों?", "hi", 3),
        ("他来了。你呢？走吧！", "zh", 3),
        ("Τι έγινε; Κανείς δεν ξέρει. Τέλος.", "el", 3),
        ("First line\nsecond line. Third", "en", 3),
        ("See www.example.com/a.B?c=D.E and node.js.", "en", 1),
        ("Merci 🎉. Bravo ! 🎉🎉", "fr", 2),
        ("Il en tombe 1,20 m. Un camion patine. M. Un est las.", "fr", 3),
        ("Le lt-col. Amar suit J.-C. Roux. Elle reste.", "fr", 2),
        ("MADRID (EFE).- El rey vino. Hoy no.", "es", 2),
        ("Está en el vol. IV y la Sra. Mª. López en el s. XVI. Nadie más.", "es", 2),
        ("Prof. Dr. h. c. Maier spielte am Mo. 40 Minuten mit Frau v. Braun. Ja.", "de", 2),
        ("Приз — 3,5 млрд руб. Стоит ли?", "ru", 2),
        ('"من أنت؟" سأله النادل. لم يجب.', "ar", 2),
        ("《你在哪里？》是书名。「好。」教練說。", "zh", 2),
        ("The rate fell. .25 is low.", "en", 2),
        ("Un tollé.- Inquiet, non payé -En mai, rien. Rouge. - Un - deux", "fr", 5),
        ("Une baisse « temporaire ».• LES PATRONS gagnent (pain, etc.).Elle perd.", "fr", 3),
        ("Il quitte la mairie.M. Petit reste.", "fr", 2),
    ],
)
def test_hard_cases(text: str, language: str, count: int) -> None:
    assert len(cut(text, language)) == count


def test_nothing_but_marks_is_never_a_sentence_of_its_own() -> None:
    assert cut("It was late. '", "en") == ["It was late. '"]


NORMAL = " ".join(example.text for example in examples("fr"))


@pytest.mark.parametrize(
    "text",
    ["mot " * 250_000, "a" * 1_000_000, "." * 1_000_000, ". " * 500_000, "« " * 500_000,
     '" ' * 500_000, "“”" * 500_000, "'a" * 500_000, "a.«" * 330_000, "!" + " " * 1_000_000,
     "A. " * 330_000, "(" * 1_000_000, "1. " * 330_000, '."A' * 330_000, "\u0301" * 1_000_000,
     (NORMAL * 40)[:500_000], "「" * 500_000],
    ids=lambda text: repr(text[:6]),
)  # fmt: skip
def test_a_hostile_text_is_split_within_two_seconds(text: str) -> None:
    start = time.process_time()
    spans = split(text, "fr")
    assert time.process_time() - start < 2
    assert max((end - start for start, end in spans), default=0) <= SENTENCE_CAP


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("L'État a 3.5 millions", ["L", "État", "a", "3.5", "millions"]),
        ("She doesn't know O’Hara", ["She", "doesn't", "know", "O", "Hara"]),
        ("a-t-il dit", ["a", "t", "il", "dit"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("北京大学", ["北京", "京大", "大学"]),
        ("2024年", ["2024", "年"]),
        ("مَرحَبًا بكم", ["مَرحَبًا", "بكم"]),
        ("", []),
    ],
)
def test_words_of_many_scripts(text: str, found: list[str]) -> None:
    assert words(text) == found
