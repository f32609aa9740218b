"""What all adapters' tests need before they import an adapter."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():  # discord.py imports audioop, which Python 3.11 and 3.12 deprecate
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    import discord

assert discord.version_info.major == 2
