"""Pressed buttons: answers in place, the same button twice, two hundred at once, strangers."""

from __future__ import annotations

import logging

import pytest

from bot.core.messages import Action, Attachment, Paragraph, Picture, Reply, Request
from tests.adapters.clerk import Clerk
from tests.adapters.telegram.living import ADA, BEN, SUPERGROUP, running, taken
from tests.emulators.telegram import Fault, TelegramEmulator
from tests.emulators.telegram.entities import Formatted
from tests.emulators.telegram.world import Message
from tests.emulators.test_telegram import png
from tests.fakes import FakeJournal, make_desk

NEXT = (Action("Next", "following", "page:2"),)


class Pages(Clerk):
    """A clerk whose buttons turn the page: each answer stands in the place of the one before."""

    def __init__(self, *pages: Reply) -> None:
        super().__init__()
        self.pages = list(pages)

    async def answer(self, request: Request) -> Reply:
        await super().answer(request)
        return self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]


def page(text: str, *more: str, actions: tuple[Action, ...] = NEXT) -> Reply:
    blocks = tuple(Paragraph(words) for words in (text, *more))
    return Reply(blocks, actions, in_place=True)


async def test_an_answer_in_place_takes_the_place_of_the_message_it_stands_under(
    telegram: TelegramEmulator,
) -> None:
    pages = Pages(page("One"), page("Two", actions=(Action("Back", "following"),)))
    async with running(telegram, pages.answer):
        await telegram.say("/following")
        [first] = await telegram.wait_for_post()
        await telegram.press(first.message_id, "Next")
        await telegram.wait_until(lambda: telegram.posted()[0].text == "Two")
    [post] = telegram.posted()
    assert (post.message_id, post.buttons) == (first.message_id, (("Back",),))
    assert pages.last.is_press
    assert not pages.requests[0].is_press


async def test_an_answer_in_place_to_what_was_typed_is_a_message_of_its_own(
    telegram: TelegramEmulator,
) -> None:
    async with running(telegram, Pages(page("One")).answer):
        await telegram.say("/following")
        await telegram.say("/following")
        await telegram.wait_for_post(count=2)


async def test_of_a_long_answer_in_place_the_first_part_is_edited_and_the_rest_follows(
    telegram: TelegramEmulator,
) -> None:
    pages = Pages(page("One"), page("a" * 4000, "b" * 4000))
    async with running(telegram, pages.answer):
        await telegram.say("/following")
        [first] = await telegram.wait_for_post()
        await telegram.press(first.message_id, "Next")
        edited, added = await telegram.wait_for_post(count=2)
    assert (edited.message_id, edited.text, edited.buttons) == (first.message_id, "a" * 4000, ())
    assert (added.text, added.buttons) == ("b" * 4000, (("Next",),))


async def test_an_answer_in_place_that_reads_the_same_is_no_fault(
    telegram: TelegramEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(telegram, Pages(page("One")).answer):
        await telegram.say("/following")
        [first] = await telegram.wait_for_post()
        await telegram.press(first.message_id, "Next")
        await telegram.wait_until(lambda: asked(telegram, "editMessageText") == 1)
        await taken(telegram)
    assert len(telegram.posted()) == 1
    assert caplog.records == []


def asked(telegram: TelegramEmulator, wanted: str) -> int:
    return sum(method == wanted for method, _ in telegram.requests)


PICTURE = Reply((Picture(png(), "A map"),), NEXT, in_place=True)
OTHER = Reply((Picture(png(64, 64), "Another map"),), NEXT, in_place=True)
FILE = Reply((), NEXT, (Attachment("feeds.opml", b"<opml/>"),), in_place=True)


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [
        (page("One"), PICTURE, 1),
        (PICTURE, OTHER, 1),
        (page("One"), FILE, 1),
        (PICTURE, page("One"), 2),
        (FILE, page("One"), 2),
        (FILE, PICTURE, 2),
    ],
)
async def test_what_can_be_edited_is_and_what_cannot_is_a_new_message(
    telegram: TelegramEmulator, old: Reply, new: Reply, count: int
) -> None:
    async with running(telegram, Pages(old, new).answer):
        await telegram.say("/map")
        [first] = await telegram.wait_for_post()
        await telegram.press(first.message_id, "Next")
        await telegram.wait_until(lambda: looks(telegram) == looks_of(new))
    assert len(telegram.posted()) == count


def looks(telegram: TelegramEmulator) -> tuple[str, bool, bool]:
    last = telegram.posted()[-1]
    return last.text, last.photo is not None, last.document is not None


def looks_of(reply: Reply) -> tuple[str, bool, bool]:
    alt = next((block.alt for block in reply.blocks if isinstance(block, Picture)), "")
    text = next((block.text for block in reply.blocks if isinstance(block, Paragraph)), "")
    return text or alt, bool(alt), bool(reply.attachments)


