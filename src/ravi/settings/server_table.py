"""
Every setting of the server, declared once.

Flags, environment variables, keys of the file, `config.example.toml`, `ravi-server config check` and the test of
docs/reference/server.md all follow from `SETTINGS`. A setting called `tls_cert` is the flag `--tls-cert`, the
variable `RAVI_SERVER_TLS_CERT` and the key `tls_cert`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from ravi.settings import server_values as values

PREFIX = "RAVI_SERVER_"

#: Names the file to read; not a setting itself, because a file cannot name itself.
CONFIG_FLAG = "--config"
CONFIG_VARIABLE = "RAVI_SERVER_CONFIG"
CONFIG_FILE = "config.toml"
DATABASE_FILE = "ravi.db"


@dataclass(frozen=True, slots=True)
class Setting:
    """
    One setting. `read` turns text into the value or raises ValueError.

    `default` is written as a person would write it; None means that there is none, or that it follows from
    something else, and `otherwise` says from what. `shape` says what a file may hold under the key.
    """

    name: str
    read: Callable[[str], Any]
    placeholder: str
    default: str | None
    help: str
    otherwise: str = ""
    shape: Literal["text", "path", "number", "switch", "list"] = "text"

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "data",
        values.path,
        "DIR",
        None,
        "Where everything is kept; made with mode 0700 if it is not there.",
        otherwise="$XDG_DATA_HOME/ravi-server, or ~/.local/share/ravi-server",
        shape="path",
    ),
    Setting(
        "http",
        values.address,
        "HOST:PORT",
        "127.0.0.1:8787",
        "Where the API and the sign-in pages listen; port 0 lets the system choose."
        " Anything but loopback needs TLS or behind_proxy.",
    ),
    Setting(
        "smtp",
        values.address,
        "HOST:PORT",
        "127.0.0.1:2525",
        "Reserved for the mail listener, which is not part of this release: checked, and not listened on.",
    ),
    Setting(
        "database",
        values.database_url,
        "URL",
        None,
        "sqlite:///absolute/file, or postgresql://user:password@host:port/name.",
        otherwise=f"{DATABASE_FILE} in the data directory",
    ),
    Setting(
        "public_url",
        values.public_url,
        "URL",
        None,
        "The URL at which people and agents reach this server; it is put into links.",
        otherwise="made from the address that http is bound to",
    ),
    Setting(
        "mail_domain",
        values.domain,
        "DOMAIN",
        "in.ravi.localhost",
        "The domains that identities get addresses in; the first one is the default.",
        shape="list",
    ),
    Setting(
        "tls_cert",
        values.path,
        "FILE",
        None,
        "A PEM file with the certificate and its chain: http is then served over TLS.",
        otherwise="no TLS",
        shape="path",
    ),
    Setting(
        "tls_key",
        values.path,
        "FILE",
        None,
        "The PEM file with the certificate's private key, unencrypted.",
        otherwise="no TLS",
        shape="path",
    ),
    Setting(
        "behind_proxy",
        values.switch,
        "",
        "false",
        "Whoever connects is your own reverse proxy: believe the last X-Forwarded-For and X-Forwarded-Proto, and"
        " allow http on an address that is not loopback.",
        shape="switch",
    ),
    Setting(
        "log_level",
        values.one_of("debug", "info", "warning", "error"),
        "LEVEL",
        "info",
        "How much is logged on stderr: debug, info, warning or error. info has a line for each request.",
    ),
    Setting(
        "phone",
        values.one_of("always", "on-request"),
        "WHEN",
        "always",
        "Whether a new identity gets a phone number unasked: always, or on-request.",
    ),
    Setting(
        "access_token_ttl",
        values.between(timedelta(seconds=1), timedelta(days=366)),
        "DURATION",
        "1h",
        "How long an access token is good for; clients refresh it by themselves.",
    ),
    Setting(
        "pool_size",
        values.whole(1, 1000),
        "NUMBER",
        "8",
        "The most connections to PostgreSQL; without effect on SQLite.",
        shape="number",
    ),
    Setting(
        "backlog",
        values.whole(1, 65_535),
        "NUMBER",
        "2048",
        "How many connections may wait to be accepted; the system may cap it (net.core.somaxconn).",
        shape="number",
    ),
    Setting(
        "graceful_timeout",
        values.between(timedelta(seconds=0), timedelta(hours=1)),
        "DURATION",
        "5s",
        "How long requests may take to finish after a signal to stop.",
    ),
)

BY_NAME = {setting.name: setting for setting in SETTINGS}
