"""Pages and files to articles: every odd file gets words, every page its article."""

from __future__ import annotations

import gzip
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.errors import DatelineError, RequestError, SourceError
from bot.core.messages import Chat
from bot.core.newsroom import Newsroom
from bot.sources.articles import (
    article_from_file,
    article_from_page,
    looks_like_feed,
    looks_like_html,
    read_file,
)
from bot.sources.fetch import MAX_BYTES, Fetcher, Page, decode
from bot.sources.news import NewsSources
from bot.sources.pages import article_from_html
from bot.sources.seeds import Seeds
from summaries.article import Article, Length

PARAGRAPHS = (
    "The harbour of Port Example was closed on Monday after a freighter ran aground in thick fog.",
    "No one was hurt, and the crew of fourteen stayed on board while two tugs tried to pull it.",
    "“We expect the channel to be open again by Wednesday,” said the harbour master to reporters.",
)
TITLE = "Freighter runs aground in the fog and closes a harbour"
TEXT = "\n\n".join((TITLE, *PARAGRAPHS))
PAGE = f"""<!DOCTYPE html>
<html lang="en"><head>
<title>{TITLE} | The Example Gazette</title>
<meta property="og:title" content="{TITLE}">
<meta property="og:site_name" content="The Example Gazette">
<meta property="article:published_time" content="2016-01-20T09:30:00+01:00">
<link rel="canonical" href="https://gazette.example/news/freighter">
</head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<article><h1>{TITLE}</h1>{"".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)}</article>
<footer><p>© The Example Gazette. All rights reserved.</p></footer>
</body></html>"""


def page(text: str, media_type: str = "text/html") -> Page:
    return Page("https://gazette.example/n?id=1&utm_source=x", media_type, text)


def file(folder: Path, content: bytes | str, name: str = "article.txt") -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def in_words(error: DatelineError) -> str:
    """Return what a person reads, after checking that it is words and not a library's own."""
    said = f"{error} {getattr(error, 'hint', '')}".strip()
    assert "Error" not in said
    assert "\n" not in said
    assert said.endswith((".", "?", "standard input"))
    return said


# Files


def test_a_text_file_becomes_an_article(tmp_path: Path) -> None:
    article = article_from_file(file(tmp_path, TEXT))
    assert (article.title, article.paragraphs, article.language) == (TITLE, PARAGRAPHS, "en")


@pytest.mark.parametrize(
    "content",
    [
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.encode("utf-16"),
        ("\ufeff" + TEXT).encode("utf-16-be"),
        TEXT.encode("cp1252"),
    ],
    ids=["CRLF", "CR", "UTF-8 with a mark", "UTF-16", "big-endian UTF-16", "cp1252"],
)
def test_a_text_file_reads_the_same_however_it_was_saved(content: bytes, tmp_path: Path) -> None:
    article = article_from_file(file(tmp_path, content))
    assert (article.title, article.paragraphs) == (TITLE, PARAGRAPHS)


def test_a_text_without_a_title_keeps_its_first_sentence(tmp_path: Path) -> None:
    article = article_from_file(file(tmp_path, "\n\n".join(PARAGRAPHS)))
    assert (article.title, article.paragraphs) == ("", PARAGRAPHS)


def test_an_html_file_becomes_an_article(tmp_path: Path) -> None:
    article = article_from_file(file(tmp_path, PAGE, "page.html"))
    assert (article.title, article.paragraphs) == (TITLE, PARAGRAPHS)


def test_a_file_is_html_by_what_is_in_it_and_not_by_its_name(tmp_path: Path) -> None:
    assert article_from_file(file(tmp_path, PAGE, "page.txt")).title == TITLE


