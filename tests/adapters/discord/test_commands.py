"""The command table as Discord's application commands: in every language, and sent when changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.adapters.discord.commands import LOCALES, MENU, command_payload, in_english, is_registered
from bot.core import words
from bot.core.commands import COMMANDS
from bot.core.messages import Argument, CommandSpec
from tests.adapters.clerk import Clerk
from tests.adapters.discord.running import Running
from tests.emulators.discord import DiscordEmulator, Fault
from tests.emulators.discord.rules import check_commands

TABLE = "/applications/{application_id}/commands"
LENGTH = Argument("length", "How much to read", choices=("short", "long"))
BRIEF = CommandSpec("brief", "Today's briefing", arguments=(LENGTH,))
ABOUT = CommandSpec("about", "Who made this")
Speak = Callable[[Mapping[tuple[str, str], str]], None]


@pytest.fixture
def french(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Speak]:
    """Speaks a French of this test's own: (context or "", English) -> French."""

    def speak(said: Mapping[tuple[str, str], str]) -> None:
        catalog = Catalog(locale="fr")
        for (context, english), text in said.items():
            catalog.add(english, text, context=context or None)
        path = tmp_path / "fr" / "LC_MESSAGES" / "dateline.po"
        path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            write_po(file, catalog)
        words._catalog.cache_clear()

    monkeypatch.setattr(words, "LOCALES", tmp_path)
    words._catalog.cache_clear()
    yield speak
    words._catalog.cache_clear()


# --- languages


def test_a_command_is_named_and_described_in_every_language_that_is_spoken(french: Speak) -> None:
    french(
        {
            ("command", "brief"): "résumé",
            ("", "Today's briefing"): "Le point du jour",
            ("argument", "length"): "longueur",
            ("", "How much to read"): "Combien lire",
            ("choice", "short"): "court",
            ("", MENU): "Résumer ce lien",
        }
    )
    brief, menu = command_payload([BRIEF])
    [length] = brief["options"]
    [short, _] = length["choices"]
    assert brief["name_localizations"] == {"fr": "résumé"}
    assert brief["description_localizations"] == {"fr": "Le point du jour"}
    assert length["name_localizations"] == {"fr": "longueur"}
    assert length["description_localizations"] == {"fr": "Combien lire"}
    assert (short["value"], short["name_localizations"]) == ("short", {"fr": "court"})
    assert menu["name_localizations"] == {"fr": "Résumer ce lien"}


@pytest.mark.parametrize("bad", ["Deux mots", "Majuscule", "x" * 33, "point.virgule", "é" * 40])
def test_a_name_that_discord_would_refuse_is_left_out(french: Speak, bad: str) -> None:
    french({("command", "brief"): bad, ("", "Today's briefing"): "x" * 101})
    brief, _ = command_payload([BRIEF])
    assert brief["name_localizations"] == {}
    assert brief["description_localizations"] == {}


@pytest.mark.parametrize(
    ("brief", "about", "kept"), [("infos", "infos", {"fr": "infos"}), ("about", "about", {})]
)
def test_two_commands_never_share_a_name_in_a_language(
    french: Speak, brief: str, about: str, kept: Mapping[str, str]
) -> None:
    french({("command", "brief"): brief, ("command", "about"): about})
    first, second, _ = command_payload([BRIEF, ABOUT])
    assert (first["name_localizations"], second["name_localizations"]) == (kept, {})
    check_commands(command_payload([BRIEF, ABOUT]))


def test_the_table_keeps_discords_rules_in_all_languages_as_they_are_translated() -> None:
    payload = command_payload(COMMANDS)
    check_commands(payload)
    assert {name for one in payload for name in one["name_localizations"]} <= {
        locale for locales in LOCALES.values() for locale in locales
    }
    assert set(LOCALES) == set(words.LANGUAGES) - {words.SOURCE}


async def test_a_refused_translation_leaves_the_english_commands(
    emulator: DiscordEmulator, french: Speak, caplog: pytest.LogCaptureFixture
) -> None:
    french({("command", "brief"): "résumé"})
    emulator.fail_next("PUT", TABLE, Fault(400, {"message": "Invalid Form Body", "code": 50035}))
    async with Running(emulator, Clerk()):
        await emulator.slash("brief")
        await emulator.wait_for_post()
    assert all(not one["name_localizations"] for one in emulator.commands)
    assert "was refused" in caplog.text


def test_in_english_nothing_is_left_of_the_other_languages() -> None:
    assert "_localizations" not in str(in_english(command_payload(COMMANDS)))


# --- sent when changed


async def registrations(emulator: DiscordEmulator, clerk: Clerk) -> int:
    """Start and stop the bot; how often it has registered its commands so far."""
    async with Running(emulator, clerk):
        await emulator.slash("help")
        await emulator.wait_until(lambda: bool(clerk.requests))
    clerk.requests.clear()
    return sum(method == "PUT" for method, _, _ in emulator.requests)


async def test_a_restart_registers_nothing_that_discord_has(emulator: DiscordEmulator) -> None:
    clerk = Clerk()
    assert await registrations(emulator, clerk) == 1
    assert await registrations(emulator, clerk) == 1


async def test_a_restart_in_another_language_too_registers_nothing_twice(
    emulator: DiscordEmulator, french: Speak
) -> None:
    clerk = Clerk()
    assert await registrations(emulator, clerk) == 1
    french({("command", "brief"): "résumé", ("choice", "short"): "court"})
    assert await registrations(emulator, clerk) == 2
    assert await registrations(emulator, clerk) == 2


async def test_a_command_that_somebody_changed_or_took_away_is_registered_again(
    emulator: DiscordEmulator,
) -> None:
    clerk = Clerk()
    await registrations(emulator, clerk)
    gone = next(one for one in emulator.commands if one["name"] == "place")
    del emulator.state.commands[int(gone["id"])]
    assert await registrations(emulator, clerk) == 2
    changed = next(one for one in emulator.commands if one["name"] == "place")
    changed["options"][0]["required"] = False
    assert await registrations(emulator, clerk) == 3


@pytest.mark.parametrize(
    "spec",
    [
        replace(BRIEF, name="sum"),
        replace(BRIEF, description="Something else"),
        replace(BRIEF, manages=True),
        replace(BRIEF, arguments=()),
        replace(BRIEF, arguments=(replace(LENGTH, required=True),)),
        replace(BRIEF, arguments=(replace(LENGTH, choices=("short",)),)),
        replace(BRIEF, arguments=(replace(LENGTH, choices=(), suggests="place"),)),
    ],
)
def test_every_change_of_the_table_counts(spec: CommandSpec) -> None:
    registered = command_payload([BRIEF])
    assert is_registered(command_payload([BRIEF]), registered[::-1])
    assert not is_registered(command_payload([spec]), registered)


@pytest.mark.parametrize("installs", [(0,), (1,), (0, 1)])
async def test_commands_ask_for_no_more_than_the_developer_portal_allows(
    emulator: DiscordEmulator, installs: tuple[int, ...]
) -> None:
    emulator.state.installs = set(installs)
    async with Running(emulator, Clerk()):
        assert {tuple(one["integration_types"]) for one in emulator.commands} == {installs}
        assert {tuple(one["contexts"]) for one in emulator.commands} == {(0, 1, 2)}
