"""Stems: the same as Snowball gives, in bounded memory, for any number of threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import Stemmer
from hypothesis import given
from hypothesis import strategies as st

from summaries import stems
from summaries.stems import stemmer


@given(st.text(), st.sampled_from([("fr", "french"), ("en", "english"), ("ru", "russian")]))
def test_a_word_gets_the_stem_that_snowball_gives(word: str, language: tuple[str, str]) -> None:
    code, name = language
    stem = stemmer(code)
    assert stem(word) == stem(word) == Stemmer.Stemmer(name).stemWord(word)


def test_a_language_without_a_stemmer_keeps_the_word_in_small_letters() -> None:
    assert stemmer("zh")("北京X") == "北京x"


def test_no_more_stems_are_kept_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stems, "_KEPT", 10)
    kept = stems._Stems("french")
    assert [kept[f"mot{number}"] for number in range(50)] == [f"mot{n}" for n in range(50)]
    assert len(kept) <= 10
    assert kept["a" * 1_000] not in kept


def test_threads_do_not_share_a_stemmer() -> None:
    with ThreadPoolExecutor(1) as other:
        assert other.submit(stemmer, "fr").result() is not stemmer("fr")
    assert stemmer("fr") is stemmer("fr")
