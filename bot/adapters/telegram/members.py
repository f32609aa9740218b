"""Who may manage a chat: asked of Telegram each time, for it can change at any time."""

from __future__ import annotations

import logging

from telegram import Bot, ChatMember, ChatMemberAdministrator, Message
from telegram import Chat as TelegramChat
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

log = logging.getLogger(__name__)

_MANAGERS = {ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER}


class Members:
    """Asks who is who; nothing is kept."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def wrote_as_manager(self, message: Message) -> bool:
        """Tell whether a message's author manages its chat.

        An anonymous administrator writes as the group itself; a linked channel, or a person who
        writes as a channel of their own, is nobody in particular.
        """
        if message.chat.type == TelegramChat.PRIVATE:
            return True
        if message.sender_chat is not None:
            return message.sender_chat.id == message.chat.id
        return message.from_user is not None and await self.manages(
            message.chat, message.from_user.id
        )

    async def manages(self, chat: TelegramChat, user: int) -> bool:
        """Tell whether a person manages a chat; nobody does where Telegram does not say who."""
        if chat.type == TelegramChat.PRIVATE:
            return True
        try:
            member = await self._bot.get_chat_member(chat.id, user)
        except TelegramError as error:
            log.warning("Telegram: who manages chat %s cannot be told: %s", chat.id, error)
            return False
        if chat.type == TelegramChat.CHANNEL:
            return may_post(member)
        return member.status in _MANAGERS


def may_post(member: ChatMember) -> bool:
    """Tell whether a member of a channel may post: only administrators, and not all of them."""
    if isinstance(member, ChatMemberAdministrator):
        return member.can_post_messages is not False
    return member.status == ChatMemberStatus.OWNER
