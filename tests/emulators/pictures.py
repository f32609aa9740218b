"""Draws what the bot really posted, as both apps would show it: `make pictures`.

Starts both emulators and `dateline run` as processes, asks as a user would in three languages, and
photographs the emulators' chat pages at a phone's width. `--only start` draws that scene alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientConnectionError, ClientSession, ClientTimeout

from tests.emulators.camera import Camera, camera

TELEGRAM, DISCORD = "http://127.0.0.1:18481", "http://127.0.0.1:19480"
LANGUAGES = ("en", "fr", "ar")
SCRIPT = """
document.querySelectorAll('article').forEach((e, n) => { if (n < OLDER) e.remove() });
for (const e of document.querySelectorAll("b"))
  if (/^Person \\d+$/.test(e.innerText)) e.innerText = "Ada";
document.querySelectorAll('.face').forEach(e => { if (e.innerText === 'P') e.innerText = 'A' });
"""
"""What was said before a scene began is not in its picture; who asks is called Ada."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A command with its arguments by Discord's names; `words` are the typed ones by language."""

    command: str
    option: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = LANGUAGES


SCENES = {
    "start": Scene("start"),
    "briefing": Scene("brief", "length", dict.fromkeys(LANGUAGES, "short")),
    "place": Scene("place", "name", {"en": "Mosul", "fr": "Mossoul", "ar": "الموصل"}),
    "settings": Scene("settings"),
    "error": Scene("subscribe", "time", dict.fromkeys(LANGUAGES, "25:00")),
    "which-one": Scene("place", "name", {"en": "Georgia"}, ("en",)),
    "map": Scene("map", "name", {"en": "Iraq"}, ("en",)),
}


class Person:
    """Who asks, on both platforms, and has the answers photographed."""

    def __init__(self, session: ClientSession, camera: Camera, folder: Path) -> None:
        self._session = session
        self._camera = camera
        self._folder = folder

    async def show(self, name: str, scene: Scene, language: str, number: int) -> None:
        """Ask on both platforms; each picture is called after scene, platform and language."""
        ending = "" if language == "en" else f"-{language}"
        words = scene.words.get(language, "")
        options = {scene.option: words} if words else {}
        typed = f"/{scene.command} {words}".strip()
        before = await self._on_telegram("/settings language " + language, number, 0)
        shown = await self._on_telegram(typed, number, before)
        await self._photograph(
            f"{TELEGRAM}/control/page?chat={number}", 2 * before, f"{name}-telegram{ending}"
        )
        chosen = {"what": "language", "choice": language}
        before = await self._on_discord("settings", chosen, number, 0)
        await self._on_discord(scene.command, options, number, before)
        page = f"{DISCORD}/control/page?user={number}&dm=1"
        await self._photograph(page, before, f"{name}-discord{ending}")
        print(f"{name} in {language}: {shown - 1} message(s) on Telegram", flush=True)

    async def _on_telegram(self, typed: str, person: int, before: int) -> int:
        """Type something, wait for the answer, and return how many messages the bot posted."""
        said = {"text": typed, "chat": person, "user": person}
        await self.ask(f"{TELEGRAM}/control/say", said)
        where = f"{TELEGRAM}/control/posted?chat={person}"
        return await self._settled(where, before)

    async def _on_discord(
        self, command: str, options: Mapping[str, str], person: int, before: int
    ) -> int:
        used = {"command": command, "options": options, "user": person, "dm": True}
        await self.ask(f"{DISCORD}/control/slash", used)
        return await self._settled(f"{DISCORD}/control/posted?user={person}&dm=1", before)

    async def _settled(self, where: str, before: int) -> int:
        """Wait for a further message, and until no more come."""
        found = await self.ask(f"{where}&count={before + 1}&timeout=60")
        while True:
            await asyncio.sleep(1)  # an answer may have several messages, a second apart
            now = await self.ask(where)
            if len(now) == len(found):
                return len(now)
            found = now

    async def ask(self, url: str, body: object = None) -> Any:  # noqa: ANN401 - whatever is told
        """Ask an emulator; it may still be starting."""
        method = "GET" if body is None else "POST"
        for _ in range(300):
            try:
                async with self._session.request(method, url, json=body) as answer:
                    told = await answer.json()
                    assert answer.status == 200, told
                    return told
            except ClientConnectionError:
                await asyncio.sleep(0.1)
        raise SystemExit(f"{url} does not answer")

    async def _photograph(self, url: str, older: int, name: str) -> None:
        await self._camera.open(url, SCRIPT.replace("OLDER", str(older)))
        await self._camera.photograph(self._folder / f"{name}.png")


async def draw(folder: Path, names: Iterable[str]) -> None:
    """Draw these scenes on both platforms into a folder."""
    with ExitStack() as stack:
        data = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        stack.enter_context(_process("tests.emulators.telegram", "--port", "18481", "--no-limits"))
        stack.enter_context(_process("tests.emulators.discord", "--port", "19480", "--no-limits"))
        stack.enter_context(_process("bot", "run", **_settings(data)))
        async with ClientSession(timeout=ClientTimeout(90)) as session, camera() as lens:
            person = Person(session, lens, folder)
            await person.ask(f"{DISCORD}/control/commands?timeout=60")
            number = 4001
            for name in names:
                for language in SCENES[name].languages:
                    await person.show(name, SCENES[name], language, number := number + 1)


@contextmanager
def _process(module: str, *arguments: str, **environment: str) -> Iterator[None]:
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _settings(data: str) -> dict[str, str]:
    return {
        "DATELINE_DATA_DIR": data,
        "DATELINE_TELEGRAM_TOKEN": "123456:EMULATOR",
        "DATELINE_TELEGRAM_API_URL": TELEGRAM,
        "DATELINE_DISCORD_TOKEN": "EMULATOR.DISCORD.TOKEN",
        "DATELINE_DISCORD_API_URL": f"{DISCORD}/api/v10",
        "DATELINE_DISCORD_GATEWAY_URL": DISCORD.replace("http", "ws") + "/",
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs"))
    parser.add_argument("--only", action="append", choices=SCENES)
    asked = parser.parse_args()
    asked.folder.mkdir(exist_ok=True)
    asyncio.run(draw(asked.folder, asked.only or SCENES))


if __name__ == "__main__":
    main()
