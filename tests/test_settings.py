"""The settings: environment over local file over defaults, every fault at once, no token shown."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from platformdirs import user_data_path
from sqlalchemy.engine import make_url

from bot.core.errors import SettingsError
from bot.core.messages import Chat
from bot.settings import ROOT, Settings, load, unknown_names

DEFAULTS = (ROOT / "config" / "defaults.toml").read_text("utf-8")
TOKEN = "123456:AAH-a_token_that_nobody_may_see"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A folder with the real defaults and no local file."""
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "defaults.toml").write_text(DEFAULTS, "utf-8")
    return folder


def faults(environ: dict[str, str], config: Path) -> tuple[str, ...]:
    """Return what is wrong, after checking that it is words and shows no token."""
    with pytest.raises(SettingsError) as wrong:
        load(environ, config)
    assert TOKEN not in str(wrong.value)
    return wrong.value.faults


def test_nothing_set_is_well(config: Path) -> None:
    settings = load({}, config)
    assert (settings.telegram_token, settings.discord_token) == ("", "")
    assert settings.data_dir == user_data_path("dateline", appauthor=False)
    assert settings.database_url == f"sqlite:///{settings.data_dir}/dateline.db"
    assert settings.seeds_dir == ROOT / "seeds"
    assert settings.time_zone == "UTC"
    assert settings.allow_networks == ()
    assert settings.log_format == "text"
    assert settings.telegram_api_url == "https://api.telegram.org"


def test_the_defaults_that_come_with_dateline_are_without_a_fault() -> None:
    assert isinstance(load({}), Settings)


def test_the_environment_wins_over_the_local_file_and_that_over_the_defaults(config: Path) -> None:
    (config / "local.toml").write_text('time_zone = "Europe/Paris"\nlog_format = "json"\n')
    settings = load({"DATELINE_TIME_ZONE": "Asia/Beirut"}, config)
    assert (settings.time_zone, settings.log_format) == ("Asia/Beirut", "json")


def test_an_empty_variable_is_as_good_as_none(config: Path) -> None:
    (config / "local.toml").write_text('time_zone = "Europe/Paris"\n')
    assert load({"DATELINE_TIME_ZONE": ""}, config).time_zone == "Europe/Paris"


def test_every_fault_is_told_at_once(config: Path) -> None:
    (config / "local.toml").write_text('timezone = "UTC"\n')
    told = faults(
        {
            "DATELINE_TELEGRAM_TOKEN": f"{TOKEN} x",
            "DATELINE_DATABASE_URL": "mysql://me:secret@host/db",
            "DATELINE_TIME_ZONE": "Europe/Pariss",
            "DATELINE_ALLOW_NETWORKS": "10.0.0.0/8, home",
            "DATELINE_LOG_FORMAT": "xml",
            "DATELINE_TELEGRAM_API_URL": "127.0.0.1:8081",
            "DATELINE_DISCORD_API_URL": "http://127.0.0.1:9000",
            "DATELINE_DISCORD_GATEWAY_URL": "http://127.0.0.1:9000",
        },
        config,
    )
    assert sorted(fault.split()[0].strip(":") for fault in told) == [
        "DATELINE_ALLOW_NETWORKS",
        "DATELINE_DATABASE_URL",
        "DATELINE_DISCORD_API_URL",
        "DATELINE_DISCORD_GATEWAY_URL",
        "DATELINE_LOG_FORMAT",
        "DATELINE_TELEGRAM_API_URL",
        "DATELINE_TELEGRAM_TOKEN",
        "DATELINE_TIME_ZONE",
        "config/local.toml",
    ]
    assert "secret" not in "".join(told)
    assert any("Europe/Paris" in fault for fault in told)


@pytest.mark.parametrize("name", ["DATELINE_TELEGRAM_TOKEN", "DATELINE_DISCORD_TOKEN"])
@pytest.mark.parametrize("around", [" {} ", "{}\n", "\t{}\r\n"])
def test_white_space_around_a_token_is_taken_off(name: str, around: str, config: Path) -> None:
    settings = load({name: around.format(TOKEN)}, config)
    assert TOKEN in {settings.telegram_token, settings.discord_token}


