"""What an operator types: the outbox by hand, a backup put back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.core.errors import RequestError, SettingsError, StoreError
from bot.core.messages import Chat
from bot.core.ports import Opening, Outcome, PartState
from bot.core.schedule import Occurrence, Subscription, Timing
from bot.ops_commands import backup, change_outbox, outbox, print_outbox, restore
from bot.settings import Settings, load
from bot.store.database import DatabaseStore
from bot.store.engine import HEAD
from tests.ops.test_alone import holding
from tests.ops.test_backup import foreign, names

NOW = datetime(2016, 1, 20, 8, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"DATELINE_DATA_DIR": str(tmp_path), "HOME": str(tmp_path)})


async def made(settings: Settings, *states: PartState, paused: str = "") -> None:
    """One digest for each of so many chats, its message in this state."""
    store = await DatabaseStore.open(settings.database_url)
    try:
        for number, state in enumerate(states, start=1):
            await _digest(store, Chat("telegram", str(number)), state, paused)
    finally:
        await store.close()


async def _digest(store: DatabaseStore, chat: Chat, state: PartState, paused: str) -> None:
    due, following = (Occurrence(at.date(), at) for at in (NOW, NOW + timedelta(days=1)))
    kept = await store.subscribe(Subscription(chat, Timing(time(8), "UTC")), due)
    await store.open_due([Opening(kept, due, following)])
    [edition] = await store.open_editions(chat, NOW)
    [part] = await store.freeze(edition, [{"text": "hello"}])
    claimed = await store.claim(part, NOW, timedelta(minutes=1))
    assert claimed is not None
    await store.mark(claimed, Outcome(state, reason="no answer"))
    if paused:
        await store.pause(chat, paused)


async def test_a_folder_without_a_database_is_no_empty_outbox(settings: Settings) -> None:
    with pytest.raises(RequestError, match="There is no database at"):
        await outbox(settings)
    with pytest.raises(RequestError, match="There is no database at"):
        await change_outbox(settings, "drop", ["all"])
    assert not (settings.data_dir / "dateline.db").exists()


async def test_of_messages_that_are_retried_it_is_said_which_will_go(settings: Settings) -> None:
    await made(settings, PartState.UNKNOWN, PartState.DEAD, PartState.PENDING)
    said = await change_outbox(settings, "retry", ["all"])
    assert said == "2 messages will be sent again. 1 message will be sent by itself: nothing to do."


async def test_what_no_chat_takes_is_not_said_to_be_sent_again(settings: Settings) -> None:
    await made(settings, PartState.DEAD, paused="blocked")
    said = await change_outbox(settings, "retry", ["1"])
    assert said.startswith("0 messages will be sent again. 1 message will not")
    assert len(await outbox(settings)) == 1


async def test_messages_are_dropped_by_number_or_all_at_once(settings: Settings) -> None:
    await made(settings, *[PartState.UNKNOWN] * 4)
    assert await change_outbox(settings, "drop", ["1", "3"]) == "2 messages dropped."
    with pytest.raises(RequestError, match="no message “1” in the outbox"):
        await change_outbox(settings, "drop", ["1"])
    assert await change_outbox(settings, "drop", ["all"]) == "2 messages dropped."
    assert await outbox(settings) == []


async def test_a_long_outbox_says_how_much_of_it_is_not_shown(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await made(settings, *[PartState.DEAD] * 103)
    lines = await outbox(settings)
    assert len(lines) == 103
    print_outbox(lines)
    said = capsys.readouterr().out
    assert said.count("telegram:") == 100
    assert "3 messages more: dateline outbox --json lists all." in said


async def test_nothing_is_restored_under_a_bot_that_runs(
    settings: Settings, tmp_path: Path
) -> None:
    await made(settings, PartState.SENT)
    await backup(settings, str(tmp_path / "copy.db"))
    with (
        holding(tmp_path / "dateline.db"),
        pytest.raises(SettingsError, match="Stop it first"),
    ):
        await restore(settings, str(tmp_path / "copy.db"))
    assert not names(tmp_path, "before-restore")


async def test_what_was_restored_says_what_it_does_not_know(
    settings: Settings, tmp_path: Path
) -> None:
    await made(settings, PartState.SENT)
    await backup(settings, str(tmp_path / "copy.db"))
    said = await restore(settings, str(tmp_path / "copy.db"))
    assert said.startswith("Restored: 1 subscription(s). The database before it is kept as ")
    assert "may come again" in said


async def test_a_backup_of_a_newer_version_is_refused_and_changes_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    await made(settings, PartState.UNKNOWN)
    await backup(settings, str(tmp_path / "copy.db"))
    with closing(sqlite3.connect(tmp_path / "copy.db")) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="A newer Dateline"):
        await restore(settings, str(tmp_path / "copy.db"))
    assert len(await outbox(settings)) == 1
    assert not names(tmp_path, "before-restore")


@pytest.mark.parametrize("name", ["p%41q", "a b?c"])
async def test_in_a_folder_of_any_name_a_backup_is_restored_where_the_bot_looks(
    tmp_path: Path, name: str
) -> None:
    settings = load({"DATELINE_DATA_DIR": str(tmp_path / name), "HOME": str(tmp_path)})
    await made(settings, PartState.SENT)
    await backup(settings, str(tmp_path / "copy.db"))
    said = await restore(settings, str(tmp_path / "copy.db"))
    assert said.startswith("Restored: 1 subscription(s). The database before it is kept as ")
    assert {"copy.db", name} == set(names(tmp_path, ""))


async def test_a_database_of_something_else_is_refused_by_the_name_that_was_typed(
    settings: Settings, tmp_path: Path
) -> None:
    await made(settings, PartState.UNKNOWN)
    foreign(
        tmp_path / "other.db",
        f"CREATE TABLE alembic_version AS SELECT '{HEAD}' AS version_num",
        "CREATE TABLE subscriptions (id INTEGER)",
    )
    with pytest.raises(StoreError) as refused:
        await restore(settings, str(tmp_path / "other.db"))
    assert str(refused.value) == (
        f"Cannot use the database {tmp_path}/other.db: no such table: parts."
    )
    assert len(await outbox(settings)) == 1


@pytest.mark.parametrize("typed", ["9" * 5000, "²", "-1", "01"])
async def test_a_number_that_nobody_shows_is_in_no_outbox(settings: Settings, typed: str) -> None:
    await made(settings, PartState.UNKNOWN)
    with pytest.raises(RequestError, match="There is no message “") as refused:
        await change_outbox(settings, "retry", [typed])
    assert len(str(refused.value)) < 60
