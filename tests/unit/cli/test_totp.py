"""`ravi totp …`: seeds come in unseen, codes come out fresh, nothing else comes out."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ravi.crypto.totp import Seed
from ravi.wire import codes
from tests.support.fake_servers import Api, problem
from tests.support.vault_rows import BASE_32, ENTRY, KEY_TEXT, STAMP, Rows, merged

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
ROWS = Rows(UUID)
PATH = f"/api/mfa/{ENTRY}/"
BY_NAME = "/api/mfa/?name=github"

#: RFC 6238 appendix B.
RFC_SEED = Seed(b"12345678901234567890", digits=8)


def row(seed: Seed = RFC_SEED, name: str = "github") -> dict[str, Any]:
    """An entry as the server sends it, with this seed."""
    return ROWS.totp(seed.uri(name), name=name)


class Time:
    """Stands still but for `sleep`, which is written down and moves it."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.slept: list[float] = []

    def time(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@pytest.fixture
def api(home: Path, put: Callable[[Path, Any], Path], select: Callable[..., Path]) -> Iterator[Api]:
    """A server that the home directory is signed in at, acting as UUID. No key is there."""
    server = Api()
    put(home / ".ravi" / "auth.json", {"access_token": "ravi_at_canned", "server": server.url})
    select()
    server.routes["POST", "/api/mfa/"] = lambda request: (201, merged(row(), request))
    server.routes["GET", PATH] = lambda _: row()
    server.routes["GET", BY_NAME] = lambda _: [row()]
    yield server
    server.close()


@pytest.fixture
def unlocked(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The server, and the key of UUID's vault in the environment."""
    monkeypatch.setenv("RAVI_VAULT_KEY", KEY_TEXT)
    return api


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """`typed(b"…")` is what the next command reads from stdin, which is no terminal."""
    return lambda content: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Time]:
    """`clock(59)` is the time at which the next command asks for a code."""

    def stand(at: float) -> Time:
        time = Time(at)
        monkeypatch.setattr("ravi.cli.totp.code.time", time)
        return time

    return stand


class TestAdd:
    @pytest.mark.parametrize(
        ("words", "content"),
        [
            (["--secret", "jbsw y3dp ehpk 3pxp"], b""),
            (["--uri", f"otpauth://totp/x?secret={BASE_32}"], b""),
            (["--stdin"], b"JBSWY3DPEHPK3PXP\r\nand nothing else\n"),
            (["--stdin"], b"otpauth://totp/x?secret=JBSWY3DPEHPK3PXP\n"),
        ],
    )
    def test_takes_a_secret_or_uri_and_never_shows_it(self, ravi, unlocked, typed, words, content) -> None:
        typed(content)

        ran = ravi("totp", "add", "github", *words)

        body = unlocked.requests[-1].body
        sealed = ROWS.opened("totp", body, "secret")
        assert sealed == f"otpauth://totp/github?secret={BASE_32}&algorithm=SHA1&digits=6&period=30"
        assert ran.json["name"] == "github"
        assert BASE_32 not in ran.out + ran.err + json.dumps(body)

    def test_says_what_codes_will_be_like(self, ravi, unlocked) -> None:
        words = ["--secret", BASE_32, "--digits", "8", "--period", "60", "--algorithm", "sha-256", "--username", "ada"]

        made = ravi("totp", "add", "github", *words).json

        assert {name: made[name] for name in ("username", "algorithm", "digits", "period")} == {
            "username": "ada",
            "algorithm": "SHA256",
            "digits": 8,
            "period": 60,
        }
        assert "8 digits, every 60 s, SHA256" in ravi("totp", "add", "github", *words, "--human").out

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ([], "missing the seed"),
            (["--secret", BASE_32, "--stdin"], "exclude each other"),
            (["--uri", BASE_32], "not an otpauth"),
            (["--uri", f"otpauth://hotp/x?secret={BASE_32}"], "HOTP"),
            (["--secret", "not base 32!"], "base 32"),
            (["--secret", ""], "empty"),
            (["--stdin"], "empty"),
            (["--secret", BASE_32, "--digits", "5"], "6, 7 or 8"),
        ],
    )
    def test_refuses_what_makes_no_codes_before_anything_is_sent(self, ravi, unlocked, typed, words, message) -> None:
        typed(b"\n")

        ran = ravi("totp", "add", "github", *words)

        assert (ran.code, ran.out) == (2, "")
        assert message in ran.error["error"]
        assert BASE_32 not in ran.err
        assert unlocked.requests == []

    def test_of_a_name_that_is_taken_ends_with_exit_5(self, ravi, unlocked) -> None:
        unlocked.routes["POST", "/api/mfa/"] = (409, problem(codes.VAULT_ENTRY_EXISTS, "taken"))
        unlocked.routes["GET", f"{BY_NAME}&values=false"] = lambda _: [row()]
        unlocked.routes["PATCH", PATH] = lambda request: merged(row(), request)

        assert ravi("totp", "add", "github", "--secret", BASE_32).code == 5
        assert ravi("totp", "add", "github", "--secret", BASE_32, "--replace").json["uuid"] == ENTRY

    def test_in_a_locked_vault_ends_with_exit_10_and_sends_nothing(self, ravi, api) -> None:
        assert ravi("totp", "add", "github", "--secret", BASE_32).error["code"] == codes.VAULT_LOCKED
        assert api.requests == []


