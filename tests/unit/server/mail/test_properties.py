"""What strangers publish, send and ask for in the way of mail, whatever it is: read, or refused; never a fault."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ravi.errors import Forbidden
from ravi.server.mail import dmarc
from ravi.server.mail.flowed import unflow
from ravi.server.mail.identifiers import KEPT_AT_EACH_END, message_id, message_ids
from ravi.server.mail.parameters import content_type_of, parse_parameters
from ravi.server.mail.signing import Signing, Voucher
from ravi.server.mail.words import decode_base64, decode_value
from tests.support.zone import Zone

OFTEN = settings(max_examples=150, deadline=None)
NOW = datetime(2026, 3, 1, tzinfo=UTC)

TAGS = st.sampled_from(
    [
        *(
            b"v=DMARC1",
            b"v = DMARC1 ",
            b";",
            b"; ",
            b"p=reject",
            b"p=none",
            b"p=",
            b"P=Quarantine",
            b"sp=reject",
            b"sp=x",
        ),
        *(
            b"adkim=s",
            b"aspf=S",
            b"aspf=",
            b"rua=mailto:a@b.example",
            b"pct=0",
            b"=",
            b"p=reject;p=none",
            b"\xff",
            b"\0",
        ),
    ]
)
RECORDS = st.lists(TAGS | st.binary(max_size=4), max_size=10).map(b"".join)


@OFTEN
@given(RECORDS.map(lambda rest: b"v=DMARC1;" + rest) | RECORDS, RECORDS, st.booleans())
@example(b"v=DMARC1;" + b"p=reject;" * 2000, b"", True)
def test_any_record_of_a_domain_is_a_policy_or_none(first: bytes, second: bytes, both: bool) -> None:
    zone = Zone(
        {
            ("_dmarc.news.example.org", "TXT"): [first, second] if both else [first],
            ("_dmarc.example.org", "TXT"): second,
        }
    )

    policy = asyncio.run(dmarc.find_policy(zone, "news.example.org"))

    assert len(zone.asked) <= 2
    if policy is not None:
        assert policy.wish in ("none", "quarantine", "reject")
        assert {policy.dkim_mode, policy.spf_mode} <= {"relaxed", "strict"}
        assert policy.found_at in ("news.example.org", "example.org")
    # Nobody's record lets somebody else's mail pass.
    other = dmarc.Check("pass", "evil.example")
    assert dmarc.evaluate("news.example.org", other, (other,), policy, zone).result in ("none", "fail")


LINES = st.lists(
    st.sampled_from(["\n", " ", "  ", ">", "> ", ">>", "-- ", " >", "From ", "a", "b "]) | st.text(max_size=4),
    max_size=24,
).map("".join)
FORMATS = st.sampled_from([{"format": "flowed"}, {"format": "Flowed", "delsp": "YES"}, {"format": "fixed"}, {}])


@OFTEN
@given(LINES, FORMATS)
def test_paragraphs_are_joined_and_nothing_but_blanks_and_stuffing_is_lost(
    text: str, parameters: dict[str, str]
) -> None:
    joined = unflow(text, parameters)

    def words(each: str) -> list[str]:
        return [char for char in each if char not in " >\n"]

    assert words(joined) == words(text)
    assert joined.count("\n") <= text.count("\n")
    assert len(joined) <= len(text) + text.count("\n") + 1 + text.count(">")
    if "flowed" not in parameters.get("format", "").lower():
        assert joined == text


@OFTEN
@given(
    st.lists(st.sampled_from([b"<", b">", b"a@b", b" ", b"@", b"<a@b>", b"x" * 999, b"\xff", b"\n"]), max_size=200).map(
        b"".join
    )
)
def test_message_ids_are_few_and_visible(value: bytes) -> None:
    found = message_ids(value)
    one = message_id(value)

    assert len(found) == len(set(found)) <= 2 * KEPT_AT_EACH_END
    for each in (*found, *([one] if one else [])):
        assert re.fullmatch(r"<[!-;=?-~]{1,996}>", each)
    assert one == (found[0] if found else one)


FIELDS = st.lists(
    st.sampled_from(
        [
            *(
                b"text/html",
                b"; ",
                b"charset",
                b"*",
                b"*0",
                b"*0*",
                b"*1",
                b"*99999999999",
                b"=",
                b'"',
                b"\\",
                b"utf-8''",
                b"%41",
            ),
            *(
                b"%",
                b"(",
                b")",
                b"((",
                b"/",
                b"boundary",
                b"=?utf-8?q?x?=",
                b"=?x?b?!!!!?=",
                b"\xe4",
                b"\0",
                b"\r\n ",
                b",",
            ),
        ]
    )
    | st.binary(max_size=4),
    max_size=20,
).map(b"".join)


@OFTEN
@given(FIELDS)
def test_any_field_with_parameters_is_read(field: bytes) -> None:
    for found in (parse_parameters(field), content_type_of(field)):
        found.value.encode()
        for name, value in found.parameters.items():
            assert name == name.lower()
            value.encode()
    assert "\n" not in decode_value(field, 200)
    assert len(decode_value(field, 200)) <= 200
    decoded, _ = decode_base64(field)
    assert len(decoded) <= len(field)


@pytest.fixture(scope="module")
def signing() -> Signing:
    made = Signing(None, None, lambda: NOW, public_url="https://ravi.example")  # type: ignore[arg-type]  # not asked
    made._key = bytes(range(32))
    return made


class Who:
    """A principal, as far as an address names one."""

    def __init__(self, account: int, identity: int, credential: int, sign_in: int | None) -> None:
        self.account_id, self.credential_id, self.sign_in_id = account, credential, sign_in
        self.identity = type("Identity", (), {"id": identity}) if identity else None


IDS = st.integers(1, 10**18 - 1)


@OFTEN
@given(IDS, st.integers(0, 10**18 - 1), IDS, st.none() | IDS, st.text(max_size=8), st.data())
def test_a_signed_address_works_as_it_was_made_and_in_no_other_spelling(
    signing: Signing, account: int, identity: int, credential: int, sign_in: int | None, what: str, data: st.DataObject
) -> None:
    who: Any = Who(account, identity, credential, sign_in)
    url = signing.address(who, "/x/", what, timedelta(minutes=5))
    found = re.fullmatch(r"https://ravi\.example/x/\?expires=(\d+)&by=([\d.]+)&signature=([\w-]+)", url)
    assert found is not None
    expires, by, signature = int(found[1]), found[2], found[3]
    assert signing.check(what, expires, by, signature) == Voucher(account, identity or None, credential, sign_in)

    changed = data.draw(
        st.sampled_from(
            [
                (what + "x", expires, by, signature),
                (what, expires + 1, by, signature),
                (what, expires, by + ".1", signature),
                (what, expires, by[:-1] + ("1" if by[-1] != "1" else "2"), signature),
                (what, expires, "", signature),
                (what, expires, by, signature + "="),
                (what, expires, by, signature.swapcase()),
                (what, expires, by, ""),
            ]
        )
        | st.tuples(st.text(max_size=4), st.integers(), st.text(max_size=8), st.text(max_size=8))
    )
    with pytest.raises(Forbidden):
        signing.check(*changed)
