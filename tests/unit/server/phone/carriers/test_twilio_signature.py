"""The signature, beside the provider's published examples and its own validator."""

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from ravi.server.phone.carriers.twilio.signature import is_hash_of, is_signed, signature

# The values of this part are those of tests/unit/test_request_validator.py in github.com/twilio/twilio-python, which
# the provider's libraries for other languages share.
VECTOR_TOKEN = "12345"
VECTOR_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
VECTOR_FIELDS = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]
VECTOR_DUPLICATES = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")]
VECTOR_BODY = b'{"property": "value", "boolean": true}'
VECTOR_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"


@pytest.mark.parametrize(
    ("url", "fields", "published"),
    [
        (VECTOR_URL, VECTOR_FIELDS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (VECTOR_URL, VECTOR_DUPLICATES, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        (VECTOR_URL, [*VECTOR_DUPLICATES, ("Digits", "1234")], "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        # Over TLS a port is left out of what is signed, over HTTP it is in.
        (VECTOR_URL.replace(".com", ".com:1234"), VECTOR_FIELDS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (
            VECTOR_URL.replace(".com", ".com:1234").replace("https", "http"),
            VECTOR_FIELDS,
            "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
        ),
        # Signed with the standard port, which the URL does not say.
        (VECTOR_URL, VECTOR_FIELDS, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (VECTOR_URL.replace("https", "http"), VECTOR_FIELDS, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (f"{VECTOR_URL}&bodySHA256={VECTOR_HASH}", [], "a9nBmqA0ju/hNViExpshrM61xv4="),
        (f"https://mycompany.com/myapp.php?bodySHA256={VECTOR_HASH}", [], "y77kIzt2vzLz71DgmJGsen2scGs="),
    ],
)
def test_published_signatures_are_accepted(url: str, fields: list[tuple[str, str]], published: str) -> None:
    assert is_signed(VECTOR_TOKEN, url, fields, published)
    assert not is_signed("12346", url, fields, published)
    assert not is_signed(VECTOR_TOKEN, url, [*fields, ("More", "")], published)


def test_the_published_example_is_signed_as_published() -> None:
    assert signature(VECTOR_TOKEN, VECTOR_URL, VECTOR_FIELDS) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_the_published_hash_is_that_of_the_published_body() -> None:
    assert is_hash_of(VECTOR_BODY, f"foo=1&bodySHA256={VECTOR_HASH}")
    assert not is_hash_of(VECTOR_BODY + b" ", f"bodySHA256={VECTOR_HASH}")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "foo=1",
        "bodySHA256=",
        f"bodysha256={VECTOR_HASH}",
        f"bodySHA256={VECTOR_HASH[:-1]}",
        f"bodySHA256={VECTOR_HASH.upper()}",
        f"bodySHA256={VECTOR_HASH}&bodySHA256={VECTOR_HASH}",
        f"bodySHA256={'0' * 64}&bodySHA256={VECTOR_HASH}",
        "bodySHA256=%F0%9F%91%8B",
    ],
)
def test_a_hash_that_is_missing_odd_or_there_twice_is_none(query: str) -> None:
    assert not is_hash_of(VECTOR_BODY, query)


@pytest.mark.parametrize(
    "claimed",
    [
        "",
        "RSOYDt4T1cUTdK1PDd93/VVr8B8",
        " RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        "RSOYDt4T1cUTdK1PDd93/VVr8B8=\n",
        "RSOYDt4T1cUTdK1PDd93/VVr8B8=, RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        "RSOYDt4T1cUTdK1PDd93_VVr8B8=",
        "rsoydt4t1cutdk1pdd93/vvr8b8=",
        "RSOYDt4T1cUTdK1PDd93/VVr8B9=",
        "ü" * 27 + "=",
        "45239807be13d5c51374ad4f0dd777fd556bf01f",
    ],
)
def test_a_header_that_only_looks_like_the_signature_is_none(claimed: str) -> None:
    assert not is_signed(VECTOR_TOKEN, VECTOR_URL, VECTOR_FIELDS, claimed)


texts = st.text(st.characters(codec="utf-8"), max_size=30)
tokens = st.text("0123456789abcdef", min_size=1, max_size=40)
pieces = st.text("abcABC019-_.~%+", min_size=1, max_size=8)
#: Few names, so that some come twice.
fields = st.lists(st.tuples(st.sampled_from(["Body", "Bod", "From", "To", "ü", ""]) | texts, texts), max_size=8)


@st.composite
def urls(draw: st.DrawFn) -> str:
    scheme = draw(st.sampled_from(["https", "http"]))
    port = draw(st.none() | st.sampled_from([80, 443, 8443]) | st.integers(1, 65535))
    path = "/".join(draw(st.lists(pieces, max_size=3)))
    query = "&".join(f"{name}={value}" for name, value in draw(st.lists(st.tuples(pieces, pieces), max_size=2)))
    at = "" if port is None else f":{port}"
    return f"{scheme}://ravi.example.org{at}/{path}" + (f"?{query}" if query else "")


def moved(url: str) -> list[str]:
    """The URL, and others that the provider might have signed in its place."""
    return [
        url,
        url.replace(".org", ".org:443", 1),
        url.replace(".org", ".org:80", 1),
        url.replace("https://", "http://", 1),
        url.replace("http://", "https://", 1),
        url.replace(".org", ".com", 1),
        f"{url}/",
    ]


@given(tokens, urls(), fields)
def test_we_sign_as_the_providers_library_does(token: str, url: str, pairs: list[tuple[str, str]]) -> None:
    assert signature(token, url, pairs) == RequestValidator(token).compute_signature(url, MultiDict(pairs))


@given(tokens, urls(), fields, fields)
def test_we_accept_what_the_providers_validator_accepts_and_nothing_else(
    token: str, url: str, pairs: list[tuple[str, str]], others: list[tuple[str, str]]
) -> None:
    validator: Any = RequestValidator(token)
    for signed_url in moved(url):
        for signed_pairs in (pairs, others, [*pairs, *pairs[:1]]):
            claimed = validator.compute_signature(signed_url, MultiDict(signed_pairs))
            accepted = validator.validate(url, MultiDict(pairs), claimed)
            assert is_signed(token, url, pairs, claimed) == accepted
            assert not is_signed(f"{token}0", url, pairs, claimed)


@given(tokens, urls(), st.dictionaries(texts, texts, max_size=4), st.booleans())
def test_we_accept_json_that_the_providers_validator_accepts(
    token: str, url: str, content: dict[str, str], is_whole: bool
) -> None:
    body = json.dumps(content, ensure_ascii=False)
    url += ("&" if "?" in url else "?") + urlencode({"bodySHA256": hashlib.sha256(body.encode()).hexdigest()})
    validator: Any = RequestValidator(token)
    claimed = validator.compute_signature(url, {})
    arrived = body if is_whole else f"{body} "
    ours = is_signed(token, url, (), claimed) and is_hash_of(arrived.encode(), url.partition("?")[2])

    assert ours == is_whole == validator.validate(url, arrived, claimed)
