"""Which sentences can be read on their own."""

from __future__ import annotations

import pytest

from summaries.guard import cut_quotation, leans, repeats, speakerless, tells, units, whole

LEANING = [
    ("fr", "Cette unité « est en place », a annoncé M. Carter."),
    ("fr", "Ils ont également envoyé des soldats en Syrie."),
    ("fr", "« Nous devons intégrer ces capacités », a-t-il ajouté."),
    ("fr", "Mais reprendre Mossoul ne sera pas facile, a ajouté M. Carter."),
    ("fr", "« Il y aura beaucoup de confrontations d’ici là »."),
    ("fr", "Interrogée sur Europe 1, elle a livré des précisions."),
    ("fr", "Selon le responsable, ces efforts commencent à porter leurs fruits."),
    ("en", "He added that the talks had failed."),
    ("en", "“We will not leave,” she said."),
    ("en", "However, the deal collapsed in May."),
    ("en", "These figures surprised the bank."),
    ("en", "By morning its rooms were black, and files lay in the street."),
    ("en", "Dozens of people walked behind his coffin on Thursday."),
    ("en", "Opened in 1869, it was closed for eight years."),
    ("en", "In Lima and Cusco, that is what many were asking on Sunday."),
    ("fr", "Depuis sa prison, elle a écrit à des journalistes."),
    ("fr", "Des dizaines de personnes ont suivi son cercueil."),
    ("fr", "Ou plutôt un samedi, avec deux interpellations."),
    ("fr", "Sortie des laboratoires, elle donne une image confuse."),
    ("fr", "En attendant, il demande aux universités de rouvrir."),
    ("fr", "De leur côté, ces revues ont accéléré la publication."),
    ("fr", "Plusieurs d'entre eux ont eu accès aux résultats."),
    ("fr", "Objectif : retrouver la taupe."),
    ("fr", "Selon la même source, deux autres jeunes ont été blessés."),
    ("fr", "Même constat à Lyon."),
    ("fr", "Tous savaient que le problème venait du troisième étage."),
    ("fr", "Certains ont quitté la salle."),
    ("fr", "Le même, qui a produit la série, reste à Lyon."),
    ("fr", "La première est fleuriste à Paris."),
    ("en", "It's hard to believe that his song is 44 years old."),
    ("fr", "Comme l'ancien ministre, il juge la loi trop dure."),
    ("fr", "« Il y a un truc fuyant » dans son discours, a t-il estimé."),
    ("fr", "Il était âgé de 75 ans et vivait à Nice."),
    ("fr", "S'il avoue les faits, il nie toute intention."),
    ("fr", "Des révélations que la députée dément."),
    ("fr", "Le second, âgé de 7 ans, est blessé."),
    ("en", "It was a call to action for the whole country."),
    ("en", "Now the club is ready to poach him."),
    ("es", "En su carta, pide perdón a todos."),
    ("it", "Dopo la sua morte, tutti hanno taciuto."),
    ("es", "Además, el Gobierno subirá los impuestos."),
    ("es", "«No hay dinero», añadió."),
    ("de", "Dieser Schritt kam unerwartet."),
    ("de", "Damit steigt die Zahl der Opfer auf zwölf."),
    ("it", "Questa decisione ha sorpreso tutti."),
    ("pt", "Ele afirmou que o acordo falhou."),
    ("ru", "Он добавил, что переговоры продолжатся."),
    ("es", "Ahora bien, el acuerdo no está firmado."),
    ("es", "Según él, no hay dinero."),
    ("es", "Aquellos días fueron difíciles."),
    ("es", "La misma fuente confirmó tres muertos."),
    ("de", "Hinzu kommt der Streik der Lokführer."),
    ("de", "„Wir gehen nicht“, sagte er."),
    ("de", "Am nächsten Tag war alles vorbei."),
    ("it", "«Non ci sono soldi», ha aggiunto."),
    ("it", "Nonostante ciò, il governo resta in carica."),
    ("it", "Altri due uomini sono stati arrestati."),
    ("pt", "“Não há dinheiro”, disse ele."),
    ("pt", "Além disso, os impostos vão subir."),
    ("pt", "Outros dois homens foram presos."),
    ("ru", "По его словам, погибли трое."),
    ("ru", "«Мы не уйдём», — сказал он."),
    ("ru", "В то же время банк повысил ставку."),
    ("ru", "Эти меры вступят в силу в мае."),
    ("ar", "وأضاف أن القرار نهائي."),
    ("ar", "وأشار إلى أن المعركة انتهت."),
    ("ar", "هذا القرار فاجأ الجميع."),
    ("ar", "لكن المفاوضات فشلت."),
    ("ar", "ومع ذلك، لم تتوقف المعارك."),
    ("zh", "他补充说，会议将继续。"),
    ("zh", "但是谈判失败了。"),
    ("zh", "这一决定令人惊讶。"),
]

