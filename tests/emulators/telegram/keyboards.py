"""Inline keyboards: which ones Telegram takes. Knows no chat.

https://core.telegram.org/bots/api#inlinekeyboardbutton
"""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.emulators.telegram.errors import Json, bad_request
from tests.emulators.telegram.params import Params

MAX_BUTTONS = 100
_CALLBACK_BYTES = range(1, 65)
_ACTIONS = {
    *("url", "callback_data", "web_app", "login_url", "switch_inline_query", "copy_text", "pay"),
    *("switch_inline_query_current_chat", "switch_inline_query_chosen_chat", "callback_game"),
}
_OTHER_MARKUP = {"keyboard", "remove_keyboard", "force_reply"}


def read_keyboard(params: Params) -> Json | None:
    """The inline keyboard of a request; None for none and for other kinds of reply markup.

    Raises ApiError as the server does.
    """
    markup = params.mapping("reply_markup")
    if not markup or _OTHER_MARKUP & set(markup):
        return None
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" must be of type Array')
    if sum(len(row) for row in rows) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    kept = [[_button(button) for button in row] for row in rows if row]
    return {"inline_keyboard": kept} if kept else None


def _button(button: object) -> Json:
    if not isinstance(button, dict) or not button.get("text"):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be non-empty')
    actions = _ACTIONS & set(button)
    if len(actions) != 1:
        why = "Text buttons are unallowed in the inline keyboard"
        raise bad_request(f"can't parse inline keyboard button: {why}")
    _check_callback(button)
    _check_url(button)
    return button


def _check_callback(button: Json) -> None:
    data = button.get("callback_data")
    if data is not None and len(str(data).encode()) not in _CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")


def _check_url(button: Json) -> None:
    url = button.get("url")
    if url is None:
        return
    parts = urlsplit(str(url))
    if parts.scheme not in {"http", "https", "tg"} or not parts.netloc:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
