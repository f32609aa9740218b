"""Names in any script, made fit to draw: cleaned, shaped, cut to a width. Knows no map."""

from __future__ import annotations

import struct
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import regex  # type: ignore[import-untyped] # it ships no types
from PIL import ImageFont, features

FONTS = Path(__file__).parents[2] / "config/places"
# The first that has all the letters of a name draws it.
SANS, BOLD = "world-sans-Regular.ttf", "world-sans-Bold.ttf"
ASIA, CJK = "world-asia-Regular.ttf", "world-cjk-Regular.otf"
SMOOTH = 3  # a canvas is drawn this many times larger, then reduced
LONGEST = 120  # letters; no place is called that, and shaping stays quick
ELLIPSIS = "…"
_JOINERS = "\u200c\u200d"  # spelling in Persian and in Indian scripts, not decoration
_RIGHTWARD = r"[\p{bc=L}\p{bc=EN}\p{bc=AN}]+"
_RUNS = regex.compile(
    rf"{_RIGHTWARD}(?:[^\p{{bc=R}}\p{{bc=AL}}]*{_RIGHTWARD})*|[^\p{{bc=L}}\p{{bc=EN}}\p{{bc=AN}}]+"
)
_PILED_MARKS = regex.compile(r"(\p{M}{2})\p{M}+")


