"""What the command line shows: values -> plain objects and replies. Knows no terminal, no file."""

from __future__ import annotations

from typing import Any

from bot.core.archive import FeedState
from bot.core.briefing import newest_first
from bot.core.messages import Heading, Paragraph, Reply
from bot.core.news import Briefing, Story
from bot.core.places import PlaceAnswer
from bot.core.said import heard
from summaries.article import Article
from summaries.places.place import Mention, Place


def story_json(story: Story) -> dict[str, Any]:
    """Return the documented JSON of one article's brief."""
    article = story.article
    return {
        "title": article.title,
        "language": article.language,
        "paragraphs": len(article.paragraphs),
        "furniture": list(article.furniture),
        "sentences": [
            {"text": sentence.text, "paragraph": sentence.paragraph, "sentence": sentence.index}
            for sentence in story.summary.sentences
        ],
    }


def feed_json(state: FeedState) -> dict[str, Any]:
    """Return the documented JSON of how the reading of one feed stands; `interval` in seconds."""
    return {
        "url": state.feed.url,
        "title": state.feed.title,
        "site": state.feed.link,
        "last_read": state.read_at.isoformat() if state.read_at else None,
        "last_tried": state.tried_at.isoformat() if state.tried_at else None,
        "next_read": state.next_at.isoformat(),
        "interval": state.interval,
        "failures": state.failures,
        "reason": str(heard(state.reason)),
        "entries": state.entries,
    }


def article_json(article: Article) -> dict[str, Any]:
    """Return the documented JSON of what was kept of a page; `published` is ISO 8601 or null."""
    return {
        "title": article.title,
        "author": article.author,
        "published": article.published.isoformat() if article.published else None,
        "published_guessed": article.published_guessed,
        "language": article.language,
        "site": article.source,
        "url": article.url,
        "image": article.image,
        "text": article.text,
    }


def article_reply(article: Article) -> Reply:
    """Return what was kept of a page, for a person: title, who and when, every paragraph, link."""
    published = article.published.date().isoformat() if article.published else ""
    day = f"about {published}" if article.published_guessed else published
    about = " · ".join(part for part in (article.source, article.author, day) if part)
    texts = (about, *article.paragraphs, article.url)
    title = (Heading(article.title),) if article.title else ()
    return Reply((*title, *(Paragraph(text) for text in texts if text)))


def briefing_json(briefing: Briefing) -> dict[str, Any]:
    """Return the documented JSON of a briefing."""
    return {
        "date": briefing.day.isoformat(),
        "stories": [_meta(story.article) | story_json(story) for story in briefing.stories],
        "failures": list(briefing.failures),
    }


def place_json(answer: PlaceAnswer) -> dict[str, Any]:
    """Return the documented JSON of a place question; its articles stand newest first."""
    lookup = answer.lookup
    newest = sorted(answer.articles, key=lambda told: newest_first(told.article))
    return {
        "query": answer.query,
        "status": lookup.status,
        "place": _place_json(lookup.place) if lookup.place else None,
        "candidates": [_place_json(place) for place in lookup.candidates],
        "articles": [
            _meta(told.article) | {"sentences": [sentence.text for sentence in told.sentences]}
            for told in newest
        ],
    }


def mention_json(mention: Mention) -> dict[str, Any]:
    """Return the documented JSON of one toponym in a text."""
    where = {"text": mention.text, "start": mention.start, "end": mention.end}
    return where | _place_json(mention.place) | {"score": round(mention.score, 3)}


def _place_json(place: Place) -> dict[str, Any]:
    return {
        "name": place.name,
        "country": place.country,
        "latitude": place.latitude,
        "longitude": place.longitude,
    }


def _meta(article: Article) -> dict[str, Any]:
    published = article.published.isoformat() if article.published else None
    return {"title": article.title, "source": article.source, "published": published}
