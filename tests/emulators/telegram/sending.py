"""The methods that put messages into chats, change them and take them out. Knows no HTTP.

https://core.telegram.org/bots/api#available-methods
"""

from __future__ import annotations

from tests.emulators.telegram.entities import Formatted, Span, finish, spans_from
from tests.emulators.telegram.errors import Json, bad_request, too_many
from tests.emulators.telegram.files import read_media
from tests.emulators.telegram.keyboards import read_keyboard
from tests.emulators.telegram.markup import parse
from tests.emulators.telegram.params import Params, to_integer
from tests.emulators.telegram.rooms import (
    check_may_write,
    find_replied,
    find_room,
    find_thread,
    open_room,
)
from tests.emulators.telegram.world import (
    MANAGERS,
    CallbackAnswer,
    Media,
    Message,
    Room,
    World,
)

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_CALLBACK_TEXT = 200
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
_KINDS = {
    "sendMessage": "text messages",
    "sendPhoto": "photos",
    "sendDocument": "documents",
}
_ACTIONS = {
    *("typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"),
    *("upload_document", "choose_sticker", "find_location", "record_video_note"),
    "upload_video_note",
}


def send_message(world: World, params: Params) -> Json:
    """sendMessage."""
    body = read_text(world, params)
    return _send(world, params, "sendMessage", body)


def send_photo(world: World, params: Params) -> Json:
    """sendPhoto."""
    body = read_caption(world, params)
    return _send(world, params, "sendPhoto", body, read_media(world, params, "photo"))


def send_document(world: World, params: Params) -> Json:
    """sendDocument."""
    body = read_caption(world, params)
    return _send(world, params, "sendDocument", body, read_media(world, params, "document"))


def read_text(world: World, params: Params) -> Formatted:
    """The text of a request with its entities: 1 to 4,096 UTF-16 units after parsing."""
    if not params.text("text"):
        raise bad_request("message text is empty")
    body = _formatted(world, params, "text", "entities")
    if not body.text:
        raise bad_request("text must be non-empty")
    if body.units > MAX_TEXT:
        raise bad_request("message is too long")
    return body


def read_caption(world: World, params: Params) -> Formatted:
    """The caption of a request with its entities: at most 1,024 UTF-16 units after parsing."""
    body = _formatted(world, params, "caption", "caption_entities")
    if body.units > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return body


def _formatted(world: World, params: Params, text: str, entities: str) -> Formatted:
    plain, spans = parse(params.text(text), params.text("parse_mode"))
    if not params.text("parse_mode"):
        spans = _given_spans(plain, params.array(entities) or [])
    return finish(plain, world.mentions_resolved(spans))


def _given_spans(text: str, entities: list[object]) -> list[Span]:
    return spans_from(text, entities) if text else []


def _send(
    world: World, params: Params, method: str, body: Formatted, media: Media | None = None
) -> Json:
    markup = read_keyboard(params)
    room = open_room(world, params)
    check_may_write(world, room, _KINDS[method])
    thread = find_thread(room, params)
    replied = find_replied(world, room, params)
    _pace(world, room)
    message = Message(
        id=world.next_message_id(room),
        room=room,
        sender=world.bot,
        at=world.now(),
        body=body,
        media=media,
        markup=markup,
        reply_to=replied,
        thread=thread,
        method=method,
        is_silent=params.boolean("disable_notification"),
        is_protected=params.boolean("protect_content"),
        link_preview=params.mapping("link_preview_options"),
    )
    return world.add(message).json()


def _pace(world: World, room: Room) -> None:
    wait = world.limiter.retry_after(room.id, is_group=room.is_group, now=world.now())
    if wait:
        raise too_many(wait)


def edit_message_text(world: World, params: Params) -> Json:
    """editMessageText; without `reply_markup` the buttons go."""
    body = read_text(world, params)
    message = _own(world, params)
    if message.media:
        raise bad_request("there is no text in the message to edit")
    return _change(world, message, body, read_keyboard(params))


def edit_message_caption(world: World, params: Params) -> Json:
    """editMessageCaption."""
    body = read_caption(world, params)
    message = _own(world, params)
    if not message.media:
        raise bad_request("there is no caption in the message to edit")
    return _change(world, message, body, read_keyboard(params), message.media)


def edit_message_media(world: World, params: Params) -> Json:
    """editMessageMedia: a photo or document in the place of one, or of a text.

    The caption comes with the medium; without `reply_markup` the buttons go.
    """
    given = params.mapping("media") or {}
    kind = str(given.get("type"))
    if kind not in {"photo", "document"}:
        raise bad_request("can't parse InputMedia: this emulator takes photos and documents only")
    inner = Params({**params.values, **given, kind: given.get("media")})
    body, media = read_caption(world, inner), read_media(world, inner, kind)
    message = _own(world, params)
    return _change(world, message, body, read_keyboard(params), media)


def edit_message_reply_markup(world: World, params: Params) -> Json:
    """editMessageReplyMarkup."""
    message = _own(world, params)
    return _change(world, message, message.body, read_keyboard(params), message.media)


def _own(world: World, params: Params) -> Message:
    """The message of the bot that a request names."""
    message = open_room(world, params).messages.get(params.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if message.sender is not world.bot or message.service:
        raise bad_request("message can't be edited")
    return message


def _change(
    world: World,
    message: Message,
    body: Formatted,
    markup: Json | None,
    media: Media | None = None,
) -> Json:
    if (message.body, message.markup, _digest(message.media)) == (body, markup, _digest(media)):
        raise bad_request(_NOT_MODIFIED)
    # The documentation speaks of sending only; who edits much is told to wait as well.
    _pace(world, message.room)
    message.body, message.markup, message.media = body, markup, media
    message.edited_at = world.now()
    world.changes.tell()
    return message.json()


def _digest(media: Media | None) -> str:
    return media.file.unique_id if media else ""


def delete_message(world: World, params: Params) -> bool:
    """deleteMessage: the bot's own, anything in private chats, all where it is administrator."""
    room = find_room(world, params)
    message = room.messages.get(params.integer("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    may = room.kind == "private" or world.bot_status(room) in MANAGERS
    if message.sender is not world.bot and not may:
        raise bad_request("message can't be deleted")
    del room.messages[message.id]
    world.changes.tell()
    return True


def delete_messages(world: World, params: Params) -> bool:
    """deleteMessages: those that are not found are skipped."""
    room = find_room(world, params)
    for message_id in params.array("message_ids") or []:
        room.messages.pop(to_integer(message_id), None)
    world.changes.tell()
    return True


def send_chat_action(world: World, params: Params) -> bool:
    """sendChatAction."""
    room = open_room(world, params)
    action = params.text("action")
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    world.chat_actions.append((room.id, action))
    world.changes.tell()
    return True


def answer_callback_query(world: World, params: Params) -> bool:
    """answerCallbackQuery: each query takes one answer."""
    query_id, text = params.text("callback_query_id"), params.text("text")
    if query_id not in world.queries:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(text) > MAX_CALLBACK_TEXT:
        raise bad_request("MESSAGE_TOO_LONG")
    world.queries.discard(query_id)
    answer = CallbackAnswer(query_id, text, params.boolean("show_alert"), params.text("url"))
    world.callback_answers.append(answer)
    world.changes.tell()
    return True
