"""robots.txt, as RFC 9309 has it: rules, none, unreachable, redirected, hostile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.core.errors import SourceError
from bot.sources.fetch import FetchError
from bot.sources.robots import MAX_SITES, Forbidden, Robots, site_of
from tests.fakes import FakeClock
from tests.sources.sites import Site, fetcher, site

DISALLOW = "User-agent: *\nDisallow: /private/\nAllow: /private/open"


@pytest.fixture
async def served() -> AsyncIterator[Site]:
    async with site() as made:
        yield made


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def robots(clock: FakeClock) -> AsyncIterator[Robots]:
    async with fetcher() as asking:
        made = Robots(asking, clock)
        yield made
        await made.close()


async def may_read(robots: Robots, url: str) -> bool:
    try:
        await robots.check(url)
    except SourceError:
        return False
    return True


async def test_rules_are_heeded(served: Site, robots: Robots) -> None:
    served.put("/robots.txt", DISALLOW, kind="text/plain")
    assert await may_read(robots, f"{served.root}/news/1")
    assert await may_read(robots, f"{served.root}/private/open/1")
    with pytest.raises(Forbidden, match=r"127\.0\.0\.1 asks programs not to read that page"):
        await robots.check(f"{served.root}/private/1")


async def test_rules_for_this_bot_win_over_those_for_all(served: Site, robots: Robots) -> None:
    rules = "User-agent: *\nDisallow: /\n\nUser-agent: dateline\nDisallow: /not-you"
    served.put("/robots.txt", rules, kind="text/plain")
    assert await may_read(robots, f"{served.root}/news/1")
    assert not await may_read(robots, f"{served.root}/not-you")


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451])
async def test_a_site_without_rules_lets_everything_be_read(
    status: int, served: Site, robots: Robots
) -> None:
    served.put("/robots.txt", DISALLOW, status=status)
    assert await may_read(robots, f"{served.root}/private/1")


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_while_rules_cannot_be_had_nothing_is_read_and_it_may_pass(
    status: int, served: Site, robots: Robots
) -> None:
    served.put("/robots.txt", status=status)
    with pytest.raises(FetchError, match=r"its robots\.txt is missing") as refused:
        await robots.check(f"{served.root}/news/1")
    assert refused.value.passing


async def test_a_site_that_cannot_be_reached_is_asked_again_after_half_an_hour(
    served: Site, robots: Robots, clock: FakeClock
) -> None:
    served.put("/robots.txt", status=500)
    assert not await may_read(robots, f"{served.root}/1")
    served.put("/robots.txt", DISALLOW)
    assert not await may_read(robots, f"{served.root}/1")
    clock.advance(hours=0.6)
    assert await may_read(robots, f"{served.root}/1")
    assert served.asked == ["/robots.txt"] * 2


async def test_a_site_is_asked_once_a_day_however_many_pages_are_read(
    served: Site, robots: Robots, clock: FakeClock
) -> None:
    served.put("/robots.txt", DISALLOW)
    await asyncio.gather(*(robots.check(f"{served.root}/{number}") for number in range(50)))
    assert served.asked == ["/robots.txt"]
    served.put("/robots.txt", "User-agent: *\nDisallow: /")
    clock.advance(hours=23)
    assert await may_read(robots, f"{served.root}/1")
    clock.advance(hours=2)
    assert not await may_read(robots, f"{served.root}/1")


async def test_redirected_rules_are_followed(served: Site, robots: Robots) -> None:
    served.put("/robots.txt", status=301, headers={"Location": "/elsewhere.txt"})
    served.put("/elsewhere.txt", DISALLOW)
    assert not await may_read(robots, f"{served.root}/private/1")


async def test_rules_on_a_private_address_are_not_fetched(robots: Robots) -> None:
    with pytest.raises(FetchError, match="not on the public internet"):
        await robots.check("http://10.0.0.1/news")


async def test_of_endless_rules_the_first_are_heeded(served: Site, robots: Robots) -> None:
    served.put("/robots.txt", DISALLOW + "\n" + "# more\n" * 400_000)
    assert not await may_read(robots, f"{served.root}/private/1")


@pytest.mark.parametrize(
    "rules",
    ["", "\0\xff" * 1000, "<html>", "Disallow: /" + "*a" * 5000 + "$", "User-agent:" * 9000],
)
async def test_rules_that_are_none_or_mean_harm_cost_little(
    rules: str, served: Site, robots: Robots
) -> None:
    served.put("/robots.txt", f"User-agent: *\n{rules}")
    async with asyncio.timeout(2):
        assert await may_read(robots, f"{served.root}/{'a' * 2000}")


async def test_no_more_sites_are_remembered_than_can_be_wanted(robots: Robots) -> None:
    done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    done.set_result(None)
    robots._sites = {f"http://{n}.example": done for n in range(MAX_SITES)}  # type: ignore[misc]
    await may_read(robots, "http://10.0.0.1/news")
    assert len(robots._sites) == 1


def test_each_scheme_host_and_port_has_rules_of_its_own() -> None:
    links = [
        "http://a.example/1",
        "https://a.example/1",
        "http://a.example:81/1",
        "http://A.example/",
    ]
    assert [site_of(link) for link in links] == [
        "http://a.example", "https://a.example", "http://a.example:81", "http://a.example",
    ]  # fmt: skip
