"""Works a day out of an address and of lines of text, in many languages. Knows no HTML, no clock.

For pages that declare no date. Month names are those of the Unicode CLDR (through babel).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import chain

_LANGUAGES = (
    "en fr de es it pt nl sv da nb fi pl cs sk hu ro tr el ru uk bg hr ca id vi".split()  # noqa: SIM905 - twenty-five quoted codes are no easier to read
)
_IN_ADDRESS = re.compile(r"/(\d{4})[/-](\d{1,2}|[a-z]{3,9})[/-](\d{1,2})(?!\d)", re.IGNORECASE)
_OF = r"(?:de |of |del )?"
_NTH = r"(?:st|nd|rd|th|er|re|º|ª|\.)?"
_NAME = r"([^\W\d_]{3,15})\.?"
_DAY_FIRST = re.compile(rf"(?<!\d)(\d{{1,2}}){_NTH} {_OF}{_NAME},? {_OF}(\d{{4}})(?!\d)")
_MONTH_FIRST = re.compile(rf"{_NAME} (\d{{1,2}}){_NTH},? (\d{{4}})(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[-/.年] ?(\d{1,2})[-/.月] ?(\d{1,2})(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?!\d)")
_CHANGED = re.compile(
    r"updat|modif|edited|revis|mis à jour|aktualisiert|geändert|actualiz|aggiornat|atualiz|"
    r"bijgewerkt|uppdatera|opdater|aktualiz|обновл|©|copyright",
    re.IGNORECASE,
)


def guess_day(url: str, lines: Sequence[str], language: str = "") -> datetime | None:
    """Return midnight UTC of the day that an address or the first dated line names, or None.

    A line that speaks of a change counts only where no other has a date. 3/4/2025 is the 4th of
    March in English and the 3rd of April elsewhere.
    """
    told = [line for line in lines if not _CHANGED.search(line)]
    changed = [line for line in lines if _CHANGED.search(line)]
    found = chain(_of_address(url), *(_of_line(line, language) for line in (*told, *changed)))
    return next(found, None)


def _of_address(url: str) -> Iterator[datetime]:
    for year, month, day in _IN_ADDRESS.findall(url[:500]):
        number = int(month) if month.isdigit() else _months().get(month.casefold(), 0)
        yield from _moment(int(year), number, int(day))


def _of_line(line: str, language: str) -> Iterator[datetime]:
    text = " ".join(line[:300].split())
    for day, month, year in _DAY_FIRST.findall(text):
        yield from _named(year, month, day)
    for month, day, year in _MONTH_FIRST.findall(text):
        yield from _named(year, month, day)
    for year, month, day in _YEAR_FIRST.findall(text):
        yield from _moment(int(year), int(month), int(day))
    for first, sign, second, year in _NUMBERS.findall(text):
        one, two = int(first), int(second)
        month_first = two > 12 or (language == "en" and sign != "." and one <= 12)
        yield from _moment(int(year), one if month_first else two, two if month_first else one)


def _named(year: str, month: str, day: str) -> Iterator[datetime]:
    return _moment(int(year), _months().get(month.casefold(), 0), int(day))


def _moment(year: int, month: int, day: int) -> Iterator[datetime]:
    try:
        if 1990 <= year <= 2100:
            yield datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return


@cache
def _months() -> dict[str, int]:
    """The number of each month's name, whole and short, in small letters."""
    from babel import Locale  # noqa: PLC0415 - only a page without a date needs it

    found: dict[str, int] = {}
    for code in _LANGUAGES:
        for context in Locale(code).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in context.get(width, {}).items():
                    if not name[:1].isdigit():
                        found.setdefault(name.casefold().rstrip("."), number)
    return found | {"sept": 9}
