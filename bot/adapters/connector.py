"""Connections for requests that may have waited for them. Knows no platform."""

from __future__ import annotations

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from bot.core.errors import DeliveryError
from bot.core.fence import last_look


class LookingConnector(aiohttp.TCPConnector):
    """Looks once more before each request, when it has its connection and nothing to wait for.

    Not in a hook of aiohttp's: when one of them raises, the connection stays open.
    """

    def refusal(self, error: DeliveryError) -> Exception:
        """Return what to raise where no request may go any more: `error`, or what it becomes."""
        return error

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the library's signature
    ) -> Connection:
        """Wait for a connection. Raises the refusal where it came too late."""
        connection = await super().connect(req, traces, timeout)
        try:
            last_look()
        except DeliveryError as error:
            connection.release()
            raise self.refusal(error) from error
        return connection
