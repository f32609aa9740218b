"""What every store promises, whatever keeps it: memory, SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.core.chats import ChatSettings, Standing
from bot.core.delivery import LEASE
from bot.core.messages import Chat, ChatKind
from bot.core.ports import Edition, Opening, Outcome, Part, PartState, Payload, Store
from bot.core.schedule import WEEKDAYS, Occurrence, Quiet, Subscription, Timing, next_due
from summaries.article import Length
from tests.contract.conftest import OpenStore
from tests.fakes import MONDAY

NOW = MONDAY
CHAT = Chat("fake", "-5001", ChatKind.GROUP, thread="7")
TIMING = Timing(time(8, 0), "Europe/Paris")
HELLO: Payload = {"text": "“Hello” & <b> \U0001f30d", "buttons": [["Stop", "unsubscribe 08:00"]]}
FAKE = ["fake"]


def subscription(chat: Chat = CHAT, timing: Timing = TIMING) -> Subscription:
    return Subscription(chat, timing, locale="fr")


async def subscribed(store: Store, chat: Chat = CHAT, timing: Timing = TIMING) -> Subscription:
    """A subscription that is due at 08:00 in Paris on Monday, 07:00 UTC."""
    return await store.subscribe(subscription(chat, timing), next_due(timing, NOW))


async def opened(
    store: Store, payloads: Sequence[Payload] = (), chat: Chat = CHAT, timing: Timing = TIMING
) -> Edition:
    """An edition of Monday, with these messages written down."""
    kept = await subscribed(store, chat, timing)
    due = next_due(timing, NOW)
    assert await open_edition(store, kept, due, next_due(timing, due.at))
    [edition] = [
        one for one in await store.open_editions(chat, due.at) if one.subscription.timing == timing
    ]
    if payloads:
        await store.freeze(edition, payloads)
    return edition


async def only_part(store: Store, edition: Edition) -> Part:
    [part] = await store.parts(edition)
    return part


async def open_edition(
    store: Store, kept: Subscription, due: Occurrence, following: Occurrence, missed: str = ""
) -> bool:
    return await store.open_due([Opening(kept, due, following, missed)]) == 1


async def unfinished(
    store: Store, platforms: Sequence[str], now: datetime = NOW, limit: int = 500
) -> list[Edition]:
    """What is left to do in all chats of the platforms, the longest waiting first."""
    chats = await store.waiting_chats(platforms, now, limit)
    return [one for chat in chats for one in await store.open_editions(chat, now)]


async def waiting(store: Store, now: datetime = NOW) -> list[int]:
    return [edition.id for edition in await unfinished(store, FAKE, now)]


async def claim(store: Store, part: Part, now: datetime = NOW) -> Part:
    """Take the part as it stands now, which must succeed."""
    [current] = [
        one
        for edition in await store.open_editions(part.chat, now)
        for one in await store.parts(edition)
        if one.id == part.id
    ]
    claimed = await store.claim(current, now, LEASE)
    assert claimed is not None
    return claimed


# --- what waits


async def test_an_edition_that_is_held_is_left_again_when_that_is_over(store: Store) -> None:
    edition = await opened(store, [{"text": "one"}])
    until = NOW + timedelta(hours=9)
    await store.hold(edition, until)
    assert await waiting(store, until - timedelta(seconds=1)) == []
    [again] = await unfinished(store, FAKE, until)
    assert (again.id, again.held_until) == (edition.id, until)
    assert again.occurrence == edition.occurrence


async def test_what_is_retried_is_held_no_longer(store: Store) -> None:
    edition = await opened(store, [{"text": "one"}])
    await store.hold(edition, NOW + timedelta(hours=9))
    await store.give_up(edition, "too late")
    assert await store.retry([(await only_part(store, edition)).id], NOW) == 1
    [again] = await unfinished(store, FAKE)
    assert again.held_until is None


async def test_waits_are_cut_for_the_platforms_asked(store: Store) -> None:
    for chat in (CHAT, Chat("other", "1001")):
        part = await only_part(store, await opened(store, [{"text": "one"}], chat))
        long = Outcome(PartState.PENDING, reason="down", not_before=NOW + timedelta(hours=5))
        await store.mark(await claim(store, part), long)
    soon = NOW + timedelta(minutes=15)
    assert await store.cut_waits(FAKE, soon) == 1
    assert await store.cut_waits(FAKE, soon) == 0
    found = await unfinished(store, ["fake", "other"], soon)
    assert [one.subscription.chat.platform for one in found] == ["fake"]


# --- claims that nobody knows to be made


async def test_a_claim_that_is_given_back_is_as_if_nobody_had_asked(store: Store) -> None:
    edition = await opened(store, [{"text": "one"}])
    part = await only_part(store, edition)
    assert await store.claim(part, NOW, LEASE)
    await store.release(part)
    left = await only_part(store, edition)
    assert (left.state, left.uncertain_since) == (PartState.PENDING, None)
    assert (await claim(store, part)).attempts == 2


async def test_a_doubt_of_an_earlier_attempt_stays_when_a_claim_is_given_back(
    store: Store,
) -> None:
    edition = await opened(store, [{"text": "one"}])
    lost = Outcome(PartState.PENDING, reason="lost", uncertain=True)
    await store.mark(await claim(store, await only_part(store, edition)), lost)
    part = await only_part(store, edition)
    later = NOW + timedelta(minutes=1)
    assert await store.claim(part, later, LEASE)
    await store.release(part)
    assert (await only_part(store, edition)).uncertain_since == NOW


async def test_what_was_never_claimed_or_is_done_is_not_given_back(store: Store) -> None:
    edition = await opened(store, [{"text": "one"}])
    part = await only_part(store, edition)
    await store.release(part)
    assert await only_part(store, edition) == part
    await store.mark(await claim(store, part), Outcome(PartState.SENT, "77"))
    await store.release(part)
    assert (await only_part(store, edition)).state is PartState.SENT


# --- subscriptions


async def test_a_subscription_comes_back_as_it_was_given(store: Store) -> None:
    timing = Timing(time(7, 30), "America/Argentina/Buenos_Aires", WEEKDAYS)
    first = next_due(timing, NOW)
    kept = await store.subscribe(Subscription(CHAT, timing, "brief", "long “é”", "pt-BR"), first)
    assert kept.id > 0
    assert replace(kept, id=0) == Subscription(CHAT, timing, "brief", "long “é”", "pt-BR")
    assert await store.subscriptions(CHAT) == [(kept, first)]


async def test_subscribing_at_the_same_hour_replaces_and_keeps_the_number(store: Store) -> None:
    old = await subscribed(store)
    tokyo = Timing(TIMING.at, "Asia/Tokyo", WEEKDAYS)
    new = await subscribed(store, timing=tokyo)
    assert new.id == old.id
    assert await store.subscriptions(CHAT) == [(new, next_due(tokyo, NOW))]


async def test_subscriptions_come_by_hour_and_only_those_of_the_chat(store: Store) -> None:
    evening = await subscribed(store, timing=Timing(time(20, 0), "UTC"))
    morning = await subscribed(store)
    for other in (replace(CHAT, thread=""), replace(CHAT, id="2"), replace(CHAT, platform="other")):
        await subscribed(store, other)
    assert [kept.id for kept, _ in await store.subscriptions(CHAT)] == [morning.id, evening.id]


async def test_unsubscribing_drops_one_or_all_of_the_chat_only(store: Store) -> None:
    morning = await subscribed(store)
    evening = await subscribed(store, timing=Timing(time(20, 0), "UTC"))
    other = await subscribed(store, replace(CHAT, id="2"))
    assert await store.unsubscribe(CHAT, other.id) == []
    assert await store.unsubscribe(CHAT, morning.id) == [morning]
    assert await store.unsubscribe(CHAT, None) == [evening]
    assert await store.unsubscribe(CHAT, None) == []
    assert [kept for kept, _ in await store.subscriptions(other.chat)] == [other]


async def test_a_number_is_never_given_again(store: Store) -> None:
    old = await subscribed(store)
    await store.unsubscribe(CHAT, None)
    assert (await subscribed(store)).id != old.id


async def test_unsubscribing_takes_what_is_under_way_along(store: Store) -> None:
    edition = await opened(store, [HELLO])
    part = await only_part(store, edition)
    await store.unsubscribe(CHAT, None)
    assert await waiting(store) == []
    assert await store.parts(edition) == []
    assert await store.claim(part, NOW, LEASE) is None
    assert not await store.mark(part, Outcome(PartState.SENT, "1"))
    await store.freeze(edition, [HELLO])
    await store.give_up(edition, "gone")
    assert await store.tally() == {"subscriptions": 0, "missed": 0}


# --- what is due


async def test_a_subscription_is_due_at_its_second_and_not_before(store: Store) -> None:
    kept = await subscribed(store)
    first = next_due(TIMING, NOW)
    assert await store.due(first.at - timedelta(seconds=1)) == []
    assert await store.due(first.at) == [(kept, first)]


async def test_the_longest_due_comes_first_and_the_limit_holds(store: Store) -> None:
    for number, hour in enumerate((9, 7, 8)):
        await subscribed(store, replace(CHAT, id=str(number)), Timing(time(hour), "UTC"))
    found = await store.due(NOW + timedelta(days=1), limit=2)
    assert [kept.timing.at.hour for kept, _ in found] == [7, 8]


async def test_an_edition_is_opened_once_for_a_local_date(store: Store) -> None:
    kept = await subscribed(store)
    due = next_due(TIMING, NOW)
    tomorrow = next_due(TIMING, due.at)
    assert await open_edition(store, kept, due, tomorrow)
    assert not await open_edition(store, kept, due, tomorrow)
    assert await store.due(due.at) == []
    assert await store.subscriptions(CHAT) == [(kept, tomorrow)]
    [edition] = await unfinished(store, FAKE, due.at)
    assert (edition.subscription, edition.occurrence, edition.frozen) == (kept, due, False)


async def test_the_same_local_date_in_another_zone_is_not_told_again(store: Store) -> None:
    first = await opened(store)
    honolulu = Timing(TIMING.at, "Pacific/Honolulu")
    later = next_due(honolulu, first.occurrence.at)
    kept = await store.subscribe(subscription(timing=honolulu), later)
    assert later.day == first.occurrence.day
    assert not await open_edition(store, kept, later, next_due(honolulu, later.at))
    assert await waiting(store, later.at) == [first.id]


async def test_the_newest_date_of_a_subscription_is_known(store: Store) -> None:
    kept = await subscribed(store)
    assert await store.newest_day(kept.id) is None
    due = next_due(TIMING, NOW)
    for _ in range(2):
        following = next_due(TIMING, due.at)
        await open_edition(store, kept, due, following)
        newest, due = due, following
    assert await store.newest_day(kept.id) == newest.day
    assert await store.newest_day(kept.id + 1) is None


async def test_a_subscription_changed_meanwhile_keeps_its_change(store: Store) -> None:
    [(stale, due)] = [(await subscribed(store), next_due(TIMING, NOW))]
    evening = Occurrence(due.day, due.at + timedelta(hours=10))
    await store.subscribe(subscription(), evening)
    assert not await open_edition(store, stale, due, next_due(TIMING, due.at))
    await open_edition(store, stale, due, next_due(TIMING, due.at), "too late")
    assert [when for _, when in await store.subscriptions(CHAT)] == [evening]
    assert (await store.tally())["missed"] == 0


async def test_a_subscription_that_has_gone_opens_nothing(store: Store) -> None:
    kept = await subscribed(store)
    due = next_due(TIMING, NOW)
    await store.unsubscribe(CHAT, None)
    assert not await open_edition(store, kept, due, next_due(TIMING, due.at))
    assert await waiting(store) == []


async def test_a_subscription_paused_meanwhile_opens_nothing(store: Store) -> None:
    kept = await subscribed(store)
    due = next_due(TIMING, NOW)
    await store.pause(CHAT, "the bot was blocked")
    assert not await open_edition(store, kept, due, next_due(TIMING, due.at))
    assert (await store.subscriptions(CHAT))[0][1] == due


async def test_a_skipped_occurrence_is_recorded_and_never_sent(store: Store) -> None:
    kept = await subscribed(store)
    due = next_due(TIMING, NOW)
    assert not await open_edition(
        store, kept, due, next_due(TIMING, due.at), "the bot was not running"
    )
    assert (await store.tally())["missed"] == 1
    assert await waiting(store, due.at) == []
    assert await store.due(due.at) == []


# --- editions and their parts


async def test_editions_come_oldest_first_for_the_platforms_asked(store: Store) -> None:
    late = await opened(store, timing=Timing(time(9), "UTC"))
    early = await opened(store, chat=replace(CHAT, id="2"), timing=Timing(time(8), "UTC"))
    other = await opened(store, chat=replace(CHAT, platform="other"))
    assert await waiting(store) == [early.id, late.id]
    assert [one.id for one in await unfinished(store, ["other"], NOW)] == [other.id]
    assert await unfinished(store, [], NOW) == []
    assert [one.id for one in await unfinished(store, FAKE, NOW, limit=1)] == [early.id]


async def test_a_chats_editions_come_by_their_hour(store: Store) -> None:
    hours = [time(8, 30), time(8), time(9)]
    first, second, third = [(await opened(store, timing=Timing(at, "UTC"))).id for at in hours]
    assert await waiting(store) == [second, first, third]


async def test_parts_come_back_in_order_and_as_they_were_written(store: Store) -> None:
    edition = await opened(store, [HELLO, {"text": "\0 \ud83d"}, {"text": "3"}])
    found = await store.parts(edition)
    assert [part.payload for part in found] == [HELLO, {"text": "\0 \ud83d"}, {"text": "3"}]
    assert [part.position for part in found] == [0, 1, 2]
    assert {part.chat for part in found} == {CHAT}
    assert {(part.state, part.attempts) for part in found} == {(PartState.PENDING, 0)}
    assert len({part.key for part in found}) == 3
    assert all(len(part.key) <= 25 for part in found)
    [again] = await unfinished(store, FAKE, NOW)
    assert again.frozen


async def test_a_frozen_edition_does_not_change(store: Store) -> None:
    edition = await opened(store)
    frozen = await store.freeze(edition, [HELLO])
    assert [(part.payload, part.chat) for part in frozen] == [(HELLO, CHAT)]
    assert await store.freeze(edition, [{"text": "another"}, {"text": "more"}]) == frozen
    assert await store.parts(edition) == frozen


async def test_an_edition_without_a_message_is_done(store: Store) -> None:
    edition = await opened(store)
    await store.freeze(edition, [])
    assert await waiting(store) == []


async def test_a_claim_counts_the_attempt_and_is_had_once(store: Store) -> None:
    edition = await opened(store, [HELLO])
    part = await only_part(store, edition)
    assert await store.claim(part, NOW, LEASE)
    assert await store.claim(part, NOW, LEASE) is None
    claimed = await only_part(store, edition)
    assert await store.claim(claimed, NOW, LEASE) is None
    assert (claimed.state, claimed.attempts) == (PartState.SENDING, 1)
    assert await waiting(store) == [edition.id]


async def test_who_read_a_part_before_its_last_attempt_gets_no_claim(store: Store) -> None:
    edition = await opened(store, [HELLO])
    read = await only_part(store, edition)
    await store.mark(await claim(store, read), Outcome(PartState.PENDING, reason="refused"))
    assert await store.claim(read, NOW, LEASE) is None
    await claim(store, read)


async def test_an_edition_is_done_when_its_last_part_is_settled(store: Store) -> None:
    edition = await opened(store, [HELLO] * 3)
    for part, state in zip(
        await store.parts(edition),
        (PartState.SENT, PartState.UNKNOWN, PartState.DEAD),
        strict=True,
    ):
        assert await waiting(store) == [edition.id]
        taken = await claim(store, part)
        assert await store.mark(taken, Outcome(state, "77", "said \0 so"))
    assert await waiting(store) == []
    assert [(part.state.value, part.message_id) for part in await store.parts(edition)] == [
        ("sent", "77"),
        ("unknown", "77"),
        ("dead", "77"),
    ]


async def test_a_part_told_to_wait_holds_its_chat_to_the_second_and_no_other(store: Store) -> None:
    morning = await opened(store, [HELLO])
    evening = await opened(store, [HELLO], timing=Timing(time(9), "UTC"))
    elsewhere = await opened(store, [HELLO], chat=replace(CHAT, id="2"))
    part = await only_part(store, morning)
    until = NOW + timedelta(seconds=60.4)
    outcome = Outcome(PartState.PENDING, reason="slow down", not_before=until)
    await store.mark(await claim(store, part), outcome)
    early = NOW + timedelta(seconds=60.3)
    assert await waiting(store, early) == [elsewhere.id]
    assert await store.waiting_chats(FAKE, early) == [elsewhere.subscription.chat]
    assert await store.open_editions(CHAT, early) == []
    assert await store.claim(await only_part(store, morning), early, LEASE) is None
    late = NOW + timedelta(seconds=61)
    assert sorted(await waiting(store, late)) == [morning.id, evening.id, elsewhere.id]
    await claim(store, part, late)


async def test_what_is_given_up_is_recorded_and_what_was_sent_stays_sent(store: Store) -> None:
    edition = await opened(store, [HELLO] * 2)
    first, _ = await store.parts(edition)
    await store.mark(await claim(store, first), Outcome(PartState.SENT, "1"))
    await store.give_up(edition, "too late")
    assert await waiting(store) == []
    told = [(part.state, part.reason) for part in await store.parts(edition)]
    assert told == [(PartState.SENT, ""), (PartState.DEAD, "too late")]
    await store.give_up(edition, "again")
    assert await store.tally() == {"sent": 1, "dead": 1, "subscriptions": 1, "missed": 1}


async def test_what_came_whole_is_never_missed(store: Store) -> None:
    edition = await opened(store, [HELLO])
    await store.mark(await claim(store, await only_part(store, edition)), Outcome(PartState.SENT))
    await store.give_up(edition, "too late")
    await store.pause(CHAT, "the bot was blocked")
    assert await store.tally() == {"sent": 1, "subscriptions": 1, "missed": 0}


async def test_what_may_have_arrived_is_unknown_and_not_dead_when_it_is_given_up(
    store: Store,
) -> None:
    edition = await opened(store, [HELLO])
    claimed = await claim(store, await only_part(store, edition))
    await store.mark(claimed, Outcome(PartState.PENDING, reason="no answer", uncertain=True))
    await store.give_up(edition, "too late")
    assert (await only_part(store, edition)).state is PartState.UNKNOWN
    assert await store.mark(claimed, Outcome(PartState.SENT, "1"))


async def test_what_was_given_up_unsent_stays_so_whatever_an_old_claim_says(store: Store) -> None:
    edition = await opened(store, [HELLO])
    claimed = await claim(store, await only_part(store, edition))
    await store.mark(claimed, Outcome(PartState.DEAD, reason="refused"))
    assert not await store.mark(claimed, Outcome(PartState.SENT, "1"))


async def test_an_edition_given_up_before_it_was_written_stays_empty(store: Store) -> None:
    edition = await opened(store)
    await store.give_up(edition, "too late")
    await store.freeze(edition, [HELLO])
    assert await store.parts(edition) == []
    assert await waiting(store) == []


# --- what is uncertain


async def test_a_claim_is_uncertain_until_its_outcome_is_known(store: Store) -> None:
    edition = await opened(store, [HELLO])
    part = await only_part(store, edition)
    assert part.uncertain_since is None
    claimed = await claim(store, part)
    assert (await only_part(store, edition)).uncertain_since == NOW
    await store.mark(claimed, Outcome(PartState.PENDING, reason="refused"))
    assert (await only_part(store, edition)).uncertain_since is None


async def test_an_uncertain_attempt_is_remembered_over_later_refusals(store: Store) -> None:
    edition = await opened(store, [HELLO])
    part = await only_part(store, edition)
    lost = Outcome(PartState.PENDING, reason="answer lost", uncertain=True)
    await store.mark(await claim(store, part), lost)
    again = await claim(store, part, NOW + timedelta(seconds=30))
    assert (await only_part(store, edition)).uncertain_since == NOW
    await store.mark(again, Outcome(PartState.PENDING, reason="refused"))
    assert (await only_part(store, edition)).uncertain_since == NOW


async def test_a_claim_whose_lease_ran_out_is_taken_back_and_uncertain(store: Store) -> None:
    here = await opened(store, [HELLO] * 2)
    there = await opened(store, [HELLO], chat=replace(CHAT, platform="other"))
    for edition in (here, there):
        await claim(store, (await store.parts(edition))[0])
    assert await store.settle(["fake", "other"], NOW + LEASE) == 0
    ended = NOW + LEASE + timedelta(seconds=1)
    assert await store.settle(FAKE, ended) == 1
    assert await store.settle(FAKE, ended) == 0
    first, second = await store.parts(here)
    assert (first.state, first.uncertain_since) == (PartState.PENDING, NOW)
    assert (second.state, second.uncertain_since) == (PartState.PENDING, None)
    assert (await only_part(store, there)).state is PartState.SENDING
    await claim(store, first, ended)


async def test_until_somebody_else_takes_it_a_sleeper_says_what_became_of_it(store: Store) -> None:
    edition = await opened(store, [HELLO])
    sleeper = await claim(store, await only_part(store, edition))
    await store.settle(FAKE, NOW + LEASE * 2)
    assert (await only_part(store, edition)).uncertain_since is not None
    assert await store.mark(sleeper, Outcome(PartState.PENDING, reason="it was not sent"))
    waits = await only_part(store, edition)
    assert (waits.state, waits.uncertain_since) == (PartState.PENDING, None)


async def test_what_was_given_up_meanwhile_stays_so_whatever_a_sleeper_says(store: Store) -> None:
    edition = await opened(store, [HELLO])
    sleeper = await claim(store, await only_part(store, edition))
    await store.settle(FAKE, NOW + LEASE * 2)
    await store.give_up(edition, "too late")
    assert not await store.mark(sleeper, Outcome(PartState.PENDING, reason="it was not sent"))
    assert (await only_part(store, edition)).state is PartState.UNKNOWN


async def test_whoever_lost_the_lease_writes_nothing_but_that_it_was_sent(store: Store) -> None:
    edition = await opened(store, [HELLO])
    sleeper = await claim(store, await only_part(store, edition))
    await store.settle(FAKE, NOW + LEASE * 2)
    other = await claim(store, sleeper, NOW + LEASE * 2)
    assert not await store.mark(sleeper, Outcome(PartState.DEAD, reason="refused"))
    assert not await store.mark(sleeper, Outcome(PartState.SENT, "1"))
    await store.mark(other, Outcome(PartState.UNKNOWN, reason="nobody knows", uncertain=True))
    assert await waiting(store) == []
    assert await store.mark(sleeper, Outcome(PartState.SENT, "1"))
    sent = await only_part(store, edition)
    assert (sent.state, sent.message_id, sent.uncertain_since) == (PartState.SENT, "1", None)


# --- the outbox, as the operator sees it


async def test_the_outbox_lists_what_did_not_simply_arrive_newest_first(store: Store) -> None:
    edition = await opened(store, [HELLO] * 5)
    sent, unknown, dead, waiting_, _ = await store.parts(edition)
    outcomes = {
        sent.id: Outcome(PartState.SENT, "1"),
        unknown.id: Outcome(PartState.UNKNOWN, reason="no answer"),
        dead.id: Outcome(PartState.DEAD, reason="too long"),
        waiting_.id: Outcome(PartState.PENDING, reason="slow down"),
    }
    for part in (sent, unknown, dead, waiting_):
        await store.mark(await claim(store, part), outcomes[part.id])
    lines = await store.outbox()
    assert [(line.part.id, line.part.reason) for line in lines] == [
        (waiting_.id, "slow down"),
        (dead.id, "too long"),
        (unknown.id, "no answer"),
    ]
    assert {(line.part.chat, line.day) for line in lines} == {(CHAT, edition.occurrence.day)}
    assert len(await store.outbox(limit=1)) == 1


async def test_what_is_retried_is_due_now_and_what_is_dropped_is_gone(store: Store) -> None:
    edition = await opened(store, [HELLO] * 3)
    first, second, third = await store.parts(edition)
    for part in (first, second, third):
        unknown = Outcome(PartState.UNKNOWN, reason="no answer", uncertain=True)
        await store.mark(await claim(store, part), unknown)
    assert await waiting(store) == []
    later = NOW + timedelta(days=3)
    assert await store.retry([first.id, 999], later) == 1
    assert await store.drop([second.id, 999]) == 1
    [again] = await unfinished(store, FAKE, later)
    assert again.occurrence == Occurrence(edition.occurrence.day, later)
    states = [(part.state, part.uncertain_since) for part in await store.parts(again)]
    assert states[0] == (PartState.PENDING, None)
    assert [line.part.id for line in await store.outbox()] == [third.id]


async def test_what_no_chat_takes_is_not_retried_until_it_takes_digests_again(
    store: Store,
) -> None:
    edition = await opened(store, [HELLO])
    part = await only_part(store, edition)
    await store.mark(await claim(store, part), Outcome(PartState.DEAD, reason="blocked"))
    await store.pause(CHAT, "blocked")
    assert await store.retry([part.id], NOW) == 0
    assert [line.part.state for line in await store.outbox()] == [PartState.DEAD]
    await store.subscribe(edition.subscription, edition.occurrence)
    assert await store.retry([part.id], NOW) == 1


async def test_what_was_given_up_while_it_waited_is_retried_at_once_and_not_missed(
    store: Store,
) -> None:
    edition = await opened(store, [HELLO])
    claimed = await claim(store, await only_part(store, edition))
    later = NOW + timedelta(hours=1)
    await store.mark(claimed, Outcome(PartState.PENDING, reason="busy", not_before=later))
    await store.give_up(edition, "too late")
    assert (await store.tally())["missed"] == 1
    assert await store.retry([claimed.id], NOW) == 1
    assert (await store.tally())["missed"] == 0
    assert await waiting(store) == [edition.id]
    await claim(store, claimed)


async def test_what_was_sent_or_is_in_hand_is_neither_retried_nor_dropped(store: Store) -> None:
    edition = await opened(store, [HELLO] * 2)
    sent, in_hand = [await claim(store, part) for part in await store.parts(edition)]
    await store.mark(sent, Outcome(PartState.SENT, "1"))
    both = [sent.id, in_hand.id]
    assert (await store.retry(both, NOW), await store.drop(both)) == (0, 0)
    states = [part.state for part in await store.parts(edition)]
    assert states == [PartState.SENT, PartState.SENDING]


async def test_an_edition_is_not_done_while_one_of_its_parts_is_in_hand(store: Store) -> None:
    edition = await opened(store, [HELLO] * 2)
    first, second = [await claim(store, part) for part in await store.parts(edition)]
    await store.mark(first, Outcome(PartState.SENT, "1"))
    await store.mark(second, Outcome(PartState.PENDING, reason="refused"))
    assert (await store.parts(edition))[1].state is PartState.PENDING
    assert await waiting(store) == [edition.id]


async def test_what_is_dropped_ends_no_digest_that_is_not_written_yet(store: Store) -> None:
    unwritten = await opened(store, chat=replace(CHAT, id="2"))
    dropped = await opened(store, [HELLO])
    assert await store.drop([(await only_part(store, dropped)).id]) == 1
    assert await waiting(store) == [unwritten.id]


async def test_an_edition_whose_last_message_is_dropped_is_done(store: Store) -> None:
    edition = await opened(store, [HELLO])
    part = await only_part(store, edition)
    assert await store.drop([part.id]) == 1
    assert await waiting(store) == []


async def test_old_finished_editions_are_forgotten_and_nothing_else(store: Store) -> None:
    done = await opened(store, [HELLO])
    await store.mark(await claim(store, await only_part(store, done)), Outcome(PartState.SENT, "1"))
    waits = await opened(store, [HELLO], chat=replace(CHAT, id="2"))
    assert await store.forget(done.occurrence.at) == 0
    assert await store.forget(done.occurrence.at + timedelta(days=1)) == 1
    assert await store.parts(done) == []
    assert len(await store.parts(waits)) == 1
    assert (await store.tally())["subscriptions"] == 2


async def test_more_messages_than_one_statement_names_are_dropped_and_retried(store: Store) -> None:
    edition = await opened(store, [HELLO] * 3)
    for part in await store.parts(edition):
        await store.mark(await claim(store, part), Outcome(PartState.UNKNOWN, reason="no answer"))
    everything = range(1, 40_000)
    assert await store.drop(everything) == 3
    assert await store.retry(everything, NOW) == 3
    assert await waiting(store) == [edition.id]


# --- what a chat chose


async def test_a_chat_has_its_own_settings_and_its_subscriptions_know_them(store: Store) -> None:
    kept = await subscribed(store)
    other = await subscribed(store, replace(CHAT, id="2"))
    assert await store.settings(CHAT) == ChatSettings()
    quiet = Quiet(time(22), time(7, 30))
    for length in Length:
        chosen = ChatSettings("pt-BR", "America/Sao_Paulo", length, quiet, rather_twice=True)
        await store.set_settings(CHAT, chosen)
        assert await store.settings(CHAT) == chosen
    [(again, _)] = await store.subscriptions(CHAT)
    timing = replace(TIMING, quiet=quiet)
    assert again == replace(kept, timing=timing, rather_twice=True, language="pt-BR")
    assert [one for one, _ in await store.subscriptions(other.chat)] == [other]


async def test_the_desk_learns_what_a_chat_chose_and_whether_its_digests_stopped(
    store: Store,
) -> None:
    assert await store.standing(CHAT) == Standing()
    await subscribed(store)
    chosen = ChatSettings("fr", quiet=Quiet(time(22), time(7)))
    await store.set_settings(CHAT, chosen)
    assert await store.standing(CHAT) == Standing(chosen, is_paused=False)
    await store.pause(CHAT, "the bot was blocked")
    assert await store.standing(CHAT) == Standing(chosen, is_paused=True)
    assert await store.standing(replace(CHAT, thread="8")) == Standing()


# --- what long buttons carry


async def test_what_is_shelved_is_found_by_its_token(store: Store) -> None:
    await store.shelve({"~1": "https://news.example/" + "x" * 500, "~2": "مرحبا 👩‍👩‍👧"}, NOW)
    assert await store.unshelve("~1") == "https://news.example/" + "x" * 500
    assert await store.unshelve("~2") == "مرحبا 👩‍👩‍👧"
    assert await store.unshelve("~3") is None


async def test_what_is_shelved_is_kept_while_it_is_in_use_and_then_forgotten(store: Store) -> None:
    await store.shelve({"~1": "old", "~2": "used"}, NOW)
    await store.shelve({"~2": "used"}, NOW + timedelta(days=1))
    await store.forget(NOW + timedelta(hours=1))
    assert await store.unshelve("~1") is None
    assert await store.unshelve("~2") == "used"


async def test_a_token_keeps_what_it_first_stood_for(store: Store) -> None:
    await store.shelve({"~1": "first"}, NOW)
    await store.shelve({"~1": "second"}, NOW)
    assert await store.unshelve("~1") == "first"


async def test_many_shelve_the_same_at_once(open_store: OpenStore) -> None:
    stores = [await open_store(), await open_store()]
    kept = {f"~{number}": str(number) for number in range(20)}
    backwards = dict(reversed(kept.items()))
    await asyncio.gather(
        *(one.shelve(words, NOW) for one in stores * 3 for words in (kept, backwards))
    )
    assert [await stores[0].unshelve(token) for token in kept] == list(kept.values())


async def test_one_hour_has_room_for_different_questions(store: Store) -> None:
    brief = await subscribed(store)
    place = await store.subscribe(
        replace(subscription(), command="place", arguments="geo:98860"), next_due(TIMING, NOW)
    )
    assert [one.id for one, _ in await store.subscriptions(CHAT)] == [brief.id, place.id]


async def test_a_whole_batch_is_opened_at_once_and_each_moves_on_its_own(store: Store) -> None:
    chats = [replace(CHAT, id=str(number)) for number in range(50)]
    made = [await subscribed(store, chat) for chat in chats]
    due = next_due(TIMING, NOW)
    following = next_due(TIMING, due.at)
    await store.unsubscribe(chats[0], None)
    reasons = ["too late" if number % 7 == 0 else "" for number in range(50)]
    batch = [Opening(one, due, following, why) for one, why in zip(made, reasons, strict=True)]
    assert await store.open_due(batch) == sum(not why for why in reasons)
    assert await store.open_due(batch) == 0
    assert await store.open_due([]) == 0
    assert await store.due(due.at) == []
    assert (await store.tally())["missed"] == 7


async def test_several_days_in_one_batch_are_each_written_down(store: Store) -> None:
    kept = await subscribed(store)
    first = next_due(TIMING, NOW)
    second = next_due(TIMING, first.at)
    third = next_due(TIMING, second.at)
    batch = [Opening(kept, first, second, "too late"), Opening(kept, second, third)]
    assert await store.open_due(batch) == 1
    assert (await store.tally())["missed"] == 1
    assert [when for _, when in await store.subscriptions(CHAT)] == [third]


# --- chats that go away or move


async def test_a_paused_chat_gets_nothing_until_it_subscribes_again(store: Store) -> None:
    edition = await opened(store, [HELLO])
    await opened(store, timing=Timing(time(9), "UTC"))
    other = await opened(store, [HELLO], chat=replace(CHAT, thread=""))
    await store.pause(CHAT, "the bot was blocked")
    assert await waiting(store) == [other.id]
    assert (await only_part(store, edition)).state is PartState.DEAD
    assert [kept.paused for kept, _ in await store.subscriptions(CHAT)] == [
        "the bot was blocked"
    ] * 2
    due = [kept.chat for kept, _ in await store.due(NOW + timedelta(days=2))]
    assert due == [other.subscription.chat]
    kept = await subscribed(store)
    assert kept.id == edition.subscription.id
    assert (await store.subscriptions(CHAT))[0][0].paused == ""
    assert await waiting(store) == [other.id]


async def test_what_was_in_hand_when_a_chat_was_paused_waits_for_ever_nowhere(
    store: Store,
) -> None:
    edition = await opened(store, [HELLO] * 3)
    refused, unanswered, crashed = [await claim(store, part) for part in await store.parts(edition)]
    await store.pause(CHAT, "the bot was removed")
    await store.mark(refused, Outcome(PartState.PENDING, reason="503"))
    await store.mark(unanswered, Outcome(PartState.PENDING, reason="no answer", uncertain=True))
    states = [part.state for part in await store.parts(edition)]
    assert states == [PartState.DEAD, PartState.UNKNOWN, PartState.SENDING]
    assert await store.settle(FAKE, NOW + 2 * LEASE) == 1
    assert (await store.parts(edition))[2].state is PartState.UNKNOWN
    assert await store.mark(crashed, Outcome(PartState.SENT, "9"))


async def test_a_chat_knows_its_threads(store: Store) -> None:
    whole = replace(CHAT, thread="")
    for chat in (CHAT, whole, replace(CHAT, thread="8"), replace(CHAT, id="-5002")):
        await subscribed(store, chat)
    assert await store.threads(whole) == [whole, CHAT, replace(CHAT, thread="8")]
    assert await store.threads(CHAT) == [CHAT]
    assert await store.threads(replace(CHAT, id="0")) == []


async def test_a_chat_that_moves_takes_everything_along(store: Store) -> None:
    edition = await opened(store, [HELLO] * 2)
    plain = await subscribed(store, replace(CHAT, thread=""))
    new = Chat("fake", "-1005001", ChatKind.GROUP, thread="7")
    await store.move_chat(CHAT, new)
    assert await store.subscriptions(CHAT) == []
    assert [kept.chat for kept, _ in await store.subscriptions(new)] == [new]
    moved = await store.subscriptions(replace(new, thread=""))
    assert [kept.id for kept, _ in moved] == [plain.id]
    [again] = await unfinished(store, FAKE, NOW)
    assert (again.id, again.subscription.chat) == (edition.id, new)
    assert {part.chat for part in await store.parts(again)} == {new}


async def test_a_chat_that_moves_where_the_hour_is_taken_leaves_one_digest(store: Store) -> None:
    new = Chat("fake", "-1005001", ChatKind.GROUP, thread="7")
    await opened(store, [HELLO])
    evening = await subscribed(store, timing=Timing(time(20), "UTC"))
    kept = await subscribed(store, new)
    await store.move_chat(CHAT, new)
    assert [one.id for one, _ in await store.subscriptions(new)] == [kept.id, evening.id]
    assert await store.subscriptions(CHAT) == []


async def test_what_is_on_its_way_comes_although_the_new_chat_has_the_digest_too(
    store: Store,
) -> None:
    new = Chat("fake", "-1005001", ChatKind.GROUP, thread="7")
    edition = await opened(store, [HELLO])
    tomorrow = next_due(TIMING, NOW + timedelta(days=1))
    kept = await store.subscribe(subscription(new), tomorrow)
    await store.move_chat(CHAT, new)
    [again] = await unfinished(store, FAKE)
    assert (again.id, again.subscription.id) == (edition.id, kept.id)
    assert len(await store.parts(again)) == 1


async def test_a_digest_that_goes_on_in_a_chat_where_it_was_stopped_comes_there(
    store: Store,
) -> None:
    new = replace(CHAT, id="-2002")
    await subscribed(store, new)
    await store.pause(new, "kicked")
    await subscribed(store)
    await store.move_chat(CHAT, new)
    [(kept, _)] = await store.subscriptions(new)
    assert kept.paused == ""


async def test_a_date_that_both_chats_have_comes_once(store: Store) -> None:
    new = Chat("fake", "-1005001", ChatKind.GROUP, thread="7")
    await opened(store, [HELLO])
    theirs = await opened(store, [HELLO], new)
    await store.move_chat(CHAT, new)
    assert await waiting(store) == [theirs.id]


async def test_a_chat_that_moves_keeps_what_it_chose(store: Store) -> None:
    new = Chat("fake", "-1005001", ChatKind.GROUP, thread="7")
    chose = ChatSettings(quiet=Quiet(time(22), time(7)), rather_twice=True)
    await store.set_settings(CHAT, chose)
    await subscribed(store)
    await store.move_chat(CHAT, new)
    assert await store.settings(new) == chose
    assert await store.settings(CHAT) == ChatSettings()
    [(kept, _)] = await store.subscriptions(new)
    assert (kept.timing.quiet, kept.rather_twice) == (chose.quiet, True)
    await store.set_settings(CHAT, ChatSettings(zone="Asia/Baghdad"))
    await store.move_chat(CHAT, new)
    assert await store.settings(new) == chose


async def test_a_chat_that_was_shut_and_moves_has_its_digests_again(store: Store) -> None:
    new = Chat("fake", "-1005001", ChatKind.CHANNEL, thread="7")
    await subscribed(store)
    await store.pause(CHAT, "the group is a supergroup")
    await store.move_chat(CHAT, new)
    [(kept, _)] = await store.subscriptions(new)
    assert (kept.chat, kept.paused) == (new, "")


async def test_a_chat_that_moves_to_itself_loses_nothing(store: Store) -> None:
    kept = await subscribed(store)
    await store.set_settings(CHAT, ChatSettings(rather_twice=True))
    await store.move_chat(CHAT, CHAT)
    assert [one.id for one, _ in await store.subscriptions(CHAT)] == [kept.id]
    assert await store.settings(CHAT) == ChatSettings(rather_twice=True)


# --- figures, and two at once


async def test_the_tally_counts_parts_by_state_and_subscriptions(store: Store) -> None:
    assert await store.tally() == {"subscriptions": 0, "missed": 0}
    edition = await opened(store, [HELLO] * 3)
    first, second, _ = await store.parts(edition)
    await claim(store, first)
    await store.mark(await claim(store, second), Outcome(PartState.SENT))
    expected = {"sending": 1, "sent": 1, "pending": 1, "subscriptions": 1, "missed": 0}
    assert await store.tally() == expected


async def test_everything_is_there_for_whoever_opens_the_store_next(open_store: OpenStore) -> None:
    edition = await opened(await open_store(), [HELLO])
    again = await open_store()
    assert await waiting(again) == [edition.id]
    assert (await only_part(again, edition)).payload == HELLO


async def test_two_at_once_open_one_edition_and_send_each_part_once(open_store: OpenStore) -> None:
    stores = [await open_store(), await open_store()]
    kept = await subscribed(stores[0])
    due = next_due(TIMING, NOW)
    new = await asyncio.gather(
        *(open_edition(store, kept, due, next_due(TIMING, due.at)) for store in stores * 5)
    )
    assert sorted(new) == [False] * 9 + [True]
    [edition] = await unfinished(stores[1], FAKE)
    await asyncio.gather(*(store.freeze(edition, [HELLO] * 4) for store in stores * 2))
    found = await stores[0].parts(edition)
    assert [part.position for part in found] == [0, 1, 2, 3]
    claims = await asyncio.gather(
        *(store.claim(part, NOW, LEASE) for part in found for store in stores * 2)
    )
    assert sum(claimed is not None for claimed in claims) == len(found)


async def test_two_who_subscribe_at_once_make_one_subscription(open_store: OpenStore) -> None:
    stores = [await open_store(), await open_store()]
    made = await asyncio.gather(*(subscribed(store) for store in stores * 5))
    assert len({one.id for one in made}) == 1
    assert len(await stores[0].subscriptions(CHAT)) == 1


async def test_a_date_is_kept_as_the_chat_lives_it(store: Store) -> None:
    kiritimati = Timing(time(6), "Pacific/Kiritimati")
    edition = await opened(store, timing=kiritimati)
    assert edition.occurrence.day == date(2026, 3, 3)
    assert edition.occurrence.at.date() == date(2026, 3, 2)
