"""Uploads become files with ids; pictures are measured. Knows no chat.

https://core.telegram.org/bots/api#sending-files
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import PurePosixPath

from tests.emulators.telegram.errors import Json, bad_request
from tests.emulators.telegram.params import Params, Upload
from tests.emulators.telegram.world import Media, StoredFile, World

MAX_PHOTO = 10 * 1024 * 1024
MAX_DOWNLOAD = 20 * 1024 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"


def read_media(world: World, params: Params, kind: str) -> Media:
    """The photo or document of a request: uploaded, attached or known by its file_id."""
    given = params.values.get(kind)
    if isinstance(given, str) and given.startswith("attach://"):
        given = params.values.get(given.removeprefix("attach://"))
    if isinstance(given, Upload):
        return Media(kind, store_upload(world, given, kind))
    if not given:
        raise bad_request(f"there is no {kind} in the request")
    if str(given).startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    return Media(kind, _known(world, str(given)))


def _known(world: World, file_id: str) -> StoredFile:
    if file_id not in world.files:
        raise bad_request("wrong remote file identifier specified: Wrong string length")
    return world.files[file_id]


def store_upload(world: World, upload: Upload, kind: str) -> StoredFile:
    """Keep an upload on Telegram's servers."""
    if not upload.content:
        raise bad_request("file must be non-empty")
    width, height = _measured(upload.content) if kind == "photo" else (0, 0)
    number = len(world.files)
    digest = hashlib.sha256(upload.content).hexdigest()[:16]
    suffix = ".jpg" if kind == "photo" else PurePosixPath(upload.name).suffix
    path = f"{kind}s/file_{number}{suffix}"
    file_id = f"AgAC{number:04d}{digest}"
    file = StoredFile(
        file_id, digest, path, upload.name, upload.mime, upload.content, width, height
    )
    world.files[file_id] = file
    return file


def _measured(content: bytes) -> tuple[int, int]:
    """Width and height of a photo that Telegram would take."""
    if len(content) > MAX_PHOTO:
        raise bad_request("too big for a photo; file is too big")
    width, height = picture_size(content)
    if not width or not height:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return width, height


def picture_size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG in pixels; (0, 0) for anything else."""
    if content.startswith(_PNG) and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    return _jpeg_size(content) if content.startswith(b"\xff\xd8") else (0, 0)


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """Walk the JPEG's segments to its frame header."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(content[at + 2 : at + 4])
    return 0, 0


def get_file(world: World, params: Params) -> Json:
    """getFile: a path to download from, for 20 MB at most."""
    file = world.files.get(params.text("file_id"))
    if file is None:
        raise bad_request("invalid file_id")
    if len(file.content) > MAX_DOWNLOAD:
        raise bad_request("file is too big")
    return file.json() | {"file_path": file.path}
