"""The translations: every word that a chat sees, in every language, with all that is filled in."""

from __future__ import annotations

import re
from functools import cache
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message

from bot.catalogs import gathered, translated, untranslated
from bot.core.words import LANGUAGES, SOURCE

OTHERS = [language for language in LANGUAGES if language != SOURCE]
COMMAND = re.compile(r"(?<![\w/:.])/[a-z]+")


@cache
def catalog(language: str) -> Catalog:
    return translated(language)


def forms(message: Message) -> list[str]:
    forms = message.string if isinstance(message.string, (tuple, list)) else [message.string]
    return [form or "" for form in forms]


def ids(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, (tuple, list)) else [message.id]


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_of_the_code_is_in_the_catalog_and_no_other(language: str) -> None:
    def keys(one: Catalog) -> set[tuple[str | None, str]]:
        return {(message.context, ids(message)[0]) for message in one if message.id}

    assert keys(gathered()) == keys(catalog(language)), "make locales brings them up to date"


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_translated_in_every_plural(language: str) -> None:
    assert [message.id for message in untranslated(catalog(language))] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_placeholder_is_kept(language: str) -> None:
    wrong = []
    for message in catalog(language):
        named: list[set[str]] = [fields(text) for text in ids(message)]
        for form in forms(message):
            # "One story" may say its count in a word.
            optional: set[str] = {"count"} if message.pluralizable else set()
            missing = set.intersection(*named) - fields(form) - optional
            if message.id and (missing or fields(form) - set[str]().union(*named)):
                wrong.append((message.id, form))
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_command_is_quoted_as_it_is_typed(language: str) -> None:
    wrong = []
    for message in catalog(language):
        wanted = set().union(*(COMMAND.findall(text) for text in ids(message)))
        if message.id and any(set(COMMAND.findall(form)) != wanted for form in forms(message)):
            wrong.append((message.id, message.string))
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_names_of_commands_are_single_words_and_tell_them_apart(language: str) -> None:
    names = [str(message.string) for message in catalog(language) if message.context == "command"]
    assert len(set(names)) == len(names) > 10
    assert [name for name in names if not re.fullmatch(r"[-\w]{1,32}", name)] == []
    assert [name for name in names if name != name.lower()] == []
