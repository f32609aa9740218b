"""Inline mode: people type behind the bot's name, it answers, they choose. Knows no HTTP.

https://core.telegram.org/bots/api#inline-mode
"""

from __future__ import annotations

from itertools import count

from tests.emulators.telegram.errors import Json, bad_request
from tests.emulators.telegram.keyboards import read_keyboard
from tests.emulators.telegram.params import Params
from tests.emulators.telegram.people import say, tell_bot
from tests.emulators.telegram.sending import read_text
from tests.emulators.telegram.world import InlineAnswer, Message, Room, User, World

MAX_RESULTS = 50
_MAX_QUERY = 256
_query_ids = count(8_000_000_000_000_001)


def ask(world: World, query: str, user: User, chat_type: str) -> str:
    """Somebody types "@bot query" in some chat; the id of the query that the bot gets."""
    query_id = str(next(_query_ids))
    world.inline_queries[query_id] = user
    asked = {"id": query_id, "from": user.json(), "query": query[:_MAX_QUERY], "offset": ""}
    world.updates.put("inline_query", asked | {"chat_type": chat_type})
    return query_id


def answer_inline_query(world: World, params: Params) -> bool:
    """answerInlineQuery: each query takes one answer."""
    query_id = params.text("inline_query_id")
    results = params.array("results") or []
    if query_id not in world.inline_queries:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(results) > MAX_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    checked = tuple(_checked(world, result) for result in results)
    if len({result["id"] for result in checked}) < len(checked):
        raise bad_request("RESULT_ID_DUPLICATE")
    del world.inline_queries[query_id]
    world.inline_answers.append(
        InlineAnswer(
            query_id,
            checked,
            params.integer("cache_time", 300),
            params.boolean("is_personal"),
            params.text("next_offset"),
            params.mapping("button"),
        )
    )
    world.changes.tell()
    return True


def _checked(world: World, result: object) -> Json:
    if not isinstance(result, dict) or result.get("type") != "article":
        raise bad_request("can't parse inline query result: this emulator takes articles only")
    if not 1 <= len(str(result.get("id", "")).encode()) <= 64:
        raise bad_request("RESULT_ID_INVALID")
    if not str(result.get("title", "")).strip():
        raise bad_request("can't parse inline query result: Title must be non-empty")
    read_text(world, _content(result))
    read_keyboard(Params(result))
    return result


def _content(result: Json) -> Params:
    content = dict(result.get("input_message_content") or {})
    return Params(content | {"text": content.get("message_text", "")})


def choose(world: World, result: Json, room: Room, user: User) -> Message:
    """Somebody sends a result into a chat: as their own words, through the bot."""
    message = say(world, "", room, user, is_told=False)
    message.body = read_text(world, _content(result))
    message.markup = read_keyboard(Params(result))
    message.via_bot = world.bot
    tell_bot(world, message)
    world.changes.tell()
    return message
