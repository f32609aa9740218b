"""What every renderer does with strangers' text before anything else."""

from __future__ import annotations

import pytest

from bot.adapters.plain import cleaned, distinct, is_visible, label, packed, plain, units, web_link
from bot.core.messages import Action, Listing, Picture, Reply
from tests.adapters.replies import FAMILY, FLAG, ZALGO


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a\0b\x1b[31m", "a b [31m"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("\u202egnp.exe\u2066x\u2069\ufeff", "gnp.exex"),
        ("\ud83d\ude00 \ud83d!", "😀 \ufffd!"),
        (FAMILY + FLAG, FAMILY + FLAG),
        ("می\u200cخواهم\u200f", "می\u200cخواهم\u200f"),
        ("tab\tand\nline", "tab\tand\nline"),
    ],
)
def test_only_what_breaks_a_chat_is_taken_out(text: str, result: str) -> None:
    assert plain(text) == result


def test_every_text_of_a_reply_is_cleaned_and_bytes_are_not() -> None:
    reply = Reply((Listing((("a\0", "b\0"),)), Picture(b"\0png", "c\0")), (Action("d\0", "help"),))
    assert cleaned(reply) == Reply(
        (Listing((("a ", "b "),)), Picture(b"\0png", "c ")), (Action("d ", "help"),)
    )


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\u200d", "\u3164", "\u2800", "\ufe0f"])
def test_some_texts_show_nothing(text: str) -> None:
    assert not is_visible(text)
    assert label(text, 10) == "…"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a?b=1#c",
        "http://localhost:8080",
        "HTTPS://EXAMPLE.ORG/",
        "https://пример.рф/я",
    ],
)
def test_web_addresses_become_links(url: str) -> None:
    assert web_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "tg://user?id=1",
        "https://",
        "https:///path",
        "https://user:word@example.org/",
        "https://example.org/a b",
        "https://example.org/" + "x" * 2000,
        "seeds/a.txt",
    ],
)
def test_other_addresses_do_not(url: str) -> None:
    assert web_link(url) == ""


def test_a_label_ends_in_an_ellipsis_and_cuts_no_character() -> None:
    assert label("a\n b", 10) == "a b"
    assert label(FLAG * 4, 12) == FLAG * 2 + "…"
    assert units(label(ZALGO, 80)) <= 80


def test_buttons_that_do_the_same_are_offered_once_in_order() -> None:
    first, second, third = Action("A", "help"), Action("B", "about"), Action("C", "help")
    assert distinct([first, second, third]) == [first, second]


def test_pieces_are_packed_in_order_within_the_limit() -> None:
    assert packed(["aa", "bb", "cc", "d"], 5, "-", len) == ["aa-bb", "cc-d"]
