"""SPF: what domains say of clients, by the rules and examples of RFC 7208."""

import asyncio
import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.server.mail.records import Check
from ravi.server.mail.spf import check_spf
from tests.support.zone import Zone, fault

#: RFC 7208 appendix A.
RFC_ZONE: dict[tuple[str, str], Any] = {
    ("example.com", "MX"): [(10, "mail-a.example.com"), (20, "mail-b.example.com")],
    ("example.com", "A"): ["192.0.2.10", "192.0.2.11"],
    ("amy.example.com", "A"): ["192.0.2.65"],
    ("bob.example.com", "A"): ["192.0.2.66"],
    ("mail-a.example.com", "A"): ["192.0.2.129"],
    ("mail-b.example.com", "A"): ["192.0.2.130"],
    ("example.org", "MX"): [(10, "mail-c.example.org")],
    ("mail-c.example.org", "A"): ["192.0.2.140"],
    ("10.2.0.192.in-addr.arpa", "PTR"): ["example.com"],
    ("65.2.0.192.in-addr.arpa", "PTR"): ["amy.example.com"],
    ("140.2.0.192.in-addr.arpa", "PTR"): ["mail-c.example.org"],
    ("4.0.0.10.in-addr.arpa", "PTR"): ["bob.example.com"],
    ("mary.mobile-users._spf.example.com", "A"): ["127.0.0.2"],
    ("15.15.168.192.joel.remote-users._spf.example.com", "A"): ["127.0.0.2"],
}


async def check(
    record: Any,
    peer: str = "192.0.2.65",
    *,
    mail_from: str = "strong-bad@example.com",
    helo: str = "mx.example.com",
    more: dict[tuple[str, str], Any] | None = None,
) -> Check:
    """The result where example.com publishes *record* in the zone of the RFC."""
    zone = Zone(RFC_ZONE | {("example.com", "TXT"): record} | (more or {}))
    return await check_spf(zone, peer=peer, helo=helo, mail_from=mail_from)


@pytest.mark.parametrize(
    ("record", "peer", "result"),
    [
        # Appendix A.1
        ("v=spf1 +all", "192.0.2.129", "pass"),
        ("v=spf1 a -all", "192.0.2.10", "pass"),
        ("v=spf1 a -all", "192.0.2.12", "fail"),
        ("v=spf1 a:example.org -all", "192.0.2.10", "fail"),
        ("v=spf1 mx -all", "192.0.2.130", "pass"),
        ("v=spf1 mx:example.org -all", "192.0.2.140", "pass"),
        ("v=spf1 mx mx:example.org -all", "192.0.2.140", "pass"),
        ("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.131", "pass"),
        ("v=spf1 ptr -all", "192.0.2.65", "pass"),
        ("v=spf1 ptr -all", "192.0.2.140", "fail"),
        ("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129", "pass"),
        ("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65", "fail"),
        # Qualifiers, and what is there by default (section 4.6.2, 4.7)
        ("v=spf1 ?all", "192.0.2.1", "neutral"),
        ("v=spf1 ~all", "192.0.2.1", "softfail"),
        ("v=spf1", "192.0.2.1", "neutral"),
        ("v=spf1 -ip4:192.0.2.1 +all", "192.0.2.1", "fail"),
        # No record (section 4.5)
        ([], "192.0.2.1", "none"),
        ("v=spf10 +all", "192.0.2.1", "none"),
        (["something else", "v=spf1 +all", "google-site-verification=x"], "192.0.2.1", "pass"),
        (["v=spf1 +all", "v=spf1 -all"], "192.0.2.1", "permerror"),
        # Addresses (section 5.6)
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1", "pass"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db9::1", "fail"),
        ("v=spf1 ip4:192.0.2.0/24 -all", "::ffff:192.0.2.1", "pass"),
        ("v=spf1 ip4:192.0.2.0/33 -all", "192.0.2.1", "permerror"),
        ("v=spf1 ip4:192.0.2 -all", "192.0.2.1", "permerror"),
        # Syntax (section 4.6)
        ("v=spf1 moo -all", "192.0.2.1", "permerror"),
        ("v=spf1 a: -all", "192.0.2.1", "permerror"),
        ("v=spf1 exists:%(x) -all", "192.0.2.1", "permerror"),
        ("v=spf1 unknown=modifier ip4:192.0.2.1 -all", "192.0.2.1", "pass"),
        # Macros (section 7, appendix A.4)
        ("v=spf1 exists:%{l}.mobile-users._spf.%{d} -all", "192.0.2.1", "fail"),
        ("v=spf1 exists:mary.mobile-users._spf.%{d} -all", "192.0.2.1", "pass"),
    ],
)
async def test_records_mean_what_the_rfc_says(record: Any, peer: str, result: str) -> None:
    assert (await check(record, peer)).result == result


