"""DMARC: whether what was checked belongs to the domain that From names."""

from typing import Any

import pytest

from ravi.server.mail import dmarc
from ravi.server.mail.dns import LookupFailed
from ravi.server.mail.parsing import parse
from ravi.server.mail.records import Check
from tests.support.zone import Zone, fault

AUTHOR = "news.example.org"


def message(*froms: str) -> bytes:
    return b"".join(f"From: {each}\r\n".encode() for each in froms) + b"\r\ntext"


async def evaluate(
    record: Any = "v=DMARC1; p=reject",
    *,
    spf: Check | None = None,
    dkim: tuple[Check, ...] = (),
    author: str = AUTHOR,
    at: str = "example.org",
) -> Check:
    """The result for mail from *author*, *record* being published for *at*."""
    zone = Zone({(f"_dmarc.{at}", "TXT"): record})
    policy: dmarc.Policy | LookupFailed | None
    try:
        policy = await dmarc.find_policy(zone, author)
    except LookupFailed as error:
        policy = error
    return dmarc.evaluate(author, spf or Check("none"), dkim, policy, zone)


@pytest.mark.parametrize(
    ("domain", "mode", "aligned"),
    [
        ("news.example.org", "s", True),
        ("example.org", "s", False),
        ("example.org", "r", True),
        ("other.example.org", "r", True),
        ("deep.news.example.org", "r", True),
        ("example.com", "r", False),
        ("badexample.org", "r", False),
        ("org", "r", False),
        ("not a domain", "r", False),
    ],
)
async def test_alignment_is_strict_or_by_organisation(domain: str, mode: str, aligned: bool) -> None:
    expected = "pass" if aligned else "fail"
    record = f"v=DMARC1; p=reject; adkim={mode}; aspf={mode}"
    by_dkim = await evaluate(record, dkim=(Check("fail", AUTHOR), Check("pass", domain)))
    by_spf = await evaluate(record, spf=Check("pass", domain))
    assert (by_dkim.result, by_dkim.inputs["dkim_aligned"], by_dkim.inputs["spf_aligned"]) == (expected, aligned, False)
    assert (by_spf.result, by_spf.inputs["spf_aligned"], by_spf.inputs["dkim_aligned"]) == (expected, aligned, False)


async def test_neighbours_below_a_public_suffix_are_strangers() -> None:
    found = await evaluate(author="alice.co.uk", at="alice.co.uk", spf=Check("pass", "bob.co.uk"))
    assert found.result == "fail"


@pytest.mark.parametrize("result", ["fail", "softfail", "neutral", "none", "permerror"])
async def test_only_a_pass_is_a_pass(result: Any) -> None:
    found = await evaluate(spf=Check(result, AUTHOR), dkim=(Check(result, AUTHOR),))
    assert found.result == "fail"


async def test_a_fault_that_could_have_hidden_a_pass_is_temporary() -> None:
    assert (await evaluate(spf=Check("temperror", AUTHOR))).result == "temperror"
    assert (await evaluate(dkim=(Check("temperror", AUTHOR),))).result == "temperror"
    assert (await evaluate(spf=Check("temperror", "example.com"))).result == "fail"
    assert (await evaluate(spf=Check("temperror", AUTHOR), dkim=(Check("pass", AUTHOR),))).result == "pass"
    assert (await evaluate(fault())).result == "temperror"


@pytest.mark.parametrize(
    ("record", "at", "wish"),
    [
        ("v=DMARC1; p=none", AUTHOR, "none"),
        ("v=DMARC1;p=QUARANTINE;", AUTHOR, "quarantine"),
        ("v=DMARC1; p=reject; sp=none", AUTHOR, "reject"),
        ("v=DMARC1; p=reject", "example.org", "reject"),
        ("v=DMARC1; p=reject; sp=none", "example.org", "none"),
        ("v=DMARC1; p=oops; rua=mailto:a@b.example", AUTHOR, "none"),
        ([b"v=spf1 -all", b"v=DMARC1; p=none"], AUTHOR, "none"),
        (" v = DMARC1 ; p=reject", AUTHOR, "reject"),
    ],
)
async def test_the_policy_is_the_domains_own_or_that_of_its_organisation(record: Any, at: str, wish: str) -> None:
    found = await evaluate(record, at=at)
    assert (found.result, found.inputs["policy"], found.inputs["policy_domain"]) == ("fail", wish, at)


@pytest.mark.parametrize(
    "record",
    [
        [],
        ["v=DMARC1; p=none", "v=DMARC1; p=reject"],
        "p=reject; v=DMARC1",
        "v=DMARC2; p=reject",
        "v=DMARC1",
        "v=DMARC1; p=oops",
        "v=DMARC1; sp=reject",
        "v=DMARC1; p=reject; sp=oops",
        b"\xff\xfe",
        "v=DMARC1; p=reject;" + "x" * 9000,
    ],
)
async def test_without_one_valid_policy_there_is_no_result(record: Any) -> None:
    found = await evaluate(record, spf=Check("pass", AUTHOR))
    assert (found.result, found.inputs["spf_aligned"]) == ("none", True)


@pytest.mark.parametrize("author", ["localhost", "a.localhost", "x.invalid", "printer.local", "single"])
async def test_names_that_are_never_in_the_dns_are_not_asked_for(author: str) -> None:
    zone = Zone()
    assert await dmarc.find_policy(zone, author) is None
    assert zone.asked == []


async def test_two_questions_at_most() -> None:
    zone = Zone()
    assert await dmarc.find_policy(zone, "a.b.c.d.example.co.uk") is None
    assert zone.asked == [("_dmarc.a.b.c.d.example.co.uk", "TXT"), ("_dmarc.example.co.uk", "TXT")]


@pytest.mark.parametrize(
    ("froms", "domain"),
    [
        (["A <a@Example.ORG>"], "example.org"),
        (["a@bücher.example"], "xn--bcher-kva.example"),
        (["a@example.org, b@example.org"], "example.org"),
    ],
)
def test_the_author_is_who_from_names(froms: list[str], domain: str) -> None:
    assert dmarc.author_domain(parse(message(*froms))) == domain


@pytest.mark.parametrize(
    ("froms", "reason"),
    [
        ([], "there is no From"),
        (["a@example.org", "a@example.org"], "there is more than one From"),
        (["a@example.org, b@example.com"], "From names more than one domain"),
        (["<a@example.org> <b@example.com>"], "From names more than one domain"),
        (["nobody"], "From names nobody"),
        (["a@[192.0.2.1]"], "not a host"),
    ],
)
def test_from_names_one_domain_or_none_is_believed(froms: list[str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        dmarc.author_domain(parse(message(*froms)))
