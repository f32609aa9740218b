"""What goes through the narrow waist."""

from __future__ import annotations

import pytest

from bot.core.messages import Action, Chat


def test_a_button_carries_its_command_and_arguments() -> None:
    assert Action("Stop", "unsubscribe", "08:00").data == "unsubscribe 08:00"
    assert Action("Help", "help").data == "help"


@pytest.mark.parametrize(("arguments", "fits"), [("x" * 58, True), ("x" * 59, False)])
def test_a_button_holds_64_bytes_and_not_one_more(arguments: str, fits: bool) -> None:  # noqa: FBT001 - the expected result
    assert Action.fits("brief", arguments) is fits
    assert len(f"brief {arguments}".encode()) == (64 if fits else 65)


def test_a_button_counts_bytes_not_characters() -> None:
    assert Action.fits("place", "é" * 29)
    assert not Action.fits("place", "é" * 30)


def test_a_button_may_carry_more_than_a_platform_keeps_behind_it() -> None:
    link = "https://news.example/" + "x" * 500
    assert Action("Read", "brief", link).data == f"brief {link}"


def test_a_chat_is_called_in_the_log_as_on_the_command_line() -> None:
    assert str(Chat("telegram", "-100123")) == "telegram:-100123"
    assert str(Chat("telegram", "-100123", thread="7")) == "telegram:-100123:7"
