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

from ravi.settings import server_carriers as carriers
from ravi.settings import server_relay as relays
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
    separator: str = ","
    """Between the texts of a list, where they all stand in one variable."""

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
        "Where mail is taken in; port 0 lets the system choose. Other mail servers deliver to port 25.",
    ),
    Setting(
        "smtp_tls_cert",
        values.path,
        "FILE",
        None,
        "A PEM file with the certificate and its chain for mail that arrives over STARTTLS.",
        otherwise="one that the server makes for itself and keeps in the data directory",
        shape="path",
    ),
    Setting(
        "smtp_tls_key",
        values.path,
        "FILE",
        None,
        "The PEM file with that certificate's private key, unencrypted.",
        otherwise="one that the server makes for itself and keeps in the data directory",
        shape="path",
    ),
    Setting(
        "smtp_message_bytes",
        values.whole(64 * 1024, 256 * 1024 * 1024),
        "NUMBER",
        "26214400",
        "The largest message that is taken in, in bytes; senders are told (SIZE).",
        shape="number",
    ),
    Setting(
        "smtp_recipients",
        values.whole(1, 10_000),
        "NUMBER",
        "100",
        "The most recipients of one message; the sender keeps the others for another message.",
        shape="number",
    ),
    Setting(
        "smtp_connections",
        values.whole(1, 50_000),
        "NUMBER",
        "500",
        "The most connections that deliver mail at once; further ones are told to come back later.",
        shape="number",
    ),
    Setting(
        "smtp_connections_per_address",
        values.whole(1, 50_000),
        "NUMBER",
        "50",
        "How many of them may come from one address, or from one IPv6 network of 64 bits.",
        shape="number",
    ),
    Setting(
        "smtp_mailbox_per_minute",
        values.whole(0, 1_000_000),
        "NUMBER",
        "600",
        "How many messages a minute one address may deliver to one mailbox; it keeps further ones for later."
        " 0 is no limit.",
        shape="number",
    ),
    Setting(
        "smtp_idle_timeout",
        values.between(timedelta(seconds=1), timedelta(hours=1)),
        "DURATION",
        "5m",
        "How long a connection that delivers mail may be silent.",
    ),
    Setting(
        "dns",
        values.one_of("system", "none"),
        "WHICH",
        "system",
        "Whom to ask whether a sender is who they say (SPF, DKIM, DMARC): this system's name servers, or nobody.",
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
        "postmaster",
        values.mail_address,
        "ADDRESS",
        None,
        "An identity's address: it reads what comes for postmaster, on each of these domains.",
        otherwise="mail for postmaster is refused",
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
        "carrier",
        carriers.carrier_url,
        "URL",
        "loopback:",
        "Where numbers come from and texts go: loopback:, twilio://…, android://… or smpp://…; the first one gives"
        " numbers to new identities. #NAME tells two of a kind apart; in the variable, blanks stand between them.",
        shape="list",
        separator=" ",
    ),
    Setting(
        "phone",
        values.one_of("always", "on-request"),
        "WHEN",
        None,
        "Whether a new identity gets a phone number unasked: always, or on-request.",
        otherwise="always with loopback, and on-request where numbers cost money",
    ),
    Setting(
        "number_quarantine",
        values.between(timedelta(0), timedelta(days=366)),
        "DURATION",
        "30d",
        "How long a number that was given back is kept, so that texts for whoever had it reach nobody else. This"
        " server gives it to nobody ever again.",
    ),
    Setting(
        "texts_per_hour",
        values.whole(0, 1_000_000),
        "NUMBER",
        "60",
        "How many texts an account may send in an hour; 0 is no limit.",
        shape="number",
    ),
    Setting(
        "texts_per_day",
        values.whole(0, 1_000_000),
        "NUMBER",
        "500",
        "How many texts an account may send in a day; 0 is no limit.",
        shape="number",
    ),
    Setting(
        "identity_texts_per_hour",
        values.whole(0, 1_000_000),
        "NUMBER",
        "0",
        "How many of them one identity may send in an hour; 0 is no limit of its own.",
        shape="number",
    ),
    Setting(
        "identity_texts_per_day",
        values.whole(0, 1_000_000),
        "NUMBER",
        "0",
        "How many of them one identity may send in a day; 0 is no limit of its own.",
        shape="number",
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
        "credential_requests_per_second",
        values.whole(0, 1_000_000),
        "NUMBER",
        "200",
        "How many requests one credential may make in a second, as one identity; four seconds' worth may be saved up."
        " 0 is no limit.",
        shape="number",
    ),
    Setting(
        "identity_requests_per_second",
        values.whole(0, 1_000_000),
        "NUMBER",
        "400",
        "How many requests may be made as one identity in a second, with all credentials together; 0 is no limit.",
        shape="number",
    ),
    Setting(
        "credential_requests_at_once",
        values.whole(0, 1_000_000),
        "NUMBER",
        "64",
        "How many requests with one credential, as one identity, may be under way; 0 is no limit.",
        shape="number",
    ),
    Setting(
        "identity_held_requests",
        values.whole(0, 1_000_000),
        "NUMBER",
        "100",
        "How many waits and event streams one identity may have open; 0 is no limit.",
        shape="number",
    ),
    Setting(
        "requests_at_once",
        values.whole(0, 1_000_000),
        "NUMBER",
        "1000",
        "How many requests may be under way on the whole server, held ones aside; further ones are told to come back"
        " later. 0 is no limit.",
        shape="number",
    ),
    Setting(
        "http_connections",
        values.whole(1, 1_000_000),
        "NUMBER",
        "20000",
        "The most HTTP connections at once; further ones are told to come back later.",
        shape="number",
    ),
    Setting(
        "http_connections_per_address",
        values.whole(1, 1_000_000),
        "NUMBER",
        "500",
        "How many of them may come from one address, or from one IPv6 network of 64 bits; connections from this"
        " machine, and those of your own reverse proxy, are not counted.",
        shape="number",
    ),
    Setting(
        "graceful_timeout",
        values.between(timedelta(seconds=0), timedelta(hours=1)),
        "DURATION",
        "5s",
        "How long requests may take to finish after a signal to stop.",
    ),
    Setting(
        "relay",
        relays.relay_url,
        "URL",
        None,
        "smtp://user:password@host:587, or smtps://…:465: where mail to other servers is handed on.",
        otherwise="no mail leaves this server; identities can write to each other",
    ),
    Setting(
        "relay_tls",
        values.one_of("required", "opportunistic", "none"),
        "WHEN",
        "required",
        "Whether smtp:// is upgraded with STARTTLS: required (the certificate is checked), opportunistic or none."
        " A password needs required, unless the relay is on this machine.",
    ),
    Setting(
        "dkim_key",
        values.path,
        "FILE",
        None,
        "A PEM file with the private key (RSA or Ed25519, unencrypted) that signs what leaves through the relay.",
        otherwise="what leaves is not signed",
        shape="path",
    ),
    Setting(
        "dkim_selector",
        relays.selector,
        "NAME",
        "ravi",
        "The key's name in the DNS: its public half stands at NAME._domainkey of each mail domain.",
    ),
    Setting(
        "sends_per_hour",
        values.whole(0, 1_000_000),
        "NUMBER",
        "60",
        "How many messages an account may send in an hour; 0 is no limit.",
        shape="number",
    ),
    Setting(
        "sends_per_day",
        values.whole(0, 1_000_000),
        "NUMBER",
        "500",
        "How many messages an account may send in a day; 0 is no limit.",
        shape="number",
    ),
    Setting(
        "identity_sends_per_hour",
        values.whole(0, 1_000_000),
        "NUMBER",
        "0",
        "How many of them one identity may send in an hour; 0 is no limit of its own.",
        shape="number",
    ),
    Setting(
        "identity_sends_per_day",
        values.whole(0, 1_000_000),
        "NUMBER",
        "0",
        "How many of them one identity may send in a day; 0 is no limit of its own.",
        shape="number",
    ),
    Setting(
        "webhook_allow",
        values.webhook_target,
        "TARGET",
        None,
        "Hosts, addresses and networks that webhooks may be posted to although they are not on the public internet.",
        otherwise="nothing",
        shape="list",
    ),
)

BY_NAME = {setting.name: setting for setting in SETTINGS}
