"""A journal that cannot be written for a while: it keeps no answer back, and catches up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot.core import journal as journals
from bot.core.errors import StoreError
from bot.core.journal import PatientJournal, Update, patient
from tests.fakes import FakeJournal

QUESTION = Update("1", {})


class FullJournal(FakeJournal):
    """A journal that takes nothing while its disk is `full`; it can be read all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False

    async def take(self, platform: str, updates: Sequence[Update]) -> Sequence[Update]:
        self._look()
        return await super().take(platform, updates)

    async def begin(self, platform: str, number: str) -> bool:
        self._look()
        return await super().begin(platform, number)

    async def finish(self, platform: str, number: str) -> None:
        self._look()
        await super().finish(platform, number)

    def _look(self) -> None:
        if self.full:
            raise StoreError("The disk is full.")


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(journals, "_LONGEST_PAUSE", 0.01)


@pytest.fixture
async def journal() -> FullJournal:
    """A journal that became full after it took a question."""
    full = FullJournal()
    await full.take("telegram", [QUESTION])
    full.full = True
    return full


async def none_left(journal: FullJournal) -> None:
    """Wait until the next start has nothing to answer."""
    async with asyncio.timeout(5):
        while await journal.unfinished("telegram"):  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.01)


async def test_an_answer_that_cannot_be_noted_goes_out_and_is_noted_once_there_is_room(
    journal: FullJournal,
) -> None:
    assert await PatientJournal(journal).begin("telegram", "1")
    assert await journal.unfinished("telegram") == [QUESTION]
    journal.full = False
    await none_left(journal)


async def test_an_answer_that_could_not_be_noted_goes_out_once(journal: FullJournal) -> None:
    patiently = PatientJournal(journal)
    assert await patiently.begin("telegram", "1")
    assert not await patiently.begin("telegram", "1")
    assert await patiently.unfinished("telegram") == []  # a platform that starts anew finds nothing
    journal.full = False
    assert not await patiently.begin("telegram", "1")


async def test_who_finishes_an_update_waits_until_it_is_noted(journal: FullJournal) -> None:
    finishing = asyncio.create_task(PatientJournal(journal).finish("telegram", "1"))
    await asyncio.sleep(0.05)
    assert not finishing.done()
    journal.full = False
    await asyncio.wait_for(finishing, 5)
    assert await journal.unfinished("telegram") == []


async def test_what_is_owed_is_noted_although_nobody_waits_for_it_any_more(
    journal: FullJournal,
) -> None:
    finishing = asyncio.create_task(PatientJournal(journal).finish("telegram", "1"))
    await asyncio.sleep(0.02)
    finishing.cancel()  # the platform stopped
    await asyncio.wait([finishing])
    journal.full = False
    await none_left(journal)


async def test_a_journal_that_owes_nothing_leaves_no_task_behind(journal: FullJournal) -> None:
    patiently, before = PatientJournal(journal), asyncio.all_tasks()
    await patiently.begin("telegram", "1")
    journal.full = False
    await patiently.finish("telegram", "1")
    await none_left(journal)
    async with asyncio.timeout(5):
        while asyncio.all_tasks() != before:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.01)


def test_a_patient_journal_is_not_made_patient_twice() -> None:
    patiently = patient(FakeJournal())
    assert patient(patiently) is patiently
