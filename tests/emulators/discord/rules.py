"""What Discord accepts in a message and in a command, as pure checks; keeps no state.

Lengths are code points (see `FormErrors.length`). Embed texts are counted without surrounding
white space, as https://discord.com/developers/docs/resources/message#embed-object-embed-limits
says; message content is counted as sent, which is the stricter reading.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import Any

from tests.emulators.discord.wire import (
    CHAT_INPUT,
    COMPONENTS_V2,
    MESSAGE_MENU,
    USER_MENU,
    ApiError,
    FormErrors,
    Json,
)

Path = tuple[str | int, ...]

CONTENT, EMBEDS, EMBED_TOTAL, FIELDS, ROWS, ROW_WIDTH, FILES = 2000, 10, 6000, 25, 5, 5, 10
COMPONENTS_V2_MAX, COMPONENTS_V2_TEXT = 40, 4000
NONCE = 25
ACTION_ROW, BUTTON, STRING_SELECT, SELECTS, SECTION, TEXT_DISPLAY = 1, 2, 3, (3, 5, 6, 7, 8), 9, 10
LINK, PREMIUM = 5, 6
OPTIONS, CHOICES, COMMANDS, COMMAND_TOTAL = 25, 25, {CHAT_INPUT: 100, 2: 15, 3: 15}, 8000
SUBCOMMAND, GROUP, STRING, INTEGER, NUMBER = 1, 2, 3, 4, 10


def check_message(body: Json) -> None:
    """Raise the 400 that Discord would answer to this message, created or edited."""
    errors = FormErrors()
    _check_shape(body, errors)
    errors.done()
    errors.length(("content",), body.get("content") or "", CONTENT)
    _check_embeds(body.get("embeds") or [], errors)
    _check_components(body, errors)
    _check_mentions(body.get("allowed_mentions") or {}, errors)
    if isinstance(body.get("nonce"), str):
        errors.length(("nonce",), body["nonce"], NONCE)
    errors.done()


SHAPES: dict[str, tuple[type, str]] = {
    "content": (str, "string"),
    "embeds": (list, "list"),
    "components": (list, "list"),
    "attachments": (list, "list"),
    "allowed_mentions": (dict, "dict"),
    "message_reference": (dict, "dict"),
    "flags": (int, "int"),
}


def _check_shape(body: Json, errors: FormErrors) -> None:
    for name, (kind, word) in SHAPES.items():
        value = body.get(name)
        if value is not None and not isinstance(value, kind):
            errors.add((name,), "BASE_TYPE_CONVERT", f"Could not interpret as {word}.")
        for index, item in enumerate(value if isinstance(value, list) else []):
            if not isinstance(item, dict):
                errors.add((name, index), "DICT_TYPE_CONVERT", "Only dictionaries may be used.")


def is_empty(content: str, embeds: list[Json], components: list[Json], files: int) -> bool:
    """Would Discord answer "Cannot send an empty message"?"""
    return not (content.strip() or any(embeds) or components or files)


def empty_message() -> ApiError:
    return ApiError(400, 50006, "Cannot send an empty message")


# --- embeds


def _check_embeds(embeds: list[Json], errors: FormErrors) -> None:
    if len(embeds) > EMBEDS:
        errors.add(("embeds",), "BASE_TYPE_MAX_LENGTH", f"Must be {EMBEDS} or fewer in length.")
    for index, embed in enumerate(embeds):
        _check_embed(embed, ("embeds", index), errors)
    if sum(map(embed_size, embeds)) > EMBED_TOTAL:
        message = f"Embed size exceeds maximum size of {EMBED_TOTAL}"
        errors.add(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", message)


def embed_size(embed: Json) -> int:
    """The code points of one embed that count towards the 6,000 of all embeds."""
    texts = [embed.get("title"), embed.get("description")]
    texts += [_part(embed, "footer").get("text"), _part(embed, "author").get("name")]
    for field in embed.get("fields") or []:
        texts += [field.get("name"), field.get("value")]
    return sum(len(str(text or "").strip()) for text in texts)


def _part(embed: Json, name: str) -> Json:
    part = embed.get(name)
    return part if isinstance(part, dict) else {}


def _check_embed(embed: Json, path: Path, errors: FormErrors) -> None:
    for name, longest in (("title", 256), ("description", 4096)):
        errors.length((*path, name), str(embed.get(name) or "").strip(), longest)
    if embed.get("footer"):
        _needed(embed["footer"], "text", 2048, (*path, "footer"), errors)
    if embed.get("author"):
        _needed(embed["author"], "name", 256, (*path, "author"), errors)
    fields = embed.get("fields") or []
    if len(fields) > FIELDS:
        message = f"Must be {FIELDS} or fewer in length."
        errors.add((*path, "fields"), "BASE_TYPE_MAX_LENGTH", message)
    for index, field in enumerate(fields):
        _needed(field, "name", 256, (*path, "fields", index), errors)
        _needed(field, "value", 1024, (*path, "fields", index), errors)
    _check_embed_urls(embed, path, errors)


def _needed(values: Json, name: str, longest: int, path: Path, errors: FormErrors) -> None:
    text = str(values.get(name) or "").strip()
    if not text:
        errors.required(*path, name)
    errors.length((*path, name), text, longest)


def _check_embed_urls(embed: Json, path: Path, errors: FormErrors) -> None:
    _check_url(embed.get("url"), (*path, "url"), errors)
    for part in ("image", "thumbnail"):
        url = _part(embed, part).get("url")
        if not str(url or "").startswith("attachment://"):
            _check_url(url, (*path, part, "url"), errors)


def _check_url(url: str | None, path: Path, errors: FormErrors) -> None:
    if not url:
        return
    errors.length(path, url, 2048)
    scheme = url.partition(":")[0].lower()
    if scheme not in {"http", "https"}:
        message = f"Scheme \"{scheme}\" is not one of ('http', 'https')."
        errors.add(path, "URL_TYPE_INVALID_SCHEME", message)
    elif not re.fullmatch(r"https?://[^\s/?#]+\S*", url, re.IGNORECASE):
        errors.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")


# --- components


def walk(components: list[Json]) -> Iterator[Json]:
    """Every component, outer before inner."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        if isinstance(component.get("accessory"), dict):
            yield component["accessory"]


