"""Which entries of a feed are new: by keys that outlast a changed GUID. Knows no feed format.

Feeds break every single way of naming an entry: GUIDs change, are missing, or are all the same;
links gain tracking parameters or all lead to the home page; titles are edited; dates are the time
of the poll. So an entry has four marks (id, link, title, date), and two entries are the same when
two of their marks are. Each pair of marks is one key. A key that two different entries of one
document share names neither, and is not used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b
from itertools import combinations
from urllib.parse import parse_qsl, urlencode, urlsplit

from bot.core.news import Entry, KeyedEntry

_TRACKING = re.compile(
    r"(?:utm|at|mtm|pk|ns)_.*|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|xtor|cmpid|ftag|smid"
    r"|ref_src|traffic_source|ito|icid|ocid|rss"
)


def keyed(entries: Iterable[Entry]) -> tuple[KeyedEntry, ...]:
    """Return the entries of one document with their keys; what is listed twice, once."""
    own = [(entry, _keys(entry)) for entry in _once(entries)]
    shared = Counter(key for _, keys in own for key in keys)
    return tuple(
        KeyedEntry(entry, tuple(key for key in keys if shared[key] == 1) or (_whole(entry),))
        for entry, keys in own
    )


def unseen(entries: Iterable[Entry], seen: Collection[str]) -> tuple[KeyedEntry, ...]:
    """Return the entries of one document of which no key is among those seen, in their order."""
    return tuple(one for one in keyed(entries) if not any(key in seen for key in one.keys))


def entry_key(entry: Entry) -> str:
    """Return a name for an entry by itself: 16 hexadecimal digits. Editing it may change the name;
    to tell whether an entry is new, use `unseen`."""
    return (*_keys(entry), _whole(entry))[0]


def _once(entries: Iterable[Entry]) -> Sequence[Entry]:
    """Leave out what a document lists twice: the same page under the same title."""
    found: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        found.setdefault(_page(entry), entry)
    return list(found.values())


def _page(entry: Entry) -> tuple[str, str]:
    """Return what a reader takes for the same: page and title; else everything there is."""
    link, title = bare_link(entry.link) or entry.id, _folded(entry.title)
    return (link, title) if link and title else ("", _whole(entry))


def _keys(entry: Entry) -> list[str]:
    marks = _marks(entry)
    pairs = combinations(marks.items(), 2)
    return [_hash(f"{first}\0{second}") for first, second in pairs if _tells(marks, first, second)]


def _marks(entry: Entry) -> dict[str, str]:
    """Return the marks in the order of how far they are trusted; "" says that it has none.

    The home page is no mark: some feeds link it from every entry.
    """
    home = bare_link(entry.feed.link)
    link = bare_link(entry.link)
    return {
        "id": "" if entry.id == entry.feed.link else entry.id,
        "link": "" if link == home or "/" not in link else link,
        "title": _folded(entry.title),
        "date": entry.dated.isoformat() if entry.dated else "",
    }


def _tells(marks: dict[str, str], first: tuple[str, str], second: tuple[str, str]) -> bool:
    """Tell whether a pair of marks names an entry: two that it has. Where the feed gives it only
    two, one of them will change alone, so its id or else its link is enough."""
    if first[1] and second[1]:
        return True
    alone = sum(map(bool, marks.values())) <= 2 and second[0] == "date"
    return (
        alone and bool(first[1]) and (first[0] == "id" or (first[0] == "link" and not marks["id"]))
    )


def _whole(entry: Entry) -> str:
    """Return a key of everything the entry says: the last resort of one without any two marks."""
    return _hash("\0".join((entry.id, entry.link, entry.title, entry.summary, entry.content)))


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _folded(title: str) -> str:
    return " ".join(title.casefold().split())


def bare_link(link: str) -> str:
    """Return a link without what changes while the page stays: scheme, www., tracking, last /."""
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return link
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.fullmatch(name.lower())
    ]
    host = parts.netloc.lower().removeprefix("www.").removesuffix(":80").removesuffix(":443")
    rest = f"?{urlencode(query)}" if query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{host}{parts.path.rstrip('/')}{rest}{fragment}"