@pytest.mark.parametrize(
    "typed", ["{} {}", "{}\n{}", "'{}'", '"{}"', "“{}”", "{}\u200b", "a\u00a0{}"]
)
def test_a_token_copied_with_something_else_is_refused_unseen(typed: str, config: Path) -> None:
    (fault,) = faults({"DATELINE_TELEGRAM_TOKEN": typed.format(TOKEN, "x")}, config)
    assert fault.startswith("DATELINE_TELEGRAM_TOKEN has ")


def test_tokens_and_the_database_never_show_in_repr(config: Path) -> None:
    environ = {
        "DATELINE_TELEGRAM_TOKEN": TOKEN,
        "DATELINE_DISCORD_TOKEN": f"discord{TOKEN}",
        "DATELINE_DATABASE_URL": "postgresql://me:hunter2@host/db",
    }
    shown = f"{load(environ, config)!r} {load(environ, config)}"
    assert TOKEN not in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:secret@db.example:5432/dateline",
        "postgres://db.example/dateline",
        "postgresql+asyncpg://db.example/dateline",
        "postgresql://me@/dateline?host=/var/run/postgresql",
        "postgresql:///dateline?host=/var/run/postgresql",
        "sqlite:////var/lib/dateline/dateline.db",
        "sqlite:///dateline.db",
        "sqlite+aiosqlite:///dateline.db",
    ],
)
def test_a_database_url_is_taken_as_it_is(url: str, config: Path) -> None:
    assert load({"DATELINE_DATABASE_URL": f" {url} "}, config).database_url == url


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:secret@host/db",
        "dateline.db",
        "sqlite://",
        "sqlite:///",
        "sqlite://dateline.db",
        "postgresql://",
        "postgresql:///dateline",
        "postgresql://me:secret@host:port/db",
        "postgresql://me:secret@host:99999/db",
        "postgresql://me:sec ret@host/db",
        "postgresql://me:secret[@host/db",
    ],
)
def test_a_database_url_that_cannot_be_is_refused_without_its_password(
    url: str, config: Path
) -> None:
    (fault,) = faults({"DATELINE_DATABASE_URL": url}, config)
    assert fault.startswith("DATELINE_DATABASE_URL must ")
    assert "secret" not in fault


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:////srv/dateline.db", "/srv/dateline.db"),
        ("sqlite:///dateline.db", "dateline.db"),
        ("sqlite+aiosqlite:////srv/dateline.db?timeout=5", "/srv/dateline.db"),
        ("sqlite:////srv/p%41q.db", "/srv/pAq.db"),
        ("sqlite:////srv/a%3Fb.db?timeout=5", "/srv/a?b.db"),
        ("sqlite:///:memory:", None),
        ("sqlite:///file:dateline?mode=memory&uri=true", None),
        ("postgresql://db.example/dateline", None),
    ],
)
def test_the_file_of_a_database_url_is_the_one_that_the_store_opens(
    url: str, file: str | None, config: Path
) -> None:
    found = load({"DATELINE_DATABASE_URL": url}, config).database_file
    assert found == (file if file is None else Path(file))


@pytest.mark.parametrize("name", ["data", "p%41q", "a b?c", "50%", "x#y+z", "données", "100%?"])
def test_a_data_folder_of_any_name_holds_the_database(
    name: str, tmp_path: Path, config: Path
) -> None:
    settings = load({"DATELINE_DATA_DIR": str(tmp_path / name)}, config)
    assert settings.database_file == tmp_path / name / "dateline.db"
    assert make_url(settings.database_url).database == str(settings.database_file)


@pytest.mark.parametrize(
    "url", ["x", "ftp://host", "http://", "http://:80", "http://h:0", "http://h:x", "http://[", "h ttp://h"]
)  # fmt: skip
def test_an_address_that_cannot_be_is_told_with_what_it_must_be(url: str, config: Path) -> None:
    (fault,) = faults({"DATELINE_TELEGRAM_API_URL": url}, config)
    assert fault == (
        f"DATELINE_TELEGRAM_API_URL is “{url}”: "
        "it must begin with http:// or https:// and name a host."
    )


def test_a_slash_at_the_end_of_an_address_is_taken_off(config: Path) -> None:
    settings = load(
        {
            "DATELINE_TELEGRAM_API_URL": "http://127.0.0.1:8081/",
            "DATELINE_DISCORD_API_URL": "http://127.0.0.1:9000/api/v10/",
        },
        config,
    )
    assert settings.telegram_api_url == "http://127.0.0.1:8081"
    assert settings.discord_api_url == "http://127.0.0.1:9000/api/v10"