@pytest.mark.parametrize("why", ["message can't be edited", "message to edit not found"])
async def test_a_message_that_cannot_be_edited_any_more_is_followed_by_a_new_one(
    telegram: TelegramEmulator, why: str
) -> None:
    async with running(telegram, Pages(page("One"), page("Two")).answer):
        await telegram.say("/following")
        [first] = await telegram.wait_for_post()
        telegram.fail_next("editMessageText", Fault.error(400, f"Bad Request: {why}"))
        await telegram.press(first.message_id, "Next")
        await telegram.wait_for_post(count=2)
    assert [post.text for post in telegram.posted()] == ["One", "Two"]


async def test_a_message_that_telegram_remembers_no_more_is_followed_by_a_new_one(
    telegram: TelegramEmulator,
) -> None:
    async with running(telegram, Pages(page("One"), page("Two")).answer):
        await telegram.say("/following")
        [first] = await telegram.wait_for_post()
        await telegram.press(first.message_id, "Next", is_old=True)
        await telegram.wait_for_post(count=2)
    assert asked(telegram, "editMessageText") == 0


async def test_an_edit_whose_answer_was_lost_is_tried_again_and_nothing_is_posted_twice(
    telegram: TelegramEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(telegram, Pages(page("One"), page("Two")).answer, FakeJournal()):
        await telegram.say("/following")
        [first] = await telegram.wait_for_post()
        telegram.fail_next("editMessageText", Fault.drop_after_commit())
        await telegram.press(first.message_id, "Next")
        await telegram.wait_until(lambda: asked(telegram, "editMessageText") == 2)
    assert [post.text for post in telegram.posted()] == ["Two"]


async def test_a_press_that_was_answered_before_a_crash_is_not_answered_again(
    telegram: TelegramEmulator,
) -> None:
    journal = FakeJournal()
    pages = Pages(page("One"), page("Two"), page("Three"))
    async with running(telegram, pages.answer, journal):
        await telegram.say("/following")
        [first] = await telegram.wait_for_post()
        await telegram.press(first.message_id, "Next")
        kept = list(telegram.world.updates.pending)
        await telegram.wait_until(lambda: telegram.posted()[0].text == "Two")
        await taken(telegram)
    telegram.world.updates.pending += kept  # as when the acknowledgement was lost
    async with running(telegram, pages.answer, journal):
        await taken(telegram)
    assert [post.text for post in telegram.posted()] == ["Two"]


async def test_what_is_begun_elsewhere_is_neither_edited_nor_posted(
    telegram: TelegramEmulator,
) -> None:
    class Begun(FakeJournal):
        async def begin(self, platform: str, number: str) -> bool:
            return False

    first = with_button(telegram, ADA)
    async with running(telegram, Pages(page("Two")).answer, Begun()):
        await telegram.press(first, "Longer")
        await telegram.say("/following")
        await taken(telegram)
    assert [post.text for post in telegram.posted()] == ["Good morning."]


# --- many presses


async def test_two_hundred_presses_of_one_button_are_acknowledged_and_answered_once(
    telegram: TelegramEmulator, clerk: Clerk, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.say("/brief")
        [first] = await telegram.wait_for_post()
        clerk.open.clear()
        queries = [await telegram.press(first.message_id, "Longer") for _ in range(200)]
        await telegram.wait_until(lambda: len(telegram.callback_answers) == 200)
        clerk.open.set()
        await telegram.wait_for_post(count=2)
    assert {one.query_id for one in telegram.callback_answers} == set(queries)
    assert len(clerk.requests) == 2
    assert len(telegram.posted()) == 2
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_two_hundred_people_pressing_at_once_are_all_answered_within_the_limits(
    clerk: Clerk, caplog: pytest.LogCaptureFixture
) -> None:
    people = range(2001, 2201)
    async with TelegramEmulator() as telegram:  # with Telegram's limits
        async with running(telegram, clerk.answer):
            for one in people:
                first = with_button(telegram, one)
                await telegram.press(first, "Longer", chat=one)
            await telegram.wait_for_post(None, 400, timeout=30)
        assert len(telegram.callback_answers) == 200
        assert {len(telegram.posted(one)) for one in people} == {2}
        assert telegram.violations == []
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def with_button(telegram: TelegramEmulator, chat: int) -> int:
    """A message that the bot sent to a chat in an earlier life."""
    world, room = telegram.world, telegram.add_chat(chat)
    rows = {"inline_keyboard": [[{"text": "Longer", "callback_data": "brief long"}]]}
    number = world.next_message_id(room)
    body = Formatted("Good morning.")
    sent = Message(number, room, world.bot, world.now(), body, markup=rows, method="sendMessage")
    return world.add(sent).id


async def test_a_button_that_was_answered_can_be_pressed_again(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.say("/brief")
        [first] = await telegram.wait_for_post()
        for count in (2, 3):
            await telegram.press(first.message_id, "Longer")
            await telegram.wait_for_post(count=count)
            assert len(clerk.requests) == count


# --- what a person may not, or what is no more


async def test_a_stranger_pressing_an_administrators_button_alone_is_told_why_not(
    telegram: TelegramEmulator,
) -> None:
    telegram.set_member(SUPERGROUP, ADA, "administrator")
    async with running(telegram, make_desk().answer):
        await telegram.say("/start", chat=SUPERGROUP, user=ADA)
        [first] = await telegram.wait_for_post(SUPERGROUP)
        message = telegram.message(first.message_id, SUPERGROUP)
        assert message.markup is not None
        message.markup["inline_keyboard"][0][0]["callback_data"] = "unsubscribe"
        await telegram.press(first.message_id, first.buttons[0][0], SUPERGROUP, BEN)
        await telegram.wait_until(lambda: bool(telegram.callback_answers))
        await taken(telegram)
    [alert] = telegram.callback_answers
    assert alert.show_alert
    assert "/unsubscribe" in alert.text
    assert len(telegram.posted(SUPERGROUP)) == 1


async def test_a_button_of_an_older_version_is_answered_in_words(
    telegram: TelegramEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(telegram, make_desk().answer):
        await telegram.say("/start")
        [first] = await telegram.wait_for_post()
        message = telegram.message(first.message_id)
        assert message.markup is not None
        message.markup["inline_keyboard"][0][0]["callback_data"] = "v1:digest:on"
        await telegram.press(first.message_id, first.buttons[0][0])
        await telegram.wait_for_post(count=2)
    assert len(telegram.callback_answers) == 1
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_press_in_a_group_that_is_deleted_meanwhile_is_no_fault(
    telegram: TelegramEmulator, clerk: Clerk, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.say("/brief", chat=SUPERGROUP)
        [first] = await telegram.wait_for_post(SUPERGROUP)
        clerk.open.clear()
        clerk.asked.clear()
        await telegram.press(first.message_id, "Longer", SUPERGROUP)
        await clerk.asked.wait()
        telegram.delete_chat(SUPERGROUP)
        clerk.open.set()
        await taken(telegram)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


# --- answers of several messages

THREE = page("a" * 4000, "b" * 4000, "c" * 4000)


async def test_an_answer_in_place_of_several_messages_takes_the_place_of_them_all(
    telegram: TelegramEmulator,
) -> None:
    async with running(telegram, Pages(THREE, page("Short")).answer):
        await telegram.say("/brief long")
        [*_, last] = await telegram.wait_for_post(count=3)
        await telegram.press(last.message_id, "Next")
        await telegram.wait_until(lambda: len(telegram.posted()) == 1)
    assert [(one.message_id, one.text) for one in telegram.posted()] == [(last.message_id, "Short")]


async def test_longer_and_shorter_again_leave_one_answer(telegram: TelegramEmulator) -> None:
    async with running(telegram, Pages(page("Short"), THREE, page("Short")).answer):
        await telegram.say("/brief")
        [first] = await telegram.wait_for_post()
        await telegram.press(first.message_id, "Next")
        [*_, last] = await telegram.wait_for_post(count=3)
        await telegram.press(last.message_id, "Next")
        await telegram.wait_until(lambda: len(telegram.posted()) == 1)
    assert [one.text for one in telegram.posted()] == ["Short"]


async def test_several_messages_that_nobody_remembers_stay_and_the_answer_stands_below(
    telegram: TelegramEmulator,
) -> None:
    async with running(telegram, Pages(THREE).answer):
        await telegram.say("/brief long")
        before = await telegram.wait_for_post(count=3)
    again = Pages(page("Short"))
    async with running(telegram, again.answer):
        await telegram.press(before[-1].message_id, "Next")
        *kept, new = await telegram.wait_for_post(count=4)
    assert [one.text for one in kept] == [one.text for one in before]
    assert new.text == "Short"
    assert again.last.command == "following"


async def test_messages_that_cannot_be_deleted_any_more_stay_and_nothing_breaks(
    telegram: TelegramEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(telegram, Pages(THREE, page("Short")).answer):
        await telegram.say("/brief long")
        [*_, last] = await telegram.wait_for_post(count=3)
        refusal = Fault.error(400, "Bad Request: message can't be deleted")
        telegram.fail_next("deleteMessages", refusal)
        await telegram.press(last.message_id, "Next")
        await telegram.wait_until(lambda: telegram.posted()[-1].text == "Short")
    assert len(telegram.posted()) == 3
    assert caplog.records == []


async def test_a_command_that_is_edited_gets_one_answer_in_the_place_of_several(
    telegram: TelegramEmulator,
) -> None:
    async with running(telegram, Pages(THREE, page("Short")).answer):
        asked_in = await telegram.say("/brief long")
        [first, *_] = await telegram.wait_for_post(count=3)
        await taken(telegram)
        await telegram.edit(asked_in, "/brief short")
        await telegram.wait_until(lambda: len(telegram.posted()) == 1)
    assert [(one.message_id, one.text) for one in telegram.posted()] == [
        (first.message_id, "Short")
    ]
