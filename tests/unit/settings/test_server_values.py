"""The parsers of the server's settings."""

import contextlib
import pickle
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.settings import server_values as values
from ravi.settings.server_table import SETTINGS
from ravi.settings.server_values import Address, DatabaseUrl

hosts = st.one_of(
    st.ip_addresses().map(str),
    st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z][a-z0-9]{0,10}){0,3}", fullmatch=True),
)


@given(hosts, st.integers(0, 65_535))
def test_an_address_is_read_back_from_how_it_is_written(host: str, port: int):
    assert values.address(str(Address(host, port))) == Address(host, port)


@given(st.text())
def test_no_text_breaks_a_parser(text: str):
    for setting in SETTINGS:
        with contextlib.suppress(ValueError):  # any other exception fails the test
            setting.read(text)


@pytest.mark.parametrize(
    "text",
    [
        "", ":", "8787", ":8787", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
        "::1:80", "[::1]", "[127.0.0.1]:80", "[x]:80", "300.0.0.1:80", "a b:80", "a_b:80", "-a:80", "127.0.0.1:٣",
        "http://127.0.0.1:80", "1:2:3",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(ValueError, match=r"is not HOST:PORT|above 65535"):
        values.address(text)


@given(st.integers(0, 10_000_000))
def test_a_duration_is_read_back_from_how_it_is_written(seconds: int):
    length = timedelta(seconds=seconds)
    assert values.duration(values.duration_text(length)) == length


def test_the_longest_that_can_be_written_fits():
    assert values.duration("999999999d") <= timedelta.max


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604_800), ("0s", 0)])
def test_a_duration_is_a_number_with_its_unit(text: str, seconds: int):
    assert values.duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "1", "h", "-1s", "1.5h", "1 h", "1H", "1w", "٣s", "1h30m", "9999999999s"])
def test_what_is_no_duration_is_refused(text: str):
    with pytest.raises(ValueError, match="with a unit"):
        values.duration(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://ravi.example.org", "https://ravi.example.org"),
        ("https://RAVI.example.org:8443/", "https://ravi.example.org:8443"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("http://[2001:DB8::1]:80", "http://[2001:db8::1]:80"),
    ],
)
def test_a_public_url_is_scheme_host_and_port(text: str, url: str):
    assert values.public_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "ravi.example.org", "ftp://ravi.example.org", "https://", "https:///x", "https://a/b", "https://a?b", "https://a#b",
        "https://user:password@a", "https://a:99999", "https://a:x", "https://a b", "https://[::1", "https://a\nb",
    ],
)  # fmt: skip
def test_what_is_no_public_url_is_refused(text: str):
    with pytest.raises(ValueError, match=r"is not a URL|must be a scheme"):
        values.public_url(text)


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "a_b.example", "-a.example", "a" * 64 + ".example", "1.2.3.4", "bücher.example", "a b"]
)
def test_what_is_no_domain_is_refused(text: str):
    with pytest.raises(ValueError, match=r"not a domain name|not ASCII"):
        values.domain(text)


@pytest.mark.parametrize(
    ("text", "file"), [("sqlite:///srv/ravi.db", "/srv/ravi.db"), ("sqlite:////srv/ravi.db", "/srv/ravi.db")]
)
def test_a_sqlite_url_names_an_absolute_file(text: str, file: str):
    assert str(values.database_url(text).file) == file
    assert values.database_url(text).reveal() == "sqlite:///srv/ravi.db"


@pytest.mark.parametrize(
    "text", ["sqlite://", "sqlite:///", "sqlite://ravi.db", "sqlite:ravi.db", "sqlite:///srv/", "x"]
)
def test_what_is_no_database_is_refused(text: str):
    with pytest.raises(ValueError, match=r"absolute path|is neither"):
        values.database_url(text)


def test_a_refused_database_url_is_not_quoted():
    with pytest.raises(ValueError, match=r"^is neither") as refusal:
        values.database_url("postgres:/ravi:hunter2@db/ravi")
    assert "hunter2" not in str(refusal.value)


def test_a_postgresql_url_has_no_file():
    assert values.database_url("postgresql://db/ravi").file is None


# Digits only, and none that the rest of the URL has: whatever is shown of them can only come from the password.
passwords = st.text("123456789", min_size=4)


@given(passwords, st.sampled_from(["{}", "p@{}", "{}/x", "{}:y", "{}#", "{}?", "%2F{}"]))
def test_a_password_is_never_shown(password: str, written: str):
    url = DatabaseUrl(f"postgresql://ravi:{written.format(password)}@db:5/ravi")
    assert password not in str(url) + repr(url) + f"{url}"
    assert password in url.reveal()


@given(passwords)
def test_a_password_among_the_options_is_never_shown(password: str):
    url = DatabaseUrl(f"postgresql://db/ravi?user=a&Password={password}&sslpassword={password}&sslmode=require")
    assert password not in str(url)
    assert str(url).endswith("&sslmode=require")


def test_a_database_url_is_not_serialised():
    with pytest.raises(TypeError):
        pickle.dumps(DatabaseUrl("postgresql://ravi:hunter2@db/ravi"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_is_known(host: str):
    assert Address(host, 1).is_loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "ravi.localhost", "example.org", "::ffff:10.0.0.1"])
def test_all_else_may_be_reached_from_elsewhere(host: str):
    assert not Address(host, 1).is_loopback