def _check_components(body: Json, errors: FormErrors) -> None:
    components = body.get("components") or []
    if (body.get("flags") or 0) & COMPONENTS_V2:
        _check_v2(body, components, errors)
    else:
        _check_rows(components, errors)
    custom_ids = [part["custom_id"] for part in walk(components) if part.get("custom_id")]
    if len(custom_ids) != len(set(custom_ids)):
        message = "Component custom id cannot be duplicated"
        errors.add(("components",), "COMPONENT_CUSTOM_ID_DUPLICATED", message)


def _check_v2(body: Json, components: list[Json], errors: FormErrors) -> None:
    for name in ("content", "embeds"):
        if body.get(name):
            code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
            message = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            errors.add((name,), code, message)
    parts = list(walk(components))
    if len(parts) > COMPONENTS_V2_MAX:
        message = f"Must be {COMPONENTS_V2_MAX} or fewer in length."
        errors.add(("components",), "BASE_TYPE_MAX_LENGTH", message)
    text = sum(len(part.get("content") or "") for part in parts if part.get("type") == TEXT_DISPLAY)
    if text > COMPONENTS_V2_TEXT:
        message = f"Must be {COMPONENTS_V2_TEXT} or fewer in length."
        errors.add(("components",), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)


def _check_rows(rows: list[Json], errors: FormErrors) -> None:
    if len(rows) > ROWS:
        errors.add(("components",), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for index, row in enumerate(rows):
        path: Path = ("components", index)
        if row.get("type") != ACTION_ROW:
            errors.add((*path, "type"), "BASE_TYPE_CHOICES", "Value must be one of {1}.")
            continue
        _check_row(row.get("components") or [], (*path, "components"), errors)


def _check_row(parts: list[Json], path: Path, errors: FormErrors) -> None:
    width = sum(ROW_WIDTH if part.get("type") in SELECTS else 1 for part in parts)
    if not parts or len(parts) > ROW_WIDTH:
        errors.add(path, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    elif width > ROW_WIDTH:
        message = "The specified component exceeds the maximum width"
        errors.add(path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)
    for index, part in enumerate(parts):
        if part.get("type") == BUTTON:
            _check_button(part, (*path, index), errors)
        elif part.get("type") in SELECTS:
            _check_select(part, (*path, index), errors)
        else:
            message = "Value must be one of {2, 3, 5, 6, 7, 8}."
            errors.add((*path, index, "type"), "BASE_TYPE_CHOICES", message)


def _check_button(button: Json, path: Path, errors: FormErrors) -> None:
    style = button.get("style")
    if style not in {1, 2, 3, 4, LINK, PREMIUM}:
        message = "Value must be one of {1, 2, 3, 4, 5, 6}."
        errors.add((*path, "style"), "BASE_TYPE_CHOICES", message)
    elif style == LINK:
        _check_link(button, path, errors)
    elif style != PREMIUM:
        _check_custom_id(button, path, errors)
    errors.length((*path, "label"), button.get("label") or "", 80)
    if style != PREMIUM and not (button.get("label") or button.get("emoji")):
        message = "A button must have a label or an emoji"
        errors.add((*path, "label"), "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", message)


def _check_link(button: Json, path: Path, errors: FormErrors) -> None:
    if button.get("custom_id"):
        message = "A custom id and url cannot both be specified"
        errors.add((*path, "custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_URL_EXCLUSIVE", message)
    if not button.get("url"):
        errors.required(*path, "url")
    errors.length((*path, "url"), button.get("url") or "", 512)
    _check_url(button.get("url"), (*path, "url"), errors)


def _check_custom_id(part: Json, path: Path, errors: FormErrors) -> None:
    if part.get("url"):
        message = "A custom id and url cannot both be specified"
        errors.add((*path, "url"), "BUTTON_COMPONENT_CUSTOM_ID_URL_EXCLUSIVE", message)
    if not part.get("custom_id"):
        message = "A custom id is required"
        errors.add((*path, "custom_id"), "COMPONENT_CUSTOM_ID_REQUIRED", message)
    else:
        errors.length((*path, "custom_id"), str(part["custom_id"]), 100, 1)


def _check_select(select: Json, path: Path, errors: FormErrors) -> None:
    _check_custom_id(select, path, errors)
    errors.length((*path, "placeholder"), select.get("placeholder") or "", 150)
    if select["type"] != STRING_SELECT:
        return
    options = select.get("options") or []
    if not 1 <= len(options) <= 25:
        message = "Must be between 1 and 25 in length."
        errors.add((*path, "options"), "BASE_TYPE_BAD_LENGTH", message)
    for index, option in enumerate(options):
        for name in ("label", "value"):
            _needed(option, name, 100, (*path, "options", index), errors)
        errors.length((*path, "options", index), option.get("description") or "", 100)


# --- mentions

_CODE = re.compile(r"```.*?```|``.+?``|`[^`\n]+`", re.DOTALL)
_MENTION = re.compile(r"@(everyone|here)|<@!?(\d+)>|<@&(\d+)>")


def _check_mentions(allowed: Json, errors: FormErrors) -> None:
    parse = allowed.get("parse") or []
    for name in ("users", "roles"):
        listed = allowed.get(name) or []
        if listed and name in parse:
            code = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"
            message = f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.'
            errors.add(("allowed_mentions",), code, message)
        if len(listed) > 100:
            message = "Must be 100 or fewer in length."
            errors.add(("allowed_mentions", name), "BASE_TYPE_MAX_LENGTH", message)


def pings(content: str, allowed: Json | None, replied_to: int | None = None) -> list[str]:
    """Whom the message alerts, as mentions: "@everyone", "@here", "<@3001>", "<@&5001>".

    Embeds never alert. Without `allowed_mentions` everything in the content does; code does not.
    """
    found: list[str] = []
    for match in _MENTION.finditer(_CODE.sub("", content)):
        everyone, user, role = match.groups()
        if _may_ping(allowed, everyone, user, role):
            found.append(match[0].replace("!", "") if user else match[0])
    replied = allowed is None or allowed.get("replied_user")
    if replied_to is not None and replied:
        found.append(f"<@{replied_to}>")
    return list(dict.fromkeys(found))


def _may_ping(
    allowed: Json | None, everyone: str | None, user: str | None, role: str | None
) -> bool:
    if allowed is None:
        return True
    parse = allowed.get("parse") or []
    if everyone:
        return "everyone" in parse
    name, who = ("users", user) if user else ("roles", role)
    return name in parse or who in {str(one) for one in allowed.get(name) or []}


# --- application commands


LOCALES = frozenset(
    (  # noqa: SIM905 - one a line would be a page
        "ar bg cs da de el en-GB en-US es-419 es-ES fi fr he hi hr hu id it ja ko lt nl no pl "
        "pt-BR ro ru sv-SE th tr uk vi zh-CN zh-TW"
    ).split()
)


def check_commands(commands: list[Json], installs: Collection[int] = (0, 1)) -> None:
    """Raise the 400 that Discord would answer to this whole list of commands.

    `installs` is what the application supports; a command may not ask for more.
    """
    for kind, most in COMMANDS.items():
        if sum(command.get("type", CHAT_INPUT) == kind for command in commands) > most:
            message = f"Maximum number of application commands reached ({most})."
            raise ApiError(400, 30032, message)
    errors = FormErrors()
    seen: set[tuple[Any, Any]] = set()
    for index, command in enumerate(commands):
        check_command(command, (index,), errors)
        key = (command.get("type") or CHAT_INPUT, command.get("name"))
        if key in seen:
            code = "APPLICATION_COMMANDS_DUPLICATE_NAME"
            errors.add((index, "name"), code, "Application command names must be unique")
        seen.add(key)
        if not set(command.get("integration_types") or ()) <= set(installs):
            message = "Some of the integration types are not supported by the application"
            errors.add((index, "integration_types"), "APPLICATION_INTEGRATION_TYPES", message)
    for kind in COMMANDS:
        same = [one for one in commands if (one.get("type") or CHAT_INPUT) == kind]
        _check_unique(same, (), errors)
    errors.done()


def _check_unique(parts: list[Json], path: Path, errors: FormErrors) -> None:
    """No two neighbours may have the same name in any locale."""
    for locale in LOCALES:
        seen: set[str] = set()
        for index, part in enumerate(parts):
            name = (part.get("name_localizations") or {}).get(locale) or str(part.get("name"))
            if name in seen:
                message = f"Names must be unique in {locale}: {name}"
                where = (*path, index, "name_localizations")
                errors.add(where, "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
            seen.add(name)


def check_command(command: Json, path: Path, errors: FormErrors) -> None:
    """Add what is wrong with one command."""
    kind = command.get("type") or CHAT_INPUT
    if kind == CHAT_INPUT:
        _check_chat_name(command.get("name"), (*path, "name"), errors)
        _check_description(command, path, errors)
        _check_options(command.get("options") or [], (*path, "options"), errors)
        _check_localized(command, path, errors)
    elif kind in {USER_MENU, MESSAGE_MENU}:
        _check_menu(command, path, errors)
    else:
        errors.add((*path, "type"), "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4}.")
    if _command_size(command) > COMMAND_TOTAL:
        message = f"Command exceeds maximum size ({COMMAND_TOTAL})"
        errors.add(path, "APPLICATION_COMMAND_TOO_LARGE", message)


def _check_menu(command: Json, path: Path, errors: FormErrors) -> None:
    name = command.get("name")
    if not name:
        errors.required(*path, "name")
    errors.length((*path, "name"), str(name or ""), 32)
    for locale, text in (command.get("name_localizations") or {}).items():
        errors.length((*path, "name_localizations", locale), text, 32, 1)
    if command.get("description"):
        message = "Context menu commands cannot have description"
        code = "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION"
        errors.add((*path, "description"), code, message)
    if command.get("options"):
        message = "Context menu commands cannot have options"
        errors.add((*path, "options"), "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS", message)


def is_chat_name(name: str) -> bool:
    r"""`^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$`, and lower case where case exists."""
    good = all(
        character in "-_'" or unicodedata.category(character)[0] in "LN" or _is_mark(character)
        for character in name
    )
    return good and 1 <= len(name) <= 32 and name == name.lower()


def _is_mark(character: str) -> bool:
    return "\u0900" <= character <= "\u0963" or "\u0e01" <= character <= "\u0e4e"


def _check_chat_name(name: str | None, path: Path, errors: FormErrors) -> None:
    if not name:
        errors.required(*path)
    elif not is_chat_name(name):
        message = f'Command name is invalid: "{name}"'
        errors.add(path, "APPLICATION_COMMAND_INVALID_NAME", message)


def _check_description(part: Json, path: Path, errors: FormErrors) -> None:
    if not part.get("description"):
        errors.required(*path, "description")
    else:
        errors.length((*path, "description"), part["description"], 100, 1)


def _check_localized(part: Json, path: Path, errors: FormErrors) -> None:
    for field in ("name_localizations", "description_localizations"):
        for locale in set(part.get(field) or {}) - LOCALES:
            message = f"{locale} is not a valid locale"
            errors.add((*path, field, locale), "BASE_TYPE_CHOICES", message)
    for locale, name in (part.get("name_localizations") or {}).items():
        _check_chat_name(name, (*path, "name_localizations", locale), errors)
    for locale, text in (part.get("description_localizations") or {}).items():
        errors.length((*path, "description_localizations", locale), text, 100, 1)


def _check_options(options: list[Json], path: Path, errors: FormErrors) -> None:
    if len(options) > OPTIONS:
        errors.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {OPTIONS} or fewer in length.")
    _check_unique(options, path, errors)
    optional_seen = False
    names = [option.get("name") for option in options]
    for index, option in enumerate(options):
        _check_option(option, (*path, index), errors)
        if names.index(option.get("name")) != index:
            code = "APPLICATION_COMMAND_OPTIONS_NAME_INVALID"
            errors.add((*path, index), code, "Option names must be unique")
        if option.get("required") and optional_seen:
            code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
            message = "Required options must be placed before non-required options"
            errors.add((*path, index), code, message)
        if option.get("type") not in {SUBCOMMAND, GROUP}:
            optional_seen = optional_seen or not option.get("required")


def _check_option(option: Json, path: Path, errors: FormErrors) -> None:
    if option.get("type") not in range(1, 12):
        errors.add((*path, "type"), "BASE_TYPE_CHOICES", "Value must be one of {1, ..., 11}.")
    _check_chat_name(option.get("name"), (*path, "name"), errors)
    _check_description(option, path, errors)
    _check_localized(option, path, errors)
    check_choices(option.get("choices") or [], (*path, "choices"), errors)
    if option.get("autocomplete") and option.get("choices"):
        code = "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES"
        errors.add((*path, "autocomplete"), code, "Autocomplete options cannot have choices")
    _check_options(option.get("options") or [], (*path, "options"), errors)


def check_choices(choices: list[Json], path: Path, errors: FormErrors) -> None:
    """Choices of an option, or of an autocomplete answer: at most 25, each 1 to 100 long."""
    if len(choices) > CHOICES:
        errors.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {CHOICES} or fewer in length.")
    for index, choice in enumerate(choices):
        _needed(choice, "name", 100, (*path, index), errors)
        for locale, name in (choice.get("name_localizations") or {}).items():
            errors.length((*path, index, "name_localizations", locale), name, 100, 1)
        value = choice.get("value")
        if value is None:
            errors.required(*path, index, "value")
        elif isinstance(value, str):
            errors.length((*path, index, "value"), value, 100)


def _command_size(part: Json) -> int:
    """Of each text, only the longest translation counts."""
    own = _longest(part, "name") + _longest(part, "description")
    for choice in part.get("choices") or []:
        own += _longest(choice, "name") + len(str(choice.get("value") or ""))
    return own + sum(map(_command_size, part.get("options") or []))


def _longest(part: Json, name: str) -> int:
    texts = [part.get(name), *(part.get(f"{name}_localizations") or {}).values()]
    return max(len(str(text or "")) for text in texts)
