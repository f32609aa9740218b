"""Lines from right to left: which marks they get, and that others get none."""

from __future__ import annotations

import pytest

from bot.adapters.direction import LEFT_TO_RIGHT as LRM
from bot.adapters.direction import RIGHT_TO_LEFT as RLM
from bot.adapters.direction import Line, directed


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("BBC: أعلن رئيس الوزراء النصر", f"{RLM}BBC: أعلن رئيس الوزراء النصر"),
        ("اكتب /brief من فضلك", f"اكتب {LRM}/brief من فضلك"),
        ("اكتب /brief أو @name", f"اكتب {LRM}/brief أو {LRM}@name"),
        ("/brief يعطي موجز اليوم كله", f"{RLM}{LRM}/brief يعطي موجز اليوم كله"),
        ("سطر\nNASA سطر آخر هنا", f"سطر\n{RLM}NASA سطر آخر هنا"),
        ("جملة طويلة من اليمين\nMosul 2 مارس", f"جملة طويلة من اليمين\n{RLM}Mosul 2 مارس"),
        ("ראש הממשלה: BBC", "ראש הממשלה: BBC"),
    ],
)
def test_a_line_from_right_to_left_begins_there_and_keeps_its_signs(text: str, marked: str) -> None:
    assert directed(text) == marked


@pytest.mark.parametrize(
    "text",
    [
        "The word العربية in an English sentence, with /brief",
        "Type /brief",
        "",
        "\n\n",
        "Mosul 2 مارس",
        "08:00",
        "https://example.org/a",
        "موجز https://example.org/a/b",
        "نعم 1/2",
    ],
)
def test_other_lines_stay_as_they_are(text: str) -> None:
    assert directed(text) == text


def test_a_line_in_parts_is_marked_once_at_its_beginning() -> None:
    line = Line("BBC العربية، قبل ساعة /why")
    parts = [line.directed(part) for part in ("", "BBC", " العربية، قبل ساعة ", "/why")]
    assert parts == ["", f"{RLM}BBC", " العربية، قبل ساعة ", f"{LRM}/why"]
