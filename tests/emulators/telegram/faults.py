"""What may go wrong between a bot and Telegram, on order. Knows no method."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from tests.emulators.telegram.errors import Json


class Kind(Enum):
    """What the client sees."""

    ERROR = auto()
    DROP = auto()
    HANG = auto()
    WRONG_JSON = auto()


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail. `commits` says that the method is carried out all the same, so the client
    cannot know it; make one with the functions below."""

    kind: Kind = Kind.ERROR
    status: int = 500
    description: str = "Internal Server Error"
    parameters: Json = field(default_factory=dict)
    commits: bool = False

    @staticmethod
    def error(status: int, description: str, parameters: Json | None = None) -> Fault:
        """Answer with this status and description."""
        return Fault(Kind.ERROR, status, description, parameters or {})

    @staticmethod
    def retry_after(seconds: int) -> Fault:
        """Answer 429 with `retry_after`."""
        why = f"Too Many Requests: retry after {seconds}"
        return Fault(Kind.ERROR, 429, why, {"retry_after": seconds})

    @staticmethod
    def drop_before_commit() -> Fault:
        """Close the connection; nothing was done."""
        return Fault(Kind.DROP)

    @staticmethod
    def drop_after_commit() -> Fault:
        """Do it, then close the connection instead of answering."""
        return Fault(Kind.DROP, commits=True)

    @staticmethod
    def hang(*, commits: bool = False) -> Fault:
        """Never answer (until the emulator closes)."""
        return Fault(Kind.HANG, commits=commits)

    @staticmethod
    def wrong_json(*, commits: bool = False) -> Fault:
        """Answer 200 with a body that is no JSON."""
        return Fault(Kind.WRONG_JSON, commits=commits)


@dataclass
class Planned:
    """A fault that waits for the next `times` calls of a method ("*": any), perhaps of one chat."""

    method: str
    fault: Fault
    times: int
    chat: int | None = None

    def fits(self, method: str, chat: int | None) -> bool:
        """Whether this call is one of them."""
        named = self.method in {"*", method.lower()}
        return self.times > 0 and named and self.chat in {None, chat}


class FaultPlan:
    """All faults on order, first come first served."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []

    def add(self, method: str, fault: Fault, times: int, chat: int | None) -> None:
        """Order a fault."""
        self._planned.append(Planned(method.lower(), fault, times, chat))

    def take(self, method: str, chat: int | None) -> Fault | None:
        """The fault this call meets, counted off; None when it may succeed."""
        for planned in self._planned:
            if planned.fits(method, chat):
                planned.times -= 1
                return planned.fault
        return None
