"""Names that stand for something else, by how they are written."""

from __future__ import annotations

import pytest

from summaries.places.finder import find_places
from summaries.places.gazetteer import Gazetteer


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Le bâtiment fut édifié au XVIIe siècle dans le nord de la France.", "fr", ["France"]),
        ("Un incendie dans le XIXe arrondissement de Paris.", "fr", ["XIXe", "Paris"]),
        ("De nouvelles pistes dans le XVIe et XIVe arrondissement.", "fr", ["XVIe", "XIVe"]),
        (
            "General Electric (GE) a annoncé mardi. GE a présenté ses projets à Belfort.",
            "fr",
            ["Belfort"],
        ),
        (
            "Augmented Reality (AR) was shown in Menlo Park, California. In AR nobody is alone.",
            "en",
            ["Menlo Park", "California"],
        ),
        ("La caisse d'allocations familiales (CAF) a répondu à Lyon.", "fr", ["Lyon"]),
        (
            "The United Arab Emirates (UAE) won. The UAE play again.",
            "en",
            ["United Arab Emirates", "UAE", "UAE"],
        ),
        ("He lives in Little Rock (AR).", "en", ["Little Rock", "AR"]),
        (
            "Des élues parlent. LA NON-MIXITÉ N'EST PAS UN DANGER, disent-elles à Nantes.",
            "fr",
            ["Nantes"],
        ),
        ("The US agreed with France.", "en", ["US", "France"]),
        ("L'architecte Viollet-le-Duc a restauré Paris au XIXe siècle.", "fr", ["Paris"]),
    ],
)
def test_what_is_written_like_something_else_is_no_place(
    gazetteer: Gazetteer, text: str, language: str, found: list[str]
) -> None:
    assert [mention.text for mention in find_places(text, gazetteer, language)] == found