def test_networks_are_read_with_commas_or_spaces(config: Path) -> None:
    settings = load({"DATELINE_ALLOW_NETWORKS": "10.0.0.1/8, fd00::/8 192.168.1.7"}, config)
    assert settings.allow_networks == (
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("fd00::/8"),
        ipaddress.ip_network("192.168.1.7/32"),
    )


def test_the_local_file_may_list_networks(config: Path) -> None:
    (config / "local.toml").write_text('allow_networks = ["10.0.0.0/8", "fd00::/8"]\n')
    assert len(load({}, config).allow_networks) == 2


def test_a_tilde_is_the_home_folder_and_a_relative_folder_is_made_absolute(
    config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    settings = load({"DATELINE_DATA_DIR": "~/d", "DATELINE_SEEDS_DIR": "samples"}, config)
    assert settings.data_dir == tmp_path / "d"
    assert settings.seeds_dir == tmp_path / "samples"
    assert settings.database_url == f"sqlite:///{tmp_path}/d/dateline.db"


def test_the_home_of_an_unknown_user_is_told_in_words(config: Path) -> None:
    (fault,) = faults({"DATELINE_DATA_DIR": "~nobody-of-that-name/x"}, config)
    assert "no such user" in fault


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"time_zone = ", "config/local.toml cannot be read"),
        (b"time_zone = \xff", "config/local.toml cannot be read"),
        (b"time_zone = 5", "config/local.toml: time_zone must be a text in quotation marks."),
        (b"[time_zone]\na = 1", "config/local.toml: time_zone must be a text in quotation marks."),
        (b'telegram_tokn = ""', "telegram_tokn is no setting; did you mean telegram_token?"),
        (b'xyzzy = ""', "config/local.toml: xyzzy is no setting."),
    ],
)
def test_a_local_file_that_is_wrong_is_told_in_words(
    content: bytes, words: str, config: Path
) -> None:
    (config / "local.toml").write_bytes(content)
    assert any(words in fault for fault in faults({}, config))


def test_a_local_file_with_a_byte_order_mark_is_read(config: Path) -> None:
    (config / "local.toml").write_text('log_format = "json"\n', "utf-8-sig")
    assert load({}, config).log_format == "json"


def test_missing_defaults_are_told_in_words(tmp_path: Path) -> None:
    (fault,) = faults({}, tmp_path)
    assert fault.startswith("config/defaults.toml cannot be read")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("DATELINE_TELEGRAM_TOKN", "did you mean DATELINE_TELEGRAM_TOKEN?"),
        ("DATELINE_TIMEZONE", "did you mean DATELINE_TIME_ZONE?"),
        ("DATELINE_DB_URL", "did you mean DATELINE_DATABASE_URL?"),
        ("DATELINE_XYZZY", "DATELINE_XYZZY is no setting."),
    ],
)
def test_an_unknown_variable_is_told_with_the_nearest_name(name: str, words: str) -> None:
    (told,) = unknown_names({name: TOKEN, "PATH": "/bin", "DATELINE_TELEGRAM_TOKEN": TOKEN})
    assert told.startswith(name)
    assert words in told
    assert TOKEN not in told


def test_the_operators_feeds_stand_beside_the_settings_unless_named_elsewhere(
    tmp_path: Path,
) -> None:
    assert load({}).feeds_file == ROOT / "config" / "feeds.opml"
    named = {"DATELINE_FEEDS_FILE": str(tmp_path / "mine.opml")}
    assert load(named).feeds_file == tmp_path / "mine.opml"


def test_the_operators_chat_is_read_as_platform_and_number() -> None:
    assert load({}).operator_chat is None
    told = load({"DATELINE_OPERATOR_CHAT": "Discord:42:7"}).operator_chat
    assert told == Chat("discord", "42", thread="7")
    for wrong in ("42", "telegram:", ":42"):
        with pytest.raises(SettingsError, match="DATELINE_OPERATOR_CHAT"):
            load({"DATELINE_OPERATOR_CHAT": wrong})


