"""Cleaning: what leaves the head and the tail, what must stay, and what bad input gives."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summaries.clean import clean
from tests.summaries.test_language import NEWS

SHARED = Path(__file__).parents[3] / "shared"

LEAD = "The council of Milltown voted on Tuesday evening to close the old bridge for two years."
SECOND = "Engineers found cracks in three of its pillars last month, the mayor told reporters."
THIRD = "A ferry will carry people across the river from June, and the first boat leaves at six."
BODY = [LEAD, SECOND, THIRD]
TITLE = "Milltown closes its old bridge to cars"


def page(*, head: tuple[str, ...] = (), tail: tuple[str, ...] = (), gap: str = "\n\n") -> str:
    return gap.join([TITLE, *head, *BODY, *tail])


@pytest.mark.parametrize(
    "line",
    [
        "0",
        "154",
        "1.2K",
        "3 min read",
        "Reading time: 4 minutes",
        "Share",
        "Published March 29, 2021 at 6:12 p.m.",
        "By Jane Smith and John Doe",
        "By the newsdesk, with agencies",
        "The bridge at dawn. (City of Milltown)",
        "Photo: Jane Smith",
        "A worker on the bridge / Getty Images",
        "Home > News > Local",
        "29/03/2021 18:12",
        "We use cookies to improve this website.",
        "Advertisement",
        "***",
    ],
)
def test_a_line_of_the_page_leaves_the_head(line: str) -> None:
    article = clean(page(head=(line,)))
    assert (article.title, article.paragraphs, article.furniture) == (TITLE, tuple(BODY), (line,))


@pytest.mark.parametrize(
    "line",
    [
        "Read more: The towns that lost a bridge",
        "Like this story? Subscribe to our newsletter.",
        "Sign up for our morning newsletter and get the day's top stories in your inbox.",
        "© 2021 The Milltown Herald",
        "Tags: bridge, Milltown, traffic",
        "Reporting by Jane Smith; editing by John Doe",
        "All rights reserved.",
        "12 comments",
    ],
)
def test_a_line_of_the_page_leaves_the_tail(line: str) -> None:
    article = clean(page(tail=(line,)))
    assert (article.paragraphs, article.furniture) == (tuple(BODY), (line,))


def test_headlines_below_a_heading_leave_the_tail_with_it() -> None:
    tail = ("Related articles", "The ferry that never was", "Ten bridges to see before you die")
    assert clean(page(tail=tail)).furniture == tail


def test_a_caption_that_stands_twice_leaves_twice() -> None:
    caption = "The old bridge of Milltown, seen from the mill, on a morning in May."
    article = clean(page(head=(caption, "12", caption)))
    assert article.furniture == (caption, "12", caption)


@pytest.mark.parametrize(
    "line",
    [
        "Share of the vote fell to 12 percent.",
        "By then the bridge had carried cars for ninety years, and nobody had looked below.",
        "Related work is planned on the north bank.",
        '"We had no choice," the mayor said. (She had voted against the closure in March.)',
        "Tweets about the closure were mostly angry.",
        "Published figures on the closure of the bridge put its cost at 3 million.",
        "What is to be done?",
        "1914 was the year it opened.",
    ],
)
def test_a_line_of_the_article_stays_at_head_and_tail(line: str) -> None:
    article = clean("\n\n".join([TITLE, line, *BODY, line + " Again."]))
    assert article.paragraphs == (line, *BODY, line + " Again.")


@pytest.mark.parametrize("line", ["154", "Share", "Read more: The towns that lost a bridge"])
def test_nothing_leaves_the_middle(line: str) -> None:
    text = "\n\n".join([TITLE, *BODY, line, *(paragraph + " Yes." for paragraph in BODY)])
    assert line in clean(text).paragraphs


def test_the_first_paragraph_stays_though_an_agency_signs_it() -> None:
    lead = (
        LEAD[:-1] + ", after a debate of five hours that ended only shortly before midnight. (AFP)"
    )
    assert clean("\n".join([TITLE, lead, SECOND, THIRD])).paragraphs[0] == lead


PAGES = {
    "ar": ("مدة القراءة: 3 دقائق", "نشر في 12 مايو 2021", "اقرأ أيضا: قصة أخرى"),
    "bg": ("Време за четене: 3 мин", "Публикувано: 12.05.2021", "Прочетете още: Друга история"),
    "cs": ("Doba čtení: 3 min", "Publikováno 12. 5. 2021", "Čtěte také: Jiný příběh"),
    "da": ("Læsetid: 3 min", "Publiceret 12. maj 2021", "Læs også: En anden historie"),
    "de": (
        "Lesezeit: 3 Min.",
        "Veröffentlicht am 12.05.2021",
        "Lesen Sie auch: Eine andere Geschichte",
    ),
    "el": ("Χρόνος ανάγνωσης: 3 λεπτά", "Δημοσιεύτηκε 12/05/2021", "Διαβάστε επίσης: Άλλη ιστορία"),
    "en": ("3 min read", "Published May 12, 2021", "Read more: Another story"),
    "es": (
        "Tiempo de lectura: 3 min", "Publicado el 12 de mayo de 2021", "Lea también: Otra historia",
    ),
    "fa": ("زمان مطالعه: 3 دقیقه", "تاریخ انتشار: 1400/02/22", "بیشتر بخوانید: داستانی دیگر"),
    "fi": ("Lukuaika: 3 min", "Julkaistu 12.5.2021", "Lue myös: Toinen tarina"),
    "fr": (
        "Temps de lecture : 3 min",
        "Publié le 12 mai 2021 à 8h02",
        "À lire aussi : Une autre histoire",
    ),
    "he": ("זמן קריאה: 3 דקות", "פורסם: 12.05.2021", "קראו גם: סיפור אחר"),
    "hi": ("पढ़ने का समय: 3 मिनट", "प्रकाशित: 12 मई 2021", "यह भी पढ़ें: एक और कहानी"),
    "hr": ("Vrijeme čitanja: 3 min", "Objavljeno: 12.05.2021", "Pročitajte i: Druga priča"),
    "hu": (
        "Olvasási idő: 3 perc", "Megjelent: 2021. 05. 12.", "Olvassa el ezt is: Egy másik történet",
    ),
    "id": ("Waktu baca: 3 menit", "Diterbitkan 12 Mei 2021", "Baca juga: Kisah lain"),
    "it": (
        "Tempo di lettura: 3 min", "Pubblicato il 12 maggio 2021", "Leggi anche: Un'altra storia",
    ),
    "ja": ("読了時間：3分", "公開日 2021年5月12日", "あわせて読みたい：別の話"),
    "ko": ("읽는 시간 3분", "입력 2021.05.12 08:02", "관련 기사: 다른 이야기"),
    "nl": ("Leestijd: 3 min", "Gepubliceerd op 12 mei 2021", "Lees ook: Een ander verhaal"),
    "pl": ("Czas czytania: 3 min", "Opublikowano 12.05.2021", "Czytaj także: Inna historia"),
    "pt": ("Tempo de leitura: 3 min", "Publicado em 12/05/2021", "Leia também: Outra história"),
    "ro": ("Timp de citire: 3 min", "Publicat la 12 mai 2021", "Citește și: O altă poveste"),
    "ru": ("Время чтения: 3 минуты", "Опубликовано 12.05.2021", "Читайте также: Другая история"),
    "sv": ("Lästid: 3 min", "Publicerad 12 maj 2021", "Läs också: En annan historia"),
    "tr": ("Okuma süresi: 3 dk", "Yayınlanma: 12.05.2021", "Ayrıca okuyun: Başka bir hikâye"),
    "uk": ("Час читання: 3 хв", "Опубліковано 12.05.2021", "Читайте також: Інша історія"),
    "vi": ("Thời gian đọc: 3 phút", "Cập nhật 12/05/2021", "Đọc thêm: Một câu chuyện khác"),
    "zh": ("阅读时间：3分钟", "发布时间：2021年5月12日", "延伸阅读：另一个故事"),
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(PAGES))
def test_the_furniture_of_a_language_leaves_and_its_article_stays(code: str) -> None:
    reading, published, related = PAGES[code]
    body = (NEWS[code], "42 " + NEWS[code])
    article = clean("\n\n".join([reading, published, *body, related]), title="42")
    assert article.paragraphs == body
    assert article.furniture == (reading, published, related)
    assert article.language == code


# --- titles ----------------------------------------------------------------------------------


def test_a_given_title_is_taken_and_not_repeated() -> None:
    article = clean(page(), title=TITLE)
    assert (article.title, article.paragraphs) == (TITLE, tuple(BODY))


def test_the_title_is_found_below_furniture() -> None:
    assert clean("\n".join(["Home > News > Local", TITLE, *BODY])).title == TITLE


@pytest.mark.parametrize(
    "first", [LEAD, "the second half of a sentence", "- Who is there?", "so it is,"]
)
def test_a_first_line_that_is_no_title_stays_in_the_article(first: str) -> None:
    article = clean("\n".join([first, *BODY]))
    assert (article.title, article.paragraphs[0]) == ("", first)


def test_a_poem_or_list_keeps_its_first_line() -> None:
    poem = "Under the bridge\nthe water waits\nfor nobody at all"
    assert clean(poem).paragraphs == tuple(poem.split("\n"))


# --- text dumps ------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", ["\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\n \n\t\n", "\u2029"])
def test_paragraphs_are_told_apart_whatever_ends_a_line(gap: str) -> None:
    assert clean(page(gap=gap)).paragraphs == tuple(BODY)


WRAPPED = """\
Milltown closes its old bridge to cars

