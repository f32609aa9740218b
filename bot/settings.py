"""Settings: `config/*.toml`, then the environment -> one frozen value. Opens nothing else."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from platformdirs import user_data_path
from rapidfuzz import process

from bot.core.errors import RequestError, SettingsError
from bot.core.messages import Chat
from bot.core.schedule import parse_zone

ROOT = Path(__file__).resolve().parents[1]
"""Where `config/` and `seeds/` lie: the checkout, or the folder of installed packages."""

PREFIX = "DATELINE_"
MIN_KEPT, MAX_KEPT = 30, 36_500
"""For how many days articles and finished digests may be kept; a month is needed to know what
was told, and entries that slide back."""
MAX_SHARDS = 4096
MAX_WORKERS = 30
"""Telegram takes 30 messages a second: a smaller share than one is none."""
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_SCHEMES = {
    "telegram_api_url": ("http", "https"),
    "discord_api_url": ("http", "https"),
    "discord_gateway_url": ("ws", "wss"),
}
_WEBHOOK_PORTS = (443, 80, 88, 8443)
_VERSIONED = re.compile(r"/v\d+/?$")
_QUOTES = frozenset("\"'“”«»")
_DATABASES = ("sqlite", "postgresql", "postgres", "sqlite+aiosqlite", "postgresql+asyncpg")


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the operator can choose. Tokens are left out of `repr`, so that no log shows one.

    With `telegram_webhook_url`, a public https address, Telegram delivers updates there; what
    stands behind it (a reverse proxy) passes them on to `telegram_webhook_listen`, a host and port
    of this machine. Without it Telegram is asked for them. `discord_shards` is 0 where Discord
    says how many connections it wants.
    """

    telegram_token: str = field(repr=False)
    discord_token: str = field(repr=False)
    database_url: str = field(repr=False)
    data_dir: Path
    seeds_dir: Path
    feeds_file: Path
    time_zone: str
    allow_networks: tuple[Network, ...]
    keep_days: int
    telegram_paid_broadcast: bool
    workers: int
    operator_chat: Chat | None
    log_format: str
    telegram_api_url: str
    telegram_webhook_url: str
    telegram_webhook_listen: tuple[str, int]
    discord_api_url: str
    discord_gateway_url: str
    discord_shards: int

    @property
    def database_file(self) -> Path | None:
        """Return SQLite's file, or None: the database is a server's, or in memory."""
        url = self.database_url
        if not url.startswith("sqlite"):
            return None
        name = url.removeprefix("sqlite:///")
        if name and name != url and not set(name) & set("%?:"):  # nothing to unquote
            return Path(name)
        from sqlalchemy.engine import make_url  # noqa: PLC0415 - half a second that most commands need not pay

        name = make_url(self.database_url).database or ":memory:"
        return None if name.startswith((":", "file:")) else Path(name)


def load(environ: Mapping[str, str], config: Path = ROOT / "config") -> Settings:
    """Read the settings. Raises SettingsError with every fault, each in words."""
    faults: list[str] = []
    values = _merge(environ, config, faults)
    if not values:
        raise SettingsError(*faults)
    data_dir = _path("data_dir", values, user_data_path("dateline", appauthor=False), faults)
    settings = Settings(
        telegram_token=_token("telegram_token", values, faults),
        discord_token=_token("discord_token", values, faults),
        database_url=_database(values, data_dir, faults),
        data_dir=data_dir,
        seeds_dir=_path("seeds_dir", values, ROOT / "seeds", faults),
        feeds_file=_path("feeds_file", values, config / "feeds.opml", faults),
        time_zone=_zone(values["time_zone"], faults),
        allow_networks=_networks(values["allow_networks"], faults),
        keep_days=_count("keep_days", values, faults, MIN_KEPT, MAX_KEPT),
        telegram_paid_broadcast=_yes("telegram_paid_broadcast", values, faults),
        workers=_count("workers", values, faults, 1, MAX_WORKERS),
        operator_chat=_operator(values["operator_chat"], faults),
        log_format=_log_format(values, faults),
        telegram_api_url=_url("telegram_api_url", values, faults).rstrip("/"),
        telegram_webhook_url=_webhook(values, faults),
        telegram_webhook_listen=_address("telegram_webhook_listen", values, faults),
        discord_api_url=_url("discord_api_url", values, faults).rstrip("/"),
        discord_gateway_url=_url("discord_gateway_url", values, faults),
        discord_shards=_shards(values, faults),
    )
    if faults:
        raise SettingsError(*faults)
    return settings


