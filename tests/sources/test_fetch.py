"""The fetcher: what it reads, and above all what it refuses. Every server here is on loopback."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import socket
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.core.errors import DatelineError, RequestError, SourceError
from bot.sources import fetch
from bot.sources.fetch import MAX_BYTES, Fetcher, FetchError, Page, decode, is_readable
from bot.sources.turns import Turns
from tests.sources.sites import site

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Serve every path with one handler; yields the root address."""
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    try:
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_serving(answer: bytes) -> AsyncIterator[str]:
    """Answer every connection with these bytes, whatever it asks."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def page(
    text: str = "<p>News</p>", *, status: int = 200, content_type: str = "text/html"
) -> Handler:
    async def handle(_: web.BaseRequest) -> web.Response:
        return web.Response(text=text, status=status, content_type=content_type)

    return handle


def body(content: bytes, headers: dict[str, str]) -> Handler:
    async def handle(_: web.BaseRequest) -> web.Response:
        return web.Response(body=content, headers=headers)

    return handle


async def read(url: str) -> Page:
    return await Fetcher(LOOPBACK).get(url)


async def refusal(url: str, fetcher: Fetcher | None = None) -> str:
    """Return the words with which a link is refused."""
    with pytest.raises(DatelineError) as refused:
        await (fetcher or Fetcher()).get(url)
    return str(refused.value)


class FakeResolver(AbstractResolver):
    """Answers every name with the same addresses, as aiohttp's own resolver shapes them."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [self._result(host, address, port) for address in self._addresses]

    def _result(self, host: str, address: str, port: int) -> ResolveResult:
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return ResolveResult(
            hostname=host,
            host=address,
            port=port,
            family=kind,
            proto=0,
            flags=socket.AI_NUMERICHOST,
        )

    async def close(self) -> None:
        """Nothing to close."""


# What is read


async def test_a_page_is_read_with_its_address_its_type_and_its_text() -> None:
    async with serving(page("<p>Été</p>")) as root:
        assert await read(f"{root}/news") == Page(f"{root}/news", "text/html", "<p>Été</p>")


async def test_a_redirect_is_followed_and_the_page_says_where_it_ended() -> None:
    async def handle(request: web.BaseRequest) -> web.Response:
        if request.path == "/old":
            raise web.HTTPMovedPermanently("/new")
        return web.Response(text="here", content_type="text/plain")

    async with serving(handle) as root:
        assert await read(f"{root}/old") == Page(f"{root}/new", "text/plain", "here")


