"""
The server's settings: flag, then environment, then file, then default; the first that speaks wins.

The file is the one named by `--config` or RAVI_SERVER_CONFIG, else `config.toml` in the data directory if there
is one. Names that nobody knows are errors, whatever wins, and all problems are reported at once. What there is to
set is declared in `server_table.py`; docs/adr/0008 says why it works like this.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from ravi.errors import ConfigInvalid
from ravi.settings.resolve import Sourced
from ravi.settings.server_carriers import CarrierUrl
from ravi.settings.server_relay import RelayUrl, in_the_clear
from ravi.settings.server_sources import Raw, Said, from_environment, from_file, from_flags
from ravi.settings.server_table import BY_NAME, CONFIG_FILE, CONFIG_FLAG, CONFIG_VARIABLE, DATABASE_FILE, SETTINGS
from ravi.settings.server_values import Address, DatabaseUrl, duration_text

__all__ = ["SETTINGS", "Address", "DatabaseUrl", "ServerSettings", "resolve", "shown"]

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Every setting, resolved. `sources` has where each came from; `config_file` the file that was read."""

    data: Path
    http: Address
    smtp: Address
    smtp_tls_cert: Path | None
    smtp_tls_key: Path | None
    smtp_message_bytes: int
    smtp_recipients: int
    smtp_connections: int
    smtp_connections_per_address: int
    smtp_mailbox_per_minute: int
    smtp_idle_timeout: timedelta
    dns: Literal["system", "none"]
    database: DatabaseUrl
    public_url: str | None
    mail_domain: tuple[str, ...]
    postmaster: str | None
    tls_cert: Path | None
    tls_key: Path | None
    behind_proxy: bool
    log_level: str
    carrier: tuple[CarrierUrl, ...]
    phone: Literal["always", "on-request"] | None
    number_quarantine: timedelta
    texts_per_hour: int
    texts_per_day: int
    identity_texts_per_hour: int
    identity_texts_per_day: int
    access_token_ttl: timedelta
    pool_size: int
    backlog: int
    credential_requests_per_second: int
    identity_requests_per_second: int
    credential_requests_at_once: int
    identity_held_requests: int
    requests_at_once: int
    http_connections: int
    http_connections_per_address: int
    graceful_timeout: timedelta
    relay: RelayUrl | None
    relay_tls: Literal["required", "opportunistic", "none"]
    dkim_key: Path | None
    dkim_selector: str
    sends_per_hour: int
    sends_per_day: int
    identity_sends_per_hour: int
    identity_sends_per_day: int
    webhook_allow: tuple[str, ...] | None
    config_file: Path | None
    sources: Mapping[str, str]

    @property
    def tls(self) -> bool:
        return self.tls_cert is not None

    def url_at(self, bound: Address) -> str:
        """
        Return the URL of this server when `http` is bound to *bound*, without a last slash.

        That is `public_url` if it is set. A wildcard address says nothing, so this machine's name stands for it.
        """
        if self.public_url:
            return self.public_url
        named = Address(os.uname().nodename, bound.port) if bound.is_wildcard else bound
        return f"{'https' if self.tls else 'http'}://{named}"

    def require_safe_to_serve(self) -> None:
        """Raises ConfigInvalid when credentials would travel in the clear to other machines."""
        if self.http.is_loopback or self.tls or self.behind_proxy:
            return
        raise ConfigInvalid(
            f"refusing to listen on {self.http} ({self.sources['http']}) without TLS:"
            " passwords and keys would cross the network in the clear",
            hint="give --tls-cert and --tls-key, or, behind a reverse proxy of yours that speaks TLS, --behind-proxy;"
            " for this machine alone, listen on 127.0.0.1",
        )


def resolve(
    flags: Mapping[str, Said] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    config: str | None = None,
) -> ServerSettings:
    """
    Return the settings that *flags* (by setting's name), *environ* and the file add up to.

    *config* is what `--config` said. Relative paths on the command line and in variables start at the working
    directory, those in a file at the file's directory. Raises ConfigInvalid with all problems in `details`.
    """
    environ = os.environ if environ is None else environ
    problems: list[str] = []
    layers = [from_flags(flags or {}), from_environment(environ, problems)]
    file = _named_file(config, environ, problems)
    if file is not None:
        layers.append(from_file(file, problems))
    values = {"data": _chosen("data", layers, environ, problems)}
    if file is None and config is None and CONFIG_VARIABLE not in environ:
        file = _file_in(values["data"].value, layers, problems)
    for setting in SETTINGS[1:]:
        values[setting.name] = _chosen(setting.name, layers, environ, problems)
    _check_pairs(values, problems)
    if problems:
        raise _invalid(problems)
    if values["database"].value is None:
        values["database"] = Sourced(DatabaseUrl(f"sqlite://{values['data'].value / DATABASE_FILE}"), DEFAULT)
    return ServerSettings(
        **{name: found.value for name, found in values.items()},
        config_file=file,
        sources={name: found.source for name, found in values.items()},
    )


