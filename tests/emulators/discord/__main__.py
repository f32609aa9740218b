"""`python -m tests.emulators.discord`: the emulator by hand; knows no bot."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from tests.emulators.discord.control import ControlledEmulator
from tests.emulators.discord.limits import DEFAULT_LIMITS
from tests.emulators.discord.server import TOKEN

EXAMPLES = """\
Point a bot at it:
  DATELINE_DISCORD_TOKEN={token}
  DATELINE_DISCORD_API_URL=http://127.0.0.1:{port}/api/v10
  DATELINE_DISCORD_GATEWAY_URL=ws://127.0.0.1:{port}/

Then be a person (server 1001, channel 2001, user 3001 "Ada" unless said otherwise):
  curl -s '127.0.0.1:{port}/control/commands?timeout=30'
  curl -s 127.0.0.1:{port}/control/slash -d '{{"command": "brief", "options": {{}}}}'
  curl -s 127.0.0.1:{port}/control/slash -d '{{"command": "brief", "dm": true, "locale": "fr"}}'
  curl -s 127.0.0.1:{port}/control/say -d '{{"text": "hello"}}'
  curl -s 127.0.0.1:{port}/control/press -d '{{"message_id": "...", "button": "More"}}'
  curl -s 127.0.0.1:{port}/control/menu -d '{{"command": "Brief this link", "message_id": "..."}}'
  curl -s '127.0.0.1:{port}/control/posted?channel=2001&count=1&timeout=10'
  curl -s '127.0.0.1:{port}/control/posted?dm=1'
  curl -s 127.0.0.1:{port}/control/requests
  curl -s 127.0.0.1:{port}/control/violations
  open http://127.0.0.1:{port}/control/page?channel=2001
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.emulators.discord",
        description="An emulated Discord on 127.0.0.1: gateway, HTTP API and /control/...",
        epilog=EXAMPLES.format(token=TOKEN, port=9000),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=9000, help="0 takes a free one (default 9000)")
    parser.add_argument("--token", default=TOKEN, help=f"the bot's token (default {TOKEN})")
    parser.add_argument("--no-limits", action="store_true", help="lift the rate limits")
    parser.add_argument("--intents", type=int, default=0, help="privileged intents switched on")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args()))


async def serve(arguments: argparse.Namespace) -> None:
    """Run until interrupted."""
    limits = None if arguments.no_limits else DEFAULT_LIMITS
    emulator = ControlledEmulator(
        arguments.token, limits, arguments.port, privileged_intents=arguments.intents
    )
    async with emulator:
        port = emulator.api_url.split(":")[2].partition("/")[0]
        print(EXAMPLES.format(token=arguments.token, port=port), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    main()