class TestCode:
    @pytest.mark.parametrize("ref", ["github", ENTRY])
    def test_prints_the_code_of_the_moment(self, ravi, unlocked, clock, ref) -> None:
        time = clock(1111111111)

        ran = ravi("totp", "code", ref)

        assert ran.json == {
            "code": "14050471",
            "name": "github",
            "seconds_remaining": 29,
            "expires_dt": "2005-03-18T01:59:00Z",
        }
        assert (ran.err, time.slept) == ("", [])

    @pytest.mark.parametrize("flag", ["--plain", "--human"])
    def test_prints_the_bare_code_for_people_and_shells(self, ravi, unlocked, clock, flag) -> None:
        clock(1234567890)

        assert ravi("totp", "code", "github", flag).out == "89005924\n"

    def test_waits_for_the_next_code_rather_than_hand_out_one_that_ends(self, ravi, unlocked, clock) -> None:
        time = clock(1111111109)  # one second before its period ends

        ran = ravi("totp", "code", "github")

        assert (ran.json["code"], ran.json["seconds_remaining"]) == ("14050471", 30)
        assert time.slept == [1]
        assert ran.err == "waiting 1 s for the next code\n"

    def test_does_not_wait_when_told_not_to(self, ravi, unlocked, clock) -> None:
        time = clock(1111111109)

        assert ravi("totp", "code", "github", "--min-remaining", "0").json["code"] == "07081804"
        assert ravi("totp", "code", "github", "--min-remaining", "1").json["code"] == "07081804"
        assert time.slept == []

    def test_of_a_short_period_is_not_waited_for_as_long(self, ravi, unlocked, clock) -> None:
        unlocked.routes["GET", PATH] = lambda _: row(Seed(b"x", period=4))
        time = clock(101)

        assert ravi("totp", "code", ENTRY).json["seconds_remaining"] == 3
        assert time.slept == []

    @pytest.mark.parametrize("seconds", ["30", "31", "-1", "x"])
    def test_that_could_never_be_so_fresh_is_refused(self, ravi, unlocked, clock, seconds) -> None:
        time = clock(59)

        ran = ravi("totp", "code", ENTRY, f"--min-remaining={seconds}")

        assert (ran.code, ran.out, time.slept) == (2, "", [])

    def test_of_nothing_ends_with_exit_4(self, ravi, unlocked) -> None:
        unlocked.routes["GET", BY_NAME] = lambda _: []

        assert ravi("totp", "code", "github").code == 4
        assert ravi("totp", "code", UUID).code == 4

    def test_of_an_entry_that_was_relabelled_is_not_made(self, ravi, unlocked) -> None:
        unlocked.routes["GET", BY_NAME] = lambda _: [{**row(name="gitlab"), "service_name": "github"}]

        ran = ravi("totp", "code", "github")

        assert (ran.code, ran.out, ran.error["code"]) == (10, "", codes.VAULT_UNREADABLE)

    def test_needs_the_vaults_key(self, ravi, api) -> None:
        assert ravi("totp", "code", "github").code == 10


def test_list_shows_names_and_needs_no_key(ravi, api) -> None:
    api.routes["GET", "/api/mfa/?values=false"] = lambda _: [row()]

    assert ravi("totp", "list").json == [{"uuid": ENTRY, "name": "github", "created_dt": STAMP, "updated_dt": STAMP}]
    assert "github" in ravi("totp", "list", "--human").out


def test_delete_takes_names_and_uuids_and_needs_no_key(ravi, api) -> None:
    api.routes["GET", f"{BY_NAME}&values=false"] = lambda _: [row()]
    api.routes["DELETE", PATH] = (204, None)

    assert ravi("totp", "delete", "github").json == {"status": "deleted", "entry": "github"}
    both = ravi("totp", "delete", ENTRY, UUID)
    assert (both.code, both.json) == (4, [{"status": "deleted", "entry": ENTRY}])
