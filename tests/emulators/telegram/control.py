"""Control endpoints for people with curl and for tests of a real process. Knows no method.

No token: the server listens on the loopback address only.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from tests.emulators.telegram.errors import Json
from tests.emulators.telegram.faults import Fault
from tests.emulators.telegram.params import Upload
from tests.emulators.telegram.people import ADA
from tests.emulators.telegram.transcript import heading, transcript
from tests.emulators.telegram_page import chat_page

if TYPE_CHECKING:
    from tests.emulators.telegram.emulator import TelegramEmulator

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_FAULTS: dict[str, Callable[[], Fault]] = {
    "drop_before_commit": Fault.drop_before_commit,
    "drop_after_commit": Fault.drop_after_commit,
    "hang": Fault.hang,
    "wrong_json": Fault.wrong_json,
}


def add_control(app: web.Application, telegram: TelegramEmulator) -> None:
    """Add `/control/...` to the application."""
    control = Control(telegram)
    for name in ("say", "press", "edit", "inline", "member", "block", "migrate", "fail"):
        app.router.add_post(f"/control/{name}", _plainly(getattr(control, name)))
    for name in ("posted", "requests", "violations", "answers", "page"):
        app.router.add_get(f"/control/{name}", _plainly(getattr(control, name)))


def _plainly(handler: Handler) -> Handler:
    """What the caller got wrong becomes 400 with a reason."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (KeyError, TypeError, ValueError, LookupError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        except TimeoutError as error:
            return web.json_response({"error": str(error)}, status=408)

    return handle


class Control:
    """The emulator's own API over HTTP."""

    def __init__(self, telegram: TelegramEmulator) -> None:
        self.telegram = telegram

    async def say(self, request: web.Request) -> web.StreamResponse:
        """{"text", "chat", "user", "reply_to", "thread", "kind", "language_code", "as_chat"}."""
        said = await _body(request)
        message_id = await self.telegram.say(
            str(said["text"]),
            chat=int(said.get("chat", ADA)),
            user=_maybe(said.get("user")),
            reply_to=_maybe(said.get("reply_to")),
            thread=_maybe(said.get("thread")),
            chat_kind=said.get("kind"),
            language_code=str(said.get("language_code", "")),
            as_chat=_maybe(said.get("as_chat")),
        )
        return web.json_response({"message_id": message_id})

    async def edit(self, request: web.Request) -> web.StreamResponse:
        """{"message_id", "text", "chat"}."""
        said = await _body(request)
        chat = int(said.get("chat", ADA))
        await self.telegram.edit(int(said["message_id"]), str(said["text"]), chat)
        return web.json_response({"result": True})

    async def inline(self, request: web.Request) -> web.StreamResponse:
        """{"query", "user", "language_code"}; waits for the bot's results and gives them."""
        asked = await _body(request)
        query = await self.telegram.ask_inline(
            str(asked["query"]),
            int(asked.get("user", ADA)),
            language_code=str(asked.get("language_code", "")),
        )
        answer = await self.telegram.wait_for_inline(query)
        return _json({"results": answer.results, "cache_time": answer.cache_time})

    async def press(self, request: web.Request) -> web.StreamResponse:
        """{"message_id", "label", "chat", "user"}."""
        pressed = await _body(request)
        result = await self.telegram.press(
            int(pressed["message_id"]),
            str(pressed["label"]),
            chat=int(pressed.get("chat", ADA)),
            user=_maybe(pressed.get("user")),
        )
        return web.json_response({"result": result})

    async def member(self, request: web.Request) -> web.StreamResponse:
        """{"chat", "user", "status"}; without "user" it is the bot."""
        change = await _body(request)
        user = int(change.get("user", self.telegram.bot.id))
        self.telegram.set_member(int(change["chat"]), user, str(change["status"]))
        return web.json_response({"result": True})

    async def block(self, request: web.Request) -> web.StreamResponse:
        """{"chat"}."""
        self.telegram.block(int((await _body(request))["chat"]))
        return web.json_response({"result": True})

    async def migrate(self, request: web.Request) -> web.StreamResponse:
        """{"chat"} of a group."""
        new = self.telegram.migrate(int((await _body(request))["chat"]))
        return web.json_response({"chat": new})

    async def fail(self, request: web.Request) -> web.StreamResponse:
        """{"method", "times", "chat"} and "fault" (drop_before_commit, drop_after_commit, hang,
        wrong_json), "retry_after", or "status" with "description"."""
        wish = await _body(request)
        times, chat = int(wish.get("times", 1)), _maybe(wish.get("chat"))
        self.telegram.fail_next(str(wish["method"]), _fault(wish), times, chat)
        return web.json_response({"result": True})

    async def posted(self, request: web.Request) -> web.StreamResponse:
        """?chat=..&count=N&timeout=S waits for N messages of the bot; chat=all: everywhere."""
        chat = request.query.get("chat", str(ADA))
        where = None if chat == "all" else int(chat)
        count = int(request.query.get("count", 0))
        seconds = float(request.query.get("timeout", 10))
        messages = await self.telegram.wait_for_post(where, count, seconds)
        return _json([one.json() for one in messages])

    async def requests(self, request: web.Request) -> web.StreamResponse:
        """Every request so far; ?method=.. only those."""
        wanted = request.query.get("method", "").lower()
        rows = self.telegram.requests
        return _json([row for row in rows if wanted in {"", row[0].lower()}])

    async def violations(self, request: web.Request) -> web.StreamResponse:
        """What does not fit the spec, and whether it was looked at."""
        del request
        found = self.telegram.violations
        return _json({"validates": self.telegram.validates, "violations": found})

    async def answers(self, request: web.Request) -> web.StreamResponse:
        """How the bot answered pressed buttons."""
        del request
        rows = self.telegram.callback_answers
        return _json([{"query_id": row.query_id, "text": row.text} for row in rows])

    async def page(self, request: web.Request) -> web.StreamResponse:
        """?chat=.. as a phone shows it."""
        chat = int(request.query.get("chat", ADA))
        title, subtitle = heading(self.telegram.world, chat)
        page = chat_page(transcript(self.telegram.world, chat), title, subtitle)
        return web.Response(text=page, content_type="text/html")


async def _body(request: web.Request) -> Json:
    body = json.loads(await request.text())
    if not isinstance(body, dict):
        raise TypeError("expected a JSON object")
    return body


def _maybe(value: str | int | None) -> int | None:
    return None if value is None else int(value)


def _fault(wish: Json) -> Fault:
    if "retry_after" in wish:
        return Fault.retry_after(int(wish["retry_after"]))
    if "fault" in wish:
        return _FAULTS[wish["fault"]]()
    status = int(wish.get("status", 500))
    return Fault.error(status, str(wish.get("description", "Internal Server Error")))


def _json(value: object) -> web.Response:
    return web.json_response(text=json.dumps(value, ensure_ascii=False, default=_shown))


def _shown(value: object) -> object:
    if isinstance(value, Upload):
        return {"file_name": value.name, "mime": value.mime, "size": len(value.content)}
    return repr(value)
