"""python-telegram-bot's transport on aiohttp: fast, and honest about what is known of a failure.

The library's own transport (httpx) costs ten times the CPU for each request, and reports "refused"
and "answer lost" alike. https://docs.python-telegram-bot.org/en/stable/telegram.request.baserequest.html
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from telegram._utils.defaultvalue import DefaultValue
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, RetryAfter, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.adapters.connector import LookingConnector
from bot.core.errors import DeliveryError

LOST = "the answer was lost"
"""How the words of an error begin when the server may have seen the request."""
CONNECTIONS = 400
"""Twice as many as digests are posted at once: were all of them to hang, answers still have room.

One is only made when it is needed. (Most systems let a process have 1,024 files and connections.)
"""
_NAMED = {400, 401, 403, 404, 409}
"""The refusals that the library knows as such; any other it takes for a fault of the network."""
_TIMED_OUT = 408
"""Somebody between us and Telegram waited in vain: nobody knows for whom."""


class NotConnected(NetworkError):  # noqa: N818 - it reads as a state
    """No connection was made: the server cannot have seen the request."""


class NotSent(NotConnected):
    """Nothing left: it was too late to send it. The library takes no error but its own for that."""


class NotTaken(NetworkError):  # noqa: N818 - it reads as a state
    """The server, or one before it, refused the request for certain; `status` is HTTP's."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}".strip())
        self.status = status


def longest(wait: float) -> float:
    """Return the seconds after which a request that has its connection is over, whatever comes.

    `wait` is for how long nothing may come: an answer can trickle, and each drop begins it anew.
    """
    return 2 * wait


class _Connector(LookingConnector):
    """Cuts a connection where a request takes too long."""

    def refusal(self, error: DeliveryError) -> Exception:
        """See LookingConnector. The library takes no error but its own."""
        return NotSent(str(error))

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the library's signature
    ) -> Connection:
        """See LookingConnector."""
        connection = await super().connect(req, traces, timeout)
        # Cut, not cancelled: what came whole while the process was stopped is read all the same.
        limit = self._loop.call_later(longest(timeout.sock_read or 0), _cut, connection)
        connection.add_callback(limit.cancel)
        return connection


def _cut(connection: Connection) -> None:
    if connection.transport is not None:
        connection.transport.abort()


class AiohttpRequest(BaseRequest):
    """Sends the Bot API's requests through one pooled aiohttp session."""

    def __init__(self, timeout: float = 30.0, connections: int = CONNECTIONS) -> None:
        os.environ.setdefault("PTB_TIMEDELTA", "1")  # else the library warns at every 429
        self._timeout = timeout
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Seconds to wait for an answer when the caller says nothing."""
        return self._timeout

    async def initialize(self) -> None:
        """Open the session. Needs a running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=_Connector(limit=self._connections))

    async def shutdown(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(  # noqa: PLR0917 - the library's signature
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Send one request; return the status and the body.

        Raises NotSent or NotConnected (nothing was sent), RetryAfter or NotTaken (it was refused),
        TimedOut or NetworkError (nobody knows).
        """
        await self.initialize()
        assert self._session is not None  # noqa: S101 - for the type checker: initialize made it
        wait = (
            self._timeout
            if isinstance(read_timeout, DefaultValue) or read_timeout is None
            else read_timeout
        )
        # No `total`: who waits for a free connection has sent nothing, and that must be told apart.
        # What is sent has its own limit: see _Connector.
        deadline = aiohttp.ClientTimeout(total=None, connect=wait, sock_connect=5, sock_read=wait)
        try:
            async with self._session.request(
                method, url, data=_body(request_data), timeout=deadline
            ) as response:
                body = await response.read()
                _look_for_refusal(response, body)
                return response.status, body
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotConnected(f"no connection: {error}") from error
        except TimeoutError as error:
            raise TimedOut("the answer took too long") from error
        except aiohttp.ClientError as error:
            if isinstance(error.__cause__, aiohttp.ClientConnectionResetError):
                # The kept connection was closed before the request was written whole.
                raise NotConnected("the connection had been closed") from error
            # Its full text may hold the address, and with it the token.
            words = getattr(error, "message", error)
            raise NetworkError(f"{LOST}: {words}") from error


def _look_for_refusal(response: aiohttp.ClientResponse, body: bytes) -> None:
    """Raise RetryAfter or NotTaken where the library would say that the network failed."""
    status = response.status
    if not 400 <= status < 500 or status in _NAMED or status == _TIMED_OUT:
        return
    if status == 429 and (wait := _asked_to_wait(response.headers, body)) > 0:
        raise RetryAfter(wait)
    raise NotTaken(status, response.reason or "")


def _asked_to_wait(headers: Mapping[str, str], body: bytes) -> int:
    """Return the seconds that a 429 asks to wait; 0 where it does not say, as a proxy may not."""
    with suppress(ValueError, TypeError, KeyError):
        return int(json.loads(body)["parameters"]["retry_after"])
    with suppress(ValueError):
        return int(headers.get("Retry-After", "0"))
    return 0


def _body(request_data: RequestData | None) -> Any:  # noqa: ANN401 - what aiohttp takes as data
    if request_data is None or not request_data.parameters:
        return None
    if not request_data.contains_files:
        return aiohttp.JsonPayload(request_data.parameters)
    form = aiohttp.FormData(quote_fields=False)
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, media_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=media_type)
    return form
