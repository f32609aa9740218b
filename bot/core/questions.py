"""A question about a place in people's own words -> the name, the radius and the time meant. Pure.

"near Mosul 100 km", "Iraq this week", "que se passe-t-il à Raqa ?". Eight languages; what is not
understood stays part of the name, and the gazetteer then says whether it knows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

NEAR_KM = 50
"""How far "near" reaches when no distance is said."""
MAX_KM = 2000
_MILE_KM = 1.609

_PERIODS: dict[timedelta, tuple[str, ...]] = {
    timedelta(days=1): (
        "today",
        "aujourd'hui",
        "aujourd’hui",
        "hoy",
        "heute",
        "oggi",
        "hoje",
        "اليوم",
        "сегодня",
    ),
    timedelta(days=2): ("yesterday", "hier", "ayer", "gestern", "ieri", "ontem", "أمس", "вчера"),
    timedelta(days=7): (
        "this week",
        "cette semaine",
        "esta semana",
        "diese woche",
        "dieser woche",
        "questa settimana",
        "هذا الأسبوع",
        "на этой неделе",
        "эту неделю",
    ),
    timedelta(days=31): (
        "this month",
        "ce mois-ci",
        "ce mois",
        "este mes",
        "este mês",
        "diesen monat",
        "questo mese",
        "هذا الشهر",
        "в этом месяце",
    ),
}
_NEAR = (
    "near to",
    "near",
    "around",
    "within",
    "près de",
    "près d'",
    "autour de",
    "autour d'",
    "cerca de",
    "alrededor de",
    "in der nähe von",
    "bei",
    "nahe",
    "vicino a",
    "intorno a",
    "perto de",
    "قرب",
    "بالقرب من",
    "рядом с",
    "около",
    "возле",
    "вокруг",
)
_ASKING = (
    r"what(?:['’]?s| is| has been| was)?(?: the)?(?: up| latest| news?| (?:go|happen)\w*| on)*",
    r"what do you know about|what about|tell me (?:more )?about|how (?:is|are) things",
    r"(?:is there )?any news|(?:the )?(?:latest|news|updates?)(?: news)?",
    r"que se passe[- ]t[- ]il|qu['’]est[- ]ce qui se passe|que s['’]est[- ]il pass[ée]+",
    r"quoi de neuf|il se passe quoi|(?:ça|ca) dit quoi|que devient",
    r"qu['’]y a[- ]t[- ]il de (?:neuf|nouveau)|que sait[- ]on|quelles(?: sont les)? nouvelles",
    r"(?:les |des )?(?:dernières |dernieres )?(?:nouvelles|infos|actualités?|actu)|parle[- ]moi",
    r"qu[ée] (?:pas[aó]|pas[oó]|est[áa] pasando|ocurre|sucede|hay de nuevo|hay)",
    r"(?:las )?(?:últimas |ultimas )?noticias|novedades|c[oó]mo est[aá]n las cosas",
    r"was (?:passiert|geschieht|gibt es neues|gibt['’]?s neues|ist los|geht ab)|neuigkeiten|neues",
    r"(?:aktuelle )?nachrichten|wie ist die lage",
    r"(?:che )?cosa (?:succede|sta succedendo|è successo|c['’]è di nuovo)|che (?:succede|c['’]è)",
    r"(?:ultime )?notizie|novità",
    r"o que (?:est[áa] acontecendo|aconteceu|acontece|se passa|há de novo)",
    r"(?:últimas )?not[íi]cias|novidades",
    r"ماذا (?:يحدث|يجري|حدث|حصل|جرى)|ما (?:الجديد|الذي يحدث|أخبار|هي أخبار)",
    r"(?:آخر |اخر )?(?:أخبار|اخبار)|شو (?:في|الأخبار)",
    r"что (?:происходит|случилось|нового|слышно|там)|(?:последние |какие )?новости",
)
_LINKS = (
    "aus dem",
    "aus der",
    "in der",
    "in den",
    "in dem",
    "en el",
    "en la",
    "en los",
    "de los",
    "dans le",
    "dans la",
    "dans les",
    "sur le",
    "sur la",
    "en ce moment à",
    "over in",
    "with",
    "in the",
    "in",
    "at",
    "from",
    "about",
    "on",
    "of",
    "à l'",
    "à l’",
    "à la",
    "à",
    "a",
    "au",
    "aux",
    "en",
    "dans",
    "de la",
    "de l'",
    "de l’",
    "du",
    "de",
    "des",
    "d'",
    "d’",
    "sur",
    "sobre",
    "aus",
    "über",
    "von",
    "im",
    "am",
    "nel",
    "nella",
    "sulla",
    "su",
    "di",
    "em",
    "no",
    "na",
    "sobre",
    "do",
    "da",
    "في",
    "عن",
    "من",
    "в",
    "во",
    "из",
    "о",
    "об",
    "про",
)
_PAGE = re.compile(r"(?<!\S)page:(\d{1,4})(?!\S)")
_DISTANCE = re.compile(
    r"(?<![\w.-])(\d{1,9})\s*(km|kms|kilomet\w*|kilomètres?|mi|miles?|км|كم|كيلومتر\w*)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PlaceQuestion:
    """What is asked: a name to look up, how far around it (0: only in it), how far back, and
    which page of the answer."""

    name: str
    radius_km: int = 0
    period: timedelta | None = None
    page: int = 1

    def words(self) -> str:
        """Return what a person would type to ask this: `understand` reads it back."""
        near = f" {self.radius_km} km" if self.radius_km else ""
        time = f" {_PERIODS[self.period][0]}" if self.period in _PERIODS else ""
        page = f" page:{self.page}" if self.page > 1 else ""
        return f"{self.name}{near}{time}{page}"

    def since(self, now: datetime) -> datetime | None:
        """Return the instant before which articles are too old, or None for any age."""
        return now - self.period if self.period else None


def understand(text: str) -> PlaceQuestion:
    """Read a question; what is neither a distance, a time nor a way of asking is the name."""
    rest, page = _take_page(" ".join(text.split()).lstrip("¿¡ "))
    rest, radius = _take_distance(rest)
    rest, period = _take_period(rest)
    rest = _without_asking(rest)
    name, is_near = _without_near(rest)
    if is_near and not radius:
        radius = NEAR_KM
    return PlaceQuestion(name.strip(" ,;:?!.؟"), radius, period, page)


def is_question(text: str) -> bool:
    """Tell whether a text asks about somewhere in words ("what's new in Iraq?")."""
    flat = " ".join(text.split()).lstrip("¿¡ ")
    return _without_asking(flat) != flat.strip()


def _take_page(text: str) -> tuple[str, int]:
    """Take "page:2", which the "more" button says."""
    match = _PAGE.search(text)
    if match is None:
        return text, 1
    return f"{text[: match.start()]} {text[match.end() :]}".strip(), max(1, int(match[1]))


def _take_distance(text: str) -> tuple[str, int]:
    match = _DISTANCE.search(text)
    if match is None:
        return text, 0
    unit = match[2].lower()
    km = int(match[1]) * (_MILE_KM if unit.startswith("mi") else 1)
    words = re.sub(r"\b(?:of|de|von|di|от|من)\s*$", "", text[: match.start()], flags=re.IGNORECASE)
    return f"{words} {text[match.end() :]}".strip(), max(1, min(MAX_KM, round(km)))


def _take_period(text: str) -> tuple[str, timedelta | None]:
    for period, names in _PERIODS.items():
        for name in names:
            found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)
            if found:
                return f"{text[: found.start()]} {text[found.end() :]}".strip(), period
    return text, None


def _without_asking(text: str) -> str:
    for pattern in _ASKING:
        match = re.match(rf"(?:{pattern})(?!\w)\s*", text, re.IGNORECASE)
        if match and match.end() < len(text.rstrip(" ?!.؟")):
            return _without_link(text[match.end() :])
    return text.strip()


def _without_link(text: str) -> str:
    for link in sorted(_LINKS, key=len, reverse=True):
        spaced = link if link.endswith(("'", "’")) else f"{link} "
        if text.lower().startswith(spaced):
            return text[len(spaced) :].strip()
    return text.strip()


def _without_near(text: str) -> tuple[str, bool]:
    for near in sorted(_NEAR, key=len, reverse=True):
        spaced = near if near.endswith("'") else f"{near} "
        if text.lower().startswith(spaced):
            return _without_of(text[len(spaced) :]), True
    return text, False


def _without_of(text: str) -> str:
    """Drop what is left of "within 100 km of Mosul" once the distance is taken."""
    return re.sub(r"^(?:of|de|von|di|от|من)\s+", "", text.strip(), flags=re.IGNORECASE)
