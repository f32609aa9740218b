"""What a reply becomes on Telegram beyond its words: previews, folded quotations, directions."""

from __future__ import annotations

import pytest

from bot.adapters.direction import LEFT_TO_RIGHT as LRM
from bot.adapters.direction import RIGHT_TO_LEFT as RLM
from bot.adapters.telegram.render import FOLDED_UNITS, render
from bot.core.messages import Action, Heading, Listing, Notice, Paragraph, Reply, StoryItem
from tests.emulators.telegram.entities import finish
from tests.emulators.telegram.markup import parse

URL, IMAGE = "https://example.org/news", "https://example.org/picture.jpg"


def story(**more: str) -> StoryItem:
    return StoryItem("A headline", ("A sentence.",), "", URL, **more)


@pytest.mark.parametrize(
    ("blocks", "preview"),
    [
        ((story(),), {"preview": URL}),
        ((Heading("One"), story(image=IMAGE)), {"preview": IMAGE, "above": False}),
        ((Heading("Two"), story(image=IMAGE), story()), {"preview": IMAGE, "above": True}),
        ((Heading("Two"), story(), story(image=IMAGE)), {}),
        ((story(), story()), {}),
        ((Paragraph(URL),), {}),
        ((story(image="javascript:alert(1)"),), {"preview": URL}),
    ],
)
def test_one_link_is_shown_with_a_picture_where_it_says_something(
    blocks: tuple[StoryItem | Heading | Paragraph, ...], preview: dict[str, str]
) -> None:
    [message] = render(Reply(blocks))
    assert {name: message[name] for name in ("preview", "above") if name in message} == preview


def quoted(units: int, stories: int) -> str:
    reply = Reply(tuple(StoryItem(str(n), ("x" * units,)) for n in range(stories)))
    return "".join(message["text"] for message in render(reply))


def test_long_quotations_are_folded_where_there_are_several_stories() -> None:
    assert quoted(FOLDED_UNITS + 1, 2).count("<blockquote expandable>") == 2
    assert "expandable" not in quoted(FOLDED_UNITS, 2)
    assert "expandable" not in quoted(FOLDED_UNITS + 1, 1)


def test_a_button_that_telegram_would_refuse_does_not_cost_the_message() -> None:
    [message] = render(Reply((Paragraph("x"),), (Action("a", "place", "x" * 65),)))
    assert message == {"text": "x"}


def test_a_listing_in_arabic_runs_from_right_to_left_with_its_commands_whole() -> None:
    listing = Listing((("/subscribe 08:00 Europe/Paris", "ملخص كل يوم"), ("/brief", "موجز اليوم")))
    [message] = render(Reply((listing,)))
    assert message["text"].splitlines() == [
        f"<b>{RLM}{LRM}/subscribe 08:00 Europe/Paris</b> — ملخص كل يوم",
        f"<b>{RLM}{LRM}/brief</b> — موجز اليوم",
    ]


def test_a_command_in_an_arabic_line_is_still_one_to_touch() -> None:
    [message] = render(Reply((Notice("لا أعرف هذا الأمر.", "اكتب /help لترى كل شيء."),)))
    spans = finish(*parse(message["text"], "html")).spans
    assert [span.kind for span in spans if span.kind == "bot_command"] == ["bot_command"]


def test_a_story_with_a_latin_source_runs_as_its_own_words_do() -> None:
    told = StoryItem("خبر", ("جملة.",), "أيضا في ٣ مصادر", URL, "", "BBC")
    [message] = render(Reply((told,)))
    assert f'<i><a href="{URL}">{RLM}BBC</a></i> · <i>أيضا في ٣ مصادر</i>' in message["text"]


def test_an_arabic_label_that_begins_with_a_latin_name_runs_from_right_to_left() -> None:
    [message] = render(Reply((Paragraph("x"),), (Action("Mosul: آخر الأخبار", "place", "x"),)))
    assert message["buttons"] == [[[f"{RLM}Mosul: آخر الأخبار", "place x"]]]