async def test_a_page_without_a_type_is_read_and_its_type_left_open() -> None:
    async with raw_serving(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnews") as root:
        assert (await read(root)).media_type == ""


async def test_the_charset_that_the_server_declares_is_used() -> None:
    served = body("Привет".encode("cp1251"), {"Content-Type": "text/html; charset=windows-1251"})
    async with serving(served) as root:
        assert (await read(root)).text == "Привет"


async def test_no_cookie_and_no_address_of_the_asker_is_sent() -> None:
    seen: list[web.BaseRequest] = []

    async def handle(request: web.BaseRequest) -> web.Response:
        seen.append(request)
        response = web.Response(text="x", content_type="text/html")
        response.set_cookie("spy", "1")
        return response

    async with serving(handle) as root:
        fetcher = Fetcher(LOOPBACK)
        await fetcher.get(root)
        await fetcher.get(root)
    assert "Cookie" not in seen[1].headers
    assert "Dateline" in seen[1].headers["User-Agent"]


# What is no link


@pytest.mark.parametrize(
    "link",
    [
        "file:///etc/passwd",
        "ftp://example.org/news",
        "gopher://example.org/",
        "javascript:alert(1)",
        "http://",
        "http:///news",
        "http://:80/",
        "http://example.org:99999/",
        "http://example.org:port/",
        "http://[::1",
        "http://℀.example/",
        "//example.org/news",
        "example",
        "",
    ],
)
async def test_what_is_no_link_to_a_page_is_refused_with_an_example(link: str) -> None:
    with pytest.raises(RequestError) as refused:
        await Fetcher().get(link)
    assert "https://example.org/news" in refused.value.hint


@pytest.mark.parametrize("link", ["http://me:pass@example.org/", "http://me@example.org/"])
async def test_a_link_with_a_password_is_not_read(link: str) -> None:
    with pytest.raises(RequestError, match="password"):
        await Fetcher().get(link)


@pytest.mark.parametrize("link", ["http://a..b/", "http://exa mple.org/", f"http://{'a' * 70}.org"])
async def test_a_host_that_cannot_be_is_refused_in_words(link: str) -> None:
    assert await refusal(link, Fetcher(resolver=FakeResolver("127.0.0.1")))


# The guard: never a private address

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",  # the metadata server of most clouds
    "100.64.0.1",  # carrier-grade NAT
    "100.100.100.200",  # the metadata server of Alibaba
    "192.0.0.192",  # the metadata server of Oracle
    "168.63.129.16",  # the platform of Azure
    "192.88.99.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",  # IPv4-compatible
    "::ffff:127.0.0.1",  # IPv4-mapped
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",  # IPv4-translated
    "64:ff9b::127.0.0.1",  # NAT64
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",  # NAT64 for local use
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:a9fe:a9fe::1",
    "2001:0:7f00:1::1",  # Teredo
    "2001:db8::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",  # the metadata server of Amazon
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "5f00::1",
    "100::1",
]
PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_not_readable(address: str) -> None:
    assert not is_readable(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_readable(address: str) -> None:
    assert is_readable(address)


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203"])
def test_an_allowed_network_is_readable_however_it_is_written(address: str) -> None:
    assert is_readable(address, (ipaddress.ip_network("10.0.0.0/8"),))
    assert not is_readable(address, (ipaddress.ip_network("10.0.0.0/16"),))


async def test_a_server_on_this_machine_is_not_read_unless_it_is_allowed() -> None:
    asked: list[str] = []

    async def handle(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        return web.Response(text="secret", content_type="text/html")

    async with serving(handle) as root:
        assert "DATELINE_ALLOW_NETWORKS" in await refusal(root)
        assert asked == []
        assert (await read(root)).text == "secret"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",  # decimal
        "0177.0.0.1",  # octal
        "0x7f.1",  # hexadecimal, short
        "0x7f000001",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ],
)
async def test_this_machine_is_not_read_however_its_address_is_written(host: str) -> None:
    asked: list[str] = []

    async def handle(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        return web.Response(text="secret", content_type="text/html")

    async with serving(handle) as root:
        words = await refusal(f"http://{host}:{root.rpartition(':')[2]}/")
    assert asked == []
    assert "not on the public internet" in words or "web server should" in words


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_that_leads_to_a_private_address_is_not_connected_to(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_socket(*_: object) -> socket.socket:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_socket)
    fetcher = Fetcher(resolver=FakeResolver(address.partition("%")[0]))
    assert "inside.example is not on the public internet" in await refusal(
        "http://inside.example/", fetcher
    )


async def test_a_name_with_several_private_addresses_is_refused_as_one() -> None:
    fetcher = Fetcher(resolver=FakeResolver("10.0.0.1", "127.0.0.1", "::1"))
    assert "not on the public internet" in await refusal("http://inside.example/", fetcher)


async def test_a_redirect_to_a_private_address_is_refused_at_the_second_hop() -> None:
    asked: list[str] = []

    async def inside(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        return web.Response(text="secret", content_type="text/html")

    async with serving(inside, "127.0.0.2") as secret:

        async def outside(_: web.BaseRequest) -> web.Response:
            raise web.HTTPFound(f"{secret}/latest/meta-data/")

        async with serving(outside) as root:
            only_the_first = Fetcher((ipaddress.ip_network("127.0.0.1/32"),))
            words = await refusal(root, only_the_first)
    assert asked == []
    assert words.startswith("127.0.0.1 sends its readers on to 127.0.0.2. That is not on")


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://example.org/", "http://", "data:,x"]
)
async def test_a_redirect_to_what_is_no_page_is_refused(target: str) -> None:
    async def handle(_: web.BaseRequest) -> web.Response:
        return web.Response(status=302, headers={"Location": target})

    async with serving(handle) as root:
        assert "something that is not a page" in await refusal(root, Fetcher(LOOPBACK))


async def test_a_proxy_named_in_the_environment_is_no_way_around_the_guard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(page("from inside")) as root:
        monkeypatch.setenv("http_proxy", root)
        fetcher = Fetcher(resolver=FakeResolver("10.0.0.1"))
        assert "not on the public internet" in await refusal("http://inside.example/", fetcher)


# Too much, too long, too often


def zipped(encoding: str, size: int) -> bytes:
    """Return `size` zero bytes, compressed to a thousandth or less."""
    if encoding == "br":
        brotli = pytest.importorskip("brotli", reason="no brotli here, so aiohttp offers none")
        packed: bytes = brotli.compress(bytes(size), quality=5)
        return packed
    squeeze = zlib.compressobj(9, zlib.DEFLATED, {"gzip": 31, "deflate": 15}[encoding])
    block = bytes(1_000_000)
    return b"".join(squeeze.compress(block) for _ in range(size // len(block))) + squeeze.flush()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
async def test_a_compressed_bomb_is_refused_before_it_fills_the_memory(encoding: str) -> None:
    bomb = zipped(encoding, 150_000_000)
    served = body(bomb, {"Content-Type": "text/html", "Content-Encoding": encoding})
    async with serving(served) as root:
        tracemalloc.start()
        try:
            words = await refusal(root, Fetcher(LOOPBACK))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert "larger than 5 MB" in words
    assert peak < 100_000_000


async def test_a_bomb_in_a_bomb_is_never_unpacked_twice() -> None:
    nested = gzip.compress(zipped("gzip", 50_000_000))
    served = body(nested, {"Content-Type": "text/html", "Content-Encoding": "gzip"})
    async with serving(served) as root:
        assert len((await read(root)).text) < MAX_BYTES


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip"])
async def test_an_encoding_that_was_not_offered_is_refused_or_left_packed(encoding: str) -> None:
    offered = await _offered()
    if encoding in offered:
        pytest.skip(f"this aiohttp offers {encoding}: its bomb has a test of its own")
    served = body(b"\x1b\x2f\x00" * 9, {"Content-Type": "text/html", "Content-Encoding": encoding})
    async with serving(served) as root:
        try:
            assert len((await read(root)).text) < 100
        except SourceError as refused:
            assert "web server should" in str(refused)  # noqa: PT017 - either is right


async def _offered() -> str:
    seen: list[str] = []

    async def handle(request: web.BaseRequest) -> web.Response:
        seen.append(request.headers["Accept-Encoding"])
        return web.Response(text="x", content_type="text/html")

    async with serving(handle) as root:
        await read(root)
    return seen[0]


async def test_an_endless_body_is_refused_at_the_cap() -> None:
    sent = 0

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)
            sent += 65536

    async with serving(handle) as root:
        assert "larger than 5 MB" in await refusal(root, Fetcher(LOOPBACK))
    assert sent < 4 * MAX_BYTES


async def test_a_body_just_within_the_cap_is_read_whole() -> None:
    async with serving(body(b"x" * MAX_BYTES, {"Content-Type": "text/plain"})) as root:
        assert len((await read(root)).text) == MAX_BYTES


async def test_a_body_that_drips_runs_into_the_one_deadline() -> None:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)

    async with serving(handle) as root, asyncio.timeout(5):
        words = await refusal(root, Fetcher(LOOPBACK, deadline=0.2))
    assert words == "127.0.0.1 did not answer within 0.2 s."


async def test_a_server_that_says_nothing_runs_into_the_deadline() -> None:
    async def handle(_: web.BaseRequest) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async with serving(handle) as root, asyncio.timeout(5):
        assert "did not answer within" in await refusal(root, Fetcher(LOOPBACK, deadline=0.1))


async def test_redirects_share_the_one_deadline() -> None:
    async def handle(_: web.BaseRequest) -> web.Response:
        await asyncio.sleep(0.08)
        raise web.HTTPFound("/again")

    async with serving(handle) as root, asyncio.timeout(5):
        assert "did not answer within" in await refusal(root, Fetcher(LOOPBACK, deadline=0.2))


async def test_a_name_that_never_resolves_runs_into_the_deadline() -> None:
    class Silent(FakeResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            await asyncio.Event().wait()
            return []

    async with asyncio.timeout(5):
        fetcher = Fetcher(resolver=Silent(), deadline=0.1)
        assert "did not answer within" in await refusal("http://slow.example/", fetcher)


async def test_a_redirect_loop_ends() -> None:
    asked = 0

    async def handle(_: web.BaseRequest) -> web.Response:
        nonlocal asked
        asked += 1
        raise web.HTTPFound("/again")

    async with serving(handle) as root:
        assert "in circles" in await refusal(root, Fetcher(LOOPBACK))
    assert asked <= fetch.MAX_REDIRECTS + 1


# Servers in trouble


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "has no such page (404)"),
        (410, "has no such page (410)"),
        (403, "does not let this bot read that page (403)"),
        (401, "does not let this bot read that page (401)"),
        (429, "Try again later"),
        (500, "is in trouble"),
        (503, "is in trouble"),
        (418, "refused to show that page (418)"),
        (599, "is in trouble"),
    ],
)
async def test_a_refusing_server_is_told_in_words(status: int, words: str) -> None:
    async with serving(page("<h1>Traceback</h1>", status=status)) as root:
        assert words in await refusal(root, Fetcher(LOOPBACK))


