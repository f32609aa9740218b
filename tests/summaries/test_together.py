"""One brief of several articles: sourced, without repeats, new facts first."""

from __future__ import annotations

import time
from dataclasses import replace

from summaries.article import Article, Length
from summaries.extractive import brief_together

FIRST = Article(
    "Storm closes harbour",
    (
        "A storm closed the harbour of Port Alma on Monday and left 4,000 homes without power.",
        "Mayor Ana Ruiz asked the residents of Port Alma to stay at home until Wednesday.",
        "Engineers expect to restore power to most of the homes by Tuesday night.",
    ),
    "en",
)
SECOND = Article(
    "Port Alma harbour shut",
    (
        "The harbour of Port Alma was closed on Monday by a storm that left 4,000 homes dark.",
        "The weather office measured winds of 150 kilometres an hour over the southern coast.",
        "She said the repairs would cost nine million pesos.",
    ),
    "en",
)


def test_each_sentence_comes_with_its_article() -> None:
    brief = brief_together([FIRST, SECOND], Length.LONG)
    assert {item.article.title for item in brief} == {FIRST.title, SECOND.title}
    assert all(i.sentence.text in i.article.paragraphs[i.sentence.paragraph] for i in brief)


def test_one_fact_told_by_two_articles_is_printed_once() -> None:
    texts = [item.sentence.text for item in brief_together([FIRST, SECOND], Length.LONG)]
    assert not (FIRST.paragraphs[0] in texts and SECOND.paragraphs[0] in texts)


def test_who_saw_yesterdays_brief_gets_what_is_new() -> None:
    yesterday = [item.sentence.text for item in brief_together([FIRST])]
    today = brief_together([FIRST, SECOND], seen=yesterday)
    assert SECOND.paragraphs[1] in [item.sentence.text for item in today]
    assert all(item.new and item.sentence.text not in yesterday for item in today)


def test_an_article_told_yesterday_is_not_told_again() -> None:
    today = brief_together([FIRST, SECOND], seen=[FIRST])
    assert today
    assert all(item.new and item.article is SECOND for item in today)


def test_a_higher_number_is_new() -> None:
    more = replace(SECOND, paragraphs=(FIRST.paragraphs[0].replace("4,000", "9,000"),))
    today = brief_together([FIRST, more], seen=FIRST.paragraphs)
    assert [item.sentence.text for item in today if item.new] == list(more.paragraphs)


def test_a_pronoun_never_opens_what_one_article_gives() -> None:
    for length in Length:
        texts = [item.sentence.text for item in brief_together([FIRST, SECOND], length)]
        assert SECOND.paragraphs[2] not in texts or SECOND.paragraphs[1] in texts


def test_twenty_long_articles_answer_quickly() -> None:
    long = [replace(FIRST, paragraphs=FIRST.paragraphs * 60, title=str(i)) for i in range(20)]
    start = time.process_time()
    assert brief_together(long)
    assert time.process_time() - start < 2


def test_when_nothing_is_new_it_says_so() -> None:
    brief = brief_together([FIRST], seen=FIRST.paragraphs)
    assert brief
    assert not any(item.new for item in brief)


def test_no_articles_and_empty_articles_give_nothing() -> None:
    assert brief_together([]) == ()
    assert brief_together([Article("Title", ())]) == ()
