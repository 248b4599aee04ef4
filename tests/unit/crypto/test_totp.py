"""Seeds as sites hand them out, and the URI that is sealed."""

import base64

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.crypto import totp
from ravi.errors import UsageError

MANY = settings(max_examples=200, deadline=None)
HASHES = {"SHA1": hashes.SHA1(), "SHA256": hashes.SHA256(), "SHA512": hashes.SHA512()}
SEEDS = st.builds(
    totp.Seed,
    st.binary(min_size=1, max_size=64),
    algorithm=st.sampled_from(totp.ALGORITHMS),
    digits=st.sampled_from(totp.DIGITS),
    period=st.integers(1, 3600),
)


def values(seed: totp.Seed) -> tuple[bytes, str, int, int]:
    return seed.secret, seed.algorithm, seed.digits, seed.period


@MANY
@given(seed=SEEDS, at=st.integers(0, 2**40))
def test_codes_are_those_of_another_implementation(seed: totp.Seed, at: int) -> None:
    theirs = TOTP(seed.secret, seed.digits, HASHES[seed.algorithm], seed.period, enforce_key_length=False)

    assert seed.code(at) == theirs.generate(at).decode()


@MANY
@given(seed=SEEDS, at=st.floats(0, 2**40))
def test_a_code_lasts_until_its_period_ends(seed: totp.Seed, at: float) -> None:
    assert 0 < seed.remaining(at) <= seed.period
    assert seed.code(at) == seed.code(at // seed.period * seed.period)


@MANY
@given(seed=SEEDS, name=st.text(max_size=40))
def test_a_uri_gives_name_and_seed_back(seed: totp.Seed, name: str) -> None:
    uri = seed.uri(name)
    label, found = totp.from_uri(uri)

    assert label == name
    assert values(found) == values(seed)
    assert uri.isascii()
    assert uri.isprintable()


@MANY
@given(secret=st.binary(min_size=1, max_size=64))
def test_a_secret_may_be_grouped_padded_and_in_any_case(secret: bytes) -> None:
    text = base64.b32encode(secret).decode()
    grouped = " ".join(text.rstrip("=").lower()[at : at + 4] for at in range(0, len(text), 4))

    for spelling in (text, text.rstrip("="), text.lower(), grouped, grouped.replace(" ", "-"), f"\n{grouped}\u00a0"):
        assert totp.from_secret(spelling).secret == secret


@pytest.mark.parametrize(
    "text", ["", " ", "====", "0", "GEZDGNB1", "GEZ", "G", "é" * 8, "\ud800", "\u017fEZDGNBV", "A\0AAAAAA"]
)
def test_what_is_no_secret_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        totp.from_secret(text)

    assert not text.strip(" =") or text not in caught.value.message
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("uri", "complaint"),
    [
        ("", "not an otpauth"),
        ("https://totp/x?secret=AAAA", "not an otpauth"),
        ("otpauth://hotp/x?secret=AAAA&counter=1", "not an otpauth"),
        ("otpauth:totp/x?secret=AAAA", "not an otpauth"),
        ("otpauth://[totp/x?secret=AAAA", "not an otpauth"),
        ("otpauth://\u2100totp/x?secret=AAAA", "not an otpauth"),
        ("otpauth://totp/x", "no secret"),
        ("otpauth://totp/x?secret=", "no secret"),
        ("otpauth://totp/x#?secret=AAAA", "no secret"),
        ("otpauth://totp/x?secret=0000", "base 32"),
        ("otpauth://totp/x?secret=AAAA&digits=9", "6, 7 or 8"),
        ("otpauth://totp/x?secret=AAAA&digits=six", "not a number"),
        ("otpauth://totp/x?secret=AAAA&digits=%EF%BC%96", "not a number"),
        ("otpauth://totp/x?secret=AAAA&period=0", "1 to 3600"),
        ("otpauth://totp/x?secret=AAAA&period=3601", "1 to 3600"),
        ("otpauth://totp/x?secret=AAAA&period=-30", "not a number"),
        ("otpauth://totp/x?secret=AAAA&period=" + "9" * 5000, "not a number"),
        ("otpauth://totp/x?secret=AAAA&algorithm=MD5", "SHA1, SHA256, SHA512"),
    ],
)
def test_what_is_no_uri_of_a_seed_is_refused_with_what_is_wrong(uri: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as caught:
        totp.from_uri(uri)

    assert not uri or uri not in caught.value.message


@MANY
@given(
    uri=st.text(st.characters(exclude_categories=()), max_size=60) | st.text("otpauth:/?=&%[]secret2AZ#", max_size=60)
)
def test_nothing_but_a_usage_error_comes_out_of_a_uri(uri: str) -> None:
    for text in (uri, "otpauth://totp/" + uri, "otpauth://" + uri, "otpauth://totp/x?secret=AAAA&" + uri):
        try:
            totp.from_uri(text)
        except UsageError as error:
            assert len(error.message) < 100  # noqa: PT017 - most texts raise, and some do not


def test_a_name_without_utf_8_is_refused() -> None:
    with pytest.raises(UsageError, match="not text") as caught:
        totp.Seed(b"secret").uri("caf\udce9")

    assert caught.value.__context__ is None


def test_defaults_are_those_that_apps_assume() -> None:
    label, seed = totp.from_uri("otpauth://totp/Example:ada%40example.org?secret=GEZDGNBVGY3TQOJQ&issuer=Example")

    assert label == "Example:ada@example.org"
    assert values(seed) == (b"1234567890", "SHA1", 6, 30)
    assert totp.from_uri("otpauth://totp//bank?secret=GEZDGNBV")[0] == "/bank"


@pytest.mark.parametrize("spelling", ["sha256", "SHA-256", "Sha256"])
def test_algorithms_may_be_spelled_as_people_do(spelling: str) -> None:
    assert totp.from_secret("GEZDGNBV", algorithm=spelling).algorithm == "SHA256"


def test_a_seed_does_not_show_itself_when_printed() -> None:
    seed = totp.Seed(b"1234567890")

    assert "1234567890" not in f"{seed!r} {seed}"
    assert base64.b32encode(b"1234567890").decode() not in f"{seed!r} {seed}"