def test_a_text_that_speaks_of_html_stays_a_text() -> None:
    assert not looks_like_html("How the <html> tag came to be\n\nIt began with <body> and <head>.")
    assert looks_like_html("\ufeff\n <!-- saved --> <!DOCTYPE html><html>")
    assert not looks_like_html("<3 is a heart")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (bytes(range(256)) * 40, "binary"),
        (b"\x7fELF\x02\x01\x01" + bytes(500), "binary"),
        (b"%PDF-1.7\n1 0 obj\n<<>>\n", "binary"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
        (b"PK\x03\x04\x14\0\x06\0", "binary"),
    ],
    ids=["nothing", "white space", "only a mark", "bytes", "program", "PDF", "PNG", "zip"],
)
def test_a_file_that_is_no_text_is_refused_in_words(
    content: bytes, words: str, tmp_path: Path
) -> None:
    with pytest.raises(RequestError, match=words) as refused:
        article_from_file(file(tmp_path, content))
    assert refused.value.hint
    in_words(refused.value)


def test_a_file_of_50_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as made:
        made.truncate(50_000_000)  # sparse: it takes no room
    with pytest.raises(RequestError, match="larger than 5 MB"):
        article_from_file(str(path))


def test_a_file_just_within_the_cap_is_read(tmp_path: Path) -> None:
    assert len(read_file(file(tmp_path, b"a" * MAX_BYTES))) == MAX_BYTES


def test_a_missing_file_a_folder_and_a_bad_name_are_refused_in_words(tmp_path: Path) -> None:
    for name, words in (
        (str(tmp_path / "nope.txt"), "there is no such file"),
        (str(tmp_path), "it is a folder"),
        (f"{__file__}/below", "Not a directory"),
        ("~nobody-of-that-name/x.txt", "home directory"),
        ("a\0b", "not the name of a file"),
        ("x" * 100_000, "too long"),
        ("", "it is a folder"),
    ):
        with pytest.raises(RequestError) as refused:
            read_file(name)
        assert words in in_words(refused.value)
        assert len(in_words(refused.value)) < 500


def test_an_unreadable_file_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shut(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", shut)  # root, who runs tests in containers, may read all
    with pytest.raises(RequestError, match="this user may not read it"):
        read_file(str(tmp_path / "secret.txt"))


# Pages


def test_a_page_becomes_an_article_with_all_that_it_says_of_itself() -> None:
    assert article_from_page(page(PAGE)) == Article(
        title=TITLE,
        paragraphs=PARAGRAPHS,
        language="en",
        source="The Example Gazette",
        url="https://gazette.example/news/freighter",
        published=datetime(2016, 1, 20, 8, 30, tzinfo=UTC),
    )


def test_a_page_that_says_nothing_of_itself_has_its_host_and_the_link_that_was_sent() -> None:
    bare = f"<html><body>{''.join(f'<p>{paragraph}</p>' for paragraph in PARAGRAPHS)}</body></html>"
    article = article_from_page(page(bare))
    assert article.paragraphs == PARAGRAPHS
    assert article.url == page("").url
    assert article.source == "gazette.example"


@pytest.mark.parametrize(
    "canonical", ["javascript:alert(1)", "/relative", "", "file:///etc/passwd"]
)
def test_a_canonical_link_that_is_no_link_is_not_shown(canonical: str) -> None:
    article = article_from_page(
        page(PAGE.replace("https://gazette.example/news/freighter", canonical))
    )
    assert article.url.startswith("https://gazette.example/")


def test_xhtml_with_a_declaration_is_read() -> None:
    declared = f'<?xml version="1.0" encoding="utf-8"?>\n{PAGE}'
    assert article_from_page(page(declared, "application/xhtml+xml")).title == TITLE


def test_a_page_without_a_type_is_told_by_its_text() -> None:
    assert article_from_page(page(PAGE, "")).title == TITLE
    assert article_from_page(page(TEXT, "")).title == TITLE


def test_a_text_on_the_web_becomes_an_article_with_its_link() -> None:
    article = article_from_page(page(TEXT, "text/plain"))
    assert (article.title, article.paragraphs, article.url) == (TITLE, PARAGRAPHS, page("").url)


FEEDS = (
    '<?xml version="1.0"?><!-- news --><rss version="2.0"><channel></channel></rss>',
    '<feed xmlns="http://www.w3.org/2005/Atom"></feed>',
    '<?xml version="1.0"?>\n<rdf:RDF xmlns:rdf="x"></rdf:RDF>',
)


@pytest.mark.parametrize("text", FEEDS)
@pytest.mark.parametrize("media_type", ["text/html", "application/rss+xml", "text/xml", ""])
def test_a_feed_is_told_from_a_page_whatever_it_is_called(text: str, media_type: str) -> None:
    assert looks_like_feed(text)
    with pytest.raises(SourceError, match="feed"):
        article_from_page(page(text, media_type))


@pytest.mark.parametrize("media_type", ["application/json", "application/feed+json", "text/xml"])
def test_data_is_refused_in_words(media_type: str) -> None:
    with pytest.raises(SourceError, match="feed or data"):
        article_from_page(page('{"version": "https://jsonfeed.org/version/1.1"}', media_type))


@pytest.mark.parametrize("media_type", ["image/svg+xml", "text/css", "text/javascript", "text/csv"])
def test_what_is_no_article_by_its_type_is_refused_in_words(media_type: str) -> None:
    with pytest.raises(SourceError, match="not a page"):
        article_from_page(page("body { color: red }", media_type))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "<html></html>",
        "<html><body></body></html>",
        "<!DOCTYPE html><html><head><title>Only a title</title></head></html>",
        "<html><body><script>var article = 'text'.repeat(99);</script></body></html>",
        "<html" + "<div>" * 3000,
        "<html>\0\0\0</html>",
        "<html><body>" + "&#0;" * 100 + "</body></html>",
    ],
)
def test_a_page_without_an_article_is_refused_in_words(text: str) -> None:
    with pytest.raises(SourceError) as refused:
        article_from_page(page(text))
    in_words(refused.value)


