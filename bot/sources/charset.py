"""A body's bytes -> text, as a browser would read them. Knows no network and no markup."""

from __future__ import annotations

import codecs
import re

_DECLARED = re.compile(
    rb"""(?:<meta[^>]{0,200}?charset|<\?xml[^>]{0,100}?encoding)\s*=\s*["']?\s*([\w-]{2,40})""",
    re.IGNORECASE,
)
# The encodings of the WHATWG Encoding Standard, by Python's names. No other codec is tried: Python
# also has some that are no encodings of pages, and one (punycode) that takes hours for a megabyte.
_ENCODINGS = frozenset(
    [f"cp{number}" for number in (866, 874, 932, 949, *range(1250, 1259))]
    + [f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)]
    + ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic"]
    + ["gb18030", "big5", "big5hkscs", "euc_jp", "iso2022_jp", "euc_kr"]
)
# The same standard reads these as their larger relatives.
_RELATIVES = {
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(body: bytes, declared: str | None = None) -> str:
    """Return a body as text: byte order mark, then UTF-8, then as declared, then cp1252.

    A declared latin-1 means cp1252 (WHATWG Encoding Standard). A rare fault, as in a page that was
    cut in the middle of a letter, does not rule an encoding out. Never raises.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    inside = _DECLARED.search(body[:4096])
    for name in ("utf-8", declared or "", inside[1].decode("ascii") if inside else ""):
        text = _decode_as(_encoding(name), body)
        if text is not None:
            return text
    return body.decode("cp1252", "replace")


def _encoding(name: str) -> str:
    """Return Python's name of a page's encoding, or "" for one that is not of the standard."""
    try:
        known = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        return ""
    known = _RELATIVES.get(known, known)
    return known if known in _ENCODINGS else ""


def _decode_as(encoding: str, body: bytes) -> str | None:
    """Decode, or return None where too little of the body is in that encoding."""
    if not encoding or (encoding.startswith("utf-16") and b"\0" not in body[:1000]):
        return None
    text = body.decode(encoding, "replace")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    faults = text.count("\ufffd")
    return text if faults == 0 or faults < beyond_ascii / 10 else None
