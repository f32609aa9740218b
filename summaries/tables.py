"""Reads the data tables that ship beside the code. Knows TOML, not what the tables mean."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The table `summaries/<name>.toml`, read once."""
    return tomllib.loads((files("summaries") / f"{name}.toml").read_text(encoding="utf-8"))
