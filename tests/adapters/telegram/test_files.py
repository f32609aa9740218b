"""Files in both directions on Telegram: a list of feeds comes in, a list goes out."""

from __future__ import annotations

import pytest

from bot.core.commands import in_words
from bot.core.messages import FILE_BYTES, Attachment
from bot.core.news import Feed, ListedFeed
from bot.sources.opml import read_opml, write_opml
from tests.adapters.clerk import Clerk
from tests.adapters.telegram.living import ADA, BEN, SUPERGROUP, running
from tests.emulators.telegram import Fault, TelegramEmulator
from tests.fakes import make_desk

LISTED = (
    ListedFeed(Feed("https://news.example/world.xml", "World"), ("News",)),
    ListedFeed(Feed("https://news.example/sport.xml", "Sport"), ("Sport",)),
)
LIST = write_opml(LISTED)


@pytest.mark.parametrize(
    ("name", "caption", "arguments"),
    [
        ("feeds.opml", "/follow", ""),
        ("feeds.txt", "/follow@dateline_bot my news", "my news"),
        ("feeds.opml", "", ""),
        ("Export.XML", "here are my feeds", ""),
    ],
)
async def test_a_document_comes_along_with_follow(
    telegram: TelegramEmulator, clerk: Clerk, name: str, caption: str, arguments: str
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.send_file(name, LIST, caption)
        await telegram.wait_for_post()
    assert (clerk.last.command, clerk.last.arguments) == ("follow", arguments)
    assert clerk.last.file == Attachment(name, LIST)


async def test_a_reply_to_a_document_brings_it_along(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        telegram.set_member(SUPERGROUP, ADA, "administrator")
        sent = await telegram.send_file("feeds.opml", LIST, chat=SUPERGROUP)
        await telegram.say("/follow", chat=SUPERGROUP, reply_to=sent)
        await telegram.wait_for_post(SUPERGROUP)
    assert clerk.last.file == Attachment("feeds.opml", LIST)


async def test_another_document_in_private_is_answered_with_help_and_not_fetched(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.send_file("report.pdf", b"%PDF-1.7")
        await telegram.wait_for_post()
        asked = [method for method, _ in telegram.requests]
    assert (clerk.last.command, clerk.last.file) == (in_words("")[0], None)
    assert "getFile" not in asked


async def test_a_document_without_a_command_in_a_group_is_left_alone(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.send_file("feeds.opml", LIST, "look", chat=SUPERGROUP)
        await telegram.say("/help", chat=SUPERGROUP)
        await telegram.wait_for_post(SUPERGROUP)
    assert [request.command for request in clerk.requests] == ["help"]


async def test_only_those_who_manage_a_group_make_the_bot_fetch_a_file(
    telegram: TelegramEmulator,
) -> None:
    async with running(telegram, make_desk().answer):
        telegram.set_member(SUPERGROUP, BEN, "member")
        await telegram.send_file("feeds.opml", LIST, "/follow", chat=SUPERGROUP, user=BEN)
        [refusal] = await telegram.wait_for_post(SUPERGROUP)
        asked = [method for method, _ in telegram.requests]
    assert "Only those who manage this chat may use /follow." in refusal.text
    assert "getFile" not in asked


async def test_a_file_that_is_too_large_is_refused_in_words_and_not_fetched(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.send_file("feeds.opml", b"x" * (FILE_BYTES + 1))
        [refusal] = await telegram.wait_for_post()
        asked = [method for method, _ in telegram.requests]
    assert "feeds.opml is larger than 5 MB" in refusal.text
    assert clerk.requests == []
    assert "getFile" not in asked


async def test_a_file_that_cannot_be_fetched_is_said(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        telegram.fail_next("getFile", Fault.error(400, "Bad Request: file is temporarily gone"))
        await telegram.send_file("feeds.opml", LIST)
        [refusal] = await telegram.wait_for_post()
    assert "feeds.opml could not be fetched from Telegram." in refusal.text
    assert clerk.requests == []


async def test_a_list_goes_in_and_comes_out_again(telegram: TelegramEmulator) -> None:
    async with running(telegram, make_desk().answer):
        await telegram.send_file("feeds.opml", LIST)
        [taken] = await telegram.wait_for_post()
        await telegram.press(taken.message_id, "What is followed")
        [_, shown] = await telegram.wait_for_post(count=2)
        await telegram.press(shown.message_id, "Export (OPML)")
        [*_, sent] = await telegram.wait_for_post(count=4)
    assert "2 feeds" in taken.text
    assert "World" in shown.text
    assert sent.document is not None
    assert sent.document.name == "dateline.opml"
    assert read_opml(sent.document.content).feeds == LISTED


async def test_what_is_wrong_with_a_file_is_said_in_the_language_that_the_chat_chose(
    telegram: TelegramEmulator,
) -> None:
    async with running(telegram, make_desk().answer):
        await telegram.say("/settings language fr")
        await telegram.wait_for_post()
        telegram.fail_next("getFile", Fault.error(400, "Bad Request: file is temporarily gone"))
        await telegram.send_file("feeds.opml", LIST)
        [_, refusal] = await telegram.wait_for_post(count=2)
    assert "feeds.opml n’a pas pu être récupéré depuis Telegram." in refusal.text
