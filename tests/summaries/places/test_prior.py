"""What a feed usually writes about: a table of counts that decides names that say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from bot.sources.places import GazetteerPlaces
from summaries.places.gazetteer import Gazetteer
from summaries.places.place import Mention, Place
from summaries.places.prior import Usual, learned, shares

TEXT = "A man from Athens was arrested on Monday."
TEXAS = ("Tyler, Texas", "Longview, Texas", "Dallas, Texas", "Waco, Texas")
WORLD = ("Paris", "Tokyo", "Dallas", "Lagos", "Berlin", "Lima", "Cairo", "Delhi", "Kyiv", "Moscow")


def _table(gazetteer: Gazetteer, names: tuple[str, ...], count: int) -> Usual:
    places = [gazetteer.lookup(name).place for name in names]
    return {place.id: count for place in places if place is not None}


def _found(usual: Usual | None, text: str = TEXT) -> Place:
    (mention,) = GazetteerPlaces().find(text, "en", usual=usual)
    return mention.place


def test_the_counts_of_a_local_feed_tell_its_towns_from_famous_ones(gazetteer: Gazetteer) -> None:
    assert _found(None).country == "GR"
    local = _found(_table(gazetteer, TEXAS, 5))
    assert (local.country, local.region) == ("US", "TX")


def test_a_feed_about_the_whole_world_changes_nothing(gazetteer: Gazetteer) -> None:
    assert _found(_table(gazetteer, WORLD, 50)).country == "GR"


def test_an_empty_table_and_unknown_places_change_nothing() -> None:
    assert _found({}).country == "GR"
    assert _found({1: 9, 4_000_000_000: 3}).country == "GR"


def test_an_article_counts_once_for_each_place(gazetteer: Gazetteer) -> None:
    tyler = gazetteer.lookup("Tyler, Texas").place
    assert tyler is not None
    mention = Mention("Tyler", 0, 5, tyler, 0.9)
    once = learned(None, [mention, mention])
    assert dict(once) == {tyler.id: 1}
    assert dict(learned(once, [mention])) == {tyler.id: 2}


def test_the_table_of_a_feed_stays_small(gazetteer: Gazetteer) -> None:
    index = gazetteer.index
    mentions = [Mention("x", 0, 1, index.place(row), 1.0) for row in range(300, 1300)]
    assert len(learned(None, mentions)) == 400


def test_shares_are_of_all_the_places_named(gazetteer: Gazetteer) -> None:
    usual = _table(gazetteer, ("Tyler, Texas", "Dallas, Texas", "Paris"), 6)
    rows = [gazetteer.index.row_of(place) for place in usual]
    share = shares(usual, gazetteer.index, np.array(rows))
    # 18 mentions and a doubt of 2: each place 6 / 20, Texas and the United States 12 / 20.
    assert share.place == pytest.approx([0.3, 0.3, 0.3])
    assert share.region == pytest.approx([0.6, 0.6, 0.3])
    assert share.country == pytest.approx([0.6, 0.6, 0.3])