STANDING = [
    ("fr", "Il y a eu douze blessés à Lyon."),
    ("fr", "Ce mercredi, le ministre a présenté sa réforme."),
    ("fr", "Le Premier ministre a démissionné."),
    ("fr", "« Nous partirons lundi », a déclaré Emmanuel Macron."),
    ("fr", "Alors que le Sénat débat, le gouvernement recule."),
    ("fr", "Faut-il fermer les écoles de Paris ?"),
    ("en", "This week the Senate votes on the bill."),
    ("en", "There are 12 people missing in Lima."),
    ("en", "“We will not leave,” said Ana Ruiz, the mayor."),
    ("en", "After his arrest, the mayor of Lima resigned."),
    ("en", "Ana Ruiz lost her seat on Monday."),
    ("en", "Two men with a dog lost its trail."),
    ("fr", "Après son arrestation, le maire de Nice a démissionné."),
    ("fr", "De leur côté, les syndicats appellent à la grève."),
    ("fr", "Si la loi passe, elle entrera en vigueur en mai."),
    ("fr", "Selon la préfecture, il y a eu deux blessés."),
    ("fr", "Il est essentiel de fermer les écoles de Nice."),
    ("fr", "Toutes les écoles de Nice sont fermées."),
    ("fr", "Certains élus de Nice ont quitté la salle."),
    ("fr", "Même le président a réagi."),
    ("fr", "S'il gagne dimanche, Joe Biden sera le plus âgé des présidents."),
    ("fr", "S'il faut fermer les écoles, Lyon le fera."),
    ("fr", "Une décision de la Cour a surpris la mairie de Nice."),
    ("fr", "Le second tour aura lieu dimanche."),
    ("en", "It's not just Lima that is flooded."),
    ("en", "It was clear that the talks had failed."),
    ("en", "Our planet may have struck another one."),
    ("es", "En su carta, el ministro pide perdón."),
    ("es", "Este lunes el Congreso vota la ley."),
    ("de", "Diese Woche tagt der Bundestag."),
    ("de", "Es gibt zwölf Verletzte in Köln."),
    ("it", "Questa settimana il Senato vota la legge."),
    ("pt", "Esta semana o Senado vota a lei."),
    ("es", "El presidente firmó el acuerdo en Lima."),
    ("es", "En la cárcel de Lima hay 300 presos."),
    ("de", "Der Bundestag hat das Gesetz beschlossen."),
    ("de", "„Wir gehen nicht“, sagte Kanzlerin Angela Merkel."),
    ("it", "Il governo ha approvato la legge."),
    ("pt", "O presidente assinou o acordo em Lisboa."),
    ("pt", "Já passa de mil o número de mortos em Lisboa."),
    ("ru", "Президент России подписал закон в Москве."),
    ("ru", "На этой неделе Дума примет закон."),
    ("ar", "وقال رئيس الوزراء حيدر العبادي إن المعركة انتهت."),
    ("ar", "أعلنت الحكومة العراقية النصر في الموصل."),
    ("ar", "وافق البرلمان على القانون يوم الاثنين."),
    ("zh", "其中三人在北京受伤。"),
    ("zh", "总统周一在北京会见了代表团。"),
]


@pytest.mark.parametrize(("language", "text"), LEANING)
def test_it_leans_on_the_sentence_before(language: str, text: str) -> None:
    assert leans(text, language)


@pytest.mark.parametrize(("language", "text"), STANDING)
def test_it_stands_alone(language: str, text: str) -> None:
    assert not leans(text, language)


def test_a_leaning_sentence_comes_with_the_one_before() -> None:
    texts = ["Ana Ruiz left Lima on Monday.", "She will not come back.", "It rained in Cusco."]
    stems = [frozenset({"ruiz", "lima"}), frozenset({"come", "back"}), frozenset({"cusco"})]
    assert units(texts, stems, frozenset(), "en") == [(0,), (0, 1), (0, 1, 2)]


def test_a_leaning_first_sentence_is_not_printed() -> None:
    stems = [frozenset({"come"}), frozenset({"lima"})]
    assert units(["She left.", "Rain fell on Lima."], stems, frozenset(), "en") == [(1,)]