@pytest.mark.parametrize(
    ("media_type", "words"),
    [
        ("image/png", "it is a picture"),
        ("application/pdf", "it is a PDF file"),
        ("video/mp4", "it is a film"),
        ("audio/mpeg", "it is a sound"),
        ("application/octet-stream", "it is “application/octet-stream”"),
    ],
)
async def test_what_is_no_text_is_refused_unread(media_type: str, words: str) -> None:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": media_type})
        await response.prepare(request)
        await asyncio.Event().wait()  # the body never comes
        return response

    async with serving(handle) as root, asyncio.timeout(5):
        assert words in await refusal(root, Fetcher(LOOPBACK))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\nContent-Type: text/html\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\nZZ\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/html\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\n" + b"X-Flood: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Flood: x\r\n" * 100_000 + b"\r\n",
    ],
    ids=lambda answer: repr(answer[:40]),
)
async def test_an_answer_that_is_not_http_is_refused_in_words(answer: bytes) -> None:
    async with raw_serving(answer) as root, asyncio.timeout(5):
        words = await refusal(root, Fetcher(LOOPBACK))
    assert words.startswith("127.0.0.1 ")
    assert "Error" not in words


async def test_a_port_where_nothing_listens_is_told_in_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        link = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        assert await refusal(link, Fetcher(LOOPBACK)) == "127.0.0.1 cannot be reached."