@pytest.mark.parametrize("wrong", ["0", "29", "-1", "many", "99999"])
def test_days_to_keep_are_a_month_to_a_century(wrong: str) -> None:
    assert load({}).keep_days == 730
    with pytest.raises(SettingsError, match="DATELINE_KEEP_DAYS"):
        load({"DATELINE_KEEP_DAYS": wrong})


@pytest.mark.parametrize("wrong", ["0", "31", "-1", "two", "٣"])
def test_workers_are_one_to_as_many_as_have_a_share(wrong: str) -> None:
    assert load({}).workers == 1
    assert load({"DATELINE_WORKERS": "3"}).workers == 3
    with pytest.raises(SettingsError, match="DATELINE_WORKERS"):
        load({"DATELINE_WORKERS": wrong})


@pytest.mark.parametrize("wrong", ["0", "-1", "two", "5000"])
def test_shards_are_discords_own_choice_or_a_number(wrong: str) -> None:
    assert load({}).discord_shards == 0
    assert load({"DATELINE_DISCORD_SHARDS": "3"}).discord_shards == 3
    with pytest.raises(SettingsError, match="DATELINE_DISCORD_SHARDS"):
        load({"DATELINE_DISCORD_SHARDS": wrong})


def test_a_time_zone_that_is_none_gets_only_a_hint_that_helps() -> None:
    with pytest.raises(SettingsError, match="Did you mean Europe/Paris"):
        load({"DATELINE_TIME_ZONE": "Pariss"})
    with pytest.raises(SettingsError, match="A time zone looks like Europe/Paris"):
        load({"DATELINE_TIME_ZONE": "Mars"})


def test_paid_broadcast_is_chosen_in_so_many_words() -> None:
    assert not load({}).telegram_paid_broadcast
    assert load({"DATELINE_TELEGRAM_PAID_BROADCAST": "Yes"}).telegram_paid_broadcast
    with pytest.raises(SettingsError, match="yes or no"):
        load({"DATELINE_TELEGRAM_PAID_BROADCAST": "maybe"})


# --- Telegram's webhook


def test_without_a_webhook_there_is_none(config: Path) -> None:
    settings = load({}, config)
    assert settings.telegram_webhook_url == ""
    assert settings.telegram_webhook_listen == ("127.0.0.1", 8443)


@pytest.mark.parametrize(
    ("listen", "read"),
    [
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("[::1]:8443", ("::1", 8443)),
        ("dateline:9000", ("dateline", 9000)),
    ],
)
def test_a_webhook_is_an_address_of_the_world_and_one_of_this_machine(
    config: Path, listen: str, read: tuple[str, int]
) -> None:
    url = "https://news.example.org/telegram"
    settings = load(
        {"DATELINE_TELEGRAM_WEBHOOK_URL": url, "DATELINE_TELEGRAM_WEBHOOK_LISTEN": listen}, config
    )
    assert (settings.telegram_webhook_url, settings.telegram_webhook_listen) == (url, read)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("URL", "http://news.example.org/telegram", "must begin with https://"),
        ("URL", "news.example.org", "must begin with https://"),
        ("URL", "https://news.example.org:9000/x", "443, 80, 88, 8443"),
        ("LISTEN", "8443", "127.0.0.1:8443"),
        ("LISTEN", "127.0.0.1", "127.0.0.1:8443"),
        ("LISTEN", "127.0.0.1:0", "127.0.0.1:8443"),
        ("LISTEN", "127.0.0.1:99999", "127.0.0.1:8443"),
        ("LISTEN", "http://127.0.0.1:8443", "127.0.0.1:8443"),
    ],
)
def test_a_webhook_that_telegram_could_not_use_is_a_fault(
    config: Path, name: str, value: str, words: str
) -> None:
    [fault] = faults({f"DATELINE_TELEGRAM_WEBHOOK_{name}": value}, config)
    assert f"DATELINE_TELEGRAM_WEBHOOK_{name}" in fault
    assert words in fault


def test_a_server_of_ones_own_takes_a_webhook_without_tls(config: Path) -> None:
    url = "http://127.0.0.1:9000/telegram"
    settings = load(
        {
            "DATELINE_TELEGRAM_API_URL": "http://127.0.0.1:8081",
            "DATELINE_TELEGRAM_WEBHOOK_URL": url,
        },
        config,
    )
    assert settings.telegram_webhook_url == url
