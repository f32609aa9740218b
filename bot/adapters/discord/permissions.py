"""Who may use a command by a server's own settings ("Integrations"). Pure; asks nobody.

https://discord.com/developers/docs/interactions/application-commands#permissions
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import discord

_ROLE: Final = 1
_USER: Final = 2
Rules = Sequence[Mapping[str, Any]]


def allowed(settings: Rules, command: int, interaction: discord.Interaction) -> bool | None:
    """Return what a server's settings say of a command for the person who acts, or None."""
    who, server = interaction.user, interaction.guild_id or 0
    roles = [role.id for role in who.roles] if isinstance(who, discord.Member) else []
    rules = rules_for(settings, command, interaction.application_id)
    return verdict(rules, who.id, roles, server)


def rules_for(settings: Rules, command: int, application: int) -> Rules:
    """Return the rules of a command: its own, and without any those of the whole application."""
    told: dict[int, Rules] = {int(one["id"]): one["permissions"] for one in settings}
    return told.get(command) or told.get(application) or ()


def verdict(rules: Rules, person: int, roles: Collection[int], server: int) -> bool | None:
    """Return whether rules let a person use a command; None where they say nothing of them.

    A person comes before their roles, of which one is enough, and these before everyone, the role
    with the server's own id. Channels are left out: a button stands where its command was allowed.
    """
    said = {(one["type"], int(one["id"])): bool(one["permission"]) for one in rules}
    if (_USER, person) in said:
        return said[_USER, person]
    of_roles = [said[_ROLE, role] for role in roles if (_ROLE, role) in said and role != server]
    return any(of_roles) if of_roles else said.get((_ROLE, server))