def unknown_names(environ: Mapping[str, str], config: Path = ROOT / "config") -> list[str]:
    """Say in words which DATELINE_ variables mean nothing: a typing mistake is never silent."""
    known = [_env(name) for name in _read(config / "defaults.toml", [])]
    strange = [name for name in environ if name.startswith(PREFIX) and name not in known]
    return [f"{name} is no setting{_near(name, known)}" for name in strange]


def _near(name: str, known: Sequence[str]) -> str:
    near = process.extractOne(name, known, score_cutoff=75)
    return f"; did you mean {near[0]}?" if near else "."


def _merge(environ: Mapping[str, str], config: Path, faults: list[str]) -> dict[str, str]:
    """Return every setting as text, the environment's over the operator's over the defaults."""
    values = _read(config / "defaults.toml", faults)
    if (config / "local.toml").exists():
        local = _read(config / "local.toml", faults)
        strange = [name for name in local if name not in values]
        faults += [
            f"config/local.toml: {name} is no setting{_near(name, list(values))}"
            for name in strange
        ]
        values |= {name: value for name, value in local.items() if name in values}
    return values | {name: value for name in values if (value := environ.get(_env(name), ""))}


def _read(path: Path, faults: list[str]) -> dict[str, str]:
    try:
        table = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(f"config/{path.name} cannot be read: {error}.")
        return {}
    return {name: _text(name, value, path, faults) for name, value in table.items()}


def _text(name: str, value: object, path: Path, faults: list[str]) -> str:
    """Return a setting as text. A list of texts is as good as a text with commas."""
    parts: list[object] = value if isinstance(value, list) else [value]
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) < len(parts):
        faults.append(f"config/{path.name}: {name} must be a text in quotation marks.")
    return ",".join(texts)


def _token(name: str, values: Mapping[str, str], faults: list[str]) -> str:
    """Return a token. A fault never shows it."""
    token = values[name].strip()
    if any(sign.isspace() or not sign.isprintable() for sign in token):
        faults.append(f"{_env(name)} has a space or a line break in it: no token has.")
    if token[:1] in _QUOTES or token[-1:] in _QUOTES:
        faults.append(f"{_env(name)} has quotation marks around it: take them away.")
    return token


def _path(name: str, values: Mapping[str, str], usual: Path, faults: list[str]) -> Path:
    try:
        return Path(values[name].strip()).expanduser().absolute() if values[name].strip() else usual
    except RuntimeError:  # ~nobody
        faults.append(f"{_env(name)} is “{values[name]}”: there is no such user's home.")
        return usual


def _database(values: Mapping[str, str], data_dir: Path, faults: list[str]) -> str:
    """Return the database's URL. A fault never shows it: there may be a password in it."""
    url = values["database_url"].strip() or _sqlite_url(data_dir / "dateline.db")
    kind, _, rest = url.partition("://")
    if kind not in _DATABASES:
        faults.append(f"{_env('database_url')} must begin with sqlite:/// or postgresql://")
    elif kind.startswith("sqlite") and not (rest.startswith("/") and rest.strip("/")):
        faults.append(f"{_env('database_url')} must name a file: sqlite:////path/to/dateline.db")
    elif kind.startswith("postgres") and not _is_server(url):
        faults.append(
            f"{_env('database_url')} must look like postgresql://user:password@host:5432/database"
        )
    return url


def _sqlite_url(file: Path) -> str:
    """Return the URL of a file, whatever its name: there %41 means A, and ? begins what follows."""
    if not {"%", "?"} & set(str(file)):
        return f"sqlite:///{file}"
    from sqlalchemy.engine import URL  # noqa: PLC0415 - half a second that hardly any name needs

    return URL.create("sqlite", database=str(file)).render_as_string()


def _log_format(values: Mapping[str, str], faults: list[str]) -> str:
    log_format = values["log_format"].strip().lower()
    if log_format not in {"text", "json"}:
        faults.append(f"{_env('log_format')} is “{values['log_format']}”: it must be text or json.")
    return log_format