async def test_includes_and_redirects_are_followed() -> None:
    more = {
        ("inc.example", "TXT"): "v=spf1 ip4:192.0.2.65 -all",
        ("red.example", "TXT"): "v=spf1 ip4:192.0.2.65 ~all",
    }
    assert (await check("v=spf1 include:inc.example -all", more=more)).result == "pass"
    assert (await check("v=spf1 include:inc.example ~all", "192.0.2.66", more=more)).result == "softfail"
    assert (await check("v=spf1 redirect=red.example", "192.0.2.66", more=more)).result == "softfail"
    assert (await check("v=spf1 include:nothing.example -all")).result == "permerror"
    assert (await check("v=spf1 redirect=nothing.example")).result == "permerror"


async def test_a_record_that_includes_itself_comes_to_an_end() -> None:
    more = {("a.example", "TXT"): "v=spf1 include:b.example", ("b.example", "TXT"): "v=spf1 include:a.example"}
    assert (await check("v=spf1 include:a.example -all", more=more)).result == "permerror"


async def test_no_more_than_ten_mechanisms_ask() -> None:
    hosts = {(f"h{number}.example", "A"): ["192.0.2.1"] for number in range(12)}
    ten = "v=spf1 " + " ".join(f"a:h{number}.example" for number in range(10)) + " -all"
    assert (await check(ten, more=hosts)).result == "fail"
    assert (await check(ten.replace(" -all", " a:h10.example -all"), more=hosts)).result == "permerror"


async def test_no_more_than_two_look_ups_find_nothing() -> None:
    assert (await check("v=spf1 a:x1.example a:x2.example -all")).result == "fail"
    assert (await check("v=spf1 a:x1.example a:x2.example a:x3.example -all")).result == "permerror"


async def test_no_more_than_ten_hosts_of_mail_are_asked_for() -> None:
    many = {("many.example", "MX"): [(1, f"h{number}.example") for number in range(11)]}
    assert (await check("v=spf1 mx:many.example -all", more=many)).result == "permerror"


async def test_the_worst_that_a_record_can_ask_for_is_bounded() -> None:
    records: dict[tuple[str, str], Any] = {}
    for number in range(10):
        records[f"mx{number}.example", "MX"] = [(1, f"h{number}x{host}.example") for host in range(10)]
        records |= {(f"h{number}x{host}.example", "A"): ["198.51.100.1"] for host in range(10)}
    zone = Zone(
        {("example.com", "TXT"): "v=spf1 " + " ".join(f"mx:mx{n}.example" for n in range(10)) + " -all"} | records
    )
    found = await check_spf(zone, peer="192.0.2.1", helo="mx.example.com", mail_from="a@example.com")
    assert found.result == "fail"
    assert len(zone.asked) == 111


async def test_it_records_what_it_was_computed_from() -> None:
    found = await check("v=spf1 ip4:192.0.2.0/24 -all")
    assert (found.result, found.domain) == ("pass", "example.com")
    assert found.inputs == {
        "client_ip": "192.0.2.65",
        "identity": "mailfrom",
        "mail_from": "strong-bad@example.com",
        "helo": "mx.example.com",
        "mechanism": "ip4:192.0.2.0/24",
    }


async def test_of_a_bounce_the_name_in_helo_is_checked() -> None:
    more = {("mx.example.com", "TXT"): "v=spf1 ip4:192.0.2.65 -all"}
    found = await check("v=spf1 -all", mail_from="", more=more)
    assert (found.result, found.domain, found.inputs["identity"]) == ("pass", "mx.example.com", "helo")


