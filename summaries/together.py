"""One brief of several articles on one story. Knows articles and what was shown before, no sumy."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from summaries import guard
from summaries.article import Article, Length, Sentence
from summaries.features import Text
from summaries.model import word_chances
from summaries.selection import BUDGETS, Unit, Worth, choose
from summaries.sentences import sentences as split_article
from summaries.sentences import words as split_words
from summaries.stems import stemmer

READS = 100  # sentences of each article


@dataclass(frozen=True, slots=True)
class Sourced:
    """A sentence with the article it comes from; `new` unless the reader has seen it before."""

    sentence: Sentence
    article: Article
    new: bool = True


def brief_together(
    articles: Sequence[Article],
    length: Length = Length.NORMAL,
    *,
    seen: Collection[str | Article] = (),
) -> tuple[Sourced, ...]:
    """Choose verbatim sentences from all the articles, none saying what another says.

    `seen` are sentences that the reader was shown before, or whole articles that were told.
    Sentences that repeat them are left out while there is anything new; when there is not, they are
    given with `new=False`. A sentence with another number (more victims, a new price) is new. The
    order is that of the articles, and within each that of its sentences. The first article with a
    language decides how words are counted. No sentences: ().
    """
    language = next((article.language for article in articles if article.language), "")
    pool = _pool(articles)
    if not pool:
        return ()
    text = _text(articles, pool, language)
    known = _known(text, seen, language)
    units = _units(text, pool)
    fresh = [unit for unit in units if not any(place in known for place in unit)]
    content = text.content
    chosen = choose(
        fresh or units or [(place,) for place in range(len(pool))],
        Worth(text.tokens, word_chances(text).tolist(), BUDGETS[length].horizon),
        BUDGETS[length],
        lambda i, j: guard.repeats(content[i], content[j]),
    )
    order = sorted(chosen, key=lambda place: (pool[place][0], pool[place][1].index))
    return tuple(
        Sourced(pool[place][1], articles[pool[place][0]], place not in known) for place in order
    )


def _pool(articles: Sequence[Article]) -> list[tuple[int, Sentence]]:
    """(article, sentence), every article's first sentence first, then the second ones ..."""
    everything = [
        (number, sentence)
        for number, article in enumerate(articles)
        for sentence in split_article(article)[:READS]
        if split_words(sentence.text, article.language)
    ]
    return sorted(everything, key=lambda item: (item[1].index, item[0]))


def _text(articles: Sequence[Article], pool: Sequence[tuple[int, Sentence]], language: str) -> Text:
    raw = [sentence.text for _, sentence in pool]
    titles = " ".join(article.title for article in articles)
    return Text(
        [split_words(sentence, language) for sentence in raw],
        raw,
        split_words(titles, language),
        stemmer(language),
        language,
    )


def _units(text: Text, pool: Sequence[tuple[int, Sentence]]) -> list[Unit]:
    """What can be printed alone, as places in the pool: a sentence leans within its own article."""
    found: list[Unit] = []
    for number in {number for number, _ in pool}:
        places = [place for place, (owner, _) in enumerate(pool) if owner == number]
        raw = [text.raw[place] for place in places]
        content = [text.content[place] for place in places]
        own = guard.units(raw, content, text.title_content, text.language)
        found += [tuple(places[i] for i in unit) for unit in own]
    return found


def _known(text: Text, seen: Collection[str | Article], language: str) -> set[int]:
    """The places of sentences that repeat one the reader has seen, and name no other number."""
    shown = [sentence for item in seen for sentence in _shown(item)]
    words = [split_words(sentence, language) for sentence in shown]
    before = Text(words, shown, (), text.stem, language)
    old = [(content, _numbers(row)) for content, row in zip(before.content, words, strict=True)]
    return {
        place
        for place, (content, row) in enumerate(zip(text.content, text.sentences, strict=True))
        if any(guard.repeats(content, other) and _numbers(row) <= numbers for other, numbers in old)
    }


def _shown(item: str | Article) -> list[str]:
    if isinstance(item, str):
        return [item]
    return [sentence.text for sentence in split_article(item)]


def _numbers(words: Sequence[str]) -> frozenset[str]:
    return frozenset(word for word in words if word[0].isdigit())
