"""The checker of visible defects: what it finds and what it lets pass."""

from __future__ import annotations

import pytest

from tests.benchmarks.defects import defects


@pytest.mark.parametrize(
    ("text", "language", "kind"),
    [
        ("Elle n'avait pas obtenu l'investiture.", "fr", "points at nothing"),
        ("Cette affaire a ému le pays.", "fr", "points at nothing"),
        ("C'est ce qu'a annoncé le ministère.", "fr", "carries on"),
        ("En outre, le ministère a réagi.", "fr", "carries on"),
        ('"La confiance est brisée", explique-t-il.', "fr", "said by nobody"),
        ('"Le pays doit tourner !"', "fr", "quotes nobody"),
        ('Il y a "urgence.', "fr", "cut quotation"),
        ("Fin du conflit sur les retraitesCes lettres sont parties.", "fr", "glued"),
        ('"Un défi au terrorisme"Le président est arrivé.', "fr", "glued"),
        ("(CNN)A new law bans the procedure.", "en", "dateline"),
        ("He left on Monday.", "en", "points at nothing"),
        ("“It is over,” she said.", "en", "said by nobody"),
    ],
)
def test_a_defect_is_found(text: str, language: str, kind: str) -> None:
    assert any(found.startswith(kind) for found in defects([(4, text)], "", language))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Il y a eu douze blessés à Lyon.", "fr"),
        ("Ce mercredi, le ministre est parti.", "fr"),
        ('"Nous partons", a déclaré Emmanuel Macron.', "fr"),
        ("This week the Senate votes.", "en"),
        ("C'est un instant rare qu'ont vécu les spectateurs de Lyon.", "fr"),
        ("Ce sont sept personnes qui ont été arrêtées à Nice.", "fr"),
        ("Ana regarde YouTube sur son iPhone, a indiqué BlaBlaCar.", "fr"),
    ],
)
def test_a_sound_sentence_passes(text: str, language: str) -> None:
    assert defects([(4, text)], "", language) == []


def test_a_pronoun_is_sound_after_the_sentence_before_it() -> None:
    brief = [(3, "Ana Ruiz left Lima."), (4, "She will return.")]
    assert defects(brief, "", "en") == []
    assert defects([(2, "Ana Ruiz left Lima."), (4, "She will return.")], "", "en")


def test_repeats_of_the_title_and_of_each_other_are_found() -> None:
    storm = "Storm closes harbour of Alma"
    assert defects([(0, storm)], storm, "en") == [f"repeats the title: {storm}"]
    assert defects([(0, storm), (5, storm)], "", "en") == [f"repeats: {storm}"]
