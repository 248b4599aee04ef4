"""What callers and operators write, whatever it is: read, or refused with one of our errors; never a fault."""

import asyncio
import contextlib
import ipaddress
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ravi.errors import ConfigInvalid, Invalid, RaviError
from ravi.server.auth import codes, tokens
from ravi.server.events.query import MOST_NAMES, read_names
from ravi.server.events.stream_routes import _last_seen
from ravi.server.http.paging import asked_paging
from ravi.server.identities.allowlist import allows, check_patterns
from ravi.server.mail.drafting import looks_like_html, read_addresses, read_draft, read_subject
from ravi.server.phone.carriers.smpp.parts import MOST_OCTETS, MOST_TEXTS, Parts
from ravi.server.phone.carriers.smpp.setup import Pace
from ravi.server.phone.carriers.smpp.texts import Content
from ravi.server.sso import claims
from ravi.server.sso.errors import SsoTokenRefused
from ravi.server.sso.jws import Signer
from ravi.server.waiting.records import Cursor
from ravi.server.waiting.routes import _cursor, _time, _wish
from ravi.server.webhooks.errors import TargetRefused
from ravi.server.webhooks.ssrf import Guard, is_public
from ravi.settings.server import resolve
from ravi.settings.server_carriers import carrier_url
from ravi.settings.server_relay import relay_url

OFTEN = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def joined(*pieces: str, most: int = 8) -> st.SearchStrategy[str]:
    """Texts made of *pieces* that mean something here, and of others."""
    return st.lists(st.sampled_from(pieces) | st.text(max_size=4), max_size=most).map("".join)


NUMBERS = joined("0", "7", "12.5", ".", "-1", "٣", "9" * 18, "9" * 19, "9" * 5000, " ", "+", "_", "1e3")


@OFTEN
@given(NUMBERS)
@example("12.5")
def test_any_cursor_of_a_wait_is_one_that_was_given_or_refused(text: str) -> None:
    try:
        found = _cursor(text)
    except Invalid:
        return
    assert found == _cursor(str(found)) or text == ""
    assert 0 <= found.mail < 10**18
    assert 0 <= found.sms < 10**18


@given(st.integers(0, 10**18 - 1), st.integers(0, 10**18 - 1))
def test_a_cursor_comes_back_as_it_was(mail: int, sms: int) -> None:
    assert _cursor(str(Cursor(mail, sms))) == Cursor(mail, sms)


@OFTEN
@given(NUMBERS, st.none() | st.integers())
def test_any_place_in_a_stream_is_the_number_of_an_event_or_refused(header: str, since: int | None) -> None:
    with contextlib.suppress(Invalid):
        found = _last_seen(header, since)
        assert found is None or 0 <= found < 2**63


@OFTEN
@given(joined("a", ",", " ", "email.message.received", "," * 60, most=80))
def test_any_list_of_names_is_short_or_refused(text: str) -> None:
    with contextlib.suppress(Invalid):
        names = read_names("event_types", text)
        assert len(names) <= MOST_NAMES
        assert all(name == name.strip() != "" and "," not in name for name in names)


@OFTEN
@given(joined("limit=", "offset=", "page=", "&", "=", "%00", "%ff", "9" * 30, "-1", "0", "7", "next").map(str.encode))
def test_any_paging_is_a_bounded_place_or_refused(raw: bytes) -> None:
    with contextlib.suppress(RaviError):
        found = asked_paging(raw)
        assert all(0 <= number < 10**10 for number in (found.limit or 0, found.offset))


