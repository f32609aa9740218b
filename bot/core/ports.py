"""All that the core asks of the outside: Adapter, Sources, Store, Places, Clock."""

from __future__ import annotations
