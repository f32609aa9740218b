"""Compares text with a golden file that a person can read; knows no platform.

`DATELINE_REWRITE_GOLDEN=1 pytest tests/adapters` writes the files anew: read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_golden(name: str, text: str) -> None:
    """Fail unless the text is what the golden file says."""
    path = FOLDER / name
    if os.environ.get("DATELINE_REWRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
