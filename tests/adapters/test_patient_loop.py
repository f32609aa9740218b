"""A stopped process: what came meanwhile counts more than that the time is over."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys

CHILD = """
import asyncio, socket, sys
from bot.adapters.patient_loop import new_event_loop

async def wait(descriptor):
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    said = []
    sock = socket.socket(fileno=descriptor)
    limit = loop.call_later(0.2, lambda: (said.append("too late"), told.set()))
    loop.add_reader(sock, lambda: (said.append(sock.recv(9).decode()), limit.cancel(), told.set()))
    print("waiting", flush=True)
    await told.wait()
    print(said[0], flush=True)

asyncio.Runner(loop_factory=new_event_loop).run(wait(int(sys.argv[1])))
"""


async def test_an_answer_that_came_while_the_process_was_stopped_is_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CHILD, str(theirs.fileno())),
            pass_fds=[theirs.fileno()],
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        assert await child.stdout.readline() == b"waiting\n"
        child.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0.5)  # its time limit: the clock of a child is not ours to set
        ours.send(b"the post")
        child.send_signal(signal.SIGCONT)
        assert await child.stdout.readline() == b"the post\n"
        assert await child.wait() == 0
