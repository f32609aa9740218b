"""The FeedFinder port in memory: sites made by hand. Knows no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.core.errors import RequestError, SourceError
from bot.core.news import Feed, FeedList, ListedFeed
from bot.sources.opml import read_opml, write_opml

WORLD = Feed("https://news.example/world.xml", "Example News: World", "https://news.example/")
SPORT = Feed("https://news.example/sport.xml", "Example News: Sport", "https://news.example/")
BLOG = Feed("https://blog.example/feed", "A blog", "https://blog.example/")
LONG = Feed(f"https://long.example/{'path/' * 30}feed.xml", "Long news")

SITES: dict[str, tuple[Feed, ...]] = {
    "https://news.example": (WORLD, SPORT),
    "https://blog.example": (BLOG,),
    "https://long.example": (LONG, WORLD),
    **{feed.url: (feed,) for feed in (WORLD, SPORT, BLOG, LONG)},
}


@dataclass
class FakeFinder:
    """Finds what stands in `SITES`; remembers what it was asked."""

    asked: list[str] = field(default_factory=list)

    async def find(self, link: str) -> Sequence[Feed]:
        self.asked.append(link)
        if link.startswith("http://10."):
            raise SourceError("10.0.0.1 is not on the public internet, so it is not read.")
        if link not in SITES:
            raise RequestError(f"{link} offers no feed that I can find.", "Send another link.")
        return SITES[link]

    async def read_list(self, body: bytes) -> FeedList:
        return read_opml(body)

    def write_list(self, feeds: Iterable[ListedFeed]) -> bytes:
        return write_opml(feeds)
