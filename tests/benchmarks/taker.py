"""A server that takes everything: it answers each HTTP request at once, without a thought."""

from __future__ import annotations

import asyncio
import json


class Taker(asyncio.Protocol):
    """Reads requests; a subclass says what one is answered with."""

    def __init__(self) -> None:
        self._asked = b""

    def answer(self, line: bytes) -> bytes:
        """Return the whole answer to a request, of which this is the first line."""
        raise NotImplementedError

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            head, _, rest = self._asked.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
            if len(rest) < length:
                return
            self._asked = rest[length:]
            self._transport.write(self.answer(head.partition(b"\r\n")[0]))


def told(result: object) -> bytes:
    """Return the answer of a Telegram that did as it was asked."""
    body = json.dumps({"ok": True, "result": result}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body