@pytest.mark.parametrize(
    "peer",
    ["127.0.0.1", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1", "fd00::1", "fe80::1"],
)
async def test_a_client_without_a_public_address_is_neither_allowed_nor_forbidden(peer: str) -> None:
    zone = Zone({("example.com", "TXT"): "v=spf1 -all"})
    found = await check_spf(zone, peer=peer, helo="x.example", mail_from="a@example.com")
    assert (found.result, zone.asked) == ("none", [])
    assert found.inputs["reason"] == "the client is not on a public address"


@pytest.mark.parametrize(
    ("mail_from", "helo"),
    [("", ""), ("", "localhost"), ("", "[192.0.2.1]"), ("a@localhost", "x"), ("a@[192.0.2.1]", "x"), ("a@b c", "x"),
     ("a@" + "x" * 300, "x"), ("a@192.0.2.1", "x"), ("a@exa\x00mple.com", "x"), ("a@", "x")],
)  # fmt: skip
async def test_without_a_domain_there_is_nothing_to_ask(mail_from: str, helo: str) -> None:
    zone = Zone()
    found = await check_spf(zone, peer="192.0.2.1", helo=helo, mail_from=mail_from)
    assert (found.result, zone.asked) == ("none", [])


async def test_a_client_that_is_no_address_is_none() -> None:
    assert (await check_spf(Zone(), peer="", helo="x.example", mail_from="a@b.example")).result == "none"


async def test_an_at_sign_in_a_quoted_local_part_does_not_choose_the_domain() -> None:
    zone = Zone({("example.com", "TXT"): "v=spf1 -all", ("evil.example", "TXT"): "v=spf1 +all"})
    found = await check_spf(zone, peer="192.0.2.1", helo="x.example", mail_from='"a@evil.example"@example.com')
    assert (found.result, found.domain) == ("fail", "example.com")


async def test_a_domain_in_another_script_is_asked_for_in_ascii() -> None:
    zone = Zone({("xn--bcher-kva.example", "TXT"): "v=spf1 +all"})
    found = await check_spf(zone, peer="192.0.2.1", helo="x.example", mail_from="a@bücher.example")
    assert (found.result, found.domain) == ("pass", "xn--bcher-kva.example")


@pytest.mark.parametrize(
    "records",
    [
        {("example.com", "TXT"): fault()},
        {("example.com", "TXT"): "v=spf1 a -all", ("example.com", "A"): fault()},
        {("example.com", "TXT"): "v=spf1 include:i.example -all", ("i.example", "TXT"): fault()},
        {("example.com", "TXT"): "v=spf1 mx -all", ("mail-a.example.com", "A"): fault()},
    ],
)
async def test_a_fault_of_the_dns_is_temporary(records: dict[tuple[str, str], Any]) -> None:
    zone = Zone(RFC_ZONE | records)
    assert (await check_spf(zone, peer="192.0.2.65", helo="x.example", mail_from="a@example.com")).result == "temperror"


async def test_a_fault_that_nobody_came_to_does_not_matter() -> None:
    more = {("example.com", "A"): fault()}
    assert (await check("v=spf1 ip4:192.0.2.65 a -all", more=more)).result == "pass"


async def test_explanations_are_not_looked_up() -> None:
    zone = Zone({("example.com", "TXT"): "v=spf1 -all exp=explain.example.com"})
    assert (await check_spf(zone, peer="192.0.2.1", helo="x.example", mail_from="a@example.com")).result == "fail"
    assert zone.asked == [("example.com", "TXT")]


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 " + "a." * 30_000 + " -all",
        "v=spf1 " + "a:%{" * 10_000,
        "v=spf1 exists:" + "a." * 900 + "%{d}.x -all",
        "v=spf1 " + "ip4:1.2.3.4 " * 5000 + "-all",
        "v=spf1 a/" + "9" * 1500,
        "v=spf1 exists:%{d" + "9" * 400 + "}.x -all",
        "v=spf1 ip6:" + ":" * 1900,
    ],
    ids=range(7),
)
async def test_no_record_takes_long_or_does_harm(record: str) -> None:
    assert (await check(record)).result in ("permerror", "fail")


async def test_checks_at_the_same_time_keep_their_answers_apart() -> None:
    def zone(number: int) -> Zone:
        return Zone({("example.com", "TXT"): "v=spf1 a -all", ("example.com", "A"): [f"192.0.2.{number}"]}, delay=0.001)

    checks = (
        check_spf(zone(number), peer="192.0.2.7", helo="x.example", mail_from="a@example.com") for number in range(20)
    )
    found = [each.result for each in await asyncio.gather(*checks)]
    assert found == ["fail"] * 7 + ["pass"] + ["fail"] * 12


def test_pyspf_is_imported_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        import spf
    assert spf.query


_TERMS = st.sampled_from(
    """
    a mx ptr exists:%{i}.x.example include:a.example redirect=b.example ip4:192.0.2.0/24 ip6:::/0 -all ~all all:
    ?a:%{d2r}.example exp=%{x} a// mx:/ a:% %{s} = ip4: a/-1 \u20ac
    """.split()
)


@given(st.lists(_TERMS, max_size=8), st.text(max_size=20), st.sampled_from(["192.0.2.1", "2001:db8::1"]))
@settings(max_examples=150, deadline=None)
async def test_any_record_has_a_result(terms: list[str], rubbish: str, peer: str) -> None:
    record = ("v=spf1 " + " ".join([*terms, rubbish])).encode(errors="replace")
    found = await check([record], peer, mail_from=f"{rubbish}@example.com")
    assert found.result in ("pass", "fail", "softfail", "neutral", "none", "permerror")
