"""Runs pure functions on foreign data in a child process that can be killed. Knows no format.

A parser that never returns, or asks for all memory there is, costs only the piece of work it had:
a thread could not be stopped, and one long regular expression would stop all threads of a process.
"""

from __future__ import annotations

import asyncio
import importlib
import io
import os
import pickle
import resource
import signal
import socket
import struct
import subprocess
import sys
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from bot.core.errors import SourceError
from bot.core.said import said, said_by
from bot.core.words import N_

_T = TypeVar("_T")

SECONDS: Final = 2.0
"""Of the processor, for one piece of work."""
MEMORY: Final = 300_000_000
"""Bytes of address space that one piece of work may take."""
DEADLINE: Final = 30.0
"""Seconds on the clock for one piece of work, on a machine however busy."""
TOO_HARD: Final = N_("It takes too long to read, or too much memory, so it was left.")
_LENGTH: Final = struct.Struct("!Q")


class Workshop:
    """Does work in `workers` children, each reused until it is lost.

    `modules` are imported by a child when it starts, so that no work waits for that.
    """

    def __init__(
        self, modules: Sequence[str] = (), *, workers: int = 2, deadline: float = DEADLINE
    ) -> None:
        self._modules = modules
        self._deadline = deadline
        self._free = asyncio.Semaphore(workers)
        self._idle: list[_Child] = []

    async def do(self, work: Callable[..., _T], *arguments: object) -> _T:
        """Return what a function of a module returns; all that goes in and out is pickled.

        Raises SourceError, be it the function's own or because the child was lost; whatever else
        the function raises comes as RuntimeError with its traceback.
        """
        async with self._free:
            child = self._idle.pop() if self._idle else _Child(self._modules)
            try:
                done, value = await asyncio.to_thread(
                    child.ask, pickle.dumps((work, arguments)), self._deadline
                )
            except BaseException:  # cancelled too: its answer would be taken for the next one's
                child.end()
                raise
            self._idle.append(child)
        if done == "refused":
            raise SourceError(value)
        if done == "failed":
            raise RuntimeError(value)
        result: _T = value
        return result

    def close(self) -> None:
        """End the children."""
        while self._idle:
            self._idle.pop().end()


class _Child:
    """The parent's side of one child, which leaves when the socket to its parent closes."""

    def __init__(self, modules: Sequence[str]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own module, by our interpreter
                [sys.executable, "-m", "bot.sources.workshop", *modules],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._socket = ours
        self._file = ours.makefile("rb")
        self.end = weakref.finalize(self, _end, process, ours, self._file)

    def ask(self, request: bytes, deadline: float) -> tuple[str, Any]:
        """Return the child's answer. Blocks; raises SourceError where the child is lost."""
        try:
            self._socket.settimeout(deadline)
            self._socket.sendall(_LENGTH.pack(len(request)) + request)
            answer: tuple[str, Any] = pickle.loads(_read(self._file))  # noqa: S301 - our own child
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise SourceError(said(TOO_HARD)) from error
        return answer


def _read(file: io.BufferedIOBase) -> bytes:
    """Return the next message. Raises EOFError where there is none."""
    length = file.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        raise EOFError
    (size,) = _LENGTH.unpack(length)
    return file.read(size)


def _end(process: subprocess.Popen[bytes], channel: socket.socket, file: io.BufferedIOBase) -> None:
    """Kill a child, wait until it is gone, so that it is no zombie, and close the channel."""
    process.kill()
    process.wait()
    file.close()
    channel.close()


# --- the child's side ----------------------------------------------------------------------------


def _serve() -> None:
    """Do one piece of work after the other, until the parent has gone."""
    os.setpgid(0, 0)  # Ctrl-C is for the parent
    for module in sys.argv[1:]:
        importlib.import_module(module)
    channel = socket.socket(fileno=sys.stdin.fileno())
    with channel, channel.makefile("rwb") as file:
        while True:
            try:
                request = _read(file)
            except EOFError:
                return
            answer = _answer(request)
            file.write(_LENGTH.pack(len(answer)) + answer)
            file.flush()


def _answer(request: bytes) -> bytes:
    work, arguments = pickle.loads(request)  # noqa: S301 - our own parent
    _limit()
    try:
        return pickle.dumps(("done", work(*arguments)))
    except SourceError as error:
        return pickle.dumps(("refused", said_by(error)))
    except MemoryError:
        return pickle.dumps(("refused", said(TOO_HARD)))
    except Exception:  # noqa: BLE001 - told to the parent, whose log has it
        import traceback  # noqa: PLC0415 - only where something is wrong

        return pickle.dumps(("failed", traceback.format_exc()[-4000:]))


def _limit() -> None:
    """Let the kernel end this process after so much work, and refuse it so much memory."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # SIGPROF, which nobody handles, ends it
    resource.setrlimit(resource.RLIMIT_AS, (_size() + MEMORY, resource.RLIM_INFINITY))


def _size() -> int:
    """Return the address space of this process in bytes; a guess where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as told:  # noqa: PTH123 - a file of the kernel
            return int(told.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1_000_000_000


if __name__ == "__main__":
    _serve()
