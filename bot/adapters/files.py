"""Files that come along with a request: what the platforms do alike. Knows none of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.core.errors import RequestError
from bot.core.messages import FILE_BYTES, Answer, Attachment, Notice, Reply, Request


async def answer_with_file(
    fetch: Callable[[], Awaitable[Attachment]], answer: Answer, request: Request
) -> Reply:
    """Fetch the file that came along, and answer; a file that cannot be had is said.

    `fetch` raises RequestError.
    """
    try:
        file = await fetch()
    except RequestError as error:
        return Reply((Notice(str(error), error.hint),))
    return await answer(replace(request, file=file))


def check_size(name: str, size: int) -> None:
    """Raise RequestError for a file that is too large to take from a chat; `size` is in bytes."""
    if size > FILE_BYTES:
        raise RequestError(
            f"{name} is larger than {FILE_BYTES // 1_000_000} MB, so it is not read.",
            "Split it into several files.",
        )
