"""How the Bot API says no. Knows no method and no HTTP.

https://core.telegram.org/bots/api#making-requests
"""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


class ApiError(Exception):
    """An unsuccessful answer: HTTP status, description and `ResponseParameters`."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters or {}

    def answer(self) -> Json:
        """The JSON body that a client gets."""
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(why: str) -> ApiError:
    """400: the request itself is wrong."""
    return ApiError(400, f"Bad Request: {why}")


def forbidden(why: str) -> ApiError:
    """403: the bot may not do this there."""
    return ApiError(403, f"Forbidden: {why}")


def conflict(why: str) -> ApiError:
    """409: two ways of getting updates at once."""
    return ApiError(409, f"Conflict: {why}")


def too_many(retry_after: int) -> ApiError:
    """429: wait `retry_after` whole seconds."""
    why = f"Too Many Requests: retry after {retry_after}"
    return ApiError(429, why, {"retry_after": retry_after})
