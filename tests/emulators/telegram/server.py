"""The HTTP side: paths, tokens, answers and faults. Knows no method by name but getUpdates.

https://core.telegram.org/bots/api#making-requests
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from dataclasses import dataclass, field

from aiohttp import web

from tests.emulators.specs import Spec, request_violations, result_violations
from tests.emulators.telegram.errors import ApiError, Json
from tests.emulators.telegram.faults import Fault, FaultPlan, Kind
from tests.emulators.telegram.methods import BY_LOWER_NAME, METHODS
from tests.emulators.telegram.params import MAX_UPLOAD, Params, read_params
from tests.emulators.telegram.world import World

_NOT_FOUND = ApiError(404, "Not Found")
_NO_METHOD = ApiError(404, "Not Found: method not found")
_UNAUTHORIZED = ApiError(401, "Unauthorized")
_TOKEN = re.compile(r"\d+:[\w-]+")


@dataclass
class Log:
    """What came in, and what of it (or of our own answers) does not fit Telegram's own spec."""

    requests: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


class BotApi:
    """Answers `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

    def __init__(self, world: World, spec: Spec | None) -> None:
        self.world = world
        self.spec = spec
        self.faults = FaultPlan()
        self.log = Log()
        self.closing = asyncio.Event()

    def application(self) -> web.Application:
        """The aiohttp application; anything that is no documented path is 404."""
        app = web.Application(client_max_size=MAX_UPLOAD + 1024 * 1024)
        app.router.add_route("*", "/bot{token:[^/]*}/{method:[^/]*}", self._call)
        app.router.add_get("/file/bot{token:[^/]*}/{path:.+}", self._download)
        return app

    def add_fallback(self, app: web.Application) -> None:
        """Answer every other path as Telegram does; to be added last."""
        app.router.add_route("*", "/{path:.*}", _no_such_path)

    def _check_token(self, request: web.Request) -> None:
        token = request.match_info["token"]
        if token == self.world.token:
            return
        raise _UNAUTHORIZED if _TOKEN.fullmatch(token) else _NOT_FOUND

    async def _call(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request)
            name = request.match_info["method"]
            method = BY_LOWER_NAME.get(name.lower(), name)
            params = await read_params(request)
            return await self._attend(request, method, params)
        except ApiError as error:
            return _refusal(error)

    async def _attend(
        self, request: web.Request, method: str, params: dict[str, object]
    ) -> web.StreamResponse:
        """Note the request, carry it out, and let a fault on order happen."""
        self._note(method, params)
        fault = self.faults.take(method, _chat_of(params))
        if fault is None:
            return _success(await self._result(method, params))
        if fault.commits:
            await self._result(method, params)
        return await self._fail(request, fault)

    def _note(self, method: str, params: dict[str, object]) -> None:
        self.log.requests.append((method, params))
        self.world.changes.tell()
        if method not in METHODS:
            self.log.violations.append(f"{method}: this emulator does not know the method")
        if self.spec is not None:
            self.log.violations += request_violations(self.spec, method, params)

    async def _result(self, method: str, params: dict[str, object]) -> object:
        if method not in METHODS:
            raise _NO_METHOD
        result = METHODS[method](self.world, Params(params))
        if inspect.isawaitable(result):
            result = await result
        if self.spec is not None:
            self.log.violations += result_violations(self.spec, method, result)
        return result

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.kind is Kind.ERROR:
            return _refusal(ApiError(fault.status, fault.description, fault.parameters))
        if fault.kind is Kind.WRONG_JSON:
            return web.Response(text='{"ok": tru', content_type="application/json")
        if fault.kind is Kind.HANG:
            await self.closing.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _download(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request)
        except ApiError as error:
            return _refusal(error)
        path = request.match_info["path"]
        for file in self.world.files.values():
            if file.path == path:
                return web.Response(body=file.content, content_type="application/octet-stream")
        return _refusal(ApiError(404, "Not Found"))


async def _no_such_path(request: web.Request) -> web.StreamResponse:
    del request
    return _refusal(_NOT_FOUND)


def _chat_of(params: dict[str, object]) -> int | None:
    chat = str(params.get("chat_id", ""))
    return int(chat) if re.fullmatch(r"-?\d+", chat) else None


def _success(result: object) -> web.Response:
    return _json({"ok": True, "result": result}, 200)


def _refusal(error: ApiError) -> web.Response:
    answer = _json(error.answer(), error.code)
    if "retry_after" in error.parameters:
        answer.headers["Retry-After"] = str(error.parameters["retry_after"])
    return answer


def _json(body: Json, status: int) -> web.Response:
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(text=text, status=status, content_type="application/json")
