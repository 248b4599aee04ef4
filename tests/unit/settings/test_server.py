"""Which source wins, and what every setting makes of what it is told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ravi.errors import ConfigInvalid
from ravi.settings.server import SETTINGS, Address, ServerSettings, resolve, shown
from ravi.settings.server_carriers import carrier_url
from ravi.settings.server_example import example
from ravi.settings.server_relay import RelayUrl

ROOT = Path(__file__).parents[3]

#: For each setting: a text that is accepted, what it becomes, and a text that is refused (None: all are accepted).
CASES: dict[str, tuple[str, Any, str | None]] = {
    "data": ("/srv/ravi", Path("/srv/ravi"), "/srv/\x07"),
    "http": ("[::1]:0", Address("::1", 0), "8787"),
    "smtp": ("0.0.0.0:25", Address("0.0.0.0", 25), "mail.example.org"),
    "smtp_tls_cert": ("/etc/hostname", Path("/etc/hostname"), "/no/such/file"),
    "smtp_tls_key": ("/etc/hostname", Path("/etc/hostname"), "/no/such/file"),
    "smtp_message_bytes": ("1000000", 1_000_000, "1000"),
    "smtp_recipients": ("1000", 1000, "0"),
    "smtp_connections": ("10", 10, "0"),
    "smtp_connections_per_address": ("10", 10, "-1"),
    "smtp_mailbox_per_minute": ("0", 0, "-1"),
    "smtp_idle_timeout": ("30s", timedelta(seconds=30), "0s"),
    "dns": ("None", "none", "1.1.1.1"),
    "database": ("postgresql:///ravi", "postgresql:///ravi", "mysql://ravi"),
    "public_url": ("https://Ravi.Example.org/", "https://ravi.example.org", "https://ravi.example.org/prefix"),
    "mail_domain": ("In.Example.org", ("in.example.org",), "in_example"),
    "postmaster": ("Ada@In.Example.org", "ada@in.example.org", "ada"),
    "tls_cert": ("/etc/hostname", Path("/etc/hostname"), "/no/such/file"),
    "tls_key": ("/etc/hostname", Path("/etc/hostname"), "/no/such/file"),
    "behind_proxy": ("yes", True, "perhaps"),
    "log_level": ("WARNING", "warning", "loud"),
    "carrier": ("loopback:", (carrier_url("loopback:"),), "ftp//nothing"),
    "phone": ("on-request", "on-request", "never"),
    "number_quarantine": ("7d", timedelta(days=7), "400d"),
    "texts_per_hour": ("0", 0, "-1"),
    "texts_per_day": ("9", 9, "1000001"),
    "identity_texts_per_hour": ("5", 5, "1000001"),
    "identity_texts_per_day": ("5", 5, "-1"),
    "access_token_ttl": ("90s", timedelta(seconds=90), "3600"),
    "pool_size": ("20", 20, "0"),
    "backlog": ("512", 512, "65536"),
    "credential_requests_per_second": ("0", 0, "-1"),
    "identity_requests_per_second": ("7", 7, "-1"),
    "credential_requests_at_once": ("8", 8, "-1"),
    "identity_held_requests": ("9", 9, "1.5"),
    "requests_at_once": ("10", 10, "-1"),
    "http_connections": ("11", 11, "0"),
    "http_connections_per_address": ("12", 12, "0"),
    "graceful_timeout": ("0s", timedelta(0), "2h"),
    "relay": ("smtp://Relay.Example.org", RelayUrl("smtp", Address("relay.example.org", 587), "", ""), "relay.example"),
    "relay_tls": ("None", "none", "always"),
    "dkim_key": ("/etc/hostname", Path("/etc/hostname"), "/no/such/file"),
    "dkim_selector": ("Mail.2026", "mail.2026", "a_b"),
    "sends_per_hour": ("0", 0, "-1"),
    "sends_per_day": ("9", 9, "1000001"),
    "identity_sends_per_hour": ("5", 5, "1000001"),
    "identity_sends_per_day": ("5", 5, "-1"),
    "webhook_allow": ("10.0.0.0/8", ("10.0.0.0/8",), "10.0.0.1/8"),
}
#: What has to stand beside a setting for it to be accepted.
BESIDE = {
    "tls_cert": {"tls_key": "/etc/hostname"},
    "tls_key": {"tls_cert": "/etc/hostname"},
    "smtp_tls_cert": {"smtp_tls_key": "/etc/hostname"},
    "smtp_tls_key": {"smtp_tls_cert": "/etc/hostname"},
}


@pytest.fixture
def config(tmp_path: Path) -> Any:
    """A function that writes a configuration file and returns its path."""

    def write(text: str) -> str:
        file = tmp_path / "ravi.toml"
        file.write_text(text)
        return str(file)

    return write


def problems_of(*arguments: Any, **more: Any) -> list[str]:
    with pytest.raises(ConfigInvalid) as refusal:
        resolve(*arguments, **more)
    return refusal.value.details or [refusal.value.message]


def value_of(settings: ServerSettings, name: str) -> Any:
    value = getattr(settings, name)
    return value.reveal() if name == "database" else value


def as_toml(name: str, text: str) -> str:
    shape = next(each.shape for each in SETTINGS if each.name == name)
    written = text if shape == "number" else {"yes": "true"}.get(text, f'"{text}"')
    return f"{name} = {written}\n"


def test_the_cases_below_cover_every_setting():
    assert list(CASES) == [setting.name for setting in SETTINGS]


def test_nothing_said_is_a_complete_configuration(home: Path):
    settings = resolve({}, {"HOME": str(home)})

    assert settings.data == home / ".local/share/ravi-server"
    assert settings.database.reveal() == f"sqlite://{home}/.local/share/ravi-server/ravi.db"
    assert settings.http == Address("127.0.0.1", 8787)
    assert settings.smtp == Address("127.0.0.1", 2525)
    assert settings.mail_domain == ("in.ravi.localhost",)
    assert settings.access_token_ttl == timedelta(hours=1)
    assert (settings.backlog, settings.graceful_timeout) == (2048, timedelta(seconds=5))
    assert set(settings.sources.values()) == {"default"}
    settings.require_safe_to_serve()


def test_the_data_directory_follows_xdg_data_home():
    assert resolve({}, {"HOME": "/home/a", "XDG_DATA_HOME": "/var/xdg"}).data == Path("/var/xdg/ravi-server")
    assert resolve({}, {"HOME": "/home/a", "XDG_DATA_HOME": "relative"}).data == Path(
        "/home/a/.local/share/ravi-server"
    )


@pytest.mark.parametrize("name", CASES)
def test_a_flag_beats_a_variable_which_beats_the_file(name: str, config: Any):
    text, value, _ = CASES[name]
    variable = f"RAVI_SERVER_{name.upper()}"
    beside = BESIDE.get(name, {})
    file = config("".join(as_toml(key, said) for key, said in {name: text, **beside}.items()))

    from_file = resolve({}, {}, config=file)
    from_variable = resolve(beside, {variable: text}, config=config("\n"))
    over_file = resolve(beside, {variable: text}, config=config(as_toml(name, text)))
    over_both = resolve({name: text, **beside}, {variable: text}, config=config(as_toml(name, text)))

    assert [value_of(each, name) for each in (from_file, from_variable, over_file, over_both)] == [value] * 4
    assert from_file.sources[name] == f"{file}: {name}"
    assert from_variable.sources[name] == over_file.sources[name] == variable
    assert over_both.sources[name] == "--" + name.replace("_", "-")


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[2]])
def test_a_bad_value_is_reported_with_where_it_was_said(name: str, config: Any):
    text, bad = CASES[name][0], CASES[name][2]
    assert bad is not None
    beside = BESIDE.get(name, {})
    flag, variable = "--" + name.replace("_", "-"), f"RAVI_SERVER_{name.upper()}"

    (from_flag,) = problems_of({name: bad, **beside}, {variable: text})
    (from_variable,) = problems_of(beside, {variable: bad})

    assert from_flag.startswith(f"{flag}: ")
    assert from_variable.startswith(f"{variable}: ")
    if name != "data":
        (from_file,) = problems_of(
            {}, {}, config=config("".join(map(as_toml, [name, *beside], [bad, *beside.values()])))
        )
        assert from_file.startswith(f"{config('')}: {name}: ")


@pytest.mark.parametrize("name", CASES)
def test_an_empty_value_is_an_error_and_never_the_default(name: str):
    assert f"RAVI_SERVER_{name.upper()}: is empty" in problems_of({}, {f"RAVI_SERVER_{name.upper()}": " "})


def test_all_problems_are_reported_at_once_each_with_its_source(config: Any):
    file = config('htpp = "127.0.0.1:1"\npool_size = "8"\nlog_level = "loud"\n')

    found = problems_of({"http": "nowhere"}, {"RAVI_SERVER_BACKLOG": "-1", "RAVI_SERVER_SMPT": "x"}, config=file)

    assert sorted(line.partition(": ")[0] for line in found) == sorted(
        ["--http", "RAVI_SERVER_BACKLOG", "unknown", file, file, file]
    )
    assert any(f"{file}: unknown: htpp (did you mean http?)" in line for line in found)
    assert any("unknown: RAVI_SERVER_SMPT (did you mean RAVI_SERVER_SMTP?)" in line for line in found)
    assert any(line == f"{file}: pool_size: must be a whole number" for line in found)


def test_a_single_problem_is_the_message_itself():
    with pytest.raises(ConfigInvalid, match=r"^--http: '80' is not HOST:PORT") as refusal:
        resolve({"http": "80"}, {})
    assert refusal.value.details is None
    assert refusal.value.hint


def test_what_kubernetes_sets_for_a_service_of_our_name_is_not_ours():
    links = {
        "RAVI_SERVER_SERVICE_HOST": "10.0.0.1",
        "RAVI_SERVER_SERVICE_PORT_HTTP": "8787",
        "RAVI_SERVER_PORT": "tcp://10.0.0.1:8787",
        "RAVI_SERVER_PORT_8787_TCP_ADDR": "10.0.0.1",
    }
    assert resolve({}, links).http == Address("127.0.0.1", 8787)
    assert "unknown: RAVI_SERVER_PORT" in problems_of({}, {"RAVI_SERVER_PORT": "9000"})[0]


def test_the_file_in_the_data_directory_is_read_unasked(tmp_path: Path):
    (tmp_path / "config.toml").write_text('log_level = "error"\n')

    settings = resolve({"data": str(tmp_path)}, {})

    assert settings.log_level == "error"
    assert settings.config_file == tmp_path / "config.toml"


def test_a_named_file_is_read_instead_of_the_one_in_the_data_directory(tmp_path: Path, config: Any):
    (tmp_path / "config.toml").write_text('log_level = "error"\n')

    settings = resolve({"data": str(tmp_path)}, {"RAVI_SERVER_CONFIG": config("pool_size = 3")})

    assert (settings.log_level, settings.pool_size) == ("info", 3)


def test_the_flag_for_the_file_beats_its_variable(tmp_path: Path, config: Any):
    settings = resolve({}, {"RAVI_SERVER_CONFIG": str(tmp_path / "absent")}, config=config("pool_size = 3"))
    assert settings.pool_size == 3


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_a_named_file_that_is_not_there_is_an_error(how: str, tmp_path: Path):
    name = str(tmp_path / "absent.toml")
    found = problems_of({}, {}, config=name) if how == "flag" else problems_of({}, {"RAVI_SERVER_CONFIG": name})
    assert found == [f"{name}: no such file or directory"]


def test_an_empty_name_of_a_file_is_an_error():
    assert problems_of({}, {"RAVI_SERVER_CONFIG": ""}) == ["RAVI_SERVER_CONFIG: is empty"]


def test_a_file_in_the_data_directory_cannot_move_the_data(tmp_path: Path):
    (tmp_path / "config.toml").write_text('data = "/elsewhere"\n')
    assert "cannot move it" in problems_of({"data": str(tmp_path)}, {})[0]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"http = ", "not TOML"),
        (b"\xff", "not UTF-8"),
        (b"#" * (1024 * 1024 + 1), "larger than"),
        (b"http = 8787", "http: must be a text in quotes"),
        (b"behind_proxy = 'yes'", "behind_proxy: must be true or false"),
        (b"backlog = true", "backlog: must be a whole number"),
        (b"mail_domain = ['a.example', 1]", "mail_domain: must be a text in quotes, or a list of them"),
        (b"mail_domain = []", "mail_domain: is empty"),
        (b"[http]\nport = 1", "http: must be a text in quotes"),
        (b"[server]\nhttp = '127.0.0.1:1'", "unknown: server"),
    ],
)
def test_a_file_that_says_nothing_usable_is_an_error(content: bytes, reason: str, tmp_path: Path):
    (tmp_path / "config.toml").write_bytes(content)
    found = problems_of({"data": str(tmp_path)}, {})
    assert len(found) == 1
    assert found[0].startswith(f"{tmp_path / 'config.toml'}: ")
    assert reason in found[0]


def test_relative_paths_start_at_the_file_or_at_the_working_directory(tmp_path: Path, config: Any):
    assert resolve({}, {}, config=config('data = "state"')).data == tmp_path / "state"
    assert resolve({"data": "state"}, {}).data == Path.cwd() / "state"


def test_a_tilde_is_the_home_directory(home: Path, config: Any):
    assert resolve({}, {"RAVI_SERVER_DATA": "~/state"}).data == home / "state"
    assert resolve({}, {}, config=config('data = "~/state"')).data == home / "state"


def test_domains_come_as_list_flags_commas_or_toml_without_repeats(config: Any):
    assert resolve({"mail_domain": ["a.example", "b.example"]}, {}).mail_domain == ("a.example", "b.example")
    assert resolve({}, {"RAVI_SERVER_MAIL_DOMAIN": "a.example, B.example,a.example"}).mail_domain == (
        "a.example",
        "b.example",
    )
    assert resolve({}, {}, config=config("mail_domain = ['a.example', 'b.example']")).mail_domain == (
        "a.example",
        "b.example",
    )


@pytest.mark.parametrize("given", ["tls_cert", "tls_key"])
def test_certificate_and_key_come_together(given: str):
    (problem,) = problems_of({given: "/etc/hostname"}, {})
    other = {"tls_cert": "tls_key", "tls_key": "tls_cert"}[given]
    assert problem == f"--{given.replace('_', '-')}: needs {other} beside it"


@pytest.mark.parametrize("http", ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "ravi.example.org:80"])
def test_credentials_do_not_cross_the_network_in_the_clear(http: str):
    settings = resolve({"http": http}, {})

    with pytest.raises(ConfigInvalid, match="refusing to listen") as refusal:
        settings.require_safe_to_serve()

    assert "--http" in refusal.value.message
    assert all(way in refusal.value.hint for way in ("--tls-cert", "--tls-key", "--behind-proxy"))
    resolve({"http": http, "behind_proxy": "true"}, {}).require_safe_to_serve()
    resolve({"http": http, "tls_cert": "/etc/hostname", "tls_key": "/etc/hostname"}, {}).require_safe_to_serve()


@pytest.mark.parametrize("http", ["127.0.0.1:80", "127.8.8.8:80", "[::1]:80", "localhost:80"])
def test_loopback_needs_nothing(http: str):
    resolve({"http": http}, {}).require_safe_to_serve()


def test_the_public_url_is_what_was_set_or_follows_from_where_it_listens():
    tls = {"tls_cert": "/etc/hostname", "tls_key": "/etc/hostname"}
    assert resolve({}, {}).url_at(Address("127.0.0.1", 41)) == "http://127.0.0.1:41"
    assert resolve(tls, {}).url_at(Address("::1", 41)) == "https://[::1]:41"
    assert resolve({"public_url": "https://r.example"}, {}).url_at(Address("::1", 41)) == "https://r.example"
    wildcard = resolve({}, {}).url_at(Address("0.0.0.0", 41))
    assert wildcard.startswith("http://")
    assert "0.0.0.0" not in wildcard


def test_settings_are_shown_as_json_holds_them_and_without_passwords():
    settings = resolve({"database": "postgresql://ravi:hunter2@db/ravi", "access_token_ttl": "90m"}, {})

    seen = {setting.name: shown(getattr(settings, setting.name)) for setting in SETTINGS}

    assert seen["database"] == "postgresql://ravi:***@db/ravi"
    assert seen["access_token_ttl"] == "90m"
    assert seen["http"] == "127.0.0.1:8787"
    assert seen["mail_domain"] == ["in.ravi.localhost"]
    assert seen["tls_cert"] is None
    assert "hunter2" not in repr(settings)


def test_the_example_file_is_the_one_that_the_declaration_makes():
    assert (ROOT / "config.example.toml").read_text() == example(), (
        "run: ravi-server config example > config.example.toml"
    )


def test_the_example_uncommented_is_what_holds_without_it(config: Any):
    lines = [
        line for line in example().splitlines() if line.startswith("#") and " = " in line and not line.startswith("# ")
    ]
    invented = ('"DIR"', '"ADDRESS"', '"URL"', '"FILE"', '"TARGET"', '"WHEN"')
    constants = [line[1:] for line in lines if not any(each in line for each in invented)]

    told = resolve({}, {"HOME": "/h"}, config=config("\n".join(constants)))
    untold = resolve({}, {"HOME": "/h"})

    assert len(lines) == len(SETTINGS)
    assert [getattr(told, each.name) for each in SETTINGS] == [getattr(untold, each.name) for each in SETTINGS]
