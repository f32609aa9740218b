"""Checks requests against Discord's own OpenAPI document; knows nothing of the emulator.

The document is `discord-openapi.json` of https://github.com/discord/discord-api-spec. It is read
where it lies beside the checkout; without it there is no `Spec`.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

SPEC = Path(__file__).parents[3] / "shared" / "data" / "specs" / "discord-openapi.json"
ROOT = "urn:discord"
AnyJson: TypeAlias = Any


class Spec:
    """Discord's HTTP API as its schemas say it; validators are built on first use."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._paths: dict[str, Any] = document["paths"]
        resource = DRAFT202012.create_resource(document)
        registry: Registry[Any] = Registry()
        self._registry = registry.with_resource(ROOT, resource)
        self._patterns = [(_pattern(path), path) for path in sorted(self._paths, key=_generality)]
        self._validators: dict[str, Draft202012Validator] = {}

    def path(self, path: str) -> str | None:
        """The documented path that this one is an instance of."""
        return next((known for pattern, known in self._patterns if pattern.fullmatch(path)), None)

    def knows(self, method: str, path: str) -> bool:
        """Is it a documented route?"""
        found = self.path(path)
        return found is not None and method.lower() in self._paths[found]

    def problems(self, method: str, path: str, body: AnyJson) -> list[str]:
        """What the request's schema says against a JSON body; empty when there is nothing."""
        return self._check(self._pointer(method, path, ("requestBody",)), body)

    def answer_problems(self, method: str, path: str, status: int, body: AnyJson) -> list[str]:
        """What the answer's schema says against a JSON body."""
        return self._check(self._pointer(method, path, ("responses", str(status))), body)

    def _pointer(self, method: str, path: str, inner: tuple[str, ...]) -> str | None:
        """Where the JSON schema stands in the document, as a reference; None without one."""
        if not self.knows(method, path):
            return None
        keys = (str(self.path(path)), method.lower(), *inner, "content", "application/json")
        node: Any = self._paths
        for key in keys:
            if key not in node:
                return None
            node = node[key]
        escaped = [key.replace("~", "~0").replace("/", "~1") for key in ("paths", *keys, "schema")]
        return f"{ROOT}#/{'/'.join(escaped)}"

    def _check(self, pointer: str | None, body: AnyJson) -> list[str]:
        if pointer is None:
            return []
        if pointer not in self._validators:
            schema = {"$ref": pointer}
            self._validators[pointer] = Draft202012Validator(schema, registry=self._registry)
        return [_told(error) for error in self._validators[pointer].iter_errors(body)]


def _told(error: ValidationError) -> str:
    """One line; of several alternatives, the one that fits best."""
    best = min(error.context or [], key=lambda one: -len(one.absolute_path), default=error)
    where = "/".join(map(str, best.absolute_path))
    return f"{where or 'body'}: {best.message[:300]}"


def _pattern(path: str) -> re.Pattern[str]:
    pieces = re.split(r"\{\w+\}", path)
    return re.compile("[^/]+".join(map(re.escape, pieces)))


def _generality(path: str) -> tuple[int, str]:
    """Paths without placeholders come first: `/users/@me` before `/users/{user_id}`."""
    return path.count("{"), path


@functools.cache
def load(path: Path = SPEC) -> Spec | None:
    """The specification, or None where the file is missing."""
    if not path.is_file():
        return None
    return Spec(_as_served(json.loads(path.read_text(encoding="utf-8"))))


def _as_served(document: dict[str, Any]) -> dict[str, Any]:
    """Allow what the reference says and the schemas forget: snowflakes may be sent as integers
    ("ID Serialization"), bit sets of permissions as text ("Application Command Object")."""
    schemas = document["components"]["schemas"]
    snowflake = schemas["SnowflakeType"]
    schemas["SnowflakeType"] = {"anyOf": [snowflake, {"type": "integer", "minimum": 0}]}
    for schema in schemas.values():
        permissions = schema.get("properties", {}).get("default_member_permissions")
        if permissions is not None:
            text = {"type": "string", "pattern": "^[0-9]+$"}
            schema["properties"]["default_member_permissions"] = {"anyOf": [permissions, text]}
    return document
