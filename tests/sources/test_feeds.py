"""The feed readers: what each format says, what is no feed, and what means harm."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.errors import SourceError
from bot.core.news import Enclosure, Entry, ParsedFeed
from bot.sources.feeds import MAX_BYTES, parse_feed
from bot.sources.feeds_dates import parse_date
from bot.sources.feeds_xml import MAX_ENTRIES

REAL = Path(__file__).parents[3] / "shared" / "data" / "feeds" / "real"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HERE = "https://news.example/feeds/all.xml"


def rss(items: str, head: str = "<title>News</title><link>https://news.example/</link>") -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel>{head}{items}</channel></rss>"
    ).encode()


def only(body: bytes) -> Entry:
    (entry,) = parse_feed(body, HERE).entries
    return entry


# ---------------------------------------------------------------- the formats

USUAL = rss(
    """<item><title>A &amp; B</title><link>https://news.example/a</link>
    <guid isPermaLink="false">17</guid><dc:creator>Ann Lee</dc:creator>
    <pubDate>Wed, 04 Mar 2026 13:00:00 +0100</pubDate><description>Short.</description>
    <content:encoded><![CDATA[<p>Long <a href="/b">b</a></p>]]></content:encoded>
    <media:thumbnail url="/a.jpg"/>
    <enclosure url="/a.mp3" type="audio/mpeg" length="123"/></item>""",
    "<title>News</title><link>https://news.example/</link><language>fr</language><ttl>30</ttl>",
)


def test_an_rss_item_says_everything_it_has() -> None:
    entry = only(USUAL)
    assert (entry.title, entry.link, entry.id) == ("A & B", "https://news.example/a", "17")
    assert (entry.summary, entry.author) == ("Short.", "Ann Lee")
    assert entry.content == '<p>Long <a href="https://news.example/b">b</a></p>'
    assert entry.published == NOON
    assert entry.image == "https://news.example/a.jpg"
    assert entry.enclosures == (Enclosure("https://news.example/a.mp3", "audio/mpeg", 123),)
    assert entry.feed.title == "News"


def test_an_rss_channel_speaks_of_itself() -> None:
    feed = parse_feed(USUAL, HERE)
    assert (feed.title, feed.link, feed.language, feed.ttl, feed.format) == (
        ("News", "https://news.example/", "fr", 30, "rss")
    )


def test_atom_is_read() -> None:
    entry = only(
        b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>N</title>
        <entry><id>urn:1</id><title type="html">x &amp;lt; y</title>
        <link rel="replies" href="https://news.example/c"/><link href="/a"/>
        <author><name>Ann</name><email>a@example.org</email></author>
        <published>2026-03-04T12:00:00Z</published><updated>2026-03-05T12:00:00Z</updated>
        <summary>s</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
        <p>Text</p></div></content></entry></feed>"""
    )
    assert (entry.id, entry.title, entry.link) == ("urn:1", "x < y", "https://news.example/a")
    assert (entry.author, entry.language) == ("Ann (a@example.org)", "de")
    assert (entry.summary, entry.content) == ("s", "<p>Text</p>")
    assert entry.published == NOON
    assert entry.updated == datetime(2026, 3, 5, 12, tzinfo=UTC)


def test_rdf_is_read() -> None:
    body = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel><title>N</title></channel><item rdf:about="urn:7"><title>T</title>
        <link>https://news.example/7</link><dc:date>2026-03-04T12:00+00:00</dc:date></item></rdf:RDF>"""
    entry = only(body)
    assert (entry.id, entry.title, entry.dated) == ("urn:7", "T", NOON)
    assert parse_feed(body).title == "N"


def test_cdf_is_read() -> None:
    entry = only(
        b"""<CHANNEL HREF="https://news.example/"><TITLE>N</TITLE><ITEM HREF="/a"
        LASTMOD="2026-03-04T12:00:00Z"><TITLE>T</TITLE><ABSTRACT>s</ABSTRACT></ITEM></CHANNEL>"""
    )
    assert (entry.title, entry.link, entry.summary, entry.dated) == (
        ("T", "https://news.example/a", "s", NOON)
    )


