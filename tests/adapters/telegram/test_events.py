"""What happens to a Telegram chat: it moves, shuts the bot out, lets it in again, or is new."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from telegram import ChatMemberUpdated, Message

from bot.adapters.events import Order
from bot.adapters.telegram.adapter import TelegramAdapter
from bot.adapters.telegram.updates import migration, standing
from bot.core.commands import BACK, COMMANDS, GONE, MOVED
from bot.core.errors import ChatUnavailable, DeliveryError, SettingsError
from bot.core.journal import Update
from bot.core.messages import Chat, ChatKind, Notice, Paragraph, Reply, Request
from tests.adapters.porter import Porter
from tests.adapters.telegram.living import (
    ADA,
    BEN,
    BOT,
    CHANNEL,
    GROUP,
    SUPERGROUP,
    running,
    taken,
)
from tests.emulators.telegram import TelegramEmulator
from tests.fakes import FakeJournal

RIGHTS = (
    *("can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"),
    *("can_promote_members", "can_change_info", "can_invite_users", "can_post_stories"),
    *("can_edit_stories", "can_delete_stories", "can_be_edited", "is_anonymous"),
    *("can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos"),
    *("can_send_videos", "can_send_video_notes", "can_send_voice_notes", "can_send_polls"),
    *("can_send_other_messages", "can_add_web_page_previews", "can_pin_messages"),
    *("can_manage_topics", "can_edit_tag", "can_react_to_messages"),
)


# --- moved


async def test_a_group_that_became_a_supergroup_moves_and_is_not_greeted_anew(
    telegram: TelegramEmulator, porter: Porter
) -> None:
    async with running(telegram, porter.answer):
        telegram.add_chat(GROUP, "group")
        new = telegram.migrate(GROUP)
        await taken(telegram)
    assert set(porter.events) == {(str(GROUP), MOVED, str(new)), (str(new), BACK, "")}
    assert porter.requests == []
    assert telegram.posted(None) == []


def test_both_chats_of_a_migration_say_the_same() -> None:
    old = {"id": GROUP, "type": "group", "title": "News"}
    new = {"id": SUPERGROUP, "type": "supergroup", "title": "News"}
    by_old = message(old, migrate_to_chat_id=SUPERGROUP)
    by_new = message(new, migrate_from_chat_id=GROUP)
    event = Request(
        Chat("telegram", str(GROUP), ChatKind.GROUP), MOVED, str(SUPERGROUP), is_event=True
    )
    assert migration(by_old) == migration(by_new) == event


def message(chat: dict[str, Any], **service: int) -> Message:
    raw = {"message_id": 1, "date": 1452770000, "chat": chat, **service}
    found = Message.de_json(raw, None)
    assert found is not None
    return found


# --- gone and back


@pytest.mark.parametrize(
    ("chat", "reason"),
    [
        (ADA, "the bot was blocked"),
        (SUPERGROUP, "the bot was removed from the group"),
        (CHANNEL, "the bot was removed from the channel"),
    ],
)
async def test_a_chat_that_shuts_the_bot_out_is_gone_and_hears_nothing(
    telegram: TelegramEmulator, porter: Porter, chat: int, reason: str
) -> None:
    async with running(telegram, porter.answer):
        telegram.add_chat(chat, "channel" if chat == CHANNEL else None)
        telegram.block(chat)
        await taken(telegram)
    assert porter.events == [(str(chat), GONE, reason)]
    assert not any(name.startswith("send") for name, _ in telegram.requests)


async def test_a_bot_that_is_an_administrator_no_more_cannot_post_in_a_channel(
    telegram: TelegramEmulator, porter: Porter
) -> None:
    async with running(telegram, porter.answer) as adapter:
        telegram.add_chat(CHANNEL, "channel")
        telegram.set_member(CHANNEL, BOT, "member")
        await taken(telegram)
        with pytest.raises(ChatUnavailable, match="administrator rights"):
            await adapter.post(Chat("telegram", str(CHANNEL), ChatKind.CHANNEL), {"text": "x"}, "")
    assert porter.events == [(str(CHANNEL), GONE, "the bot may not post in the channel any more")]


async def test_a_bot_that_may_not_write_in_a_group_is_shut_out_until_it_may(
    telegram: TelegramEmulator, porter: Porter
) -> None:
    async with running(telegram, porter.answer):
        telegram.add_chat(SUPERGROUP)
        telegram.restrict(SUPERGROUP, "text messages")
        telegram.set_member(SUPERGROUP, BOT, "member")
        await taken(telegram)
    assert porter.events == [
        (str(SUPERGROUP), GONE, "the bot may not write there"),
        (str(SUPERGROUP), BACK, ""),
    ]


async def test_who_lets_the_bot_in_again_is_told_what_is_on_again(
    telegram: TelegramEmulator, porter: Porter
) -> None:
    porter.back = Reply((Paragraph("I am back."),))
    async with running(telegram, porter.answer):
        telegram.add_chat(ADA)
        telegram.block(ADA)
        telegram.unblock(ADA)
        [post] = await telegram.wait_for_post()
    assert post.text == "I am back."
    assert [command for _, command, _ in porter.events] == [GONE, BACK]


async def test_who_had_nothing_on_hears_nothing(telegram: TelegramEmulator, porter: Porter) -> None:
    async with running(telegram, porter.answer):
        telegram.add_chat(ADA)
        telegram.block(ADA)
        telegram.unblock(ADA)
        await taken(telegram)
    assert [command for _, command, _ in porter.events] == [GONE, BACK]
    assert telegram.posted() == []


@pytest.mark.parametrize(
    ("kind", "old", "new", "event"),
    [
        ("channel", {"status": "administrator"}, {"can_post_messages": False}, GONE),
        ("channel", {"status": "administrator", "can_post_messages": False}, {}, BACK),
        ("supergroup", {"status": "administrator"}, {"status": "member"}, None),
        ("supergroup", {"status": "member"}, {"status": "restricted", "is_member": False}, GONE),
    ],
)
def test_a_standing_tells_whether_the_bot_can_post(
    kind: str, old: dict[str, Any], new: dict[str, Any], event: str | None
) -> None:
    user = {"id": BOT, "is_bot": True, "first_name": "Dateline"}
    common = dict.fromkeys(RIGHTS, True) | {"user": user, "until_date": 0, "is_member": True}
    raw = {
        "chat": {"id": CHANNEL, "type": kind, "title": "News"},
        "from": {"id": ADA, "is_bot": False, "first_name": "Ada"},
        "date": 1452770000,
        "old_chat_member": common | {"status": "administrator"} | old,
        "new_chat_member": common | {"status": "administrator"} | new,
    }
    change = ChatMemberUpdated.de_json(raw, None)
    assert change is not None
    found = standing(change)
    assert (found.command if found else None) == event


# --- new


async def test_a_group_that_adds_the_bot_is_greeted_once(
    telegram: TelegramEmulator, porter: Porter
) -> None:
    async with running(telegram, porter.answer):
        telegram.add_chat(SUPERGROUP).members[BOT] = "left"
        telegram.set_member(SUPERGROUP, BOT, "member")
        await telegram.wait_for_post(SUPERGROUP)
        await taken(telegram)
    assert [one.text for one in telegram.posted(SUPERGROUP)] == ["/start"]


async def test_a_group_that_adds_the_bot_again_hears_what_is_on_again_and_no_greeting(
    telegram: TelegramEmulator, porter: Porter
) -> None:
    replies = [Reply((Paragraph("I am back."),)), Reply(())]

    class Once(Porter):
        async def answer(self, request: Request) -> Reply:
            answered = await super().answer(request)
            return replies.pop(0) if request.command == BACK else answered

    once = Once()
    async with running(telegram, once.answer):
        telegram.add_chat(SUPERGROUP).members[BOT] = "left"
        telegram.set_member(SUPERGROUP, BOT, "member")
        await telegram.wait_for_post(SUPERGROUP)
        await taken(telegram)
    assert [one.text for one in telegram.posted(SUPERGROUP)] == ["I am back."]
    assert once.requests == []


async def test_a_command_in_a_channel_is_answered_there(
    telegram: TelegramEmulator, porter: Porter
) -> None:
    async with running(telegram, porter.answer):
        telegram.add_chat(CHANNEL, "channel")
        await telegram.say("/subscribe 08:00", chat=CHANNEL)
        await telegram.wait_for_post(CHANNEL)
    assert porter.last.may_manage
    assert porter.last.chat == Chat("telegram", str(CHANNEL), ChatKind.CHANNEL)


# --- never lost, in order


async def test_what_happened_is_told_again_until_it_is_done(
    telegram: TelegramEmulator, porter: Porter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.events._FIRST_PAUSE", 0.0)
    porter.faults = 3
    async with running(telegram, porter.answer):
        telegram.add_chat(ADA)
        telegram.block(ADA)
        telegram.unblock(ADA)
        await taken(telegram)
    assert [command for _, command, _ in porter.events] == [GONE, BACK]


class Stubborn(Porter):
    """A porter who can note nothing of the chats in `refused`."""

    def __init__(self, *refused: int) -> None:
        super().__init__()
        self.refused = {str(chat) for chat in refused}
        self.asked_in_vain = asyncio.Event()

    async def answer(self, request: Request) -> Reply:
        """See bot.core.messages.Answer."""
        if request.is_event and request.chat.id in self.refused:
            self.asked_in_vain.set()
            return Reply((Notice("The database is locked."),))
        return await super().answer(request)


async def test_what_fails_in_one_chat_holds_up_what_happens_in_no_other(
    telegram: TelegramEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.events._FIRST_PAUSE", 0.01)
    porter = Stubborn(ADA, SUPERGROUP)
    async with running(telegram, porter.answer) as adapter:
        telegram.add_chat(ADA)
        telegram.add_chat(BEN)
        telegram.block(ADA)
        telegram.unblock(ADA)
        telegram.add_chat(SUPERGROUP).members[BOT] = "left"
        telegram.set_member(SUPERGROUP, BOT, "member")
        await porter.asked_in_vain.wait()
        telegram.block(BEN)
        await porter.wait_for(1)
        assert porter.events == [(str(BEN), GONE, "the bot was blocked")]
        porter.refused.clear()
        await porter.wait_for(4)
    in_adas = [command for chat, command, _ in porter.events if chat == str(ADA)]
    assert in_adas == [GONE, BACK]
    assert adapter._attendant._events._last == {}


async def test_what_happens_in_the_chat_that_a_group_becomes_waits_until_it_has_moved(
    telegram: TelegramEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.events._FIRST_PAUSE", 0.01)
    porter = Stubborn(GROUP)
    async with running(telegram, porter.answer):
        telegram.add_chat(GROUP, "group")
        new = telegram.migrate(GROUP)
        telegram.set_member(new, BOT, "kicked")
        telegram.block(telegram.add_chat(BEN).id)
        await porter.wait_for(2)
        before = {(chat, command) for chat, command, _ in porter.events}
        assert before == {(str(new), BACK), (str(BEN), GONE)}
        porter.refused.clear()
        await porter.wait_for(5)
    after = [(chat, command) for chat, command, _ in porter.events[2:]]
    assert after == [(str(GROUP), MOVED), (str(GROUP), MOVED), (str(new), GONE)]


async def test_turns_in_the_same_two_chats_come_in_their_order_and_nothing_remains_of_them() -> (
    None
):
    order, came = Order(), ""

    async def turn(name: str, *chats: str) -> None:
        nonlocal came
        async with order.turn(*chats):
            await asyncio.sleep(0)
            came += name

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for name, chats in {"a": "1", "b": "12", "c": "21", "d": "2", "e": "11"}.items():
            group.create_task(turn(name, *chats))
    assert came.startswith("abc")
    assert set(came[3:]) == {"d", "e"}
    assert order._last == {}


async def test_what_a_crash_left_undone_happens_at_the_next_start(
    telegram: TelegramEmulator, porter: Porter
) -> None:
    journal = FakeJournal()
    group = {"id": GROUP, "type": "group", "title": "News"}
    left = {"message_id": 1, "date": 1452770000, "chat": group, "migrate_to_chat_id": SUPERGROUP}
    await journal.take("telegram", [Update("7", {"update_id": 7, "message": left})])
    async with running(telegram, porter.answer, journal):
        pass
    assert porter.events == [(str(GROUP), MOVED, str(SUPERGROUP))]
    assert await journal.unfinished("telegram") == []


async def test_an_event_told_twice_by_telegram_is_one(
    telegram: TelegramEmulator, porter: Porter
) -> None:
    journal = FakeJournal()
    async with running(telegram, porter.answer, journal):
        telegram.add_chat(ADA)
        telegram.block(ADA)
        kept = list(telegram.world.updates.pending)
        await taken(telegram)
    telegram.world.updates.pending += kept  # as when the acknowledgement was lost
    async with running(telegram, porter.answer, journal):
        await taken(telegram)
    assert len(porter.events) == 1


async def test_an_update_that_cannot_be_read_holds_up_no_other(
    telegram: TelegramEmulator, porter: Porter, caplog: pytest.LogCaptureFixture
) -> None:
    journal = FakeJournal()
    async with running(telegram, porter.answer, journal):
        telegram.world.updates.put("message", {"message_id": "?"})
        await telegram.say("/brief")
        await telegram.wait_for_post()
    assert [request.command for request in porter.requests] == ["brief"]
    assert await journal.unfinished("telegram") == []
    assert "failed" in caplog.text
    telegram.violations.clear()  # the specification, too, says that it is no message


# --- what cannot be posted


@pytest.mark.parametrize("change", ["closed", "deleted"])
async def test_a_topic_that_takes_no_messages_is_unavailable(
    telegram: TelegramEmulator, porter: Porter, change: str
) -> None:
    topic = Chat("telegram", str(SUPERGROUP), ChatKind.GROUP, "77")
    async with running(telegram, porter.answer) as adapter:
        await telegram.say("/brief", chat=SUPERGROUP, thread=77)
        await telegram.wait_for_post(SUPERGROUP)
        if change == "closed":
            telegram.close_topic(SUPERGROUP, 77)
        else:
            telegram.delete_topic(SUPERGROUP, 77)
        with pytest.raises(ChatUnavailable):
            await adapter.post(topic, {"text": "Good morning."}, "")


async def test_a_topic_that_is_opened_again_is_back(
    telegram: TelegramEmulator, porter: Porter
) -> None:
    async with running(telegram, porter.answer):
        await telegram.say("/brief", chat=SUPERGROUP, thread=77)
        telegram.close_topic(SUPERGROUP, 77)
        telegram.close_topic(SUPERGROUP, 77, closed=False)
        await taken(telegram)
    assert porter.chats == [Chat("telegram", str(SUPERGROUP), ChatKind.GROUP, "77")]


async def test_a_group_that_takes_no_texts_is_unavailable_and_one_without_pictures_is_not(
    telegram: TelegramEmulator, porter: Porter
) -> None:
    from tests.emulators.test_telegram import png  # noqa: PLC0415 - a picture that is one

    group = Chat("telegram", str(SUPERGROUP), ChatKind.GROUP)
    async with running(telegram, porter.answer) as adapter:
        telegram.add_chat(SUPERGROUP)
        telegram.restrict(SUPERGROUP, "text messages", "photos")
        with pytest.raises(ChatUnavailable, match="text messages"):
            await adapter.post(group, {"text": "Good morning."}, "")
        photo = {"photo": base64.b64encode(png()).decode(), "text": ""}
        with pytest.raises(DeliveryError, match="photos") as caught:
            await adapter.post(group, photo, "")
    assert type(caught.value) is DeliveryError
    assert caught.value.final


@pytest.mark.parametrize(
    "token", ["nonsense", "123456", "123456:a b", "123456:\n", ":", "1:a/../b"]
)
async def test_a_malformed_token_is_said_before_anything_is_asked(
    telegram: TelegramEmulator, porter: Porter, token: str
) -> None:
    adapter = TelegramAdapter(token, telegram.root, COMMANDS)
    for act in (adapter.check(), adapter.run(porter.answer)):
        with pytest.raises(SettingsError, match="is no token"):
            await act
    assert telegram.requests == []
