"""Every error that Dateline raises on purpose; what a person reads is in the message.

A message that may be read later, or in another language, is `Said`; `str(error)` says it.

    DatelineError
    ├── SettingsError        the operator mends it
    ├── RequestError         the person who asked mends it
    ├── SourceError          the world: a page or feed cannot be read
    ├── StoreError           the database cannot be used; the operator mends it
    └── DeliveryError        the world: a platform did not take a message
        ├── ChatUnavailable  the chat is gone, or the bot was shut out of it
        └── OutcomeUnknown   the platform's answer was lost: it may have the message

Foreign errors are translated into these once, at the edge (`raise ... from error`).
"""

from __future__ import annotations

from bot.core.said import Said


class DatelineError(Exception):
    """The root: str(error) is one or two plain sentences for a person."""


class SettingsError(DatelineError):
    """The settings are wrong. `faults` says each one in words."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class RequestError(DatelineError):
    """A request cannot be answered as typed. `hint` says what to type instead."""

    def __init__(self, message: str | Said, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class SourceError(DatelineError):
    """A page, file or feed cannot be read."""


class StoreError(DatelineError):
    """The database cannot be opened or used."""


class DeliveryError(DatelineError):
    """A platform refused a message for certain: it was not posted, so it may be sent again.

    `retry_after` is in seconds, as the platform said, or None. `final` says that trying the same
    message again is of no use.
    """

    def __init__(
        self, message: str, retry_after: float | None = None, *, final: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.final = final


class ChatUnavailable(DeliveryError):  # noqa: N818 - the house plan's name; it reads as a state
    """The chat no longer exists, or the bot may not write in it.

    `moved_to` is the chat's new id where the platform told one.
    """

    def __init__(self, message: str, moved_to: str = "") -> None:
        super().__init__(message, final=True)
        self.moved_to = moved_to


class OutcomeUnknown(DeliveryError):  # noqa: N818 - it reads as a state
    """The platform's answer was lost: the message may have been posted, or not."""