def test_json_feed_is_read() -> None:
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "N",
        "home_page_url": "https://news.example/",
        "items": [
            {
                "id": 7,
                "url": "/a",
                "title": "T",
                "content_html": "<p onclick='x'>Text</p><script>x</script>",
                "date_published": "2026-03-04T12:00:00Z",
                "authors": [{"name": "Ann"}, {"name": "Bo"}],
                "attachments": [{"url": "a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 5}],
            }
        ],
    }
    entry = only(json.dumps(whole).encode())
    assert (entry.id, entry.link, entry.author) == ("7", "https://news.example/a", "Ann, Bo")
    assert (entry.content, entry.published) == ("<p>Text</p>", NOON)
    assert entry.enclosures[0].length == 5


def test_an_unknown_shape_is_left_to_feedparser() -> None:
    feed = parse_feed(b"<wire><item><title>T</title><link>/a</link></item></wire>", HERE)
    assert [(entry.title, entry.link) for entry in feed.entries] == [
        ("T", "https://news.example/a")
    ]
    assert feed.format == "strange"


def test_a_feed_without_entries_is_a_feed() -> None:
    assert parse_feed(rss("")).entries == ()


def test_entries_keep_the_order_of_the_document() -> None:
    feed = parse_feed(rss("".join(f"<item><title>{n}</title></item>" for n in range(5))))
    assert [entry.title for entry in feed.entries] == ["0", "1", "2", "3", "4"]


# ---------------------------------------------------------------- what is no feed


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty answer"),
        (b" \n\t ", "empty answer"),
        (b"\xef\xbb\xbf", "empty answer"),
        (b"<!DOCTYPE html><html><head><title>Sorry &amp; so</title></head></html>", "web page"),
        (b"<h1>502 Bad Gateway</h1>", "web page"),
        (b'<?xml version="1.0"?><error><code>500</code></error>', "XML, but not a feed"),
        (b'{"error": "no such feed"}', "JSON"),
        (b'{"items": 5}', "JSON"),
        (b"Internal server error", "not a feed"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "not a feed"),
        (b"<", "not a feed"),
        (b"x" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_what_is_no_feed_is_said_in_words(body: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        parse_feed(body, HERE)


def test_a_page_that_took_the_place_of_a_feed_is_named() -> None:
    page = b"<html><head><title>Please log in</title></head><body><item>x</item></body></html>"
    with pytest.raises(SourceError, match="web page, called “Please log in”"):
        parse_feed(page, HERE, "application/rss+xml")


# ---------------------------------------------------------------- broken, but readable


def test_the_declared_charset_is_not_believed_over_the_bytes() -> None:
    body = rss("<item><title>Élysée</title></item>").replace(b"utf-8", b"iso-8859-1")
    assert only(body).title == "Élysée"


def test_a_charset_told_only_by_the_server_is_used() -> None:
    body = "<rss><channel><item><title>Москва сегодня</title></item></channel></rss>"
    feed = parse_feed(body.encode("cp1251"), charset="windows-1251")
    assert feed.entries[0].title == "Москва сегодня"


def test_utf_16_is_read() -> None:
    body = rss("<item><title>É</title></item>").decode().replace("utf-8", "utf-16")
    assert only(body.encode("utf-16")).title == "É"


def test_invalid_utf_8_costs_only_itself() -> None:
    body = rss("<item><title>one ÉÉÉÉÉÉÉÉÉÉÉÉ two</title></item>").replace(b"one", b"on\xff")
    assert only(body).title == "on\ufffd ÉÉÉÉÉÉÉÉÉÉÉÉ two"


def test_nul_and_control_characters_go() -> None:
    assert only(rss("<item><title>a\0b\x0bc\x1bd</title></item>")).title == "abcd"


@pytest.mark.parametrize("number", ["#xD800", "#55357", "#xDFFF", "#x110000", "#0", "#xFFFE", "#8"])
def test_a_number_that_means_no_character_costs_only_itself(number: str) -> None:
    item = f"<item><title>A&{number};B</title><link type='&{number};'>/1</link></item>"
    (entry,) = parse_feed(rss(item), HERE).entries
    assert (entry.title, entry.link) == ("AB", "https://news.example/1")


def test_a_bare_ampersand_and_names_of_html_are_read() -> None:
    entry = only(rss("<item><title>AT&T &eacute;t&eacute; &unknown; A & B</title></item>"))
    assert entry.title == "AT&T été &unknown; A & B"


def test_cdata_is_left_as_it_is_when_the_rest_is_mended() -> None:
    entry = only(
        rss("<item><title>&nbsp;x</title><description><![CDATA[a&b]]></description></item>")
    )
    assert entry.summary == "a&amp;b"


def test_entities_that_a_feed_declares_are_read() -> None:
    doctype = b'<!DOCTYPE rss [<!ENTITY co "News &#169;">]>'
    body = rss("<item><title>&co;</title></item>").replace(b"<rss", doctype + b"<rss")
    assert only(body).title == "News ©"


def test_undeclared_prefixes_mean_the_usual() -> None:
    body = b"<rss><channel><item><dc:creator>Ann</dc:creator></item></channel></rss>"
    assert only(body).author == "Ann"


@pytest.mark.parametrize("fault", ["<", "</channel>", "<b>", "]]>", "<!--", "</item>", "<![CDATA["])
def test_a_broken_item_costs_no_other(fault: str) -> None:
    items = [
        f"<item><title>{n}</title><link>https://news.example/{n}</link></item>" for n in range(6)
    ]
    items[2] = items[2].replace("</title>", fault)
    titles = [entry.title for entry in parse_feed(rss("".join(items))).entries]
    assert [title for title in titles if title in "01345"] == ["0", "1", "3", "4", "5"]


def test_a_feed_that_was_cut_gives_what_came() -> None:
    body = rss("".join(f"<item><title>{n}</title></item>" for n in range(9)))
    assert len(parse_feed(body[: len(body) * 2 // 3]).entries) >= 4


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("&lt;b&gt;Bold&lt;/b&gt; news", "Bold news"),
        ("&amp;lt;b&amp;gt;Bold&amp;lt;/b&amp;gt; news", "Bold news"),
        ("Fish &amp;amp; chips", "Fish & chips"),
        ("It&amp;#8217;s", "It’s"),
        ("<![CDATA[<i>In</i> CDATA]]>", "In CDATA"),
        ("a &lt; b", "a < b"),
        ("vector&lt;int&gt;", "vector<int>"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Calm &lt;b&gt;now&lt;/b&gt;", "Calm now"),
        ("one\n   line", "one line"),
        ("evil \u202egnp.exe", "evil gnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # a joiner that the script needs
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
)
def test_a_title_is_plain_text_on_one_line(title: str, read: str) -> None:
    assert only(rss(f"<item><title>{title}</title></item>")).title == read


@pytest.mark.parametrize(
    "markup",
    [
        "<script>x</script>text",
        "<p onclick='x'>text</p>",
        '<a href="javascript:x">text</a>',
        '<a href=" java\nscript:x">text</a>',
        '<a href="&#106;avascript:x">text</a>',
        "<scr<script>ipt>x</script>text",
        "<scr<!-- -->ipt>x</script>text",
        "<iframe src='https://evil.example'></iframe>text",
        "<svg><script>x</script></svg>text",
        "<img src=x onerror=x>text",
        "text<script>x",
        '<p style="background:url(javascript:x)">text</p>',
        "<style>x</style>text",
        "text<!-- <script>x</script> -->",
    ],
)
def test_what_could_run_is_taken_out_of_a_body(markup: str) -> None:
    content = only(rss(f"<item><description><![CDATA[{markup}]]></description></item>")).summary
    assert "text" in content
    for harm in ("script:x", "<script", "onclick", "onerror", "<iframe", "<style", "<svg"):
        assert harm not in content.lower()


def test_relative_links_are_made_absolute() -> None:
    entry = only(rss("<item><link>../a?b=1&amp;c=2</link></item>"))
    assert entry.link == "https://news.example/a?b=1&c=2"


def test_xml_base_is_followed() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://base.example/x/">
    <entry xml:base="y/"><link href="z"/></entry></feed>"""
    assert only(body).link == "https://base.example/x/y/z"


def test_a_permalink_stands_in_for_a_missing_link_and_a_number_does_not() -> None:
    assert only(rss("<item><guid>https://news.example/9</guid></item>")).link.endswith("/9")
    assert only(rss("<item><guid>9</guid></item>")).link == ""


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(
    "written",
    [
        "Wed, 04 Mar 2026 12:00:00 GMT",
        "Wed, 4 Mar 2026 12:00 +0000",
        "4 March 2026 12:00:00 UT",
        "Wed, 04 Mar 26 07:00:00 EST",
        "Wed, 04 Mar 2026 14:00:00 +02:00",
        "Mar 4, 2026 12:00:00 GMT",
        "Wed Mar  4 12:00:00 2026",
        "Wednesday, 04-Mar-26 12:00:00 GMT",
        "Wed, 04 Mar 2026 12:00:00 GMT+0000 (Coordinated Universal Time)",
        "2026-03-04T12:00:00Z",
        "2026-03-04T13:00:00.123+01:00",
        "2026-03-04 12:00:00",
        "2026-03-04T12:00Z",
        "20260304T120000Z",
    ],
)
def test_dates_are_read_however_they_are_written(written: str) -> None:
    found = parse_date(written)
    assert found is not None
    assert found.replace(microsecond=0) == NOON


@pytest.mark.parametrize(
    "written",
    ["", "soon", "yesterday", "32 Mar 2026", "2026-13-01", "0000-00-00", "2026-03-04T99:00:00Z",
     "Wed, 04 Foo 2026 12:00:00 GMT", "1" * 5000, "９９９９-01-01"],
)  # fmt: skip
def test_what_is_no_date_is_none(written: str) -> None:
    assert parse_date(written) is None
    assert only(rss(f"<item><pubDate>{written}</pubDate></item>")).dated is None


def test_an_item_without_a_date_has_none() -> None:
    assert only(rss("<item><title>x</title></item>")).published is None


def test_a_date_in_the_future_is_none_where_now_is_known() -> None:
    body = rss("<item><pubDate>Sat, 04 Mar 2090 12:00:00 GMT</pubDate></item>")
    assert parse_feed(body, now=NOON).entries[0].published is None
    assert parse_feed(body).entries[0].published is not None


def test_a_clock_that_is_a_little_fast_is_forgiven() -> None:
    body = rss("<item><pubDate>Wed, 04 Mar 2026 20:00:00 GMT</pubDate></item>")
    assert parse_feed(body, now=NOON).entries[0].published is not None


# ---------------------------------------------------------------- what means harm: 2 s, +100 MB


@dataclass(frozen=True)
class Outcome:
    """What one look at a body cost, in a process of its own, and what it gave."""

    seconds: float
    megabytes: float
    entries: int
    said: str


# The peak that resource.getrusage tells is at least that of the process that started this one.
STATUS = Path("/proc/self/status")
MEASURE = """
import json, os, re, sys
from pathlib import Path
from bot.core.errors import SourceError
from bot.sources import feeds
body = sys.stdin.buffer.read()
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1000
before, start, entries, said = peak(), sum(os.times()[:4]), -1, ""
try:
    entries = len(feeds.parse_feed(body, "https://news.example/feed").entries)
except SourceError as error:
    said = str(error)
print(json.dumps([sum(os.times()[:4]) - start, peak() - before, entries, said]))
"""


def outcome(body: bytes) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], input=body, capture_output=True, timeout=60, check=True
    )
    return Outcome(*json.loads(done.stdout))


def laughs() -> bytes:
    bigger = [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)]
    return declared('<!ENTITY l0 "lol">' + "".join(bigger), "&l9;")


def declared(entities: str, title: str) -> bytes:
    item = f"<item><title>{title}</title></item>"
    return f"<!DOCTYPE rss [{entities}]><rss><channel>{item}</channel></rss>".encode()


EXTERNAL = declared(
    '<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">%p;',
    "[&x;]",
)
MANY_ATTRIBUTES = " ".join(f'a{n}="1"' for n in range(200_000))

HARMFUL = {
    "200,000 attributes without values": f"<rss {MANY_ATTRIBUTES.replace('=', ' ')}".encode(),
    "billion laughs": laughs(),
    "quadratic entities": declared(f'<!ENTITY a "{"a" * 100_000}">', "&a;" * 100_000),
    "short entities": declared(f'<!ENTITY a "{"a" * 16}">', "&a;" * 390_000),
    "external entity": EXTERNAL,
    "200,000 attributes": rss(f"<item {MANY_ATTRIBUTES}><title>x</title></item>"),
    "200,000 attributes in a strange feed": f"<wire {MANY_ATTRIBUTES}><item/></wire>".encode(),
    "200,000 nested elements": rss("<item>" + "<a>" * 200_000),
    "190,000 nested elements of HTML": rss(
        "<item><description>" + "&lt;div&gt;" * 190_000 + "</description></item>"
    ),
    "200,000 items": rss("<item><title>x</title><link>/x</link></item>" * 200_000),
    "200,000 namespaces": rss(
        "".join(f'<item xmlns:n{n}="urn:{n}"><n{n}:x/></item>' for n in range(10_000))
    ),
    "20 MB title": rss(f"<item><title>{'x' * 20_000_000}</title></item>"),
    "9 MB title": rss(f"<item><title>{'é' * 4_500_000}</title></item>"),
    "million tags": rss("<a/>" * 1_000_000),
    "as many elements as are read": rss("<item>" + "<a/>" * 240_000 + "</item>"),
    "as many different tags as are read": rss(
        "<item><description><![CDATA["
        + "".join(f"<p title={n} href={n}>" for n in range(240_000))
        + "]]></description></item>"
    ),
    "as many unclosed tags as are read": rss(
        "<item><description><![CDATA[" + '<a "' * 240_000 + "]]></description></item>"
    ),
    "deep JSON": b'{"version":"","items":' + b"[" * 1_000_000,
    "deep closed JSON": b'{"items":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "200,000 JSON items": b'{"items":[' + b",".join([b'{"title":"x"}'] * 200_000) + b"]}",
    "unclosed comments": b"<rss><channel><item>" + b"<!--" * 500_000,
    "unclosed quotes": rss(f"<item><description>{'&lt;a &quot;' * 100_000}</description></item>"),
    "doctypes": b"<!DOCTYPE x [" * 300_000,
}


@pytest.mark.skipif(not STATUS.exists(), reason=f"there is no {STATUS}")
@pytest.mark.parametrize("name", HARMFUL)
def test_what_means_harm_costs_little(name: str) -> None:
    found = outcome(HARMFUL[name])
    assert found.seconds < 2
    assert found.megabytes < 100
    assert found.entries >= 0 or found.said


def test_no_entity_is_ever_expanded_or_fetched() -> None:
    assert only(laughs()).title == "&l9;"
    assert only(EXTERNAL).title == "[&x;]"


def test_of_too_many_items_the_first_are_read_and_the_rest_counted() -> None:
    feed = parse_feed(rss("<item><title>x</title></item>" * (MAX_ENTRIES + 7)))
    assert (len(feed.entries), feed.left_out) == (MAX_ENTRIES, 7)


# ---------------------------------------------------------------- anything at all


def read(body: bytes) -> ParsedFeed | None:
    """Read what may be no feed at all. Whatever else is raised is a bug."""
    try:
        return parse_feed(body, HERE, now=NOON)
    except SourceError:
        return None


PIECES = (
    "<rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<link>", "<guid>",
    "<description>", "<![CDATA[", "]]>", "<!--", "-->", "&amp;", "&#0;", "&#x110000;", "&lt;b&gt;",
    "<pubDate>", "Wed, 04 Mar 2026 12:00:00 GMT", "</", "/>", "<", ">", '"', "'", "&", "\0", "é",
    "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry xml:base='::'>", "http://[", "\ud800",
    "<content type='xhtml'>", "<a href='//x'>", "<?xml version='1.0'?>", "<!DOCTYPE x [", "{", "[",
    '{"items":[', "\ufeff", "<link rel='enclosure' href='x' length='9e9'/>", "<x:y>",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_no_heap_of_pieces_raises_anything_but_a_source_error(pieces: list[str]) -> None:
    read("".join(pieces).encode("utf-8", "surrogatepass"))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_but_a_source_error(body: bytes) -> None:
    read(body)
    read(rss("<item><title>x</title></item>").replace(b"x</t", body))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_damaged_real_feed_raises_anything_but_a_source_error(data: st.DataObject) -> None:
    if not REAL.is_dir():
        pytest.skip(f"there is no {REAL}")
    path = data.draw(st.sampled_from(sorted(REAL.iterdir())[::2]))
    read(damaged(path.read_bytes()[:60_000], data))


def damaged(body: bytes, data: st.DataObject) -> bytes:
    """Cut out, double or put in something at a few places."""
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(body)))
        length = data.draw(st.integers(0, 200))
        put_in = data.draw(st.one_of(st.binary(max_size=20), st.sampled_from(PIECES).map(_bytes)))
        match data.draw(st.sampled_from(("cut", "double", "put in"))):
            case "cut":
                body = body[:place] + body[place + length :]
            case "double":
                body = body[: place + length] + body[place:]
            case _:
                body = body[:place] + put_in + body[place:]
    return body


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.skipif(not REAL.is_dir(), reason=f"there is no {REAL}")
def test_real_feeds_give_the_entries_that_feedparser_gives() -> None:
    from tests.benchmarks.bench_feeds import differences, real_feeds  # noqa: PLC0415 - skippable

    apart = {path.name: differences(path.read_bytes()) for path in real_feeds()[::6]}
    assert not any(apart.values()), apart
