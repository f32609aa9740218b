"""The tables of queries and traps, against the shares the project promises."""

from __future__ import annotations

from summaries.places.gazetteer import Gazetteer
from tests.summaries.places.tables import queries, traps


def test_the_tables_are_as_long_as_promised() -> None:
    assert len(queries()) >= 150
    assert len(traps()) >= 60


def test_the_first_answer_to_a_query_is_nearly_always_right(gazetteer: Gazetteer) -> None:
    wrong = [query for query in queries() if not query.is_answered(gazetteer)]
    assert len(wrong) <= 0.03 * len(queries()), wrong


def test_nearly_no_trap_catches_the_finder(gazetteer: Gazetteer) -> None:
    caught = [trap for trap in traps() if not trap.is_passed(gazetteer)]
    assert len(caught) <= 0.08 * len(traps()), caught
