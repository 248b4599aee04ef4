"""What comes in: believed when it is signed over our URL, and never for anything else."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.server.phone.carriers.contract import Reading, Received, Report, Surroundings, Webhook, WebhookRefused
from ravi.server.phone.carriers.twilio import Twilio, open_carrier
from ravi.settings.server_carriers import carrier_url
from tests.support.twilio_double import ACCOUNT, TOKEN, TwilioDouble
from tests.support.twilio_signing import Signed, sign, signed_form, signed_json

URL = "https://ravi.example.org/api/phone/carriers/twilio/"
OURS, WORLD = "+12015550001", "+14155550100"
REF = "SM" + "0" * 32


def carrier(url: str = URL, token: str = TOKEN) -> Twilio:
    here = Surroundings(url, bytes(32), lambda: datetime.now(UTC))
    return open_carrier(carrier_url(f"twilio://{ACCOUNT}:{token}@api.twilio.com"), here)


def arrived(signed: Signed) -> Webhook:
    """As the server hands it on: the URL is its own, whatever the request said."""
    return Webhook(f"{URL}?{signed.query}" if signed.query else URL, signed.query, signed.headers, signed.body)


async def read(signed: Signed, by: Twilio | None = None) -> Reading:
    return await (by or carrier()).read(arrived(signed))


def form(**fields: str) -> Signed:
    whole = {"MessageSid": REF, "From": WORLD, "To": OURS, "Body": "Hi", "AccountSid": ACCOUNT} | fields
    return signed_form(TOKEN, URL, [(name, value) for name, value in whole.items() if value != "-"])


async def test_a_text_arrives_as_it_was_written() -> None:
    body = "Ihr Code: 271 828 + 1 = 👋\n\u202egnp.exe\x07 & <b>"
    double = TwilioDouble()
    reading = await read(double.arrival(URL, WORLD, OURS, body))
    (sid,) = double.messages

    assert reading.happenings == (Received(OURS, WORLD, body, key=sid, ref=sid),)
    assert reading.answer == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
    assert reading.content_type == "text/xml"


@pytest.mark.parametrize("sender", ["72345", "GOOGLE", "Müller & Co", "whatsapp:+14155550100"])
async def test_a_sender_may_be_a_short_code_or_a_word(sender: str) -> None:
    (text,) = (await read(form(From=sender))).happenings

    assert isinstance(text, Received)
    assert text.sender == sender


@pytest.mark.parametrize(
    ("body", "media", "shown"),
    [
        ("Look", 1, "Look\n[1 attachment not kept]"),
        ("", 3, "[3 attachments not kept]"),
        ("", 0, ""),
    ],
)
async def test_attachments_are_mentioned(body: str, media: int, shown: str) -> None:
    (text,) = (await read(TwilioDouble().arrival(URL, WORLD, OURS, body, media=media))).happenings

    assert isinstance(text, Received)
    assert text.body == shown


@pytest.mark.parametrize(
    ("status", "code", "report"),
    [
        ("sent", None, ("sent", "")),
        ("delivered", None, ("delivered", "")),
        ("read", None, ("delivered", "")),
        ("undelivered", 30003, ("failed", "unreachable handset (error 30003)")),
        ("failed", 39999, ("failed", "no reason given (error 39999)")),
        ("failed", None, ("failed", "no reason given")),
        ("canceled", None, ("failed", "no reason given")),
    ],
)
async def test_a_status_callback_is_a_report(status: str, code: int | None, report: tuple[str, str]) -> None:
    double = TwilioDouble()
    sent = double.add(OURS, WORLD, "Hello", direction="outbound-api")
    reading = await read(double.status_change(URL, sent["sid"], status, code))

    (found,) = reading.happenings
    assert isinstance(found, Report)
    assert (found.ref, found.progress, found.reason) == (sent["sid"], *report)


@pytest.mark.parametrize("status", ["queued", "accepted", "scheduled", "sending", "something-new"])
async def test_a_status_that_says_nothing_yet_is_accepted_and_changes_nothing(status: str) -> None:
    assert (await read(form(MessageStatus=status))).happenings == ()


async def test_the_providers_words_about_a_failure_are_shown_harmlessly() -> None:
    (report,) = (
        await read(form(MessageStatus="failed", ErrorMessage="No\x1b[31m way\u202e", ErrorCode="x"))
    ).happenings

    assert isinstance(report, Report)
    assert report.reason == "No [31m way"


async def test_json_with_the_hash_of_its_body_is_read_like_a_form() -> None:
    content = {"MessageSid": REF, "From": WORLD, "To": OURS, "Body": "Grüße", "AccountSid": ACCOUNT, "NumMedia": 0}
    for query in ("", "foo=1"):
        reading = await read(signed_json(TOKEN, URL, content | {"More": {"a": [1]}, "No": None}, query))
        assert reading.happenings == (Received(OURS, WORLD, "Grüße", key=REF, ref=REF),)


async def test_a_query_that_was_added_to_our_url_is_part_of_what_is_signed() -> None:
    pairs = parse_qsl(form().body.decode())
    signed = signed_form(TOKEN, URL, pairs, "a=1&b=%2F")

    assert (await read(signed)).happenings
    with pytest.raises(WebhookRefused):
        await read(replace(signed, query="a=2&b=%2F"))
    with pytest.raises(WebhookRefused):
        await read(replace(signed, query=""))


@pytest.mark.parametrize("called", [URL.replace(".org", ".org:443"), URL])
async def test_the_provider_may_sign_with_the_port_or_without(called: str) -> None:
    for ours in (URL, URL.replace(".org", ".org:443")):
        signed = signed_form(TOKEN, called, parse_qsl(form().body.decode()))
        assert (await read(signed, carrier(ours))).happenings


async def test_a_replay_says_what_the_first_said_with_the_same_key() -> None:
    signed = form()
    first, again = await read(signed), await read(signed)

    assert first == again
    assert isinstance(first.happenings[0], Received)
    assert first.happenings[0].key == REF


def with_headers(**headers: str | None) -> Callable[[Signed], Signed]:
    def change(signed: Signed) -> Signed:
        changed = signed.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(signed, headers={name: value for name, value in changed.items() if value is not None})

    return change


def signed_as(url: str = URL, token: str = TOKEN) -> Callable[[Signed], Signed]:
    return lambda signed: signed_form(token, url, parse_qsl(signed.body.decode(), keep_blank_values=True))


GOOD = form().headers["x-twilio-signature"]
TAMPERED: dict[str, Callable[[Signed], Signed]] = {
    **{
        f"another {name}": lambda signed, name=name: replace(
            signed,
            body=urlencode([(n, f"{v}1" if n == name else v) for n, v in parse_qsl(signed.body.decode())]).encode(),
        )
        for name in ("MessageSid", "From", "To", "Body", "AccountSid")
    },
    "no signature": with_headers(x_twilio_signature=None),
    "an empty signature": with_headers(x_twilio_signature=""),
    "two signatures": with_headers(x_twilio_signature=f"{GOOD}, {GOOD}"),
    "a short signature": with_headers(x_twilio_signature=GOOD[:-2]),
    "a signature in hexadecimal": with_headers(x_twilio_signature="ab" * 20),
    "a signature that is no ASCII": with_headers(x_twilio_signature="ä" * 28),
    "no content type": with_headers(content_type=None),
    "multipart": with_headers(content_type="multipart/form-data; boundary=x"),
    "a form that is called JSON": with_headers(content_type="application/json"),
    "a shared key": with_headers(x_twilio_webhooks_signature_settings="key=k,algorithm=HMAC_SHA256"),
    "a truncated body": lambda signed: replace(signed, body=signed.body[:-1]),
    "an empty body": lambda signed: replace(signed, body=b""),
    "a field more": lambda signed: replace(signed, body=signed.body + b"&More=1"),
    "a field less": lambda signed: replace(signed, body=signed.body.partition(b"&")[2]),
    "a query more": lambda signed: replace(signed, query="a=1"),
    "a query with no ASCII": lambda signed: replace(signed, query="a=\udc80"),
    "the wrong token": signed_as(token="0" * 32),
    "another host": signed_as(url=URL.replace("ravi.example.org", "evil.example.org")),
    "another carrier's URL": signed_as(url=URL.replace("twilio", "other")),
    "http instead of https": signed_as(url=URL.replace("https", "http")),
    "another port": signed_as(url=URL.replace(".org", ".org:8443")),
    "a GET": lambda signed: Signed(
        URL,
        signed.body.decode(),
        {"x-twilio-signature": sign(TOKEN, f"{URL}?{signed.body.decode()}", ())},
        b"",
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
async def test_what_was_tampered_with_is_refused(how: str) -> None:
    good = form()
    assert (await read(good)).happenings
    with pytest.raises(WebhookRefused):
        await read(TAMPERED[how](good))


async def test_json_without_its_hash_or_with_another_is_refused() -> None:
    content = {"MessageSid": REF, "From": WORLD, "To": OURS, "Body": "Hi", "AccountSid": ACCOUNT}
    good = signed_json(TOKEN, URL, content)
    bare = {"content-type": "application/json", "x-twilio-signature": sign(TOKEN, URL, ())}
    for bad in (
        replace(good, body=good.body.replace(b"Hi", b"Ho")),
        replace(good, body=good.body[:-1]),
        replace(good, query=""),
        replace(good, query="bodySHA256=" + "0" * 64),
        replace(good, query=f"{good.query}&{good.query}"),
        Signed(URL, "", bare, good.body),
    ):
        with pytest.raises(WebhookRefused):
            await read(bad)


@pytest.mark.parametrize(
    ("signed", "reason"),
    [
        (form(AccountSid="AC" + "1" * 32), "another account"),
        (form(AccountSid="-"), "another account"),
        (form(MessageSid="-"), "MessageSid"),
        (form(MessageSid="a b c d e f"), "MessageSid"),
        (form(MessageSid="x" * 65), "MessageSid"),
        (form(To="-"), "no To"),
        (form(To=""), "no To"),
        (form(From="-"), "no From"),
        (form(Body="-"), "no Body"),
        (form(From="x" * 65), "too long"),
        (form(NumMedia="many"), "NumMedia"),
        (form(NumMedia="٣"), "NumMedia"),
        (signed_form(TOKEN, URL, [*parse_qsl(form().body.decode()), ("From", "+1")]), "more than once"),
        (signed_form(TOKEN, URL, [(f"F{n}", "1") for n in range(201)]), "too many fields"),
        (signed_json(TOKEN, URL, [["AccountSid", ACCOUNT]]), "not an object"),
        (signed_json(TOKEN, URL, "AccountSid"), "not an object"),
        (signed_json(TOKEN, URL, {"AccountSid": ACCOUNT, "Body": "\ud800"}), "half a character"),
        (signed_json(TOKEN, URL, {f"F{n}": "1" for n in range(201)}), "too many fields"),
    ],
)
async def test_what_is_signed_and_means_nothing_is_refused_with_the_reason(signed: Signed, reason: str) -> None:
    with pytest.raises(WebhookRefused, match=reason):
        await read(signed)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"Body=%FF", "not UTF-8"),
        (b"Body=\xff", "not UTF-8"),
        (b"Body=%C3%28", "not UTF-8"),
        (b"Body=%ED%A0%80", "not UTF-8"),
        (b"Body=100%", "percent"),
        (b"Body=%zz", "percent"),
        (b"Body", "cannot be read"),
        (b"&&&", "cannot be read"),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(WebhookRefused, match=reason):
        await read(replace(form(), body=body))


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b"1" * 5000, b'{"a": NaN', b""])
async def test_json_that_cannot_be_read_is_refused(body: bytes) -> None:
    query = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"content-type": "application/json", "x-twilio-signature": sign(TOKEN, f"{URL}?{query}", ())}
    with pytest.raises(WebhookRefused, match="JSON"):
        await read(Signed(URL, query, headers, body))


@given(
    st.binary(max_size=200) | st.text(max_size=80).map(lambda text: text.encode("utf-8", "replace")),
    st.text(max_size=40),
    st.dictionaries(
        st.sampled_from(["content-type", "x-twilio-signature", "x-more"]),
        st.sampled_from(["application/x-www-form-urlencoded", "application/json", GOOD]) | st.text(max_size=40),
    ),
)
async def test_nothing_that_arrives_does_anything_but_be_refused(
    body: bytes, query: str, headers: dict[str, str]
) -> None:
    with pytest.raises(WebhookRefused):
        await carrier().read(Webhook(URL, query, headers, body))
