"""HTTP for reading pages: one deadline, capped bodies, and never a private address.

The guard stands at the connection itself (aiohttp's `socket_factory` sees the address that will
be connected to, on every hop of a redirect), so nothing lies between the check and the use.
"""

from __future__ import annotations

import codecs
import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import aiohttp

from bot.core.errors import RequestError, SourceError

MAX_BYTES = 5_000_000
"""The largest body read, after decompression."""
DEADLINE = 20.0
"""Seconds for everything: resolve, connect, redirects, body."""
MAX_REDIRECTS = 5

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_AGENT = "Dateline (self-hosted news-briefing bot)"


@dataclass(frozen=True, slots=True)
class Page:
    """What a server answered: where it ended up, its media type without parameters, its text."""

    url: str
    media_type: str
    text: str


class PrivateAddress(OSError):  # noqa: N818 - it says what the address is
    """The guard's refusal: the address is not one of the public internet."""


class Fetcher:
    """Fetches pages. `allow` lists the networks that are read although they are private."""

    def __init__(self, allow: Sequence[Network] = ()) -> None:
        self._allow = allow

    async def get(self, url: str) -> Page:
        """Fetch a page. Raises RequestError for an address nobody can read, else SourceError."""
        host = _host(url)
        try:
            async with (
                self._session() as session,
                session.get(url, max_redirects=MAX_REDIRECTS) as response,
            ):
                if response.status >= 400:
                    raise SourceError(f"{host} answered {response.status} {response.reason}.")
                body = await _read(response, host)
                return Page(
                    str(response.url), response.content_type, decode(body, response.charset)
                )
        except TimeoutError as error:
            raise SourceError(
                f"{host} took longer than {DEADLINE:.0f} seconds to answer."
            ) from error
        except aiohttp.InvalidURL as error:
            raise RequestError(
                "That link cannot be read as an address.",
                "It should look like https://example.org/news",
            ) from error
        except aiohttp.TooManyRedirects as error:
            raise SourceError(f"{host} sends its readers round in circles.") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise SourceError(_explain(host, error)) from error

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(socket_factory=self._guarded_socket, force_close=True)
        timeout = aiohttp.ClientTimeout(total=DEADLINE)
        return aiohttp.ClientSession(
            connector=connector, timeout=timeout, headers={"User-Agent": _AGENT}
        )

    def _guarded_socket(self, address_info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = address_info
        if not is_readable(address[0], self._allow):
            raise PrivateAddress(f"{address[0]} is a private address")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)  # noqa: FBT003 - the standard library's signature
        return made


def is_readable(address: str, allow: Sequence[Network] = ()) -> bool:
    """Tell whether an IP address may be connected to: public, or in an allowed network.

    An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64, Teredo) is judged as itself.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if any(ip in network for network in allow if network.version == ip.version):
        return True
    inner = _embedded(ip)
    if inner is not None:
        return is_readable(str(inner), allow)
    return ip.is_global and not ip.is_multicast


def _embedded(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if isinstance(ip, ipaddress.IPv4Address):
        return None
    if ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64, RFC 6052
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


async def _read(response: aiohttp.ClientResponse, host: str) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        body += chunk
        if len(body) > MAX_BYTES:
            raise SourceError(
                f"The page at {host} is larger than {MAX_BYTES // 1_000_000} MB: no article is."
            )
    return bytes(body)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"}:
        raise RequestError(
            "That is not a link I can read.", "It should look like https://example.org/news"
        )
    return host


def _explain(host: str, error: Exception) -> str:
    if isinstance(
        getattr(error, "os_error", error), PrivateAddress
    ) or "is a private address" in repr(error):
        return (
            f"{host} is not on the public internet, so it is not read. "
            "The operator can allow it with DATELINE_ALLOW_NETWORKS."
        )
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"There is no host named {host}."
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{host} cannot be reached."
    return f"{host} did not answer as a web server should."


_META_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w-]{2,40})""", re.IGNORECASE
)


def decode(body: bytes, declared: str | None = None) -> str:
    """Return a body as text: byte order mark, then strict UTF-8, then as declared, then cp1252.

    A declared latin-1 means cp1252 (WHATWG Encoding Standard). Never raises.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(mark):
            return body.decode(name, "replace")
    meta = _META_CHARSET.search(body[:4096])
    candidates = ["utf-8", declared or "", meta[1].decode("ascii") if meta else ""]
    for name in candidates:
        if name.lower() in {"", "latin-1", "iso-8859-1", "latin1", "us-ascii", "ascii"}:
            continue
        try:
            return body.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("cp1252", "replace")