def test_a_quotation_needs_a_sentence_that_names_somebody() -> None:
    stems = [frozenset({"rain"}), frozenset({"leave"})]
    assert units(["Rain fell all day.", "“We leave.”"], stems, frozenset(), "en") == [(0,)]


def test_a_sentence_that_says_no_more_than_the_title_is_left_out() -> None:
    title = frozenset({"storm", "close", "harbour"})
    texts = ["Storm closes harbour.", "The mayor spoke of the storm."]
    assert units(texts, [title, frozenset({"mayor", "storm"})], title, "en") == [(1,)]


@pytest.mark.parametrize("text", ["Il a dit « non.", "“Yes, he said.", 'She said "no.', "no »."])
def test_half_a_quotation_is_seen(text: str) -> None:
    assert cut_quotation(text)


@pytest.mark.parametrize(
    "text", ["It could have had me.'", "We play each game. '", "'We play on, he said."]
)
def test_half_a_quotation_in_single_marks_is_seen(text: str) -> None:
    assert cut_quotation(text)


@pytest.mark.parametrize(
    "text", ["It's the dogs' home.", "'We play on,' he said.", "L'un d'eux part."]
)
def test_an_apostrophe_is_no_quotation(text: str) -> None:
    assert not cut_quotation(text)


def test_german_quotation_marks_are_pairs() -> None:
    assert not cut_quotation("Er sagte: „Nein“.")
    assert cut_quotation("Er sagte: „Nein.")


def test_all_quotation_has_no_speaker() -> None:
    assert speakerless("« Nous partons. »")
    assert not speakerless("« Nous partons », dit Ana.")


@pytest.mark.parametrize(
    "text",
    [
        "The list follows:",
        ": Ana Ruiz left Lima on Monday.",
        "and the rest of the line.",
        "He came with",
    ],
)
def test_a_fragment_is_not_whole(text: str) -> None:
    assert not whole(text)


def test_a_line_broken_in_two_is_not_whole() -> None:
    assert not whole("The minister arrived in Paris yesterday", "and left today.")
    assert whole("The minister arrived in Paris yesterday", "The talks failed.")


def test_repeats_share_most_of_the_shorter() -> None:
    assert repeats(frozenset("abcd"), frozenset("abcxyz"))
    assert not repeats(frozenset("abcd"), frozenset("abxyz"))
    assert not repeats(frozenset(), frozenset("ab"))


@pytest.mark.parametrize(
    "text", ["Faut-il partir ?", "« Nous partirons tous lundi matin », dit Ana.", "Why?"]
)
def test_a_question_or_a_bare_quotation_tells_nothing(text: str) -> None:
    assert not tells(text)


@pytest.mark.parametrize(
    "text", ["Ana Ruiz left on Monday.", "She asked “Why?” on Monday evening."]
)
def test_a_statement_tells_something(text: str) -> None:
    assert tells(text)


def _kept(sentences: list[str], language: str) -> list[str]:
    """The sentences that can be printed alone."""
    stems = [frozenset(text.lower().split()) for text in sentences]
    return [sentences[unit[0]] for unit in units(sentences, stems, frozenset(), language)]


STATEMENTS = [
    "The mayor of Lima left on Monday.",
    "The council of Cusco met on Tuesday.",
    "The storm in Piura ended on Friday.",
]


def test_a_subheading_is_left_out_where_sentences_end_with_full_stops() -> None:
    heading = "Council divided over the new harbour"
    assert _kept([*STATEMENTS, heading], "en") == STATEMENTS
    assert heading in _kept([heading, "Harbour closed until next Monday morning"], "en")


def test_speech_that_lost_its_marks_is_left_out_unless_the_article_says_i() -> None:
    speech = "The talks were hard, and I will never forget them."
    assert _kept([*STATEMENTS, speech], "en") == STATEMENTS
    assert speech in _kept([speech, "The coast is where I grew up."], "en")
    assert "The mayor said “I am tired” on Monday." in _kept(
        [*STATEMENTS, "The mayor said “I am tired” on Monday."], "en"
    )


def test_a_sentence_about_the_page_is_left_out() -> None:
    for page in (
        "Scroll down for video of the storm in Piura.",
        "Here is all you need to know.",
        "Here, Sportsmail recounts ten goals.",
    ):
        assert _kept([*STATEMENTS, page], "en") == STATEMENTS
