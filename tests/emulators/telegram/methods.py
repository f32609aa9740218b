"""All methods by name. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from tests.emulators.telegram import chats, files, inline, profile, sending
from tests.emulators.telegram.params import Params
from tests.emulators.telegram.world import World

Result: TypeAlias = object
Method: TypeAlias = Callable[[World, Params], Result | Awaitable[Result]]


def _true(world: World, params: Params) -> bool:
    """A method that has nothing to do here."""
    del world, params
    return True


METHODS: dict[str, Method] = {
    "getUpdates": lambda world, params: world.updates.get(params),
    "setWebhook": lambda world, params: world.updates.set_webhook(params),
    "deleteWebhook": lambda world, params: world.updates.delete_webhook(params),
    "getWebhookInfo": lambda world, _params: world.updates.webhook_info(),
    "getMe": profile.get_me,
    "logOut": _true,
    "close": _true,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendDocument": sending.send_document,
    "sendChatAction": sending.send_chat_action,
    "editMessageText": sending.edit_message_text,
    "editMessageCaption": sending.edit_message_caption,
    "editMessageMedia": sending.edit_message_media,
    "editMessageReplyMarkup": sending.edit_message_reply_markup,
    "deleteMessage": sending.delete_message,
    "deleteMessages": sending.delete_messages,
    "answerCallbackQuery": sending.answer_callback_query,
    "answerInlineQuery": inline.answer_inline_query,
    "getFile": files.get_file,
    "setMyCommands": profile.set_my_commands,
    "getMyCommands": profile.get_my_commands,
    "deleteMyCommands": profile.delete_my_commands,
    "setMyName": partial(profile.set_my, what="name"),
    "getMyName": partial(profile.get_my, what="name"),
    "setMyDescription": partial(profile.set_my, what="description"),
    "getMyDescription": partial(profile.get_my, what="description"),
    "setMyShortDescription": partial(profile.set_my, what="short_description"),
    "getMyShortDescription": partial(profile.get_my, what="short_description"),
    "setChatMenuButton": _true,
    "setMyDefaultAdministratorRights": _true,
    "getChat": chats.get_chat,
    "getChatMember": chats.get_chat_member,
    "getChatAdministrators": chats.get_chat_administrators,
    "getChatMemberCount": chats.get_chat_member_count,
    "leaveChat": chats.leave_chat,
}
BY_LOWER_NAME = {name.lower(): name for name in METHODS}
