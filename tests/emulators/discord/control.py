"""What people and scripts do with a running emulator over HTTP; knows no bot."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.emulators import discord_page
from tests.emulators.discord.people import NotOfferedError
from tests.emulators.discord.server import DiscordEmulator, Posted
from tests.emulators.discord.state import BOT, CHANNEL, OWNER, Message
from tests.emulators.discord.wire import Json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ControlledEmulator(DiscordEmulator):
    """The emulator with `/control/...` beside Discord's own routes."""

    def extend(self, app: web.Application) -> None:
        for name in ("slash", "say", "press", "menu", "autocomplete"):
            app.router.add_post(f"/control/{name}", _told(getattr(self, f"_post_{name}")))
        for name in ("posted", "commands", "requests", "violations", "page"):
            app.router.add_get(f"/control/{name}", _told(getattr(self, f"_get_{name}")))

    async def _post_slash(self, body: Json) -> Json:
        if _user(body) not in self.state.users:  # a person at the keyboard may be anyone
            self.add_user(_user(body), f"Person {_user(body)}")
        made = await self.slash(body["command"], body.get("options"), **_where(body, dm=True))
        return {"interaction_id": str(made)}

    async def _post_say(self, body: Json) -> Json:
        channel = self.dm_channel(_user(body)) if body.get("dm") else _channel(body)
        reply_to = int(body["reply_to"]) if body.get("reply_to") else None
        return {"message_id": str(await self.say(body["text"], channel, _user(body), reply_to))}

    async def _post_press(self, body: Json) -> Json:
        message_id = int(body["message_id"])
        return {"interaction_id": str(await self.press(message_id, body["button"], **_where(body)))}

    async def _post_menu(self, body: Json) -> Json:
        message_id = int(body["message_id"])
        return {"interaction_id": str(await self.menu(body["command"], message_id, **_where(body)))}

    async def _post_autocomplete(self, body: Json) -> list[Json]:
        typed, channel, user = body["options"], _channel(body), _user(body)
        return await self.autocomplete(body["command"], typed, body["focused"], channel, user)

    async def _get_posted(self, query: Json) -> list[Json]:
        channel, count = self._channel_of(query), int(query.get("count", 0))
        found = await self.wait_for_post(channel, count, float(query.get("timeout", 10)))
        return [_shown(one) for one in found]

    async def _get_commands(self, query: Json) -> list[Json]:
        if "timeout" in query:
            await self.wait_for_commands(float(query["timeout"]))
        return self.commands

    async def _get_requests(self, _query: Json) -> list[Json]:
        return [{"method": verb, "path": path, "json": body} for verb, path, body in self.requests]

    async def _get_violations(self, _query: Json) -> list[Json]:
        return [dataclasses.asdict(one) for one in self.violations]

    async def _get_page(self, query: Json) -> str:
        channel = self._channel_of(query)
        place, found = self.state.channels[channel], self.state.in_channel(channel)
        shown = [self.state.message_wire(one) for one in found]
        direct = place.person is not None
        name = self.state.users[BOT].name if direct else place.name
        return discord_page.page(name, shown, _images(found), direct=direct)

    def _channel_of(self, query: Json) -> int:
        return self.dm_channel(_user(query)) if query.get("dm") else _channel(query)


def _images(messages: list[Message]) -> dict[str, bytes]:
    """The files of messages by their URLs."""
    return {
        attachment["url"]: message.files[attachment["filename"]]
        for message in messages
        for attachment in message.attachments
        if attachment["filename"] in message.files
    }


def _channel(body: Json) -> int:
    return int(body.get("channel") or CHANNEL)


def _user(body: Json) -> int:
    return int(body.get("user") or OWNER)


def _where(body: Json, *, dm: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"channel": _channel(body), "user": _user(body)}
    if body.get("permissions") is not None:
        found["permissions"] = int(body["permissions"])
    if body.get("locale"):
        found["locale"] = str(body["locale"])
    return found | ({"dm": bool(body.get("dm"))} if dm else {})


def _shown(posted: Posted) -> Json:
    """JSON of a message: ids as text, files as sizes."""
    files = {name: len(content) for name, content in posted.files.items()}
    made = posted.interaction_id
    ids = {
        "message_id": str(posted.message_id),
        "interaction_id": None if made is None else str(made),
    }
    return dataclasses.asdict(posted) | ids | {"files": files}


def _told(action: Callable[[Json], Awaitable[Any]]) -> Handler:
    """Answer with JSON or a page; say in one line what was wrong with the request."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json() if request.method == "POST" else dict(request.query)
            result = await action(body)
        except NotOfferedError as error:
            return web.json_response({"error": str(error)}, status=400)
        except TimeoutError as error:
            return web.json_response({"error": str(error)}, status=504)
        except (KeyError, ValueError, TypeError) as error:
            told = f"{type(error).__name__}: {error}"
            return web.json_response({"error": told}, status=400)
        if isinstance(result, str):
            return web.Response(text=result, content_type="text/html")
        return web.json_response(result)

    return handle
