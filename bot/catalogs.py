"""Gathers the bot's words for its translators: the code -> `config/locales/*/LC_MESSAGES/*.po`.

`make locales` adds what is new, drops what is gone, keeps every translation, and lists what has
none. A build tool: nothing of the running bot imports it.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from bot.core.commands import COMMANDS
from bot.core.words import LANGUAGES, LOCALES, SOURCE

CODE: Final = Path(__file__).resolve().parent
KEYWORDS: Final = {
    "_": None,
    "N_": None,
    "translate": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_HEADER: Final = "# The words of Dateline. Edit the translations; `make locales` keeps the rest.\n#"
_NAME: Final = "A name: one short lower-case word without spaces."
_CHOICE: Final = "A choice that Discord offers."
_WHEN: Final = datetime(2026, 1, 1, tzinfo=UTC)


def gathered() -> Catalog:
    """Return every message in the code, with the names of commands, arguments and choices."""
    catalog = Catalog(header_comment=_HEADER)
    found = extract_from_dir(
        CODE, [("**.py", "python")], keywords=KEYWORDS, comment_tags=("Translators:",)
    )
    for name, _line, message, comments, context in found:
        catalog.add(message, None, [(f"bot/{name}", 1)], auto_comments=comments, context=context)
    for spec in COMMANDS:
        catalog.add(spec.name, None, auto_comments=[_NAME], context="command")
        for argument in spec.arguments:
            catalog.add(argument.name, None, auto_comments=[_NAME], context="argument")
            for choice in argument.choices:
                catalog.add(str(choice), None, auto_comments=[_CHOICE], context="choice")
    return catalog


def path_of(language: str) -> Path:
    """Return where the translations into a language stand."""
    return LOCALES / language / "LC_MESSAGES" / "dateline.po"


def translated(language: str) -> Catalog:
    """Return the translations into a language as they are; none where there is no file."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def untranslated(catalog: Catalog) -> list[Message]:
    """Return the messages without a translation, or without one for each of their plurals."""
    return [message for message in catalog if message.id and not _is_whole(message)]


def _is_whole(message: Message) -> bool:
    forms = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return bool(forms) and all(forms)


def update(language: str, template: Catalog) -> Catalog:
    """Bring a language's file up to date with the code and return what it holds now."""
    catalog = translated(language)
    catalog.update(template, no_fuzzy_matching=True, update_header_comment=True)
    catalog.obsolete.clear()
    _describe(catalog)
    path_of(language).parent.mkdir(parents=True, exist_ok=True)
    with path_of(language).open("wb") as file:
        write_po(file, catalog, width=100, sort_by_file=True, include_lineno=False)
    return catalog


def _describe(catalog: Catalog) -> None:
    """Fill the header in; a date of today would change every file each time."""
    catalog.creation_date = catalog.revision_date = _WHEN
    catalog.project, catalog.version = "Dateline", "1"
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
    catalog.fuzzy = False


def main() -> None:
    """Update every language and say how much of it is translated."""
    template = gathered()
    for language in LANGUAGES:
        if language != SOURCE:
            missing = untranslated(update(language, template))
            sys.stdout.write(f"{language}: {len(template)} messages, {len(missing)} missing\n")


if __name__ == "__main__":
    main()