The council of Milltown voted on Tuesday evening to close the old
bridge to cars for two years. Engineers found cracks in three of its
five pillars last month, the mayor told reporters at the town hall.

A ferry will carry people across the river from June, at no cost, and
the first boat leaves at six. Nobody knows yet who will pay for the
second one, which the fishermen of the north bank have asked for.
"""


def test_a_hard_wrapped_text_gets_its_paragraphs_back() -> None:
    article = clean(WRAPPED)
    assert article.title == TITLE
    assert len(article.paragraphs) == 2
    assert "the old bridge to cars for two years. Engineers" in article.paragraphs[0]


def test_a_hard_wrapped_text_without_empty_lines_is_cut_where_a_line_is_short() -> None:
    article = clean(WRAPPED.replace("\n\n", "\n"))
    assert "five pillars last month" in article.paragraphs[0]
    assert article.paragraphs[-1].startswith("A ferry will carry")


def test_one_sentence_a_line_is_not_taken_for_hard_wrapping() -> None:
    lines = [f"Sentence number {n} is about as long as the others are here." for n in range(10, 20)]
    assert clean("\n".join(lines)).paragraphs == tuple(lines)


def test_left_over_entities_are_decoded_once_but_not_angle_brackets() -> None:
    text = f"{TITLE}\n{LEAD[:-1]} &amp; &quot;more&quot; &#39;yes&#39; &lt;b&gt; AT&T;\n{SECOND}"
    assert clean(text).paragraphs[0].endswith("years & \"more\" 'yes' &lt;b&gt; AT&T;")


def test_control_characters_are_dropped_and_the_rest_is_verbatim() -> None:
    assert clean("A\x00 b\x07 «\u00a0c\u202f» \u200bd e\u0301.").paragraphs == (
        "A b «\u00a0c\u202f» \u200bd e\u0301.",
    )


# --- bad input -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\n ",
        "\x00\x00",
        "\u200b\u200b",
        "😀😀\n😀",
        "---\n***",
        "Share\nTweet\n154\n3 min read",
    ],
)
def test_a_page_with_nothing_to_read_gives_no_paragraph(text: str) -> None:
    assert clean(text).paragraphs == ()


@pytest.mark.parametrize("text", ["Yes", "One sentence.", "FIRE IN MILLTOWN.", "\u202eabc"])
def test_a_very_short_text_is_one_paragraph(text: str) -> None:
    assert len(clean(text).paragraphs) == 1


@pytest.mark.parametrize(
    "text",
    ["word " * 200_000, "a" * 1_000_000, "\n" * 1_000_000, "0\n" * 500_000, "&" * 500_000,
     "&amp" * 250_000, "> " * 500_000, "a > " * 40, "Photo: " * 100_000, "。" * 300_000,
     "( " * 300_000, ("x" * 60 + "\n") * 15_000],
)  # fmt: skip
def test_a_hostile_text_is_read_within_two_seconds(text: str) -> None:
    start = time.process_time()
    clean(text)
    assert time.process_time() - start < 2


@given(st.text(), st.text(max_size=40), st.sampled_from(["", "fr", "fr-CA", "??", "zh"]))
def test_any_text_gives_readable_paragraphs_in_order(text: str, title: str, language: str) -> None:
    article = clean(text, title=title, language=language)
    assert all(line and line == line.strip() and "\n" not in line for line in article.paragraphs)
    article.text.encode()


@given(st.lists(st.sampled_from([*BODY, "154", "Share", TITLE, "Read more: That"]), max_size=8))
def test_every_line_is_a_paragraph_or_furniture_or_the_title(lines: list[str]) -> None:
    article = clean("\n".join(lines))
    kept = [*([article.title] if article.title else []), *article.paragraphs, *article.furniture]
    assert not article.paragraphs or sorted(kept) == sorted(lines)


# --- real texts ------------------------------------------------------------------------------


def test_the_real_seed_loses_its_page_and_keeps_its_sixteen_paragraphs() -> None:
    path = SHARED / "seeds" / "000_d249300e3d70f83a.txt"
    if not path.exists():
        pytest.skip("the shared seed article is not here")
    article = clean(path.read_text(encoding="utf-8"))
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    assert article.language == "fr"
    assert [article.title, *article.furniture] == lines[:7]
    assert list(article.paragraphs) == lines[7:]
    assert len(article.paragraphs) == 16


def test_hand_checked_article_text_loses_next_to_nothing() -> None:
    path = SHARED / "data" / "pages" / "truth.jsonl"
    if not path.exists():
        pytest.skip("the shared pages are not here")
    total = gone = 0
    for row in path.read_text(encoding="utf-8").strip().split("\n"):
        fields = json.loads(row)
        total += sum(1 for line in fields["main_content"].split("\n") if line.strip())
        gone += len(clean(fields["main_content"], title=fields["title"] or "").furniture)
    assert gone <= total / 1000


@pytest.mark.parametrize(
    ("text", "language", "second"),
    [
        ("Fin du conflit sur les retraitesCes lettres sont parties lundi.", "fr", "Ces lettres"),
        ("Bercy n'a rien confirmé.15 millions de foyers concernés", "fr", "15 millions"),
        ("Une députée LREMLe maire de Nice a réagi lundi.", "fr", "Le maire"),
        ("The dog loves to chase him The video maker laughed.", "en", "The video"),
        ("Des gaz à ToulouseLe calme est revenu dans la ville.", "fr", "Le calme"),
        ('"Un défi au terrorisme"Le président est arrivé.', "fr", "Le président"),
        ("Les buralistes enthousiastes Les clients pourront payer.", "fr", "Les clients"),
        ("Il est parti. - Un décès sur deux -Ces données datent de mai.", "fr", "Ces données"),
        ("He was seen in a box before it fell It is thought to be lost.", "en", "It is"),
        ("The game was 'too hot' The incident was shared by police.", "en", "The incident"),
        ("Scroll down for video Street cleaners found the remains.", "en", "Street"),
        ("LONDON (Reuters) - The bank raised its rate on Monday.", "en", "The bank"),
        ("BERLIN — The bank raised its rate on Monday.", "en", "The bank"),
    ],
)
def test_a_subheading_caption_or_dateline_is_no_part_of_the_next_sentence(
    text: str, language: str, second: str
) -> None:
    paragraphs = clean(text, title="A title", language=language).paragraphs
    assert any(paragraph.startswith(second) for paragraph in paragraphs)
    assert all(paragraph in text for paragraph in paragraphs)


@pytest.mark.parametrize(
    "text",
    [
        "Il regarde YouTube et LinkedIn sur un iPhone acheté sur eBay.",
        "Le PDG d'AstraZeneca a parlé à BlaBlaCar et au HuffPost.",
        "Bruno Le Maire et La Rochelle ont répondu au Monde et aux Échos.",
        'Les "gilets jaunes" sont là, et "L\'Équipe" aussi.',
    ],
)
def test_a_name_with_a_capital_inside_is_not_cut(text: str) -> None:
    assert clean(text, title="A title", language="fr").paragraphs == (text,)


def test_the_name_of_an_agency_alone_is_furniture() -> None:
    article = clean("(CNN)A new law in Kansas bans the procedure.", language="en")
    assert article.paragraphs == ("A new law in Kansas bans the procedure.",)
    assert article.furniture == ("(CNN)",)


def test_many_glued_words_take_no_long_time() -> None:
    start = time.process_time()
    clean('mot"Mot motsLe ' * 60_000, language="fr")
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "line", ["23 November 2026", "November 23, 2026", "1er mars 2024", "3. Oktober 2025 14:30"]
)
def test_a_date_in_words_above_an_article_is_furniture(line: str) -> None:
    prose = "The old bridge over the river was closed by the police on Monday morning, he said."
    article = clean(f"{line}\n\n{prose}\n\n{prose} Nobody was hurt.", title="A bridge is closed")
    assert article.furniture == (line,)
    assert article.paragraphs[0] == prose
