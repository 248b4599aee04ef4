"""Signing and opening, against the examples of the standards, and against whatever is not ours."""

import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ravi.server.sso.errors import SsoTokenRefused
from ravi.server.sso.jws import Signer, compact, decode, encode, thumbprint

#: RFC 8037, appendix A.
D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
SIGNED = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)

SEED = decode(D)
SIGNER = Signer(SEED)


def test_the_example_of_the_standard_comes_out() -> None:
    private = Ed25519PrivateKey.from_private_bytes(SEED)

    assert compact(private, encode(b'{"alg":"EdDSA"}'), b"Example of Ed25519 signing") == SIGNED
    assert thumbprint(X) == THUMBPRINT
    assert SIGNER.jwk == {"kty": "OKP", "crv": "Ed25519", "x": X, "kid": THUMBPRINT, "use": "sig", "alg": "EdDSA"}


def test_another_header_is_refused_also_with_a_good_signature() -> None:
    with pytest.raises(SsoTokenRefused):
        SIGNER.opened(SIGNED)


@given(st.binary(max_size=300))
def test_what_was_signed_opens_and_a_library_reads_it_alike(payload: bytes) -> None:
    text = SIGNER.signed(payload)

    assert SIGNER.opened(text) == payload
    read = jwt.PyJWS(algorithms=["EdDSA"]).decode_complete(text, jwt.PyJWK(dict(SIGNER.jwk)), algorithms=["EdDSA"])
    assert read["payload"] == payload
    assert read["header"] == {"alg": "EdDSA", "kid": THUMBPRINT, "typ": "JWT"}


@given(st.binary(min_size=1, max_size=60), st.data())
def test_no_other_text_opens(payload: bytes, data: st.DataObject) -> None:
    """Not even one that means the same bytes: a character changed, added or left out is always noticed."""
    text = SIGNER.signed(payload)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters() | st.sampled_from("AQgw-_=+/. \n"))
    changed = data.draw(
        st.sampled_from([text[:place] + other + text[place + 1 :], text[:place] + other + text[place:],
                         text[:place] + text[place + 1 :]])
    )  # fmt: skip
    if changed == text:
        return
    with pytest.raises(SsoTokenRefused):
        SIGNER.opened(changed)


@given(st.text() | st.binary().map(encode) | st.lists(st.binary().map(encode), max_size=5).map(".".join))
def test_any_text_is_refused_and_none_breaks_it(text: str) -> None:
    with pytest.raises(SsoTokenRefused):
        SIGNER.opened(text)


@given(st.binary())
def test_base64url_has_one_spelling(raw: bytes) -> None:
    text = encode(raw)

    assert decode(text) == raw
    assert base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) == raw


@pytest.mark.parametrize("text", ["QQ==", "QR", "Q", "Q Q", "+/+/", "QQ\n", "QQ\u00e9", "QQ="])
def test_other_spellings_of_base64_are_refused(text: str) -> None:
    with pytest.raises(SsoTokenRefused):
        decode(text)


def test_another_key_has_another_name_and_opens_nothing() -> None:
    other = Signer(bytes(32))

    assert other.kid != SIGNER.kid
    for one, two in ((SIGNER, other), (other, SIGNER)):
        with pytest.raises(SsoTokenRefused):
            one.opened(two.signed(b"{}"))
    header = json.loads(decode(other.signed(b"{}").partition(".")[0]))
    assert header["kid"] == other.kid
