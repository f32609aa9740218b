"""Channels: set up from a private chat by those who may, checked each time."""

from __future__ import annotations

import pytest

from bot.core.messages import Action, Chat, ChatKind, Paragraph, Reply
from tests.adapters.clerk import Clerk
from tests.adapters.telegram.living import (
    ADA,
    BEN,
    BOT,
    CHANNEL,
    SUPERGROUP,
    running,
    taken,
)
from tests.emulators.telegram import Fault, TelegramEmulator
from tests.fakes import make_desk

NEWS = Chat("telegram", str(CHANNEL), ChatKind.CHANNEL)


@pytest.fixture
def channel(telegram: TelegramEmulator) -> int:
    """A channel of Ada's with the bot in it."""
    telegram.add_chat(CHANNEL, "channel", title="Ada's news", username="adas_news")
    telegram.set_member(CHANNEL, ADA, "creator")
    return CHANNEL


@pytest.mark.parametrize(
    "name",
    [
        *("@adas_news", "adas_news", "@ADAS_NEWS", "t.me/adas_news", "https://t.me/s/adas_news"),
        *(str(CHANNEL), str(CHANNEL).removeprefix("-100")),
    ],
)
@pytest.mark.usefixtures("channel")
async def test_a_channel_is_asked_for_by_its_name_link_or_number(
    telegram: TelegramEmulator, clerk: Clerk, name: str
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.say(f"/channel {name} /subscribe 08:00", language_code="fr")
        await telegram.wait_for_post(ADA)
    asked = clerk.last
    assert (asked.chat, asked.command, asked.arguments) == (NEWS, "subscribe", "08:00")
    assert (asked.sender, asked.locale, asked.may_manage) == (str(ADA), "fr", True)
    assert telegram.posted(CHANNEL) == []


@pytest.mark.usefixtures("channel")
async def test_without_a_command_the_channel_is_greeted(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.say("/channel @adas_news")
        await telegram.wait_for_post(ADA)
    assert (clerk.last.chat, clerk.last.command) == (NEWS, "start")
    assert telegram.posted(ADA)[0].text.startswith("For the channel Ada's news:")


@pytest.mark.usefixtures("channel")
async def test_a_button_of_the_answer_is_about_the_channel_too(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.say("/channel @adas_news brief")
        [first] = await telegram.wait_for_post(ADA)
        await telegram.press(first.message_id, "Longer")
        await telegram.wait_for_post(ADA, 2)
    asked = clerk.last
    assert (asked.chat, asked.command, asked.arguments) == (NEWS, "brief", "long")
    assert asked.is_press


@pytest.mark.usefixtures("channel")
async def test_who_is_an_administrator_no_more_cannot_press_the_button_either(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.say("/channel @adas_news brief")
        [first] = await telegram.wait_for_post(ADA)
        telegram.set_member(CHANNEL, ADA, "member")
        await telegram.press(first.message_id, "Longer")
        [_, refusal] = await telegram.wait_for_post(ADA, 2)
    assert "Only administrators of Ada's news" in refusal.text
    assert len(clerk.requests) == 1


@pytest.mark.usefixtures("channel")
async def test_a_page_of_a_channels_settings_is_turned_in_place(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    clerk.reply = Reply(
        (Paragraph("Quiet hours"),), (Action("Off", "quiet", "off"),), in_place=True
    )
    async with running(telegram, clerk.answer):
        await telegram.say("/channel @adas_news quiet")
        [first] = await telegram.wait_for_post(ADA)
        clerk.reply = Reply((Paragraph("No quiet hours"),), in_place=True)
        await telegram.press(first.message_id, "Off")
        await telegram.wait_until(lambda: "No quiet hours" in telegram.posted(ADA)[0].text)
    assert len(telegram.posted(ADA)) == 1


@pytest.mark.usefixtures("channel")
async def test_a_button_that_cannot_carry_the_channel_is_said_to_be_typed(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    long = Action("This place", "place", "x" * 58)
    clerk.reply = Reply((Paragraph("Which?"),), (long, Action("Help", "help")))
    async with running(telegram, clerk.answer):
        await telegram.say("/channel @adas_news place x")
        [post] = await telegram.wait_for_post(ADA)
    assert post.buttons == (("Help",),)
    assert f"/channel @9876543210 place {'x' * 58} — This place" in post.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("/channel", "Which channel?"),
        ("/channel @nobodys_news brief", "I know no channel @nobodys_news"),
        ("/channel what's this", "I know no channel what's"),
        ("/channel " + "x" * 300, "I know no channel xxx"),
        ("/channel @a_group brief", "is no channel"),
        ("/channel @bens_news brief", "I may not post in Ben's news"),
    ],
)
@pytest.mark.usefixtures("channel")
async def test_what_is_no_channel_of_ours_is_said_in_words(
    telegram: TelegramEmulator, clerk: Clerk, typed: str, words: str
) -> None:
    telegram.add_chat(SUPERGROUP, username="a_group")
    theirs = telegram.add_chat(-1001111111111, "channel", title="Ben's news", username="bens_news")
    theirs.members[BOT] = "left"
    async with running(telegram, clerk.answer):
        await telegram.say(typed)
        [refusal] = await telegram.wait_for_post(ADA)
    assert words in refusal.text
    assert clerk.requests == []


@pytest.mark.parametrize("status", ["member", "left", "administrator"])
@pytest.mark.usefixtures("channel")
async def test_only_who_may_post_in_the_channel_sets_it_up(
    telegram: TelegramEmulator, clerk: Clerk, status: str
) -> None:
    telegram.set_member(CHANNEL, BEN, status, may_post=False)
    async with running(telegram, clerk.answer):
        await telegram.say("/channel @adas_news subscribe 08:00", chat=BEN)
        [refusal] = await telegram.wait_for_post(BEN)
    assert "Only administrators of Ada's news who may post there can set it up." in refusal.text
    assert clerk.requests == []


@pytest.mark.usefixtures("channel")
async def test_a_bot_that_may_not_post_there_says_so(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    telegram.set_member(CHANNEL, BOT, "administrator", may_post=False)
    async with running(telegram, clerk.answer):
        await telegram.say("/channel @adas_news brief")
        [refusal] = await telegram.wait_for_post(ADA)
    assert "I may not post in Ada's news." in refusal.text


@pytest.mark.usefixtures("channel")
async def test_nobody_sets_up_a_channel_when_telegram_does_not_say_who_may(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    telegram.fail_next("getChatMember", Fault.error(500, "Internal Server Error"))
    async with running(telegram, clerk.answer):
        await telegram.say("/channel @adas_news subscribe 08:00")
        await telegram.wait_for_post(ADA)
    assert clerk.requests == []


@pytest.mark.usefixtures("channel")
async def test_a_channel_is_not_set_up_from_a_group(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.say("/channel@dateline_bot @adas_news brief", chat=SUPERGROUP)
        [refusal] = await telegram.wait_for_post(SUPERGROUP)
    assert "private chat" in refusal.text
    assert clerk.requests == []


async def test_who_lets_the_bot_post_in_a_channel_is_told_what_it_can_do_there(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    telegram.add_chat(BEN)
    room = telegram.add_chat(CHANNEL, "channel", title="Ben's news")
    room.members[BOT] = "left"
    telegram.set_member(CHANNEL, BEN, "creator")
    async with running(telegram, clerk.answer):
        telegram.set_member(CHANNEL, BOT, "administrator", by=BEN)
        [hello] = await telegram.wait_for_post(BEN)
        await telegram.press(hello.message_id, "Longer", chat=BEN)
        await telegram.wait_for_post(BEN, 2)
    assert hello.text.startswith("I can post in the channel Ben's news now.")
    assert (clerk.last.chat, clerk.last.command) == (NEWS, "brief")
    assert telegram.posted(CHANNEL) == []


async def test_who_never_wrote_to_the_bot_hears_nothing_and_nothing_breaks(
    telegram: TelegramEmulator, clerk: Clerk, caplog: pytest.LogCaptureFixture
) -> None:
    room = telegram.add_chat(CHANNEL, "channel")
    room.members[BOT] = "left"
    async with running(telegram, clerk.answer):
        telegram.set_member(CHANNEL, BOT, "administrator", by=BEN)
        await taken(telegram)
    assert telegram.posted(None) == []
    assert caplog.records == []


@pytest.mark.usefixtures("channel")
async def test_a_digest_set_up_in_private_belongs_to_the_channel(
    telegram: TelegramEmulator,
) -> None:
    desk = make_desk()
    async with running(telegram, desk.answer):
        await telegram.say("/channel @adas_news subscribe 08:00 Europe/Paris")
        await telegram.wait_for_post(ADA)
        await telegram.say("/channel @adas_news subscriptions")
        [_, there] = await telegram.wait_for_post(ADA, 2)
        await telegram.say("/subscriptions")
        [*_, here] = await telegram.wait_for_post(ADA, 3)
    assert "No digest" not in there.text
    assert "No digest" in here.text


async def test_what_is_meant_for_others_in_a_channel_is_left_alone(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    telegram.add_chat(CHANNEL, "channel")
    async with running(telegram, clerk.answer):
        for text in ("Good morning", "/weather", "/brief@another_bot", "https://example.org/a"):
            await telegram.say(text, chat=CHANNEL)
        await telegram.say("/brief", chat=CHANNEL)
        await telegram.wait_for_post(CHANNEL)
    assert [request.command for request in clerk.requests] == ["brief"]


@pytest.mark.usefixtures("channel")
async def test_answers_about_channels_are_in_the_language_that_the_private_chat_chose(
    telegram: TelegramEmulator,
) -> None:
    async with running(telegram, make_desk().answer):
        await telegram.say("/settings language fr", language_code="de")
        await telegram.wait_for_post(ADA)
        await telegram.say("/channel", language_code="de")
        [_, which] = await telegram.wait_for_post(ADA, 2)
        await telegram.say("/channel @adas_news subscriptions", language_code="de")
        [*_, there] = await telegram.wait_for_post(ADA, 3)
    assert "Quel canal" in which.text
    assert "Pour le canal Ada's news" in there.text
    assert "Aucune édition" in there.text


@pytest.mark.usefixtures("channel")
async def test_the_region_of_a_persons_language_goes_along(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.say("/channel @adas_news subscribe 08:00", language_code="pt-BR")
        await telegram.wait_for_post(ADA)
    assert clerk.last.locale == "pt-BR"  # it hints at a time zone
