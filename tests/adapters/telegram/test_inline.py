"""Inline mode: `@bot Mosul` in any chat."""

from __future__ import annotations

import asyncio

import pytest

from bot.adapters.telegram.inline import MOST
from bot.core.messages import Action, Heading, Notice, Paragraph, Reply, Request, StoryItem
from tests.adapters.clerk import Clerk
from tests.adapters.replies import LONG, REPLIES
from tests.adapters.telegram.living import ADA, SUPERGROUP, running, taken
from tests.emulators.telegram import InlineAnswer, TelegramEmulator
from tests.fakes import FakeJournal, make_desk


def story(number: int) -> StoryItem:
    return StoryItem(
        f"Story {number} <of> Mosul",
        ("The first sentence.", "The second."),
        "Source · today",
        f"https://example.org/{number}",
    )


async def asked_of(telegram: TelegramEmulator, clerk: Clerk, query: str) -> InlineAnswer:
    async with running(telegram, clerk.answer):
        return await telegram.wait_for_inline(
            await telegram.ask_inline(query, language_code="fr", chat_type="group")
        )


@pytest.mark.parametrize(
    ("query", "command", "arguments"),
    [
        ("", "brief", ""),
        ("  ", "brief", ""),
        ("Mosul", "place", "Mosul"),
        ("what's new in Iraq?", "place", "what's new in Iraq?"),
        ("https://example.org/a", "brief", "https://example.org/a"),
    ],
)
async def test_a_query_asks_for_a_place_a_link_or_the_briefing(
    telegram: TelegramEmulator, clerk: Clerk, query: str, command: str, arguments: str
) -> None:
    await asked_of(telegram, clerk, query)
    assert (clerk.last.command, clerk.last.arguments) == (command, arguments)
    assert clerk.last.locale == "fr"


async def test_an_empty_query_is_no_briefing_told_to_the_person(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    await asked_of(telegram, clerk, "")
    assert clerk.last.chat.id != str(ADA)


async def test_each_story_is_a_result_with_its_own_words_and_its_source(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    clerk.reply = Reply((Heading("Mosul"), story(1), story(2)), (Action("Map", "map", "Mosul"),))
    answer = await asked_of(telegram, clerk, "Mosul")
    assert [result["title"] for result in answer.results] == [
        "Story 1 <of> Mosul",
        "Story 2 <of> Mosul",
    ]
    assert answer.results[0]["description"] == "The first sentence. The second."
    assert answer.is_personal
    assert 0 < answer.cache_time <= 60
    sent = await telegram.choose_inline(answer, 0, SUPERGROUP)
    message = telegram.message(sent, SUPERGROUP)
    assert "The first sentence.\n\nThe second." in message.body.text
    assert "https://example.org/1" in [span.extra.get("url") for span in message.body.spans]


async def test_a_chosen_result_is_no_question(telegram: TelegramEmulator, clerk: Clerk) -> None:
    clerk.reply = Reply((story(1),))
    async with running(telegram, clerk.answer):
        answer = await telegram.wait_for_inline(await telegram.ask_inline("Mosul"))
        await telegram.choose_inline(answer, 0, ADA)
        await taken(telegram)
    assert len(clerk.requests) == 1
    assert telegram.posted() == []


class Atlas(Clerk):
    """A clerk who knows two Springfields."""

    async def answer(self, request: Request) -> Reply:
        await super().answer(request)
        if request.arguments.startswith("geo:1"):
            return Reply((story(1), story(2)))
        if request.arguments.startswith("geo:2"):
            return Reply((Notice("No news from there."),))
        which = (("Springfield, Illinois", "geo:1"), ("Springfield, Missouri", "geo:2"))
        actions = tuple(Action(name, "place", place) for name, place in which)
        return Reply((Paragraph("Which Springfield?"),), actions)


async def test_a_name_of_several_places_gives_a_result_for_each(telegram: TelegramEmulator) -> None:
    answer = await asked_of(telegram, Atlas(), "Springfield")
    illinois, missouri = answer.results
    assert (illinois["title"], missouri["title"]) == (
        "Springfield, Illinois",
        "Springfield, Missouri",
    )
    assert "Story 1" in illinois["input_message_content"]["message_text"]
    assert "No news from there." in missouri["input_message_content"]["message_text"]


async def test_where_nothing_is_found_one_result_says_so(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    clerk.reply = Reply((Notice("I know no place called “Mosl”.", "Check how it is written."),))
    answer = await asked_of(telegram, clerk, "Mosl")
    [result] = answer.results
    assert result["title"] == "I know no place called “Mosl”."
    assert result["description"] == "Check how it is written."


async def test_there_are_never_more_results_than_telegram_takes(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    clerk.reply = Reply(tuple(story(number) for number in range(80)))
    answer = await asked_of(telegram, clerk, "Mosul")
    assert len(answer.results) == MOST


@pytest.mark.parametrize("name", REPLIES)
async def test_telegram_takes_the_results_of_every_hard_reply(
    telegram: TelegramEmulator, clerk: Clerk, name: str
) -> None:
    clerk.reply = REPLIES[name]
    assert (await asked_of(telegram, clerk, "Mosul")).results


async def test_telegram_takes_the_results_of_the_longest_reply(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    clerk.reply = LONG
    assert (await asked_of(telegram, clerk, "Mosul")).results


async def test_an_answer_that_takes_too_long_is_empty_and_not_remembered(
    telegram: TelegramEmulator, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.telegram.attendant.INLINE_SECONDS", 0.05)
    clerk.open.clear()
    async with running(telegram, clerk.answer):
        answer = await telegram.wait_for_inline(await telegram.ask_inline("Mosul"))
        clerk.open.set()
    assert (answer.results, answer.cache_time) == ((), 0)


async def test_of_somebody_who_types_on_only_the_latest_query_is_answered(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    clerk.open.clear()
    async with running(telegram, clerk.answer):
        for typed in ("M", "Mo", "Mos", "Mosu"):
            await telegram.ask_inline(typed)
        last = await telegram.ask_inline("Mosul")
        await taken(telegram)
        clerk.open.set()
        await telegram.wait_for_inline(last)
    assert [one.query_id for one in telegram.inline_answers] == [last]


async def test_an_inline_query_is_not_written_down(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    journal = FakeJournal()
    clerk.open.clear()
    async with running(telegram, clerk.answer, journal):
        query = await telegram.ask_inline("Mosul")
        async with asyncio.timeout(5):
            await clerk.asked.wait()
        assert await journal.unfinished("telegram") == []
        clerk.open.set()
        await telegram.wait_for_inline(query)


async def test_the_desk_answers_inline_in_the_persons_language(telegram: TelegramEmulator) -> None:
    async with running(telegram, make_desk().answer):
        shown = [
            await telegram.wait_for_inline(
                await telegram.ask_inline("Xyzzyx", language_code=language)
            )
            for language in ("en", "fr")
        ]
    [english], [french] = (answer.results for answer in shown)
    assert english["title"] != french["title"]
