"""`ravi sso …`: what is asked for, what programs get, what people see."""

import io
import json
import sys

import pytest

TOKEN = "rvt_aaa.bbb.ccc"
MADE = {"token": TOKEN, "expires_at": "2026-03-01T12:05:00Z"}
PROOF = {
    "identity_uuid": "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d",
    "identity_name": "shopper",
    "identity_email": "shopper@in.example",
    "created_at": "2026-03-01T12:00:00Z",
    "expires_at": "2026-03-01T12:05:00Z",
}
SHOP = "https://shop.example"


def test_a_token_is_asked_for_as_the_selected_identity(ravi, signed_in, select) -> None:
    select()
    signed_in.on("POST /api/sso/token/", MADE, 201)

    assert ravi("sso", "token", "--audience", SHOP, "--single-use").json == MADE
    assert ravi("sso", "token", "--audience", SHOP, "--plain").out == TOKEN + "\n"
    shown = ravi("sso", "token", "--audience", SHOP, "--human").out
    assert TOKEN in shown

    bodies = [asked.body for asked in signed_in.asked]
    assert bodies == [{"audience": SHOP, "single_use": True}, {"audience": SHOP}, {"audience": SHOP}]
    keys = {asked.headers["Idempotency-Key"] for asked in signed_in.asked}
    assert len(keys) == 3


def test_a_token_for_anybody_comes_with_a_warning(ravi, signed_in, select) -> None:
    select()
    signed_in.on("POST /api/sso/token/", MADE, 201)

    done = ravi("sso", "token")

    assert (done.code, done.json) == (0, MADE)
    assert "names no audience" in done.error["warning"]
    assert signed_in.asked[0].body == {}


@pytest.mark.parametrize("flags", [("--plain", "--json"), ("--audience", "")])
def test_what_contradicts_itself_is_not_sent(ravi, signed_in, select, flags: tuple[str, ...]) -> None:
    select()

    assert ravi("sso", "token", *flags).code == 2
    assert signed_in.asked == []


def test_a_proof_is_verified_without_a_credential(ravi, signed_in, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in.on("POST /api/sso/verify/", {**PROOF, "audience": SHOP})

    assert ravi("sso", "verify", TOKEN, "--audience", SHOP).json == {**PROOF, "audience": SHOP}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"  {TOKEN}\n".encode())))
    assert "shopper" in ravi("sso", "verify", "-", "--audience", SHOP, "--consume", "--human").out

    first, second = signed_in.asked
    assert first.body == {"token": TOKEN, "audience": SHOP}
    assert second.body == {"token": TOKEN, "audience": SHOP, "consume": True}
    assert "Authorization" not in first.headers
    assert "X-Ravi-Identity" not in first.headers


def test_the_published_answer_is_shown_whole(ravi, signed_in) -> None:
    owner = {"name": "Ada Lovelace", "email": "ada@example.org"}
    signed_in.on("POST /api/sso/verify/", {**PROOF, "identity_phone": "+15550100123", "owner": owner})

    shown = ravi("sso", "verify", TOKEN, "--human").out

    assert "+15550100123" in shown
    assert "Ada Lovelace <ada@example.org>" in shown


def test_a_token_that_proves_nothing_ends_in_exit_code_3_and_no_advice_to_sign_in(ravi, signed_in) -> None:
    signed_in.refuse("POST /api/sso/verify/", 401, "sso.token_refused", "this token has expired")

    done = ravi("sso", "verify", TOKEN)

    assert (done.code, done.error["code"], done.error["status"]) == (3, "sso.token_refused", 401)
    assert "auth login" not in json.dumps(done.error)
    assert TOKEN not in done.err


def test_an_answer_without_an_identity_is_not_believed(ravi, signed_in) -> None:
    signed_in.on("POST /api/sso/verify/", {"identity_name": "shopper"})

    assert ravi("sso", "verify", TOKEN).error["code"] == "server.nonsense"