async def test_a_host_that_speaks_no_tls_is_told_in_words() -> None:
    async with raw_serving(b"HTTP/1.1 200 OK\r\n\r\n") as root:
        words = await refusal(root.replace("http:", "https:"), Fetcher(LOOPBACK))
    assert words == "127.0.0.1 cannot be reached."


async def test_a_name_that_nobody_has_is_told_in_words() -> None:
    class Nobody(FakeResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            raise OSError("Name or service not known")

    words = await refusal("http://nope.example/", Fetcher(resolver=Nobody()))
    assert words == "There is no host named nope.example."


# Asking a feed: only for what is new, and what its server says of itself


async def test_a_server_is_asked_only_for_what_it_has_not_given_yet() -> None:
    async with site() as served, Fetcher(LOOPBACK) as fetcher:
        url = served.put("/feed", b"<rss/>", headers={"ETag": '"1"', "Last-Modified": "then"})
        first = await fetcher.ask(url, accept="application/rss+xml")
        assert (first.unchanged, first.body, first.etag) == (False, b"<rss/>", '"1"')
        again = await fetcher.ask(url, etag=first.etag, last_modified=first.last_modified)
        assert (again.unchanged, again.body, again.etag) == (True, b"", '"1"')
    assert served.headers[0]["Accept"] == "application/rss+xml"
    assert "If-None-Match" not in served.headers[0]
    assert served.headers[1]["If-Modified-Since"] == "then"


async def test_an_answer_that_nothing_changed_to_who_knows_nothing_is_refused() -> None:
    async with serving(page(status=304)) as root:
        with pytest.raises(FetchError, match=r"refused to show that page \(304\)"):
            await Fetcher(LOOPBACK).ask(root)


@pytest.mark.parametrize(
    ("steps", "permanent"),
    [
        ([], 0),
        ([301], 1),
        ([308, 301], 2),
        ([302], 0),
        ([301, 302], 1),
        ([307, 301], 0),
    ],
)
async def test_an_address_moved_for_good_as_far_as_the_redirects_say_so(
    steps: list[int], permanent: int
) -> None:
    async with site() as served:
        for number, status in enumerate(steps):
            served.put(f"/{number}", status=status, headers={"Location": f"/{number + 1}"})
        served.put(f"/{len(steps)}", "here")
        answer = await Fetcher(LOOPBACK).ask(f"{served.root}/0")
    assert answer.permanent_url == f"{served.root}/{permanent}"
    assert answer.url == f"{served.root}/{len(steps)}"


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_asks_for_a_pause_is_heard(status: int) -> None:
    async with site() as served:
        url = served.put("/feed", status=status, headers={"Retry-After": "90"})
        with pytest.raises(FetchError) as refused:
            await Fetcher(LOOPBACK).ask(url)
    assert (refused.value.status, refused.value.retry_after) == (status, 90)
    assert refused.value.passing


async def test_a_host_that_asked_for_a_pause_is_left_alone_meanwhile() -> None:
    async with site() as served, Fetcher(LOOPBACK, turns=Turns(gap=0)) as fetcher:
        served.put("/busy", status=429, headers={"Retry-After": "90"})
        served.put("/other", "here")
        for path in ("/busy", "/other"):
            with pytest.raises(FetchError) as refused:
                await fetcher.ask(served.root + path)
            assert refused.value.status == 429
            assert 80 < (refused.value.retry_after or 0) <= 90
        assert served.asked == ["/busy"]


async def test_an_etag_that_could_not_be_sent_back_is_not_kept() -> None:
    async with site() as served:
        for etag in ('"' + "x" * 600 + '"', '"\u00e9"'):
            url = served.put("/feed", "<rss/>", headers={"ETag": etag})
            assert (await Fetcher(LOOPBACK).ask(url)).etag == ""


async def test_what_is_too_large_is_refused_or_cut_as_asked() -> None:
    async with site() as served:
        url = served.put("/feed", b"x" * 5000)
        with pytest.raises(SourceError, match=r"larger than 0\.001 MB"):
            await Fetcher(LOOPBACK).ask(url, largest=1000)
        assert (await Fetcher(LOOPBACK).ask(url, largest=1000, cut=True)).body == b"x" * 1000


async def test_a_connection_is_kept_only_while_somebody_waits_for_its_host() -> None:
    async with site() as served, Fetcher(LOOPBACK, turns=Turns(per_host=1, gap=0)) as fetcher:
        url = served.put("/feed", "<rss/>")
        await asyncio.gather(*(fetcher.ask(url) for _ in range(4)))
    assert [asked.get("Connection") for asked in served.headers] == ["close", None, None, "close"]


class Rebinding(FakeResolver):
    """Answers the first question with one address, every later one with another."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address, self._addresses = self._addresses[0], ("127.0.0.2",)
        return [self._result(host, address, port)]


async def test_a_name_that_changes_its_address_between_two_questions_is_judged_anew() -> None:
    """DNS rebinding, with a session that is kept: the guard sees each address at its connection."""
    async with site() as served:
        port = served.root.rpartition(":")[2]
        served.put("/", "public")
        allowed = (ipaddress.ip_network("127.0.0.1/32"),)
        async with Fetcher(allowed, resolver=Rebinding("127.0.0.1")) as fetcher:
            url = f"http://rebind.example:{port}/"
            assert (await fetcher.get(url)).text == "public"
            fetcher._kept.connector.clear_dns_cache()  # type: ignore[union-attr]
            assert "not on the public internet" in await refusal(url, fetcher)


async def test_a_fetcher_may_be_closed_twice() -> None:
    fetcher = Fetcher(LOOPBACK)
    async with fetcher:
        await fetcher.close()


# Bytes to text


@pytest.mark.parametrize(
    ("content", "declared", "text"),
    [
        ("Été".encode(), None, "Été"),
        ("Été".encode(), "latin-1", "Été"),
        (b"\xef\xbb\xbf\xc3\xa9", "cp1251", "é"),
        ("Été".encode("utf-16"), None, "Été"),
        ("\ufeffÉté".encode("utf-16-be"), None, "Été"),
        ("Привет, мир".encode("koi8-r"), "koi8-r", "Привет, мир"),
        ("“l’été”".encode("cp1252"), "iso-8859-1", "“l’été”"),
        ("“l’été”".encode("cp1252"), "ascii", "“l’été”"),
        ("“l’été”".encode("cp1252"), None, "“l’été”"),
        ("l’été".encode("cp1252"), "utf-8", "l’été"),
        ("日本".encode("shift_jis"), "Shift_JIS", "日本"),
        ("中文".encode("gb18030"), "gb2312", "中文"),
        ("İstanbul".encode("cp1254"), "iso-8859-9", "İstanbul"),
        ("<meta charset=cp1251>мир".encode("cp1251"), None, "<meta charset=cp1251>мир"),
        ("<?xml encoding='koi8-r'?>мир".encode("koi8-r"), None, "<?xml encoding='koi8-r'?>мир"),
        (b"", None, ""),
        (b"", "no such charset", ""),
        (b"\xe9", "rot13", "é"),
        (b"\xe9", "undefined", "é"),
        (b"\xe9", "a\0b", "é"),
        (b'<meta charset="utf-16">\xe9', None, '<meta charset="utf-16">é'),
    ],
)  # fmt: skip
def test_a_body_is_decoded_as_a_browser_would(
    content: bytes, declared: str | None, text: str
) -> None:
    assert decode(content, declared) == text


def test_utf8_cut_in_the_middle_of_a_letter_stays_utf8() -> None:
    assert decode(("é" * 50).encode()[:-1]) == "é" * 49 + "\ufffd"


@pytest.mark.parametrize("name", ["punycode", "idna", "unicode_escape", "utf-7", "zlib"])
async def test_a_codec_that_is_no_encoding_of_pages_is_never_run(name: str) -> None:
    content = b"\xe9" + b"abc-" * 500_000
    async with asyncio.timeout(5):
        assert (await asyncio.to_thread(decode, content, name)).startswith("é")


def test_any_bytes_decode() -> None:
    every: Sequence[bytes] = [bytes([first, second]) for first in range(256) for second in (0, 255)]
    assert all(isinstance(decode(content, "cp1252"), str) for content in every)