def _count(name: str, values: Mapping[str, str], faults: list[str], least: int, most: int) -> int:
    word = values[name].strip()
    if not re.fullmatch(r"[0-9]{1,9}", word) or not least <= int(word) <= most:
        faults.append(f"{_env(name)} is “{word}”: it must be a number from {least} to {most}.")
        return most
    return int(word)


def _shards(values: Mapping[str, str], faults: list[str]) -> int:
    """Return how many connections to Discord's gateway are wanted; 0 is what it recommends."""
    if not values["discord_shards"].strip():
        return 0
    return _count("discord_shards", values, faults, 1, MAX_SHARDS)


def _yes(name: str, values: Mapping[str, str], faults: list[str]) -> bool:
    word = values[name].strip().lower()
    if word not in {"yes", "no"}:
        faults.append(f"{_env(name)} is “{values[name]}”: it must be yes or no.")
    return word == "yes"


def _operator(text: str, faults: list[str]) -> Chat | None:
    """Read "telegram:123456" or "discord:123:thread"; "" is nobody."""
    platform, _, rest = text.strip().partition(":")
    number, _, thread = rest.partition(":")
    if not text.strip():
        return None
    if not platform.isalpha() or not number:
        faults.append(f"{_env('operator_chat')} is “{text}”: it looks like telegram:123456789.")
        return None
    return Chat(platform.lower(), number, thread=thread)


def _networks(text: str, faults: list[str]) -> tuple[Network, ...]:
    networks = []
    for word in text.replace(",", " ").split():
        try:
            networks.append(ipaddress.ip_network(word, strict=False))
        except ValueError:
            faults.append(
                f"{_env('allow_networks')}: “{word}” is not a network such as 10.0.0.0/8."
            )
    return tuple(networks)


def _zone(name: str, faults: list[str]) -> str:
    try:
        return parse_zone(name)
    except RequestError as error:
        faults.append(f"{_env('time_zone')}: “{name}” is no time zone. {error.hint}")
        return "UTC"


def _url(name: str, values: Mapping[str, str], faults: list[str]) -> str:
    url, schemes = values[name].strip(), _SCHEMES[name]
    if not _is_url(url, schemes):
        wanted = f"it must begin with {schemes[0]}:// or {schemes[1]}:// and name a host"
        faults.append(f"{_env(name)} is “{url}”: {wanted}.")
    elif name == "discord_api_url" and not _VERSIONED.search(url):
        faults.append(f"{_env(name)} is “{url}”: it must end with its version, such as /api/v10.")
    return url


def _webhook(values: Mapping[str, str], faults: list[str]) -> str:
    """Return where Telegram delivers updates, or ""; only a server of one's own does without TLS.

    https://core.telegram.org/bots/webhooks#the-short-version
    """
    url = values["telegram_webhook_url"].strip()
    official = "api.telegram.org" in values["telegram_api_url"]
    schemes, ports = (("https",), _WEBHOOK_PORTS) if official else (("http", "https"), ())
    if not url:
        return ""
    if not _is_url(url, schemes):
        faults.append(f"{_env('telegram_webhook_url')} is “{url}”: it must begin with https://")
    elif ports and (urlsplit(url).port or 443) not in ports:
        named = ", ".join(map(str, ports))
        faults.append(f"{_env('telegram_webhook_url')}: Telegram delivers to ports {named} only.")
    return url


def _address(name: str, values: Mapping[str, str], faults: list[str]) -> tuple[str, int]:
    """Read "127.0.0.1:8443", "[::1]:8443" or a name in the place of the number."""
    word = values[name].strip()
    try:
        parts = urlsplit(f"//{word}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.path or parts.query:
        faults.append(f"{_env(name)} is “{word}”: it must look like 127.0.0.1:8443.")
        return "", 0
    return host, port


def _is_server(url: str) -> bool:
    """Tell whether a PostgreSQL URL names a host, in its place or (a socket's folder) as ?host=."""
    socket = url.replace("@/", "@localhost/", 1).replace(":///", "://localhost/", 1)
    return _is_url(socket if "host=" in url else url, _DATABASES)


def _is_url(url: str, schemes: Sequence[str]) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    spaced = any(sign.isspace() for sign in url)
    return parts.scheme in schemes and bool(parts.hostname) and port != 0 and not spaced


def _env(name: str) -> str:
    return PREFIX + name.upper()
