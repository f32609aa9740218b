"""Who may use a command by a server's own settings: Discord's own order of what counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bot.adapters.discord.permissions import rules_for, verdict

COMMAND, APPLICATION, SERVER, PERSON, ROLE, OTHER = 11, 12, 13, 14, 15, 16


def rule(kind: int, number: int, *, may: bool) -> Mapping[str, Any]:
    return {"id": str(number), "type": kind, "permission": may}


PERSON_MAY, PERSON_NOT = rule(2, PERSON, may=True), rule(2, PERSON, may=False)
ROLE_MAY, ROLE_NOT = rule(1, ROLE, may=True), rule(1, ROLE, may=False)
OTHER_MAY = rule(1, OTHER, may=True)
ALL_MAY, ALL_NOT = rule(1, SERVER, may=True), rule(1, SERVER, may=False)
A_CHANNEL = rule(3, SERVER - 1, may=False)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], None),
        ([A_CHANNEL], None),
        ([OTHER_MAY, PERSON_NOT], False),
        ([ALL_NOT, PERSON_MAY], True),
        ([ALL_NOT, ROLE_MAY], True),
        ([ALL_MAY, ROLE_NOT], False),
        ([ROLE_NOT, OTHER_MAY], True),
        ([ALL_NOT], False),
        ([ALL_MAY], True),
    ],
)
def test_a_person_counts_before_roles_and_these_before_everyone(
    rules: list[Mapping[str, Any]], expected: object
) -> None:
    assert verdict(rules, PERSON, [ROLE, OTHER, SERVER], SERVER) is expected


def test_what_is_set_for_a_command_counts_before_what_is_set_for_all_of_them() -> None:
    settings = [
        {"id": str(APPLICATION), "permissions": [ALL_MAY]},
        {"id": str(COMMAND), "permissions": [ALL_NOT]},
    ]
    assert rules_for(settings, COMMAND, APPLICATION) == [ALL_NOT]
    assert rules_for(settings, OTHER, APPLICATION) == [ALL_MAY]
    assert rules_for([], COMMAND, APPLICATION) == ()
