"""Reducing what people and programs write to the registrable domain."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.domains import host, registrable


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("example.com", "example.com"),
        ("https://mail.google.com/inbox", "google.com"),
        ("https://mail.google.com/a b\\c?next=http://other.example#top", "google.com"),
        ("www.example.co.uk", "example.co.uk"),
        ("//cdn.example.com/x", "example.com"),
        ("ssh://git.example.com:22/repo", "example.com"),
        ("a.b.c.kobe.jp", "b.c.kobe.jp"),
        ("www.city.kobe.jp", "city.kobe.jp"),
    ],
)
def test_a_url_or_host_becomes_its_registrable_domain(text, domain) -> None:
    assert registrable(text) == domain


@pytest.mark.parametrize(
    "text",
    [
        "  Example.COM \n",
        "example.com.",
        "example.com:8443",
        "https://example.com:/",
        "https://user:pass@example.com:8443/",
        "https://other.example@example.com/",
        "user@example.com",
        "https://example.com?x",
        "https://example.com#x",
        "\uff25\uff38\uff21\uff2d\uff30\uff2c\uff25.com",
        "example。com",
    ],
)
def test_case_port_userinfo_and_a_final_dot_make_no_difference(text) -> None:
    assert registrable(text) == "example.com"


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("www.bücher.example", "xn--bcher-kva.example"),
        ("www.XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("shop.食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn"),
        ("www.食狮.中国", "xn--85x722f.xn--fiqs8s"),
    ],
)
def test_international_names_come_out_as_a_labels(text, domain) -> None:
    assert registrable(text) == domain


def test_letters_that_were_once_folded_name_their_own_domain() -> None:
    assert registrable("faß.de") == "xn--fa-hia.de"
    assert registrable("fass.de") == "fass.de"


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("http://192.0.2.7:8080/", "192.0.2.7"),
        ("http://[2001:DB8::0:1]:8080/", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[::ffff:192.0.2.7]", "192.0.2.7"),
        ("http://localhost:3000", "localhost"),
        ("printer", "printer"),
        ("my_service.internal", "my_service.internal"),
    ],
)
def test_addresses_and_single_labels_are_kept(text, domain) -> None:
    assert registrable(text) == domain


def test_users_of_a_shared_suffix_are_different_sites() -> None:
    assert registrable("https://alice.github.io/app") == "alice.github.io"
    assert registrable("x.y.bob.github.io") == "bob.github.io"


@pytest.mark.parametrize("suffix", ["com", "co.uk", "github.io"])
def test_a_public_suffix_itself_is_kept(suffix) -> None:
    assert registrable(suffix) == suffix


def test_an_unknown_top_level_domain_counts_as_one_suffix() -> None:
    assert registrable("a.b.agents.internal") == "agents.internal"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "https://",
        "https:///path",
        "https:/example.com",
        "https:example.com",
        "mailto:",
        "user@",
        ".",
        ".example.com",
        "example..com",
        "example.com..",
        "-example.com",
        "example-.com",
        "exa mple.com",
        "exa\tmple.com",
        "exa\x00mple.com",
        "example.com:port",
        "example.com:65536",
        "example.com:\uff180",
        "example.com%2f.evil.example",
        "a" * 64 + ".com",
        "a." * 127 + "com",
        "ü" * 5000,
        "1.2.3",
        "256.1.1.1",
        "example.0x7f",
        "http://0x7f000001/",
        "[::1",
        "[::1]x",
        "[fe80::1%eth0]",
        "1:2:3",
        "*.example.com",
        "exa\u200dmple.com",
        "℀.example",
        "⒈.example",
        "😀\ud800.example",
        "e2e2::" + "QUJD" * 20,
    ],
)
def test_what_is_no_host_is_refused_with_a_message_for_people(text) -> None:
    with pytest.raises(ValueError) as caught:
        registrable(text)

    assert type(caught.value) is ValueError
    assert str(caught.value)[0].islower()


def test_a_url_that_programs_read_differently_is_refused() -> None:
    with pytest.raises(ValueError, match="backslash"):
        registrable("https://good.example\\@evil.example/")


@given(st.text() | st.from_regex(r"[a-zß.:@/\[\]%0-9-]{1,30}", fullmatch=True))
def test_what_comes_out_is_ascii_and_stays_as_it_is(text) -> None:
    try:
        domain = registrable(text)
    except ValueError:
        return
    assert domain.isascii()
    assert registrable(domain) == domain


def test_the_whole_host_is_there_too() -> None:
    assert host("https://User@Mail.Google.com:443/x") == "mail.google.com"


def test_the_list_is_not_parsed_before_it_is_needed() -> None:
    script = (
        "import sys; from ravi.domains import registrable; registrable('localhost'); registrable('192.0.2.7');"
        "assert 'publicsuffixlist' not in sys.modules;"
        "registrable('example.com'); assert 'publicsuffixlist' in sys.modules"
    )

    subprocess.run([sys.executable, "-c", script], check=True)
