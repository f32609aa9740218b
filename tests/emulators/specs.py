"""Telegram's own description of its Bot API, and what does not fit it. Knows no emulator.

The file is the JSON of every method and type (PaulSonOfLars/telegram-bot-api-spec); it is looked
for beside the checkout and never copied into it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

SPEC_PATH = Path(__file__).parents[2].parent / "shared" / "data" / "specs" / "telegram-bot-api.json"

Fields: TypeAlias = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Spec:
    """`methods` and `types` by name, as the file has them; method names also in lower case."""

    methods: Mapping[str, dict[str, Any]]
    types: Mapping[str, dict[str, Any]]


@cache
def load_telegram_spec(path: Path = SPEC_PATH) -> Spec | None:
    """Telegram's spec, or None where the file is missing."""
    if not path.exists():
        return None
    raw = json.loads(path.read_text())
    return Spec(raw["methods"], raw["types"])


def request_violations(spec: Spec, method: str, params: Mapping[str, object]) -> list[str]:
    """What a request has that its method does not know, or lacks, or holds in a wrong type.

    Parameters may come as strings: a form has nothing else.
    """
    if method not in spec.methods:
        return [f"{method}: no such method"]
    fields: Fields = spec.methods[method].get("fields", [])
    named = {name: value for name, value in params.items() if not _is_attached(name, params)}
    return _object_violations(spec, method, fields, named, _parameter_fits)


def _is_attached(name: str, params: Mapping[str, object]) -> bool:
    """Whether another parameter names this file: `attach://<name>`."""
    return any(f"attach://{name}" in value for value in params.values() if isinstance(value, str))


def result_violations(spec: Spec, method: str, result: object) -> list[str]:
    """What of a method's result does not fit the types that the spec says it returns."""
    if method not in spec.methods:
        return []
    return _value_violations(spec, f"{method} result", spec.methods[method]["returns"], result)


def update_violations(spec: Spec, update: object) -> list[str]:
    """What of an update does not fit the type Update."""
    return _value_violations(spec, "update", ["Update"], update)


Fits: TypeAlias = Callable[[Spec, str, list[str], object], list[str]]


def _object_violations(
    spec: Spec, where: str, fields: Fields, values: Mapping[str, object], fits: Fits
) -> list[str]:
    known = {field["name"]: field for field in fields}
    found = [f"{where}: unknown field {name}" for name in values if name not in known]
    for name, field in known.items():
        if name in values:
            found += fits(spec, f"{where}.{name}", field["types"], values[name])
        elif field["required"]:
            found.append(f"{where}: {name} is missing")
    return found


def _parameter_fits(spec: Spec, where: str, types: list[str], value: object) -> list[str]:
    """A parameter: first as it is, then as the string that stands for it."""
    as_it_is = _value_violations(spec, where, types, value)
    if not as_it_is or not isinstance(value, str):
        return as_it_is
    try:
        meant = json.loads(value)
    except ValueError:
        return as_it_is
    return _value_violations(spec, where, types, meant)


def _value_violations(spec: Spec, where: str, types: list[str], value: object) -> list[str]:
    """The violations of the type that fits best; none when one fits."""
    tried = [_type_violations(spec, where, one, value) for one in types]
    return min(tried, key=len)


_PLAIN: dict[str, Callable[[object], bool]] = {
    "String": lambda value: isinstance(value, str),
    "Integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "Boolean": lambda value: isinstance(value, bool),
    "Float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "InputFile": lambda value: not isinstance(value, (str, int, float, dict, list, type(None))),
}


def _type_violations(spec: Spec, where: str, kind: str, value: object) -> list[str]:
    if kind in _PLAIN:
        return [] if _PLAIN[kind](value) else [f"{where}: {value!r:.60} is no {kind}"]
    if kind.startswith("Array of "):
        return _array_violations(spec, where, kind.removeprefix("Array of "), value)
    described = spec.types.get(kind, {})
    if "subtypes" in described:
        return _value_violations(spec, where, described["subtypes"], value)
    if not isinstance(value, Mapping):
        return [f"{where}: {value!r:.60} is no {kind}"]
    fields: Fields = described.get("fields", [])
    return _object_violations(spec, where, fields, value, _value_violations)


def _array_violations(spec: Spec, where: str, kind: str, value: object) -> list[str]:
    if not isinstance(value, list):
        return [f"{where}: {value!r:.60} is no array"]
    rows = enumerate(value)
    return [one for n, row in rows for one in _type_violations(spec, f"{where}[{n}]", kind, row)]