@dataclass(frozen=True, slots=True)
class Text:
    """A line ready to draw: `shown` in `font`, its ink in pixels right of and below its origin.

    `font` is SMOOTH times larger than the pixels say, for a canvas that is reduced afterwards: at
    its own size FreeType rounds each letter's width, and the spacing limps.
    """

    shown: str
    font: ImageFont.FreeTypeFont
    left: float
    top: float
    right: float
    bottom: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the ink."""
        return self.right - self.left, self.bottom - self.top


def can_shape() -> bool:
    """Whether Pillow found Raqm and FriBiDi. Without them Arabic and Hebrew go through `visual`."""
    return bool(features.check("raqm"))


def clean(name: str) -> str:
    """One line of letters: no control, direction mark or emoji, and no tower of accents."""
    spaced = " ".join(unicodedata.normalize("NFC", name[: 4 * LONGEST]).split())
    kept = "".join(letter for letter in spaced if _is_text(letter))
    return " ".join(_PILED_MARKS.sub(r"\1", kept).split())[:LONGEST]


def fit_text(name: str, pixels: int, width: float, *, bold: bool = False) -> Text | None:
    """The name at that size, cut with "…" where it is wider; None where no font can write it."""
    cleaned = clean(name)
    path = choose_font(cleaned, bold=bold, shaping=can_shape())
    if path is None or not regex.search(r"[\p{L}\p{N}]", cleaned):
        return None
    shown = "".join(letter for letter in cleaned if _has(path, letter)).strip()
    return _cut(shown, _font(path, pixels * SMOOTH), width)


def choose_font(text: str, *, bold: bool, shaping: bool) -> str | None:
    """The first font with all the letters: a name that lacks one would be another name.

    Signs may be lacking. Without shaping, the scripts of India and Thailand have no font.
    """
    sans = BOLD if bold else SANS
    fonts = (sans, ASIA, CJK) if shaping else (sans, CJK)
    letters = regex.findall(r"[\p{L}\p{M}\p{N}]", text)
    return next((path for path in fonts if all(_has(path, x) for x in letters)), None)


def right_to_left(text: str) -> bool:
    """Whether the first letter that has a direction runs to the left (UAX 9, rules P2 and P3)."""
    directions = (unicodedata.bidirectional(letter) for letter in text)
    return next((d for d in directions if d in {"L", "R", "AL"}), "L") != "L"


def visual(text: str) -> str:
    """The text as it looks from left to right, Arabic letters joined: for a Pillow without Raqm.

    Enough for a name: one level of direction, numbers kept in order (UAX 9, simplified).
    """
    runs = _RUNS.findall(join_arabic(text))
    turned = [run if _runs_right(run) else _mirror(run) for run in runs]
    return "".join(reversed(turned) if right_to_left(text) else turned)


def join_arabic(text: str) -> str:
    """Arabic letters as the presentation forms that their neighbours ask for (Unicode 9.2)."""
    text = _ligatures(text)
    bases = [i for i, letter in enumerate(text) if not unicodedata.combining(letter)]
    shown = list(text)
    for number, i in enumerate(bases):
        before = text[bases[number - 1]] if number else ""
        after = text[bases[number + 1]] if number + 1 < len(bases) else ""
        shown[i] = _form(text[i], before, after)
    return "".join(shown)


def _form(letter: str, before: str, after: str) -> str:
    forms = _forms().get(letter, {})
    joined_before = "initial" in _forms().get(before, {}) and "final" in forms
    joined_after = "initial" in forms and "final" in _forms().get(after, {})
    names = {(True, True): "medial", (True, False): "final", (False, True): "initial"}
    return forms.get(names.get((joined_before, joined_after), "isolated"), letter)


@cache
def _forms() -> dict[str, dict[str, str]]:
    """For each letter its forms, from Unicode's own decompositions: "<initial> 0645".

    The lam-alef ligatures stand under their isolated form, which `_ligatures` puts in the text.
    """
    forms: dict[str, dict[str, str]] = {}
    for shape in map(chr, [*range(0xFB50, 0xFBB2), *range(0xFE80, 0xFEFD)]):
        kind, *letters = unicodedata.decomposition(shape).split()
        base = "".join(chr(int(letter, 16)) for letter in letters)
        forms.setdefault(base, {})[kind.strip("<>")] = shape
    return {(f["isolated"] if len(base) > 1 else base): f for base, f in forms.items()}


def _ligatures(text: str) -> str:
    """Lam and alef are always written as one (Unicode 9.2, table 9-10)."""
    for shape in map(chr, range(0xFEF5, 0xFEFD, 2)):
        letters = unicodedata.decomposition(shape).split()[1:]
        text = text.replace("".join(chr(int(letter, 16)) for letter in letters), shape)
    return text


def _runs_right(run: str) -> bool:
    return any(unicodedata.bidirectional(letter) in {"L", "EN", "AN"} for letter in run)


def _mirror(run: str) -> str:
    return run[::-1].translate(str.maketrans("()[]«»", ")(][»«"))


def _is_text(letter: str) -> bool:
    kind = unicodedata.category(letter)
    return kind[0] in "LMNPZ" or letter in _JOINERS or kind == "Sc"


def _cut(text: str, font: ImageFont.FreeTypeFont, width: float) -> Text:
    """The longest beginning that fits; names are short, so one letter at a time will do."""
    drawn = _measure(text, font)
    while drawn.size[0] > width and len(text) > 1:
        text = text.removesuffix(ELLIPSIS)[:-1].rstrip() + ELLIPSIS
        drawn = _measure(text, font)
    return drawn


def _measure(text: str, font: ImageFont.FreeTypeFont) -> Text:
    shown = text if can_shape() else visual(text)
    left, top, right, bottom = font.getbbox(shown, anchor="ls")
    return Text(shown, font, left / SMOOTH, top / SMOOTH, right / SMOOTH, bottom / SMOOTH)


def _has(path: str, letter: str) -> bool:
    """Whether the font has the letter. Joiners are never drawn, so every font has them."""
    firsts, lasts = coverage(path)
    at = bisect_right(firsts, ord(letter)) - 1
    return letter in _JOINERS or (at >= 0 and ord(letter) <= lasts[at])


@cache
def coverage(path: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The first and last letters of each run that a font has: its `cmap` table, format 4.

    Source: https://learn.microsoft.com/typography/opentype/spec/cmap#format-4
    """
    data = (FONTS / path).read_bytes()
    tables = (struct.unpack_from(">4sIII", data, 12 + 16 * i) for i in range(data[5]))
    cmap = next(offset for tag, _, offset, _ in tables if tag == b"cmap")
    subtables = (
        cmap + struct.unpack_from(">I", data, cmap + 8 + 8 * i)[0] for i in range(data[cmap + 3])
    )
    table = next(start for start in subtables if _shorts(data, start, 1) == (4,))
    segments = _shorts(data, table + 6, 1)[0] // 2
    firsts = _shorts(data, table + 16 + 2 * segments, segments)
    return firsts, _shorts(data, table + 14, segments)


def _shorts(data: bytes, start: int, count: int) -> tuple[int, ...]:
    return struct.unpack_from(f">{count}H", data, start)


@lru_cache(maxsize=16)
def _font(path: str, pixels: int) -> ImageFont.FreeTypeFont:
    engine = ImageFont.Layout.RAQM if can_shape() else ImageFont.Layout.BASIC
    return ImageFont.truetype(FONTS / path, pixels, layout_engine=engine)
