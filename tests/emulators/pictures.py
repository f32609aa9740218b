"""Draws what the bot really posted, as both apps would show it: `make pictures`.

Starts both emulators and `dateline run` as processes, asks as a user would, and takes screenshots
of the emulators' chat pages with Chromium (Debian's package `chromium`) at a phone's width.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

TELEGRAM, DISCORD = "http://127.0.0.1:18481", "http://127.0.0.1:19480"
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-device-scale-factor=2",
]

SCENES: dict[str, tuple[str, str, dict[str, str], int]] = {
    "briefing": ("/brief short", "brief", {"length": "short"}, 1180),
    "place": ("/place Mossoul", "place", {"name": "Mossoul"}, 1500),
    "which-one": ("/place Georgia", "place", {"name": "Georgia"}, 520),
    "map": ("/map Iraq", "map", {"name": "Iraq"}, 620),
}


def main(folder: Path) -> None:
    """Draw every scene on both platforms into `folder`."""
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(_process("tests.emulators.telegram", "--port", "18481"))
        stack.enter_context(_process("tests.emulators.discord", "--port", "19480"))
        stack.enter_context(_bot(stack.enter_context(tempfile.TemporaryDirectory())))
        _ask(f"{DISCORD}/control/commands?timeout=60")
        for number, (name, (typed, command, options, height)) in enumerate(SCENES.items()):
            chat = 1001 + number
            _ask(f"{TELEGRAM}/control/say", {"text": typed, "chat": chat, "user": chat})
            _ask(f"{TELEGRAM}/control/posted?chat={chat}&count=1&timeout=60")
            picture = folder / f"{name}-telegram.png"
            _screenshot(f"{TELEGRAM}/control/page?chat={chat}", picture, height)
            asked = {"command": command, "options": options, "user": 3001 + number, "dm": True}
            where = f"user={3001 + number}&dm=1"
            _ask(f"{DISCORD}/control/slash", asked)
            _ask(f"{DISCORD}/control/posted?{where}&count=1&timeout=60")
            picture = folder / f"{name}-discord.png"
            _screenshot(f"{DISCORD}/control/page?{where}", picture, height)


@contextmanager
def _process(module: str, *arguments: str, **environment: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], env=os.environ | environment
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _bot(data: str) -> AbstractContextManager[None]:
    return _process(
        "bot",
        "run",
        DATELINE_DATA_DIR=data,
        DATELINE_TELEGRAM_TOKEN="123456:EMULATOR",
        DATELINE_TELEGRAM_API_URL=TELEGRAM,
        DATELINE_DISCORD_TOKEN="EMULATOR.DISCORD.TOKEN",
        DATELINE_DISCORD_API_URL=f"{DISCORD}/api/v10",
        DATELINE_DISCORD_GATEWAY_URL=DISCORD.replace("http", "ws") + "/",
    )


def _ask(url: str, body: object = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urlopen(Request(url, data), timeout=70) as answer:  # noqa: S310 - loopback
                return bytes(answer.read())
        except OSError as error:
            if not isinstance(getattr(error, "reason", None), ConnectionRefusedError):
                raise
            time.sleep(0.1)  # the process is still starting
    raise SystemExit(f"{url} does not answer")


def _screenshot(url: str, path: Path, height: int) -> None:
    with tempfile.TemporaryDirectory() as profile:
        size = f"--window-size=390,{height}"
        shot = f"--screenshot={path}"
        subprocess.run(
            [
                "chromium",
                *QUIET,
                f"--user-data-dir={profile}",
                size,
                shot,
                "--force-device-scale-factor=2",
                url,
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
