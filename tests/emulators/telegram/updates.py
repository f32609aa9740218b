"""The queue of incoming updates, and who may take from it. Knows no message.

https://core.telegram.org/bots/api#getting-updates
"""

from __future__ import annotations

import re

from tests.emulators.telegram.changes import Changes
from tests.emulators.telegram.errors import Json, bad_request, conflict
from tests.emulators.telegram.params import Params

_NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
_MAX_TIMEOUT = 50
_TERMINATED = "make sure that only one bot instance is running"
_WEBHOOK = "can't use getUpdates method while webhook is active"


class UpdateQueue:
    """Updates wait here until a later getUpdates asks for higher ones."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self.pending: list[Json] = []
        self.webhook: Json = {}
        self.allowed: set[str] = set()
        self.closing = False
        self.is_local = False
        self.polls = 0
        self._ended_by = ""
        self._next_id = 100_000_001

    def put(self, kind: str, payload: Json) -> None:
        """Queue an update, if the bot wants its kind."""
        if self._wants(kind):
            self.pending.append({"update_id": self._next_id, kind: payload})
            self._next_id += 1
            self.changes.tell()

    def _wants(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed else kind not in _NOT_BY_DEFAULT

    def drop(self, number: int) -> None:
        """Forget an update that the bot has taken."""
        self.pending = [one for one in self.pending if one["update_id"] != number]
        self.changes.tell()

    def allow(self, params: Params) -> None:
        """Remember `allowed_updates`, when it is given."""
        kinds = params.array("allowed_updates")
        if kinds is not None:
            self.allowed = {str(kind) for kind in kinds}

    async def get(self, params: Params) -> list[Json]:
        """getUpdates: a later poll or a webhook ends this one with 409."""
        if self.webhook:
            raise conflict(f"{_WEBHOOK}; use deleteWebhook to delete the webhook first")
        self.allow(params)
        self._confirm(params.integer("offset"))
        turn = self._begin(f"terminated by other getUpdates request; {_TERMINATED}")
        timeout = max(0, min(params.integer("timeout"), _MAX_TIMEOUT))
        await self.changes.until(lambda: self._is_over(turn), timeout)
        if turn != self.polls:
            raise conflict(self._ended_by)
        self._begin("")
        return self.pending[: _limit(params.integer("limit"))]

    def _begin(self, reason: str) -> int:
        """End any poll under way for this reason; give the new one its number."""
        self._ended_by = reason
        self.polls += 1
        self.changes.tell()
        return self.polls

    def _is_over(self, turn: int) -> bool:
        return bool(self.pending) or self.closing or turn != self.polls

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self.pending = self.pending[offset:]
        if offset > 0:
            self.pending = [update for update in self.pending if update["update_id"] >= offset]
            self._next_id = max(self._next_id, offset)

    def set_webhook(self, params: Params) -> bool:
        """setWebhook; an empty address deletes it. A local server takes plain HTTP, too:
        https://core.telegram.org/bots/api#using-a-local-bot-api-server"""
        url = params.text("url")
        if not url:
            return self.delete_webhook(params)
        if not url.startswith(("https://", "http://") if self.is_local else "https://"):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        self.allow(params)
        self._drop(params)
        secret = params.text("secret_token")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise bad_request("secret token contains unallowed characters")
        self.webhook = {"url": url, "max_connections": params.integer("max_connections", 40)}
        self.webhook |= {"secret_token": secret} if secret else {}
        self._begin("terminated by setWebhook request")
        return True

    def delete_webhook(self, params: Params) -> bool:
        """deleteWebhook."""
        self._drop(params)
        self.webhook = {}
        return True

    def _drop(self, params: Params) -> None:
        if params.boolean("drop_pending_updates"):
            self.pending = []

    def webhook_info(self) -> Json:
        """getWebhookInfo."""
        info: Json = {"url": "", "has_custom_certificate": False}
        info |= self.webhook | {"pending_update_count": len(self.pending)}
        info.pop("secret_token", None)
        return info | ({"allowed_updates": sorted(self.allowed)} if self.allowed else {})


def _limit(limit: int) -> int:
    return limit if 1 <= limit <= 100 else 100