@pytest.mark.parametrize("text", ["", "\0\0\0", "%PDF-1.7"])
def test_an_odd_text_on_the_web_is_the_sources_fault_and_not_the_askers(text: str) -> None:
    with pytest.raises(SourceError) as refused:
        article_from_page(page(text, "text/plain"))
    in_words(refused.value)


def test_a_parser_that_falls_over_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    import trafilatura  # noqa: PLC0415

    def fall_over(*_: object, **__: object) -> None:
        raise RecursionError("maximum recursion depth exceeded")

    monkeypatch.setattr(trafilatura, "bare_extraction", fall_over)
    with pytest.raises(SourceError, match="so broken that it cannot be read"):
        article_from_html(PAGE)


def test_trafilatura_is_read_without_a_warning() -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        article_from_html(PAGE)
    assert warned == []


def test_real_pages_give_an_article_or_words_and_nothing_else(shared: Path) -> None:
    pages = sorted((shared / "data" / "pages" / "html").glob("*.html.gz"))
    if not pages:
        pytest.skip("the real pages are not in ../shared/data")
    read = 0
    for path in pages[::25]:
        try:
            article = article_from_page(page(decode(gzip.decompress(path.read_bytes()))))
        except SourceError as refused:
            in_words(refused)
        else:
            read += 1
            assert all(article.paragraphs)
    assert read >= 8


# One sentence, and only furniture, through /brief


class NoClock:
    def now(self) -> datetime:
        return datetime(2016, 1, 20, tzinfo=UTC)


def newsroom() -> Newsroom:
    return Newsroom(NewsSources(Seeds(Path("nowhere")), Fetcher()), NoClock())


async def test_an_article_of_one_sentence_is_given_whole(tmp_path: Path) -> None:
    story = await newsroom().story(file(tmp_path, PARAGRAPHS[0]), Length.SHORT, local=True)
    assert [sentence.text for sentence in story.summary.sentences] == [PARAGRAPHS[0]]
    assert story.summary.whole


async def test_a_file_of_nothing_but_furniture_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="only page furniture"):
        await newsroom().story(file(tmp_path, "12\n\n345\n\n***\n\n0"), Length.NORMAL, local=True)


async def test_a_folder_without_samples_says_which_setting_names_it() -> None:
    briefing = await newsroom().briefing(Chat("console", "terminal"), Length.NORMAL)
    assert briefing.stories == ()
    assert "DATELINE_SEEDS_DIR" in briefing.failures[0]


def test_a_page_of_more_tags_than_any_article_is_refused_before_it_is_parsed() -> None:
    page = "<html><body>" + "<p>Few words.</p>" * 20_000 + "</body></html>"
    with pytest.raises(SourceError, match="too large"):
        article_from_html(page)
