"""HTTP for reading pages: one deadline, capped bodies, never a private address. Knows no article.

The guard stands at the connection itself (aiohttp's `socket_factory` sees the address that will
be connected to, on every hop of a redirect), so nothing lies between the check and the use.
"""

from __future__ import annotations

import asyncio
import codecs
import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.core.errors import RequestError, SourceError

MAX_BYTES = 5_000_000
"""The largest body read, after decompression."""
DEADLINE = 20.0
"""Seconds for everything: resolve, connect, redirects, body."""
MAX_REDIRECTS = 5

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_AGENT = "Dateline (self-hosted news-briefing bot)"


@dataclass(frozen=True, slots=True)
class Page:
    """What a server answered: where it ended up, its media type without parameters, its text.

    `media_type` is "" where the server told none.
    """

    url: str
    media_type: str
    text: str


class Fetcher:
    """Fetches pages. `allow` lists the networks that are read although they are private.

    `deadline` is in seconds and holds for a whole page; `resolver` is how names become addresses.
    """

    def __init__(
        self,
        allow: Sequence[Network] = (),
        *,
        deadline: float = DEADLINE,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._allow = allow
        self._deadline = deadline
        self._resolver = resolver

    async def get(self, url: str) -> Page:
        """Fetch a page. Raises RequestError for an address nobody can read, else SourceError."""
        host = _host(url)
        guard = _Guard(self._allow)
        try:
            async with asyncio.timeout(self._deadline), self._session(guard) as session:
                return await _get(session, url, host)
        except TimeoutError as error:
            raise SourceError(
                f"{host} took longer than {self._deadline:g} seconds to answer."
            ) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise SourceError(_explain(host, error, guard)) from error

    def _session(self, guard: _Guard) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            socket_factory=guard.open, resolver=self._resolver, force_close=True
        )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None),  # the deadline in `get` holds for it all
            headers={"User-Agent": _AGENT},
        )


async def _get(session: aiohttp.ClientSession, url: str, host: str) -> Page:
    async with session.get(url, max_redirects=MAX_REDIRECTS) as response:
        if response.status >= 400:
            raise SourceError(_status_in_words(host, response.status))
        media_type = response.content_type if "Content-Type" in response.headers else ""
        if media_type and not _TEXTUAL.fullmatch(media_type):
            raise not_a_page(media_type)
        body = await _read(response, host)
        text = await asyncio.to_thread(decode, body, response.charset)
        return Page(str(response.url), media_type, text)


async def _read(response: aiohttp.ClientResponse, host: str) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        body += chunk
        if len(body) > MAX_BYTES:
            raise SourceError(
                f"The page at {host} is larger than {MAX_BYTES // 1_000_000} MB: no article is."
            )
    return bytes(body)


_TEXTUAL = re.compile(r"text/.*|.*[/+](xml|json)")
_KINDS = {
    "image": "a picture",
    "audio": "a sound",
    "video": "a film",
    "font": "a font",
    "application/pdf": "a PDF file",
    "application/zip": "an archive",
    "application/gzip": "an archive",
}


def not_a_page(media_type: str) -> SourceError:
    """Return the refusal of something that is no text, in words."""
    known = _KINDS.get(media_type) or _KINDS.get(media_type.partition("/")[0])
    return SourceError(f"That link is not a page: it is {known or f'“{media_type}”'}.")


def _status_in_words(host: str, status: int) -> str:
    match status:
        case 404 | 410:
            return f"{host} has no such page ({status})."
        case 401 | 402 | 403 | 451:
            return f"{host} does not let this bot read that page ({status})."
        case 429:
            return f"{host} has had enough requests for now ({status}). Try again later."
        case _ if status >= 500:
            return f"{host} is in trouble and cannot show that page ({status}). Try again later."
        case _:
            return f"{host} refused to show that page ({status})."


class PrivateAddress(OSError):  # noqa: N818 - it says what the address is
    """The guard's refusal: the address is not one of the public internet."""


class _Guard:
    """Opens the sockets of one fetch; remembers whether it refused one."""

    def __init__(self, allow: Sequence[Network]) -> None:
        self._allow = allow
        self.refused = False

    def open(self, address_info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = address_info
        if not is_readable(address[0], self._allow):
            self.refused = True
            raise PrivateAddress(f"{address[0]} is not an address of the public internet")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)  # noqa: FBT003 - the standard library's signature
        return made


_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # all that IANA gives to the public so far
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments (RFC 6890); Oracle's metadata server is in it
        "192.88.99.0/24",  # the retired 6to4 relays (RFC 7526)
        "168.63.129.16/32",  # Azure's platform address, public in form only
        "3fff::/20",  # documentation (RFC 9637); Python before 3.13 takes it for global
    )
)


