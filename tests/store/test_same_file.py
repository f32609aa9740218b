"""A database whose file is taken away under a running bot is written anew, whole."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.errors import StoreError
from bot.core.schedule import Subscription, next_due, parse_timing
from bot.store.database import DatabaseStore
from tests.fakes import CHAT, MONDAY


async def subscribe(store: DatabaseStore, chat: str) -> None:
    timing = parse_timing("8:00", "UTC")
    subscription = Subscription(replace(CHAT, id=chat), timing)
    await store.subscribe(subscription, next_due(timing, MONDAY))


async def subscribed(path: Path) -> int:
    store = await DatabaseStore.open(f"sqlite:///{path}")
    try:
        return (await store.tally())["subscriptions"]
    finally:
        await store.close()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def remove(folder: Path, pattern: str) -> None:
    for path in folder.glob(pattern):
        path.unlink()


@pytest.mark.parametrize("pattern", ["dateline.db", "dateline.db*"])
async def test_nothing_is_lost_when_the_file_is_removed_under_the_bot(
    pattern: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = await DatabaseStore.open(f"sqlite:///{tmp_path}/dateline.db")
    await subscribe(store, "1")
    await store.tally()  # somebody reads it, too
    remove(tmp_path, pattern)
    await subscribe(store, "2")
    assert (await store.tally())["subscriptions"] == 2
    await subscribe(store, "3")
    await store.close()
    assert await subscribed(tmp_path / "dateline.db") == 3
    assert caplog.text.count("was taken away while Dateline ran: written anew") == 1


async def test_nothing_is_written_to_a_file_that_another_one_took_the_place_of(
    tmp_path: Path,
) -> None:
    store = await DatabaseStore.open(f"sqlite:///{tmp_path}/dateline.db")
    await subscribe(store, "1")
    shutil.copy(tmp_path / "dateline.db", tmp_path / "other.db")
    (tmp_path / "other.db").replace(tmp_path / "dateline.db")
    with pytest.raises(StoreError, match=r"was replaced while Dateline ran\. Stop Dateline"):
        await subscribe(store, "2")
    await store.close()


async def test_a_folder_that_is_gone_is_said_until_it_is_there_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    store = await DatabaseStore.open(f"sqlite:///{folder}/dateline.db")
    await subscribe(store, "1")
    shutil.rmtree(folder)
    for _ in range(2):
        with pytest.raises(StoreError, match="could not be written again"):
            await subscribe(store, "2")
    folder.mkdir()
    await subscribe(store, "2")
    await store.close()
    assert await subscribed(folder / "dateline.db") == 2


async def test_the_other_files_of_the_folder_are_left_alone(tmp_path: Path) -> None:
    store = await DatabaseStore.open(f"sqlite:///{tmp_path}/dateline.db")
    await subscribe(store, "1")
    (tmp_path / "dateline.db.new").write_bytes(b"of the user")
    remove(tmp_path, "dateline.db")
    await subscribe(store, "2")
    await store.close()
    assert await subscribed(tmp_path / "dateline.db") == 2
    assert names(tmp_path) == {"dateline.db", "dateline.db.new"}
    assert (tmp_path / "dateline.db.new").read_bytes() == b"of the user"