def shown(value: Any) -> Any:
    """Return *value*, of any setting, as JSON can hold it and as a file would say it; passwords are hidden."""
    match value:
        case None | bool() | int() | str():
            return value
        case tuple():
            return [shown(each) for each in value]
        case timedelta():
            return duration_text(value)
    return str(value)


def _named_file(config: str | None, environ: Mapping[str, str], problems: list[str]) -> Path | None:
    for text, source in ((config, CONFIG_FLAG), (environ.get(CONFIG_VARIABLE), CONFIG_VARIABLE)):
        if text is not None:
            if text.strip():
                return Path(text).expanduser().absolute()
            problems.append(f"{source}: is empty")
            return None
    return None


def _file_in(data: Path, layers: list[Raw], problems: list[str]) -> Path | None:
    file = data / CONFIG_FILE
    if not os.path.lexists(file):
        return None
    found = from_file(file, problems)
    if found.pop("data", None):
        problems.append(f"{file}: data: a file in the data directory cannot move it; name the file with {CONFIG_FLAG}")
    layers.append(found)
    return file


def _chosen(name: str, layers: list[Raw], environ: Mapping[str, str], problems: list[str]) -> Sourced[Any]:
    """The parsed value of the first layer that speaks. What is wrong with it goes to *problems*."""
    said = next((layer[name] for layer in layers if name in layer), None)
    if said is not None:
        try:
            return Sourced(_parsed(name, said), said.source)
        except ValueError as reason:
            problems.append(f"{said.source}: {reason}")
    return Sourced(_default(name, environ, problems), DEFAULT)


def _parsed(name: str, said: Sourced[Said]) -> Any:
    setting = BY_NAME[name]
    texts = said.value if isinstance(said.value, list) else [said.value]
    if not texts or not all(text.strip() for text in texts):
        raise ValueError("is empty")
    found = [setting.read(text.strip()) for text in texts]
    if setting.shape == "list":
        return tuple(dict.fromkeys(found))
    return found[-1]


def _default(name: str, environ: Mapping[str, str], problems: list[str]) -> Any:
    setting = BY_NAME[name]
    if name == "data":
        xdg = environ.get("XDG_DATA_HOME", "")
        # The XDG specification says that relative paths are to be ignored.
        base = Path(xdg) if xdg.startswith("/") else _home(environ, problems) / ".local" / "share"
        return base / "ravi-server"
    if setting.default is None:
        return None
    value = setting.read(setting.default)
    return (value,) if setting.shape == "list" else value


def _home(environ: Mapping[str, str], problems: list[str]) -> Path:
    home = environ.get("HOME", "")
    if home.startswith("/"):
        return Path(home)
    try:
        return Path.home()
    except RuntimeError:
        problems.append("HOME is not set, so there is no place for the data: give --data DIR")
        return Path("/")


def _check_pairs(values: Mapping[str, Sourced[Any]], problems: list[str]) -> None:
    """What is wrong with settings together, or with what they name."""
    for prefix in ("", "smtp_"):
        cert, key = values[f"{prefix}tls_cert"], values[f"{prefix}tls_key"]
        if (cert.value is None) != (key.value is None):
            given, missing = (cert, f"{prefix}tls_key") if cert.value else (key, f"{prefix}tls_cert")
            problems.append(f"{given.source}: needs {missing} beside it")
        problems += [
            f"{found.source}: {found.value} cannot be read"
            for found in (cert, key)
            if found.value is not None and not os.access(found.value, os.R_OK)
        ]
    names = [each.name for each in values["carrier"].value]
    problems += [
        f"{values['carrier'].source}: two carriers are called {name}; tell them apart with #NAME"
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    relay, tls, key = values["relay"], values["relay_tls"], values["dkim_key"]
    if in_the_clear(relay.value, tls.value):
        problems.append(
            f"{tls.source}: relay_tls must be required, because the relay wants a password and is not on this machine"
        )
    if key.value is not None and not os.access(key.value, os.R_OK):
        problems.append(f"{key.source}: {key.value} cannot be read")


def _invalid(problems: list[str]) -> ConfigInvalid:
    hint = "see what can be set with: ravi-server run --help"
    if len(problems) == 1:
        return ConfigInvalid(problems[0], hint=hint)
    return ConfigInvalid(f"the configuration has {len(problems)} problems", hint=hint, details=problems)
