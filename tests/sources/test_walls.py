"""Pages that hide their article, or have none, are said in words; real articles are not."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bot.core.errors import SourceError
from bot.sources.pages import article_from_html
from bot.sources.walls import WORDS
from tests.benchmarks.pages_truth import TruePage, pages

URL = "https://gazette.example/news/freighter"
SCRIPT = "<script src='/app.js'></script>"
PROSE = (
    "The harbour of Port Example was closed on Monday after a freighter ran aground in thick fog, "
    "and the crew of fourteen stayed on board while two tugs tried to pull it off the bank."
)


def page(title: str, *paragraphs: str, extra: str = "", head: str = "") -> str:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head>"
        f"<body><h1>{title}</h1><main>{body}</main>{extra}</body></html>"
    )


def shell(body: str) -> str:
    return f"<html><head><title>Gazette</title></head><body>{body}</body></html>"


def consent(*paragraphs: str) -> str:
    return page("Gazette", *paragraphs, extra="<button>OK</button>")


CARDS = "".join(
    f"<article><h3><a href='/n/{n}'>Harbour news number {n} of the quiet day</a></h3>"
    f"<p>Few words say what item {n} is about.</p></article>"
    for n in range(30)
)
PAGES = {
    "challenge": [
        page("Just a moment...", "Enable JavaScript and cookies to continue", extra=SCRIPT),
        page("Un instant…", "Vérification que vous êtes humain. Cela peut prendre un moment."),
        page("Nur einen Moment…", "gazette.example muss die Sicherheit Ihrer Verbindung prüfen."),
        page("gazette.example", "Please wait.", extra="<script>window._cf_chl_opt={}</script>"),
        page("Access to this page has been denied", "Press and hold to confirm you are human."),
    ],
    "consent": [
        consent(
            "We and our partners store and access information on a device, such as cookies, and "
            "process personal data, such as unique identifiers.",
            "With your permission we and our partners may use precise geolocation data. You may "
            "click to consent to our processing, or refuse to consent.",
        ),
        consent(
            "Avec votre accord, nos partenaires et nous utilisons des cookies pour stocker et "
            "consulter des données personnelles comme votre visite sur ce site.",
            "Vous pouvez retirer votre consentement ou vous opposer aux traitements fondés sur "
            "l'intérêt légitime à tout moment. Tout accepter ou tout refuser.",
        ),
        consent(
            "Wir und unsere Partner benötigen Ihre Einwilligung, um Cookies zu setzen und "
            "personenbezogene Daten zu verarbeiten, damit diese Seite kostenlos bleibt.",
            "Mit Klick auf Akzeptieren stimmen Sie dem Datenschutz und den Cookies zu.",
        ),
        consent(
            "Nosotros y nuestros socios utilizamos cookies y tratamos datos personales para "
            "ofrecer publicidad y contenido; puede aceptar o rechazar su uso.",
            "Puede retirar su consentimiento en la política de privacidad en cualquier momento.",
        ),
    ],
    "paywall": [
        page("Freighter runs aground", PROSE, "Subscribe to continue reading. Try a month for 1."),
        page("Un cargo échoué", PROSE, "Il vous reste 85 % de cet article à lire. Abonnez-vous."),
        page("Frachter auf Grund", PROSE, "Jetzt weiterlesen mit Plus. Bereits Abonnent?"),
        page("Un carguero encalla", PROSE, "Contenido exclusivo para suscriptores."),
        page("Nave incagliata", PROSE, "Contenuto riservato agli abbonati."),
        page(
            "Freighter runs aground",
            PROSE,
            head='<script type="application/ld+json">{"@type": "NewsArticle", '
            '"isAccessibleForFree": false}</script>',
        ),
    ],
    "login": [
        page("Log in", "Email", extra="<form><input name=u><input type='password'></form>"),
        page("Connexion", "Adresse", extra="<form><input name=u><input type='password'></form>"),
        page("Anmelden", "E-Mail", extra="<form><input name=u><input type='password'></form>"),
        page("Iniciar sesión", "Correo", extra="<form><input type='password'></form>"),
    ],
    "error": [
        page("404 Not Found", "The page that you asked for is not here. Try our front page."),
        page("Page introuvable", "La page demandée n'existe pas ou plus. Retour à l'accueil."),
        page("Seite nicht gefunden", "Diese Seite gibt es nicht mehr. Zur Startseite."),
        page("Página no encontrada", "La página que busca ya no está disponible en este sitio."),
        page("503 Service Unavailable", "Please try again in a few minutes, we are working on it."),
        page("Страница не найдена", "Такой страницы нет. Вернитесь на главную страницу сайта."),
    ],
    "script": [
        shell("<div id='root'></div><noscript>You need to enable JavaScript.</noscript>" + SCRIPT),
        shell("<div id='app'></div>" + SCRIPT),
        shell("<noscript>Veuillez activer JavaScript pour lire.</noscript>"),
    ],
    "index": [
        shell(f"<main>{CARDS}</main>"),
    ],
}
CASES = [(kind, text) for kind, texts in PAGES.items() for text in texts]


@pytest.mark.parametrize(("kind", "text"), CASES, ids=lambda value: value[:12])
def test_a_wall_is_said_in_words_and_never_read(kind: str, text: str) -> None:
    with pytest.raises(SourceError) as refused:
        article_from_html(text, URL)
    assert str(refused.value) == WORDS[kind]


@pytest.mark.parametrize(
    "text",
    [
        page("What a cookie is, and why sites ask for your consent", *[PROSE] * 3),
        page("404 boats were counted in the harbour", *[f"{PROSE} {n}" for n in range(6)]),
        page("How to log in to the census", *[f"{PROSE} {n}" for n in range(6)]),
        page("A minute", PROSE, PROSE + " Again.", extra="<footer>We use cookies.</footer>"),
        page("Freighter", *[f"{PROSE} {n}" for n in range(12)], "Subscribe to read more."),
        page("Freighter", *[f"{PROSE} {n}" for n in range(12)], extra=CARDS),
    ],
    ids=["about cookies", "404 boats", "about logins", "a cookie line", "an offer", "teasers"],
)
def test_an_article_that_only_speaks_of_such_things_is_read(text: str) -> None:
    assert "Port Example" in article_from_html(text, URL).text


def test_hardly_any_real_article_is_taken_for_a_wall() -> None:
    real = [*pages(odd=False), *pages(odd=True)]
    if not real:
        pytest.skip("the real pages are not in ../shared/data")
    refused = list(walls_in(real[::5]))  # `make bench-sources` tries all
    assert len(refused) <= 0.01 * len(real), refused


def walls_in(real: Iterable[TruePage]) -> Iterable[tuple[str, str]]:
    for one in real:
        try:
            article_from_html(one.html, one.url)
        except SourceError as error:
            if "Couldn't read" in str(error):
                yield one.id, str(error)
