"""The brief of one article: verbatim, in order, within its length, whatever the text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from summaries.article import Article, Length
from summaries.clean import clean
from summaries.extractive import METHODS, summarize
from summaries.selection import BUDGETS
from summaries.sentences import words

SHARED = Path(__file__).parents[3] / "shared"
DATA = SHARED / "data" / "summaries"

STORY = Article(
    "Storm closes the harbour of Port Alma",
    (
        "A storm closed the harbour of Port Alma on Monday and left 4,000 homes without power.",
        "Mayor Ana Ruiz asked the residents of Port Alma to stay at home until Wednesday.",
        "She said that the worst was over.",
        "The storm brought winds of 150 kilometres an hour, the weather office of Alma said.",
        "Engineers expect to restore power to most of the homes by Tuesday night.",
        "The harbour handles a third of the country's grain and will open on Thursday.",
        "In 2009 a similar storm sank two ferries in the same harbour.",
        "Schools in Port Alma will stay closed for the rest of the week, the council decided.",
    ),
    "en",
)


def test_sentences_are_verbatim_and_in_the_order_of_the_article() -> None:
    summary = summarize(STORY)
    assert all(s.text in STORY.paragraphs[s.paragraph] for s in summary.sentences)
    assert [s.index for s in summary.sentences] == sorted({s.index for s in summary.sentences})
    assert summary.total == 8
    assert not summary.whole


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("length", list(Length))
def test_every_method_keeps_the_promise_of_a_length(method: str, length: Length) -> None:
    summary = summarize(STORY, length, method=method)
    budget = BUDGETS[length]
    assert 1 <= len(summary.sentences) <= budget.sentences
    assert sum(len(words(s.text, "en")) for s in summary.sentences) <= budget.words


@pytest.mark.parametrize("length", list(Length))
def test_an_article_that_opens_with_its_lead_keeps_it(length: Length) -> None:
    lead = "A storm closed the harbour of Port Alma on Monday, left 4,000 homes without power and "
    story = replace(STORY, paragraphs=(lead + "sank two old ferries.", *STORY.paragraphs[1:]))
    assert summarize(story, length).sentences[0].index == 0


def test_a_longer_length_gives_more() -> None:
    sizes = [len(summarize(STORY, length).sentences) for length in Length]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_an_unknown_method_is_named_in_the_error() -> None:
    with pytest.raises(ValueError, match=r"Unknown method 'magic'.*dateline"):
        summarize(STORY, method="magic")


def test_a_text_within_its_length_is_given_whole() -> None:
    short = Article("Title", ("One thing happened in Lima.", "Nobody was hurt."), "en")
    summary = summarize(short)
    assert [s.text for s in summary.sentences] == list(short.paragraphs)
    assert summary.whole


def test_an_article_without_sentences_is_whole_and_empty() -> None:
    summary = summarize(Article("Title", ()))
    assert (summary.sentences, summary.total, summary.whole) == ((), 0, True)


def test_a_pronoun_comes_with_the_sentence_that_names_it_or_not_at_all() -> None:
    for length in Length:
        chosen = [s.index for s in summarize(STORY, length).sentences]
        assert 2 not in chosen or 1 in chosen


def test_a_sentence_said_twice_is_printed_once() -> None:
    twice = Article(STORY.title, STORY.paragraphs + STORY.paragraphs[:1], "en")
    texts = [s.text for s in summarize(twice, Length.LONG).sentences]
    assert len(texts) == len(set(texts))


def test_the_same_article_gives_the_same_brief() -> None:
    assert summarize(STORY) == summarize(STORY)


def test_the_lead_is_the_first_sentences() -> None:
    assert [s.index for s in summarize(STORY, method="lead").sentences] == [0, 1, 2]


def test_importing_does_not_load_nltk() -> None:
    check = "import sys, summaries.extractive; sys.exit('nltk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_our_own_method_does_not_load_nltk() -> None:
    check = (
        "import sys; from tests.summaries.test_extractive import STORY, summarize;"
        "summarize(STORY); own = 'nltk' in sys.modules;"
        "summarize(STORY, method='lsa'); sys.exit(own or 'nltk' not in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


BAD = {
    "one word": "Bonjour",
    "one sentence": "Le maire de Nice a démissionné lundi.",
    "no full stop": "mot " * 250_000,
    "no space": "a" * 1_000_000,
    "capitals": "THE MAYOR LEFT. THE COUNCIL MET ON MONDAY. THE VOTE WAS CLOSE. IT RAINED. " * 9,
    "list": "\n".join(f"- item number {i}" for i in range(400)),
    "transcript": "\n".join(f"Q: What is {i}?\nA: It is {i}." for i in range(300)),
    "poem": "\n".join(["Sous le pont Mirabeau coule la Seine", "Et nos amours"] * 30),
    "mixed": "Le maire part. The mayor leaves. El alcalde se va. Der Bürgermeister geht. " * 9,
    "emoji": "😀 😃 😄\n🎉🎉🎉\n" * 200,
    "right to left": "قال الرئيس إن الحكومة ستجتمع غدا في القاهرة. وأضاف أن القرار نهائي. " * 30,
    "zero width": "Le\u200b maire\u200b de Nice\ufeff part.\u200d Il\u200b pleut beaucoup ici. "
    * 30,
    "furniture": "0\n154\nTemps de lecture : 2 minutes\nLire aussi\nPartager\n",
    "chinese": "总统周一在北京会见了代表团。他们讨论了贸易问题。会议持续了三个小时。" * 30,
    "empty": "",
    "blank": " \n\t\n",
    "punctuation": "... !!! ??? ... -- ,, ;; \n" * 200,
}


@pytest.mark.parametrize("kind", list(BAD))
@pytest.mark.parametrize("language", ["", "fr", "xx"])
def test_bad_input_gives_a_brief_or_nothing_within_two_seconds(kind: str, language: str) -> None:
    start = time.process_time()
    article = clean(BAD[kind], language=language)
    summary = summarize(article)
    assert time.process_time() - start < 2
    assert all(s.text in article.paragraphs[s.paragraph] for s in summary.sentences)
    assert summary.whole or summary.sentences


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", list(BAD))
def test_no_method_fails_on_bad_input(method: str, kind: str) -> None:
    article = clean(BAD[kind])
    summary = summarize(article, method=method)
    assert summary.whole or summary.sentences


def test_three_thousand_sentences_answer_quickly() -> None:
    names = ("Lima", "Cusco", "Arequipa", "Trujillo", "Iquitos", "Piura", "Tacna")
    verbs = ("visited", "rebuilt", "surveyed", "connected", "mapped", "cleaned", "sold")
    lines = tuple(
        f"Engineers from {names[i % 7]} {verbs[i // 7 % 7]} bridge number {i} last year."
        for i in range(3_000)
    )
    start = time.process_time()
    assert len(summarize(Article("Towns", lines, "en")).sentences) > 0
    assert time.process_time() - start < 2


def _shared() -> Iterator[tuple[str, Article]]:
    """Every tenth article of each file; all of them when WHOLE_DATA is set (half a minute)."""
    step = None if os.environ.get("WHOLE_DATA") else 10
    for path in sorted(DATA.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in islice(lines, 0, None, step):
                row = json.loads(line)
                yield row["text"], clean(row["text"], title=row["title"], language=row["lang"])


@pytest.mark.skipif(not DATA.is_dir(), reason="the evaluation data is not beside the checkout")
def test_every_sentence_of_the_shared_articles_is_verbatim() -> None:
    for number, (text, article) in enumerate(_shared()):
        length = list(Length)[number % 3]
        for sentence in summarize(article, length).sentences:
            assert sentence.text in article.paragraphs[sentence.paragraph]
            assert sentence.text in text


SEEDS = sorted((SHARED / "seeds").glob("*.txt"))


@pytest.mark.skipif(not SEEDS, reason="the shared article is not beside the checkout")
def test_the_shared_article_says_who_meets_and_what_the_aim_is() -> None:
    summary = summarize(clean(SEEDS[0].read_text(encoding="utf-8")))
    texts = [s.text for s in summary.sentences]
    assert len(texts) == 3
    assert "ministres de la Défense de sept pays" in texts[0]
    assert "convaincre leurs partenaires de la coalition" in texts[1]
    assert "Raqa en Syrie et Mossoul en Irak" in texts[2]
    assert not any(text.startswith(("Ils ", "Cette ", "Et ", "Mais ", "«")) for text in texts)
