"""Files that come along with a request: what the platforms do alike. Knows none of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.adapters.events import language_of
from bot.core import words
from bot.core.errors import RequestError
from bot.core.messages import FILE_BYTES, Answer, Attachment, Notice, Reply, Request
from bot.core.words import _


async def answer_with_file(
    fetch: Callable[[], Awaitable[Attachment]], answer: Answer, request: Request
) -> Reply:
    """Fetch the file that came along, and answer; a file that cannot be had is said.

    `fetch` raises RequestError, in the language that is spoken: the chat's.
    """
    with words.speaking(await language_of(request.chat, request.locale, answer)):
        try:
            file = await fetch()
        except RequestError as error:
            return Reply((Notice(str(error), error.hint),))
    return await answer(replace(request, file=file))


def check_size(name: str, size: int) -> None:
    """Raise RequestError for a file that is too large to take from a chat; `size` is in bytes."""
    if size > FILE_BYTES:
        raise RequestError(
            _("{name} is larger than {size} MB, so it is not read.").format(
                name=name, size=FILE_BYTES // 1_000_000
            ),
            _("Split it into several files."),
        )


def not_fetched(name: str, platform: str) -> RequestError:
    """Return what to raise for a file that a platform ("Telegram") does not hand out."""
    return RequestError(
        _("{name} could not be fetched from {platform}.").format(name=name, platform=platform),
        _("Please send it again."),
    )
