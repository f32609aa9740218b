"""What all adapters' tests need: a quiet import of discord.py, and somebody who answers."""

from __future__ import annotations

import warnings

import pytest

from tests.adapters.clerk import Clerk
from tests.adapters.porter import Porter

with warnings.catch_warnings():  # discord.py imports audioop, which Python 3.11 and 3.12 deprecate
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    import discord

assert discord.version_info.major == 2


@pytest.fixture
def clerk() -> Clerk:
    """Somebody who answers."""
    return Clerk()


@pytest.fixture
def porter() -> Porter:
    """Somebody who answers and is told what happens to chats."""
    return Porter()
