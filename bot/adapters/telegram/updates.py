"""What a Telegram update asks, or says of a chat: Update -> Request. Pure; knows no network.

https://core.telegram.org/bots/api#update
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from telegram import (
    Chat as TelegramChat,
)
from telegram import (
    ChatMember,
    ChatMemberRestricted,
    ChatMemberUpdated,
    Document,
    Message,
)
from telegram.constants import ChatMemberStatus

from bot.adapters.telegram.members import may_post
from bot.adapters.telegram.poster import Standing
from bot.core.commands import BACK, GONE, MOVED, english_name, in_words
from bot.core.follow_orders import is_list_file
from bot.core.messages import Chat, ChatKind, Request

_KINDS = {"private": ChatKind.PRIVATE, "channel": ChatKind.CHANNEL}
_OUT = {ChatMemberStatus.LEFT, ChatMemberStatus.BANNED}


def chat_of(message: Message) -> Chat:
    """Return where a message stands: the chat, and the topic inside it."""
    thread = (
        str(message.message_thread_id)
        if message.is_topic_message and message.message_thread_id
        else ""
    )
    return whole(message.chat, thread)


def whole(chat: TelegramChat, thread: str = "") -> Chat:
    """Return a chat of Telegram's as one of ours."""
    return Chat("telegram", str(chat.id), _KINDS.get(chat.type, ChatKind.GROUP), thread)


def migration(message: Message) -> Request | None:
    """Return the event of a group that became a supergroup; both chats tell of it, in any order."""
    if message.migrate_to_chat_id:
        old, new = message.chat.id, message.migrate_to_chat_id
    elif message.migrate_from_chat_id:
        old, new = message.migrate_from_chat_id, message.chat.id
    else:
        return None
    chat = Chat("telegram", str(old), ChatKind.GROUP)
    return Request(chat, MOVED, str(new), is_event=True)


def standing(change: ChatMemberUpdated) -> Request | None:
    """Return the event of a bot that was shut out of a chat, or let in again; None for neither."""
    chat = whole(change.chat)
    why = _shut_out(chat.kind, change.new_chat_member)
    if why:
        return Request(chat, GONE, why, is_event=True)
    if _shut_out(chat.kind, change.old_chat_member):
        return Request(chat, BACK, is_event=True)
    return None


def _shut_out(kind: ChatKind, me: ChatMember) -> str:
    """Return why a bot of this standing cannot post, or "" when it can."""
    if me.status in _OUT and kind is ChatKind.PRIVATE:
        return "the bot was blocked"
    if me.status in _OUT or (isinstance(me, ChatMemberRestricted) and not me.is_member):
        return f"the bot was removed from the {kind.value}"
    if isinstance(me, ChatMemberRestricted) and not me.can_send_messages:
        return "the bot may not write there"
    if kind is ChatKind.CHANNEL and not may_post(me):
        return "the bot may not post in the channel any more"
    return ""


def can_post_now(change: ChatMemberUpdated) -> bool:
    """Tell whether a channel has just given the bot the right to post."""
    its = change.chat.type == TelegramChat.CHANNEL
    return its and may_post(change.new_chat_member) and not may_post(change.old_chat_member)


def reopened(message: Message) -> Request | None:
    """Return the event of a topic that takes messages again."""
    if message.forum_topic_reopened is None:
        return None
    return Request(chat_of(message), BACK, is_event=True)


def is_welcome(message: Message, bot: int) -> bool:
    """Tell whether a message says that the bot is new in a group."""
    added = any(user.id == bot for user in message.new_chat_members)
    return added or bool(message.group_chat_created or message.supergroup_chat_created)


def is_for_nobody(message: Message, username: str) -> bool:
    """Tell whether a message is none that a person wrote here and now.

    A channel's post that Telegram put into the channel's group was heard in the channel; what was
    sent through this bot's inline mode is its own words; and bots do not talk to each other. (An
    anonymous administrator, too, writes by a bot.)
    """
    through = message.via_bot
    ours = through is not None and same_name(through.username, username)
    by_bot = message.from_user is not None and message.from_user.is_bot
    return bool(message.is_automatic_forward) or ours or (by_bot and message.sender_chat is None)


def same_name(one: str | None, other: str) -> bool:
    """Tell whether two user names are the same; capitals mean nothing."""
    return (one or "").lower() == other.lower()


def standing_of(message: Message) -> Standing:
    """Return a message of ours as what it can be edited from."""
    kinds = {"photo": message.photo, "document": message.document, "text": message.text}
    return Standing(message.message_id, next((kind for kind in kinds if kinds[kind]), "other"))


def _replies_to(message: Message, username: str) -> bool:
    """Tell whether a message answers one of ours; what begins a topic is no message of anybody."""
    quoted = message.reply_to_message
    if quoted is None or quoted.from_user is None or quoted.forum_topic_created is not None:
        return False
    return same_name(quoted.from_user.username, username)


def parse_command(
    message: Message, username: str, known: Collection[str]
) -> tuple[str, str] | None:
    """Return the command and its arguments, or None for what is not meant for this bot.

    In a private chat, and where it mentions this bot or replies to it, a text without a command
    means one all the same. In a group a command that this bot does not know is another bot's,
    unless it is addressed to this one.
    """
    text = message.text or message.caption or ""
    private = message.chat.type == TelegramChat.PRIVATE
    if text.startswith("/"):
        word, *rest = text[1:].split(maxsplit=1) or [""]
        typed, _, addressed = word.partition("@")
        name = english_name(typed)  # before anybody asks who may use it
        foreign = not same_name(addressed, username) if addressed else name.lower() not in known
        if foreign and (addressed or not private):
            return None
        return name, "".join(rest).strip()
    if private and message.document is not None and is_list_file(message.document.file_name or ""):
        return "follow", ""
    if private and message.document is not None and not text:
        return in_words("")
    words = re.sub(rf"@{re.escape(username)}\b", "", text, flags=re.IGNORECASE).strip()
    is_ours = private or words != text.strip() or _replies_to(message, username)
    if not text or not is_ours:
        return None
    return in_words("\n".join([words, *_links(message)]))


def document_of(message: Message) -> Document | None:
    """Return the file of a message, or of the one that it replies to."""
    quoted = message.reply_to_message
    return message.document or (quoted.document if quoted is not None else None)


def quoted_text(message: Message) -> str:
    """Return the text that a message replies to, with the links hidden behind its words."""
    quoted = message.reply_to_message
    if quoted is None or quoted.forum_topic_created is not None:
        return ""
    return "\n".join([quoted.text or quoted.caption or "", *_links(quoted)])


def _links(message: Message) -> list[str]:
    entities: Mapping[Any, str] = message.parse_entities(
        ["url", "text_link"]
    ) | message.parse_caption_entities(["url", "text_link"])
    links = [entity.url or text for entity, text in entities.items()]
    return [link if "://" in link else f"https://{link}" for link in links]
