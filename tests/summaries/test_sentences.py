"""Sentence and word splitting: the laws that hold for any text, and the hard cases."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summaries.article import Article
from summaries.sentences import SENTENCE_CAP, sentences, split, words
from tests.benchmarks.bench_reading import LANGUAGES, examples, halves, ours, score


def cut(text: str, language: str = "") -> list[str]:
    return [text[start:end] for start, end in split(text, language)]


def visible(text: str) -> str:
    return "".join(text.split())


NEWSY = st.text(alphabet="aàB1 .!?…«»“”\"'’()。」؟।\n\u00a0-", max_size=80)
LANGUAGE = st.sampled_from(["", "fr", "en", "de", "zh", "el", "xx"])


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


def test_sentences_know_their_paragraph_and_place() -> None:
    article = Article("T", ("One. Two.", "Three."), language="en")
    assert [(s.text, s.paragraph, s.index) for s in sentences(article)] == [
        ("One.", 0, 0),
        ("Two.", 0, 1),
        ("Three.", 1, 2),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hand_checked_boundaries_are_found(language: str) -> None:
    for half in halves(language):
        assert score(ours, language, half).f1 >= 0.97


def test_the_hand_checked_sets_are_large() -> None:
    sizes = {language: sum(len(e.starts) for e in examples(language)) for language in LANGUAGES}
    assert min(sizes["fr"], sizes["en"]) >= 300
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
