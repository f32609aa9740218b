"""Settings: `config/*.toml`, then the environment -> one frozen value. All faults at once."""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_data_path
from rapidfuzz import process

from bot.core.errors import RequestError, SettingsError
from bot.core.schedule import parse_zone

ROOT = Path(__file__).resolve().parents[1]
"""Where `config/` and `seeds/` lie: the checkout, or the folder of installed packages."""

PREFIX = "DATELINE_"
_SCHEMES = {
    "telegram_api_url": ("http", "https"),
    "discord_api_url": ("http", "https"),
    "discord_gateway_url": ("ws", "wss"),
}
_DATABASES = ("sqlite", "postgresql", "postgres", "sqlite+aiosqlite", "postgresql+asyncpg")


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the operator can choose. Tokens are left out of `repr`, so that no log shows one."""

    telegram_token: str = field(repr=False)
    discord_token: str = field(repr=False)
    database_url: str = field(repr=False)
    data_dir: Path
    seeds_dir: Path
    time_zone: str
    allow_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    log_format: str
    telegram_api_url: str
    discord_api_url: str
    discord_gateway_url: str


def load(environ: Mapping[str, str], config: Path = ROOT / "config") -> Settings:
    """Read the settings. Raises SettingsError with every fault, each in words."""
    faults: list[str] = []
    values = _merge(environ, config, faults)
    if not values:
        raise SettingsError(*faults)
    networks = _networks(values["allow_networks"], faults)
    zone = _zone(values["time_zone"], faults)
    for name, schemes in _SCHEMES.items():
        faults += _url_faults(name, values[name], schemes)
    if values["log_format"] not in {"text", "json"}:
        faults.append(f"{_env('log_format')} is “{values['log_format']}”: it must be text or json.")
    data_dir = (
        Path(values["data_dir"]).expanduser()
        if values["data_dir"]
        else user_data_path("dateline", appauthor=False)
    )
    database_url = values["database_url"] or f"sqlite:///{data_dir.absolute() / 'dateline.db'}"
    if database_url.partition("://")[0] not in _DATABASES:
        faults.append(f"{_env('database_url')} must begin with sqlite:/// or postgresql://")
    if faults:
        raise SettingsError(*faults)
    return Settings(
        telegram_token=values["telegram_token"].strip(),
        discord_token=values["discord_token"].strip(),
        database_url=database_url,
        data_dir=data_dir,
        seeds_dir=Path(values["seeds_dir"]).expanduser() if values["seeds_dir"] else ROOT / "seeds",
        time_zone=zone,
        allow_networks=networks,
        log_format=values["log_format"],
        telegram_api_url=values["telegram_api_url"].rstrip("/"),
        discord_api_url=values["discord_api_url"].rstrip("/"),
        discord_gateway_url=values["discord_gateway_url"],
    )


def unknown_names(environ: Mapping[str, str], config: Path = ROOT / "config") -> list[str]:
    """Say in words which DATELINE_ variables mean nothing: a typing mistake is never silent."""
    known = [_env(name) for name in _read(config / "defaults.toml", [])]
    strange = [name for name in environ if name.startswith(PREFIX) and name not in known]
    return [f"{name} is no setting{_near(name, known)}." for name in strange]


def _near(name: str, known: list[str]) -> str:
    near = process.extractOne(name, known, score_cutoff=85)
    return f"; did you mean {near[0]}" if near else ""


def _merge(environ: Mapping[str, str], config: Path, faults: list[str]) -> dict[str, str]:
    values = _read(config / "defaults.toml", faults)
    if (config / "local.toml").exists():
        local = _read(config / "local.toml", faults)
        faults += [
            f"config/local.toml: {name} is no setting." for name in local if name not in values
        ]
        values |= {name: value for name, value in local.items() if name in values}
    return values | {name: environ[_env(name)] for name in values if environ.get(_env(name))}


def _read(path: Path, faults: list[str]) -> dict[str, str]:
    try:
        return {name: str(value) for name, value in tomllib.loads(path.read_text("utf-8")).items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(f"config/{path.name} cannot be read: {error}.")
        return {}


def _networks(
    text: str, faults: list[str]
) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
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


def _url_faults(name: str, url: str, schemes: tuple[str, ...]) -> list[str]:
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    wanted = f"it must begin with {schemes[0]}:// or {schemes[1]}:// and name a host"
    return [] if good else [f"{_env(name)} is “{url}”: {wanted}."]


def _env(name: str) -> str:
    return PREFIX + name.upper()
