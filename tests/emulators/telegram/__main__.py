"""Run the Telegram emulator by hand: `python -m tests.emulators.telegram --port 8081`.

Point a bot at it (DATELINE_TELEGRAM_API_URL=http://127.0.0.1:8081), then talk to it:

    curl -d '{"text": "/start"}' http://127.0.0.1:8081/control/say
    curl 'http://127.0.0.1:8081/control/posted?count=1&timeout=10'
    curl -d '{"message_id": 2, "label": "More"}' http://127.0.0.1:8081/control/press
    curl -d '{"text": "/brief@dateline_bot", "chat": -5001, "kind": "group", "user": 1002}' \\
        http://127.0.0.1:8081/control/say
    curl -d '{"chat": -5001, "user": 1002, "status": "administrator"}' \\
        http://127.0.0.1:8081/control/member
    curl -d '{"query": "Mosul"}' http://127.0.0.1:8081/control/inline
    curl -d '{"method": "sendMessage", "retry_after": 4}' http://127.0.0.1:8081/control/fail
    curl 'http://127.0.0.1:8081/control/requests?method=sendMessage'
    curl http://127.0.0.1:8081/control/violations

and look at the chat in a browser: http://127.0.0.1:8081/control/page?chat=1001
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal

from tests.emulators.telegram.emulator import DEFAULT_TOKEN, TelegramEmulator
from tests.emulators.telegram.limits import DEFAULT_LIMITS


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.emulators.telegram",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=8081, help="0 takes a free one")
    parser.add_argument("--token", default=DEFAULT_TOKEN, help="the only valid token")
    parser.add_argument("--username", default="dateline_bot", help="the bot's @username")
    parser.add_argument("--no-limits", action="store_true", help="send as fast as you like")
    parser.add_argument("--no-privacy", action="store_true", help="hear everything in groups")
    parser.add_argument("--local", action="store_true", help="take webhooks without TLS")
    return parser.parse_args()


async def serve(asked: argparse.Namespace) -> None:
    """Run until Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    emulator = TelegramEmulator(
        asked.token,
        None if asked.no_limits else DEFAULT_LIMITS,
        asked.port,
        username=asked.username,
        privacy=not asked.no_privacy,
        local=asked.local,
    )
    async with emulator as telegram:
        print(_how_to(telegram), flush=True)
        await stop.wait()


def _how_to(telegram: TelegramEmulator) -> str:
    examples = (__doc__ or "").replace("http://127.0.0.1:8081", telegram.root)
    checks = "checked against the spec" if telegram.validates else "not checked: no spec here"
    return f"{examples}\ntoken {telegram.token}, requests are {checks}, Ctrl-C ends it"


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options()))