def is_readable(address: str, allow: Sequence[Network] = ()) -> bool:
    """Tell whether an IP address may be connected to: public, or in an allowed network.

    An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64) is judged as itself.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if _is_in(ip, allow):
        return True
    inner = _embedded(ip)
    if inner is not None:
        return is_readable(str(inner), allow)
    return _is_public(ip)


def _is_public(ip: Address) -> bool:
    if ip.version == 6 and ip not in _GLOBAL_UNICAST:
        return False
    return ip.is_global and not ip.is_multicast and not _is_in(ip, _NEVER)


def _is_in(ip: Address, networks: Sequence[Network]) -> bool:
    return any(ip in network for network in networks if network.version == ip.version)


def _embedded(ip: Address) -> ipaddress.IPv4Address | None:
    if isinstance(ip, ipaddress.IPv4Address):
        return None
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


_LOOKS = "It should look like https://example.org/news"


def _host(url: str) -> str:
    """Return the host of a link. Raises RequestError for what is not a link to a page."""
    try:
        link = URL(url)
    except ValueError as error:
        raise RequestError("That link cannot be read as an address.", _LOOKS) from error
    if not link.host or link.scheme not in {"http", "https"}:
        raise RequestError("That is not a link I can read.", _LOOKS)
    if link.user is not None or link.password is not None:
        raise RequestError(
            "That link carries a user name or a password, so it is not read.",
            "Send it without what stands before the @.",
        )
    return link.host


def _explain(host: str, error: Exception, guard: _Guard) -> str:  # noqa: PLR0911 - a table of reasons
    at = getattr(error, "host", host)  # the hop that failed
    if guard.refused:
        return _refused(host, at)
    match error:
        case aiohttp.TooManyRedirects():
            return f"{host} sends its readers round in circles."
        case aiohttp.RedirectClientError():
            return f"{host} sends its readers to something that is not a page."
        case aiohttp.ClientConnectorDNSError():
            return f"There is no host named {at}."
        case aiohttp.ClientConnectorCertificateError():
            return f"{at} cannot prove who it is: its certificate is not to be trusted."
        case aiohttp.ClientConnectorError():
            return f"{at} cannot be reached."
        case aiohttp.ServerDisconnectedError():
            return f"{host} hung up without an answer."
        case _:
            return f"{host} did not answer as a web server should."


def _refused(host: str, at: str) -> str:
    leads = "" if at == host else f"{host} sends its readers on to {at}. "
    return (
        f"{leads}{at} is not on the public internet, so it is not read. "
        "The operator can allow it with DATELINE_ALLOW_NETWORKS."
    )


_DECLARED = re.compile(
    rb"""(?:<meta[^>]{0,200}?charset|<\?xml[^>]{0,100}?encoding)\s*=\s*["']?\s*([\w-]{2,40})""",
    re.IGNORECASE,
)
# The encodings of the WHATWG Encoding Standard, by Python's names. No other codec is tried: Python
# also has some that are no encodings of pages, and one (punycode) that takes hours for a megabyte.
_ENCODINGS = frozenset(
    [f"cp{number}" for number in (866, 874, 932, 949, *range(1250, 1259))]
    + [f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)]
    + ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic"]
    + ["gb18030", "big5", "big5hkscs", "euc_jp", "iso2022_jp", "euc_kr"]
)
# The same standard reads these as their larger relatives.
_RELATIVES = {
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(body: bytes, declared: str | None = None) -> str:
    """Return a body as text: byte order mark, then UTF-8, then as declared, then cp1252.

    A declared latin-1 means cp1252 (WHATWG Encoding Standard). A rare fault, as in a page that was
    cut in the middle of a letter, does not rule an encoding out. Never raises.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    inside = _DECLARED.search(body[:4096])
    for name in ("utf-8", declared or "", inside[1].decode("ascii") if inside else ""):
        text = _decode_as(_encoding(name), body)
        if text is not None:
            return text
    return body.decode("cp1252", "replace")


def _encoding(name: str) -> str:
    """Return Python's name of a page's encoding, or "" for one that is not of the standard."""
    try:
        known = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        return ""
    known = _RELATIVES.get(known, known)
    return known if known in _ENCODINGS else ""


def _decode_as(encoding: str, body: bytes) -> str | None:
    """Decode, or return None where too little of the body is in that encoding."""
    if not encoding or (encoding.startswith("utf-16") and b"\0" not in body[:1000]):
        return None
    text = body.decode(encoding, "replace")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    faults = text.count("\ufffd")
    return text if faults == 0 or faults < beyond_ascii / 10 else None
