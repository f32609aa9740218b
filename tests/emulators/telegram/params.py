"""A method's parameters, whichever of the documented ways they came. Knows no method.

URL query string, application/x-www-form-urlencoded, application/json and multipart/form-data:
https://core.telegram.org/bots/api#making-requests
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from tests.emulators.telegram.errors import ApiError, Json, bad_request

MAX_UPLOAD = 50 * 1024 * 1024
_NOT_UTF8 = "strings must be encoded in UTF-8"
_TRUE = {"true", "yes", "1"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the request."""

    name: str
    mime: str
    content: bytes = field(repr=False)


async def read_params(request: web.Request) -> dict[str, object]:
    """All parameters of a request as they came: JSON values, strings and uploads.

    Raises ApiError when they cannot be read.
    """
    try:
        return _query(request.rel_url.raw_query_string) | await _body(request)
    except UnicodeError as error:
        raise bad_request(_NOT_UTF8) from error
    except web.HTTPRequestEntityTooLarge as error:
        raise ApiError(413, "Request Entity Too Large") from error
    except ValueError as error:
        raise bad_request(f"can't parse request: {error}") from error


async def _body(request: web.Request) -> dict[str, object]:
    """The parameters in the body; a body of another kind holds none."""
    if not request.can_read_body:
        return {}
    if request.content_type == "application/json":
        return _json_object(await request.read())
    if request.content_type == "application/x-www-form-urlencoded":
        return _query((await request.read()).decode())
    if request.content_type.startswith("multipart/"):
        return await _multipart(request)
    return {}


def _json_object(raw: bytes) -> dict[str, object]:
    values = json.loads(raw.decode() or "{}")
    if not isinstance(values, dict):
        raise bad_request("can't parse request: expected a JSON object")
    return values


def _query(raw: str) -> dict[str, object]:
    return dict(parse_qsl(raw, keep_blank_values=True, encoding="utf-8", errors="strict"))


async def _multipart(request: web.Request) -> dict[str, object]:
    values: dict[str, object] = {}
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name:
            values[part.name] = await _part(part)
    return values


async def _part(part: BodyPartReader) -> str | Upload:
    raw = bytes(await part.read())
    if part.filename is None:
        return raw.decode()
    if len(raw) > MAX_UPLOAD:
        raise ApiError(413, "Request Entity Too Large")
    return Upload(part.filename, part.headers.get("Content-Type", ""), raw)


class Params:
    """Parameters read the way the server reads them: leniently, strings standing for anything."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = values
        for value in values.values():
            check_utf8(value)

    def text(self, name: str, default: str = "") -> str:
        """The parameter as text; "" or `default` when it is missing."""
        value = self.values.get(name)
        if value is None or isinstance(value, Upload):
            return default
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """The parameter as a whole number; what is none counts as missing."""
        return to_integer(self.values.get(name), default)

    def boolean(self, name: str) -> bool:
        """The parameter as a truth value; missing is False."""
        return self.text(name).strip().lower() in _TRUE

    def json(self, name: str) -> object:
        """The parameter as a JSON value, JSON-serialized or not; None when it is missing."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            decoded: object = json.loads(value)
        except ValueError as error:
            raise bad_request(f"can't parse {name} JSON object") from error
        check_utf8(decoded)
        return decoded

    def mapping(self, name: str) -> Json | None:
        """The parameter as a JSON object; None when it is missing."""
        value = self.json(name)
        if value is None or isinstance(value, dict):
            return value
        raise bad_request(f"object expected as {name.replace('_', ' ')}")

    def array(self, name: str) -> list[object] | None:
        """The parameter as a JSON array; None when it is missing."""
        value = self.json(name)
        if value is None or isinstance(value, list):
            return value
        raise bad_request(f"can't parse {name}: expected an Array")


def to_integer(value: object, default: int = 0) -> int:
    """A whole number from what a client sent for one."""
    try:
        return int(value) if isinstance(value, (int, str)) else default
    except ValueError:
        return default


def check_utf8(value: object) -> None:
    """Refuse text that no UTF-8 can hold: a JSON `\\ud83d` without its other half."""
    try:
        json.dumps(value, ensure_ascii=False, default=repr).encode()
    except UnicodeEncodeError as error:
        raise bad_request(_NOT_UTF8) from error
