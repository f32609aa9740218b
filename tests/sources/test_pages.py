"""An article by agreement: the odd one out loses, and only a guess is called one."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.sources.pages import alike, article_from_html, most_agreed
from bot.sources.pages_blocks import blocks, parse
from bot.sources.pages_prose import best_place, likely
from tests.sources.test_articles import PAGE, PARAGRAPHS, TITLE

URL = "https://gazette.example/news/freighter"
PROSE = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


def test_the_output_that_most_agree_with_is_taken() -> None:
    assert most_agreed(["a b c", "a b c d", "x y"]) == "a b c"
    assert most_agreed(["x y", "a b c", "a b c d"]) == "a b c"
    assert most_agreed(["one", "two"]) == "one"


def test_likeness_is_the_f1_of_words() -> None:
    assert alike("The cat sat.", "the cat sat") == 1
    assert alike("the cat", "the cat sat on") == 2 * 2 / 6
    assert alike("", "") == 1
    assert alike("", "x") == 0


def test_what_stands_behind_the_end_of_the_page_is_read_as_browsers_read_it() -> None:
    page = f"<html><body><nav>Menu</nav></body></html><h1>{TITLE}</h1>{PROSE}</body></html>"
    assert article_from_html(page, URL).paragraphs == PARAGRAPHS


def test_a_declared_date_is_not_called_a_guess() -> None:
    article = article_from_html(PAGE, URL)
    assert article.published == datetime(2016, 1, 20, 8, 30, tzinfo=UTC)
    assert not article.published_guessed


def test_a_date_that_only_stands_on_the_page_is_called_a_guess() -> None:
    page = f"<html><body><h1>{TITLE}</h1><p>3 mars 2024</p><article>{PROSE}</article></body></html>"
    article = article_from_html(page, URL)
    assert article.published == datetime(2024, 3, 3, tzinfo=UTC)
    assert article.published_guessed


def test_a_page_without_any_date_has_none() -> None:
    article = article_from_html(f"<html><body><h1>{TITLE}</h1>{PROSE}</body></html>", URL)
    assert article.published is None
    assert not article.published_guessed


def test_scripts_styles_and_templates_are_no_text() -> None:
    odd = "<script>var p = 'no';</script><style>.no{}</style><template><p>no</p></template>"
    assert [b.text for b in blocks(parse(f"<p>yes{odd} and yes</p>"))] == ["yes and yes"]


def test_a_block_ends_at_a_line_break_and_at_a_block_level_tag() -> None:
    found = [b.text for b in blocks(parse("<div>one<br>two<p>three <b>bold</b></p>four</div>"))]
    assert found == ["one", "two", "three bold", "four"]


def test_a_block_knows_how_much_of_it_is_links_and_where_it_lies() -> None:
    (block,) = blocks(parse("<nav><ul><li>ab<a href='/'>cd</a></li></ul></nav>"))
    assert block.linked == 0.5
    assert {"nav", "list"} <= block.regions


def test_the_prose_of_an_article_is_likely_and_its_menu_is_not() -> None:
    page = f"<nav><a href='/'>Home</a></nav><article><h1>{TITLE}</h1>{PROSE}</article>"
    texts = [block.text for block in likely(blocks(parse(page)))]
    assert set(PARAGRAPHS) <= set(texts)
    assert "Home" not in texts


def test_the_best_place_holds_the_most_prose() -> None:
    found = blocks(parse(f"<div><p>Few words.</p></div><div>{PROSE}</div>"))
    best = best_place(found)
    assert [best in block.path for block in found] == [False, True, True, True]
    assert best_place([]) == 0
    assert likely([]) == []
