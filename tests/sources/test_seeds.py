"""The sample articles: dates from file names, and a broken file costs only itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.settings import ROOT
from bot.sources.seeds import Seeds, read_seed
from tests.sources.test_articles import PARAGRAPHS, TEXT, TITLE


def test_the_date_is_read_from_the_file_name(tmp_path: Path) -> None:
    (tmp_path / "2016-01-20-freighter.txt").write_text(TEXT)
    (article,) = Seeds(tmp_path).articles().articles
    assert article.published == datetime(2016, 1, 20, tzinfo=UTC)
    assert (article.title, article.paragraphs) == (TITLE, PARAGRAPHS)
    assert article.source == "Sample article"


@pytest.mark.parametrize(
    "name", ["freighter.txt", "2016-13-45-x.txt", "0000-00-00-x.txt", "2016.txt"]
)
def test_a_file_name_without_a_date_gives_none(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(TEXT)
    assert read_seed(tmp_path / name).published is None


def test_the_newest_comes_first_and_the_undated_last(tmp_path: Path) -> None:
    for name in ("2016-01-20-a.txt", "undated.txt", "2017-02-01-b.txt"):
        (tmp_path / name).write_text(TEXT)
    dates = [article.published for article in Seeds(tmp_path).articles().articles]
    assert dates == [datetime(2017, 2, 1, tzinfo=UTC), datetime(2016, 1, 20, tzinfo=UTC), None]


def test_a_broken_file_costs_only_itself_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(TEXT)
    (tmp_path / "binary.txt").write_bytes(bytes(500))
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "furniture.txt").write_text("12\n\n345\n")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "page.txt").write_text("<html><body></body></html>")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    reading = Seeds(tmp_path).articles()
    assert [article.title for article in reading.articles] == [TITLE]
    named = [failure.partition(" was left out: ")[0] for failure in reading.failures]
    assert named == [
        "binary.txt",
        "empty.txt",
        "folder.txt",
        "furniture.txt",
        "gone.txt",
        "page.txt",
    ]
    assert all(failure.endswith(".") for failure in reading.failures)


def test_other_files_in_the_folder_are_no_samples(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(TEXT)
    reading = Seeds(tmp_path).articles()
    assert (reading.articles, reading.failures) == ((), ())


def test_a_missing_folder_says_which_setting_to_mend(tmp_path: Path) -> None:
    (failure,) = Seeds(tmp_path / "nope").articles().failures
    assert failure.startswith(f"There is no folder {tmp_path / 'nope'}.")
    assert "DATELINE_SEEDS_DIR" in failure


def test_a_file_in_the_folders_place_says_which_setting_to_mend(tmp_path: Path) -> None:
    (tmp_path / "seeds").write_text("x")
    (failure,) = Seeds(tmp_path / "seeds").articles().failures
    assert "cannot be read: Not a directory." in failure
    assert "DATELINE_SEEDS_DIR" in failure


def test_the_folder_is_read_once(tmp_path: Path) -> None:
    seeds = Seeds(tmp_path)
    assert seeds.articles().articles == ()
    (tmp_path / "late.txt").write_text(TEXT)
    assert seeds.articles().articles == ()


def test_the_samples_that_come_with_dateline_are_all_read() -> None:
    reading = Seeds(ROOT / "seeds").articles()
    assert reading.failures == ()
    assert reading.samples
    assert len(reading.articles) >= 10
    assert all(article.published and article.title for article in reading.articles)
