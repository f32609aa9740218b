"""The bot's own words in the reader's language: gettext catalogs. Knows no chat and no platform.

The English words in the code are the keys (`_("Today's briefing")`); the translations stand in
`config/locales/<language>/LC_MESSAGES/dateline.po`, a folder a language. Which language is spoken
is a context variable: the desk says it once a request, and every task and thread begun for that
request speaks it. https://www.gnu.org/software/gettext/manual/
"""

from __future__ import annotations

import gettext as gnu
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from babel import Locale, dates, lists, numbers, units
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from summaries.places.gazetteer import comma

SOURCE: Final = "en"
LANGUAGES: Final = (SOURCE, "fr", "es", "de", "it", "pt", "ar", "ru")
"""What the bot speaks."""
LOCALES: Final = Path(__file__).resolve().parents[2] / "config" / "locales"
_CLDR: Final = {"en": "en_GB", "pt": "pt_PT", "es": "es_ES"}  # the rest are their own locale
_RIGHT_TO_LEFT: Final = frozenset({"ar"})

_spoken: ContextVar[str] = ContextVar("spoken", default=SOURCE)


def best(*tags: str) -> str:
    """Return the first spoken language among BCP 47 tags ("pt-BR", ""), or English."""
    codes = (tag.replace("_", "-").partition("-")[0].lower() for tag in tags)
    return next((code for code in codes if code in LANGUAGES), SOURCE)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak one of `LANGUAGES` inside this block, in tasks and threads begun there too."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> str:
    """Return the language that is spoken now."""
    return _spoken.get()


def is_right_to_left(language: str) -> bool:
    """Tell whether a language is written from right to left."""
    return language in _RIGHT_TO_LEFT


def _(message: str) -> str:
    """Return a message in the spoken language; English where nobody translated it."""
    return translate(message, _spoken.get())


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form of a message that goes with a count, in the spoken language."""
    return _catalog(_spoken.get()).ngettext(one, many, count)


def pgettext(context: str, message: str) -> str:
    """Return a message whose English is ambiguous without its context ("command", "why")."""
    return _catalog(_spoken.get()).pgettext(context, message)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name, which extractors know
    """Mark a message for the translators that is translated later, where it is said."""
    return message


def translate(message: str, language: str) -> str:
    """Return a message in one language, whichever is spoken."""
    # gettext gives the catalog's header for "".
    return _catalog(language).gettext(message) if message else ""


def localised(context: str, message: str, language: str) -> str:
    """Return a message with its context in one language, whichever is spoken."""
    return _catalog(language).pgettext(context, message)


@cache
def _catalog(language: str) -> gnu.NullTranslations:
    """Read the translators' own file: there is nothing to compile, and nothing to forget."""
    path = LOCALES / language / "LC_MESSAGES" / "dateline.po"
    if language == SOURCE or not path.exists():
        return gnu.NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gnu.GNUTranslations(compiled)


def locale() -> Locale:
    """Return the CLDR locale of the spoken language."""
    return Locale.parse(_CLDR.get(_spoken.get(), _spoken.get()))


def day(value: date, style: Literal["full", "long", "medium"] = "full") -> str:
    """Say a date: "Monday, 2 March 2026"; `style` is CLDR's."""
    return dates.format_date(value, style, locale=locale())


def hour(value: time) -> str:
    """Say a time of day as people type it: "08:00", in Western digits, in every language."""
    return f"{value:%H:%M}"


def moment(value: datetime) -> str:
    """Say a local moment: "Monday, 2 March 2026, 08:00"."""
    return strung([day(value.date()), hour(value.time())])


def number(value: float) -> str:
    """Say a number: "1,234.5", "1 234,5"."""
    return numbers.format_decimal(value, locale=locale())


def strung(items: Iterable[str]) -> str:
    """Put parts behind each other with the language's own comma: "47 feeds, 2 failing"."""
    return comma(_spoken.get()).join(items)


def listed(items: Sequence[str], style: Literal["standard", "or"] = "standard") -> str:
    """Say several things: "a, b and c", "a, b or c"."""
    return lists.format_list(items, style, locale=locale())


def duration(value: timedelta) -> str:
    """Say how long something lasts, in days, hours and minutes: "2 days, 1 hr and 30 mins"."""
    minutes = int(value.total_seconds() // 60)
    parts = {"day": minutes // 1440, "hour": minutes // 60 % 24, "minute": minutes % 60}
    said = [
        units.format_unit(count, f"duration-{unit}", "short", locale=locale())
        for unit, count in parts.items()
        if count or (unit == "minute" and not minutes)
    ]
    return listed(said)


def weekdays(numbers_: Sequence[int], width: Literal["wide", "abbreviated"] = "wide") -> list[str]:
    """Name days of the week (Monday is 0): ["Monday", "Sunday"]."""
    names = locale().days["stand-alone"][width]
    return [str(names[number]) for number in numbers_]


def own_name(language: str) -> str:
    """Return what a language calls itself: "français"."""
    return str(Locale.parse(language).get_display_name() or language)
