"""The file format of the gazetteer: named sections in one memory-mapped file. Knows no place.

Layout: the magic line, the length of the directory (4 bytes, little-endian), the directory (JSON:
name -> [offset, length]), then the sections, each starting at a multiple of 16.
"""

from __future__ import annotations

import json
import mmap
import struct
from collections.abc import Mapping
from pathlib import Path

MAGIC = b"Dateline places 1\n"
_ALIGN = 16


class BadPack(ValueError):  # noqa: N818 (says what is wrong)
    """The file is not a pack, or one of another version, or cut short."""


def write_pack(path: Path, sections: Mapping[str, bytes]) -> int:
    """Write the sections and return the size in bytes; the file appears whole or not at all."""
    directory, offset = {}, 0
    for name, data in sections.items():
        directory[name] = [offset, len(data)]
        offset += -(-len(data) // _ALIGN) * _ALIGN
    head = json.dumps(directory).encode()
    start = _start(len(head))
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write((MAGIC + struct.pack("<I", len(head)) + head).ljust(start, b"\0"))
        for data in sections.values():
            file.write(data.ljust(-(-len(data) // _ALIGN) * _ALIGN, b"\0"))
    draft.replace(path)
    return path.stat().st_size


def read_pack(path: Path) -> dict[str, memoryview]:
    """Map a pack into memory and return its sections. Raises OSError and BadPack."""
    with path.open("rb") as file:
        if path.stat().st_size < len(MAGIC) + 4:
            raise BadPack(f"{path} is too short to be a pack")
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    if bytes(view[: len(MAGIC)]) != MAGIC:
        raise BadPack(f"{path} is not a pack of this version")
    (length,) = struct.unpack_from("<I", view, len(MAGIC))
    directory = _directory(bytes(view[len(MAGIC) + 4 :][:length]), path)
    start = _start(length)
    if any(start + offset + size > len(view) for offset, size in directory.values()):
        raise BadPack(f"{path} is cut short")
    return {name: view[start + at :][:size] for name, (at, size) in directory.items()}


def _directory(data: bytes, path: Path) -> dict[str, tuple[int, int]]:
    try:
        return {name: (int(at), int(size)) for name, (at, size) in json.loads(data).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise BadPack(f"{path} has no readable directory") from error


def _start(head: int) -> int:
    return -(-(len(MAGIC) + 4 + head) // _ALIGN) * _ALIGN