WISHES = st.fixed_dictionaries(
    {},
    optional={
        "seconds": st.integers(),
        "sender": joined("a@b.example", "@", ".", "+1555", " ", "Shop", "x" * 400),
        "subject": joined("code", "İ", "x" * 400),
        "since": joined("2026-02-25T10:30:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "T", "now"),
        "cursor": NUMBERS,
        "medium": st.sampled_from(["any", "mail", "sms"]),
        "want": st.sampled_from(["message", "otp", "link"]),
    },
)


@OFTEN
@given(WISHES)
def test_any_wait_is_understood_or_refused(body: Any) -> None:
    with contextlib.suppress(Invalid):
        wish = _wish(body)
        assert 0 <= wish.hold.total_seconds() < 10**6
        assert wish.since is None or wish.since.tzinfo is UTC
        assert len(wish.sender) <= 400


@OFTEN
@given(st.datetimes(timezones=st.integers(-1439, 1439).map(lambda east: timezone(timedelta(minutes=east)))))
def test_a_moment_with_its_zone_is_read(moment: Any) -> None:
    with contextlib.suppress(Invalid):  # the first and the last day of all, seen from elsewhere
        assert _time(moment.isoformat()) == moment


PATTERNS = joined(
    "a@b.example", "example.com", "*.", "*", "@", "+15550100123", "5550100123", ".", " ", "ex\u00e4mple.com", "\0"
)


@OFTEN
@given(st.lists(PATTERNS, max_size=4), PATTERNS)
def test_any_patterns_are_kept_in_one_spelling_or_refused_and_never_mean_everybody(given_: list[str], who: str) -> None:
    try:
        patterns = check_patterns(given_)
    except Invalid:
        return
    assert check_patterns(patterns) == patterns
    assert not allows(patterns, "x@stranger.example.net") or "example.net" in "".join(patterns)
    assert not allows(patterns, "@") or "@" in patterns
    if not patterns:
        assert not allows(patterns, who)


URLS = joined(
    *(
        "http://",
        "https://",
        "example.com",
        "127.0.0.1",
        "0x7f.1",
        "2130706433",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[fe80::1%25eth0]",
    ),
    *(
        "169.254.169.254",
        "localhost",
        "@",
        "user:pw@",
        ":",
        ":25",
        ":80",
        ":99999",
        "/",
        "\\",
        "?",
        "#",
        "%2f",
        ".",
        "..",
        "\u3002",
    ),
    *(
        "10.0.0.1",
        "[64:ff9b::a00:1]",
        "\uff11\uff12\uff17.0.0.1",
        "metadata.google.internal",
        "\t",
        "\n",
        "xn--",
        "_x.example",
    ),
)


@OFTEN
@given(URLS, st.lists(st.ip_addresses(), max_size=3))
def test_any_url_leads_to_public_addresses_or_is_refused(text: str, answers: list[Any]) -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return [str(each) for each in answers]

    guard = Guard(lookup=lookup)
    try:
        url = guard.check_url(text)
        found = asyncio.run(guard.addresses(url))
    except TargetRefused:
        return
    assert url.scheme in ("http", "https")
    assert url.user is None
    assert url.password is None
    assert str(guard.check_url(str(url))) == str(url)
    assert found
    for each in map(ipaddress.ip_address, found):
        assert is_public(each)
        special = (each.is_private, each.is_loopback, each.is_link_local, each.is_multicast, each.is_unspecified)
        assert not any(special)


SIGNER = Signer(bytes(range(32)))
CLAIMS = st.builds(
    claims.Claims,
    iss=st.text(max_size=20),
    sub=st.text(max_size=20),
    aud=st.none() | st.text(max_size=20),
    iat=st.integers(0, 2**40),
    exp=st.integers(0, 2**40),
    jti=st.text(max_size=20),
    single_use=st.booleans(),
)


@OFTEN
@given(CLAIMS)
def test_claims_come_back_as_they_were_written(said: claims.Claims) -> None:
    assert claims.read(SIGNER, claims.write(SIGNER, said)) == said


@OFTEN
@given(CLAIMS, st.text(max_size=20), st.none() | st.text(max_size=20), st.integers(0, 2**40))
def test_claims_hold_for_their_audience_in_their_time_or_are_refused(
    said: claims.Claims, issuer: str, audience: str | None, now: int
) -> None:
    with contextlib.suppress(SsoTokenRefused):
        claims.check(said, issuer=issuer, audience=audience, now=now)
        assert (said.iss, said.aud) == (issuer, audience)
        assert now < said.exp <= said.iat + claims.LIVES.total_seconds()


@OFTEN
@given(st.binary(max_size=60) | st.sampled_from([b'{"iss":"a","iss":"b"}', b"[]", b"{}", b'{"exp":1e999}', b"\xff"]))
def test_what_our_key_signed_and_is_no_token_is_refused(payload: bytes) -> None:
    with pytest.raises(SsoTokenRefused):
        claims.read(SIGNER, claims.PREFIX + SIGNER.signed(payload))


@OFTEN
@given(st.text(max_size=60) | st.sampled_from(["ravi_id_", "ravi_at_x", "ravi_id_" + "0" * 49]))
def test_any_text_is_a_token_that_was_made_or_none(text: str) -> None:
    made = tokens.new_token("ravi_id_")
    assert tokens.looks_right(made)
    assert not tokens.looks_right(text), "a checksum that anything fits"
    assert not tokens.looks_right(made[:-1] + ("0" if made[-1] != "0" else "1"))
    assert len(tokens.digest(text.encode("utf-8", "replace").decode())) == 32
    assert made not in tokens.masked(made)


@given(st.integers(1, 3), st.text(max_size=12))
def test_a_code_is_the_same_however_it_is_typed(groups: int, text: str) -> None:
    code = codes.new_code(groups)
    assert codes.normal(f" {code.lower().replace('-', ' ')} ") == codes.normal(code) == code.replace("-", "")
    assert codes.normal(codes.normal(text)) == codes.normal(text)


ADDRESSES = joined("a@b.example", "<", ">", ",", ";", '"', "\\", "Ada ", "@", "\r\n", "\0", "(", ":", "x" * 70)


@OFTEN
@given(
    ADDRESSES | st.lists(ADDRESSES, max_size=3),
    joined("Re: ", "\r\n", "\0", "x" * 990, "é"),
    joined("<p>", "<", "text", "&"),
)
def test_any_draft_is_mail_that_ends_no_line_or_is_refused(to: Any, subject: str, content: str) -> None:
    looks_like_html(content)
    with contextlib.suppress(Invalid):
        for each in read_addresses("to_email", to):
            assert "@" in each.email
            assert each.email.isprintable()
            assert not set("\r\n\0") & set(each.name)
    with contextlib.suppress(Invalid):
        assert not set("\r\n\0") & set(read_subject(subject) or "")
    with contextlib.suppress(Invalid):
        read_draft({"to_email": to, "subject": subject, "content": content})


SECRET = "hunter2"
SERVICES = joined(
    *(
        "smtp://",
        "smtps://",
        "twilio://",
        "android+http://",
        "smpp://",
        "loopback:",
        f"user:{SECRET}@",
        "relay.example.org",
    ),
    *(
        ":",
        "587",
        "99999",
        "[::1]",
        "/",
        f"?token={SECRET}",
        f"?password={SECRET}&",
        "&",
        "=",
        "#name",
        "%zz",
        "%00",
        "@",
        "x-file=/",
    ),
)


@OFTEN
@given(SERVICES)
@pytest.mark.parametrize("read", [relay_url, carrier_url])
def test_any_url_of_a_service_is_read_or_refused_and_its_password_is_not_shown(read: Any, text: str) -> None:
    try:
        found = read(text)
    except ValueError as refusal:
        shown = str(refusal)
    else:
        shown = f"{found} {found!r}"
        places = (found.user, getattr(found, "path", ""), getattr(found, "host", None) or str(getattr(found, "at", "")))
        if SECRET in "".join(places):
            return  # it was written into a place that is shown
    assert SECRET not in shown


SETTINGS_FILES = st.lists(
    st.sampled_from(
        [
            *(
                b"http = ",
                b'"127.0.0.1:80"',
                b"\n",
                b"[table]",
                b"a.b = 1",
                b"pool_size = ",
                b"3",
                b"true",
                b'["x"]',
                b"99999999",
            ),
            *(
                b"\xff",
                b"\0",
                b'"""',
                b"{",
                b"mail_domain = ",
                b"1979-05-27",
                b"= =",
                b"relay = ",
                b'"smtp://u:hunter2@"',
                b"#",
            ),
        ]
    )
    | st.binary(max_size=4),
    max_size=10,
).map(b"".join)


@OFTEN
@given(SETTINGS_FILES)
def test_any_file_of_settings_is_read_or_refused_with_all_problems(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(content)
    try:
        resolve({"data": str(tmp_path)}, {})
    except ConfigInvalid as refusal:
        problems = refusal.details if isinstance(refusal.details, list) else [refusal.message]
    else:
        return
    assert all(str(file) in problem for problem in problems)


CONTENTS = st.builds(
    Content,
    octets=st.binary(max_size=12),
    data_coding=st.sampled_from([0, 1, 3, 4, 8, 99]),
    reference=st.sampled_from(["1", "2", "x"]),
    number=st.integers(1, 3),
    total=st.just(3),
)


@OFTEN
@given(st.lists(st.tuples(CONTENTS, st.sampled_from("ab"), st.integers(0, 400)), max_size=30))
def test_parts_of_long_texts_are_told_once_each_and_kept_within_bounds(
    arriving: list[tuple[Content, str, int]],
) -> None:
    parts, answered, now, told = Parts(Pace()), [], 0.0, []
    for content, source, later in arriving:
        now += later
        told += parts.add(source, "us", content, lambda: answered.append(1), now)
        told += parts.due(now)
        assert len(parts._texts) <= MOST_TEXTS
        assert parts._octets() <= MOST_OCTETS
    assert len({id(text) for text in told}) == len(told)
    for text in told:
        assert 1 <= len(text.parts) <= 3
        text.body("gsm-7").encode()
        text.answer()
    assert len(answered) <= len(arriving)
