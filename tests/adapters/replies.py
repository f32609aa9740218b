"""Replies that renderers find hard, by name; the golden files show what becomes of them."""

from __future__ import annotations

from bot.core.messages import (
    Action,
    Heading,
    Listing,
    Notice,
    Paragraph,
    Picture,
    Quote,
    Reply,
    StoryItem,
)

FAMILY = "👨‍👩‍👧‍👦"  # four people, three joiners: one character to a reader, 11 UTF-16 units
FLAG = "🇫🇷"  # two regional indicators: one flag
ZALGO = "Z" + "\u0301\u0316" * 150
PIXEL = b"\x89PNG\r\n\x1a\n not really"
URL = "https://example.org/news/2016/01/paris_talks?a=1&b=2"

BRIEFING = Reply(
    (
        Heading("Briefing, Thursday, 14 January 2016"),
        StoryItem(
            "Seven defence ministers to meet in Paris",
            (
                "The ministers of seven countries will meet in Paris on 20 January.",
                "“We will speed the campaign up,” he said.",
            ),
            "Sample article · 14 January 2016 · sentences 1, 4 of 31",
            URL,
        ),
        StoryItem(
            "Réunion à Paris : la France et les États-Unis à la manœuvre",
            ("« Nous accélérons », a déclaré le ministre.",),
            "Article d’exemple · 14 janvier 2016",
        ),
        Notice("example.org could not be read: it answered 503."),
        Paragraph("3 more in /brief long."),
    ),
    (Action("Shorter", "brief", "short"), Action("Longer", "brief", "long")),
)

HOSTILE = (
    "<b>bold</b> & &amp; </blockquote>",
    "*bold* **strong** _x_ __under__ ~~strike~~ `code` ```fence```",
    "@everyone @here <@123> <@&4> <#5> </brief:6> <:smile:7> <t:1452770000:R> :warning:",
    "[x](http://evil.example) [*y*](http://evil.example) ||spoiler||",
    "# heading\n-# small\n> quote\n>>> all quoted\n- item\n+ item\n12. numbered",
    r"back\slash \*already\* C:\new",
    "https://example.org/a_b_c/*d*?q=[1]&x=~y~ and mail@example.org, snake_case_word",
)

REPLIES: dict[str, Reply] = {
    "briefing": BRIEFING,
    "hostile_titles": Reply(tuple(StoryItem(text, (), text) for text in HOSTILE)),
    "hostile_texts": Reply(
        (
            *(StoryItem("Title", (text,)) for text in HOSTILE),
            *map(Heading, HOSTILE),
            *map(Paragraph, HOSTILE),
            Listing(tuple((text, text) for text in HOSTILE)),
            *(Quote(text, text) for text in HOSTILE),
            *(Notice(text, text) for text in HOSTILE),
        ),
        tuple(Action(text, "place", str(number)) for number, text in enumerate(HOSTILE)),
    ),
    "emoji_at_the_cut": Reply(
        (
            StoryItem("t" * 250 + FAMILY + FLAG + " end", ("Short.",)),
            StoryItem("Sentence", ("s" * 4090 + FAMILY + FLAG * 3 + " end",)),
            Paragraph("p" * 1990 + FLAG * 8 + FAMILY),
        ),
        (Action("l" * 75 + FAMILY, "help"), Action("l" * 55 + FLAG * 20, "about")),
    ),
    "right_to_left": Reply(
        (
            Heading("موجز الأخبار، 11 يوليو 2017"),
            StoryItem(
                "العبادي يعلن رسميا النصر في الموصل (Mosul) عام 2017",
                ("أعلن رئيس الوزراء العراقي حيدر العبادي النصر.", "«كان يوما عظيما»، كما قال."),
                "مقال · 11 July 2017",
                "https://example.org/ar",
            ),
            Quote("می‌خواهم", "نیم‌فاصله"),  # the zero width non-joiners belong to Persian words
        )
    ),
    "controls": Reply(
        (
            Heading("Over\u202egnp.exe"),
            StoryItem(
                "Null\0 and \x1b[31mred\x1b[0m and \x07bell",
                (
                    "Lone \ud83d surrogate, \udc00 too.",
                    "Isolates \u2067abc\u2069, mark \u200f stays.",
                ),
                "line\r\nend \u2028 separator \ufeff mark",
                "https://example.org/\u202e",
            ),
            Paragraph("Pair written as surrogates: \ud83d\ude00."),
        ),
        (Action("Bad \u202elabel\0", "help"),),
    ),
    "long_title": Reply(
        (
            StoryItem(ZALGO, ("One grapheme of 301 code points.",), ZALGO),
            StoryItem("word " * 60, ("Three hundred units of words.",)),
        ),
        (Action(ZALGO, "help"),),
    ),
    "long_sentence": Reply(
        (StoryItem("Long", ("Before.", "word " * 1000, "After."), "byline " * 200),)
    ),
    "thirty_stories": Reply(
        (
            Heading("Thirty"),
            *(StoryItem(f"Story {n}", (f"Sentence {n}.",), f"Source {n}", URL) for n in range(30)),
            Paragraph("The end."),
        ),
        (Action("Shorter", "brief", "short"),),
    ),
    "forty_buttons": Reply(
        (Paragraph("Which one?"),),
        tuple(Action(f"Paris number {n}", "place", f"geo:{n}") for n in range(40)),
    ),
    "empty": Reply(
        (
            StoryItem("", ("A sentence without a title.",), "", "https://example.org/untitled"),
            StoryItem(" \u200b ", ()),
            Heading(""),
            Listing((("", "no term"), ("no meaning", ""), ("", ""))),
            Notice("", "only a hint"),
            Quote("", ""),
            Paragraph(" \n "),
        ),
        (Action("", "help"), Action("Help again", "help"), Action(" \u200b", "about")),
    ),
    "nothing": Reply(()),
    "links": Reply(
        tuple(
            StoryItem("A link", (), url, url)
            for url in (
                'https://example.org/"onmouseover="x',
                "javascript:alert(1)",
                "tg://user?id=1001",
                "http://user@evil.example/",
                "seeds/article.txt",
                "https://example.org/" + "x" * 2000,
            )
        )
    ),
    "all_blocks": Reply(
        (
            Heading("What you can ask"),
            Listing((("/brief [link]", "Today's briefing"), ("/place NAME", "About a place"))),
            Paragraph("For example: /brief https://example.org/news_today long"),
            Quote("First line.\n\nThird line.", "Somebody"),
            Notice("I know no place called “Mosl”.", "Did you mean one of these?"),
            Picture(PIXEL, "A map of Iraq: Mosul 4, Baghdad 2"),
            Paragraph("After the picture."),
        )
    ),
}

_LONG = "term " * 600, "meaning " * 800, "*_~" * 900, "a.b-c " * 900
LONG = Reply(
    tuple(
        block
        for words in _LONG
        for block in (
            StoryItem(words, (words, words), words, URL),
            Heading(words),
            Paragraph(words),
            Listing(((words, words), ("short", words), (words, "short"))),
            Quote(words.replace(" ", "\n"), words),
            Notice(words, words),
            Picture(PIXEL, words),
        )
    ),
    tuple(Action(f"No. {number}", "place", f"geo:{number}") for number in range(220)),
)
"""Every text of every block longer than any message: too long for a golden file to be read."""
