"""Copies are found, word for word; texts on one subject are no copies."""

from __future__ import annotations

from summaries.duplicates import near_duplicates, resemblance

WIRE = (
    "A storm closed the harbour of Port Alma on Monday and left 4,000 homes without power. "
    "Mayor Ana Ruiz asked the residents to stay at home until Wednesday morning."
)


def test_a_text_with_a_few_words_changed_is_a_copy() -> None:
    assert near_duplicates([WIRE, "Bees.", WIRE.replace("asked", "told")]) == {(0, 2)}


def test_another_text_on_the_same_event_is_no_copy() -> None:
    own = "The harbour of Port Alma is shut: a storm cut the power of 4,000 homes on Monday."
    assert near_duplicates([WIRE, own]) == frozenset()


def test_every_pair_of_three_copies_is_named() -> None:
    assert near_duplicates([WIRE, WIRE.upper(), f"{WIRE} (ends)"]) == {(0, 1), (0, 2), (1, 2)}


def test_empty_and_very_short_texts_are_nobodys_copies() -> None:
    assert near_duplicates(["", "", "Two words", "Two words"]) == frozenset()
    assert resemblance(frozenset(), frozenset()) == 0
