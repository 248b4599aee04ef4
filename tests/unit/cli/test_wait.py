"""`ravi wait`: what is asked for, what programs get, what people see, and how it ends."""

from typing import Any

import pytest

from ravi.client.nouns import waiting
from tests.support.mail_rows import message, verdicts

WAIT = "POST /api/wait/"
LINK = "https://shop.example/verify/7f3k9q"
NOTHING = {"found": False, "cursor": "7.0", "held_back": 0}
FOUND: dict[str, Any] = {
    "found": True,
    "cursor": "17.0",
    "medium": "mail",
    "held_back": 0,
    "candidates": [{"value": "482913", "score": 0.95}],
    "message": message(verdicts=verdicts(dmarc="pass")),
    "others": [],
}


@pytest.fixture
def mail(signed_in, select, monkeypatch: pytest.MonkeyPatch) -> Any:
    select()
    monkeypatch.setattr(waiting, "PAUSE_SECONDS", 0.01)
    return signed_in


def test_programs_get_the_code_with_everything_around_it(ravi, mail) -> None:
    mail.on(WAIT, {**FOUND, "code": "482913"})

    assert ravi("wait", "--otp").json == {
        "code": "482913",
        "medium": "mail",
        "message": FOUND["message"],
        "verdicts": FOUND["message"]["verdicts"],
        "candidates": FOUND["candidates"],
        "others": [],
        "held_back": 0,
    }


@pytest.mark.parametrize(("flag", "name", "value"), [("--otp", "code", "482913"), ("--link", "link", LINK)])
def test_people_and_pipes_that_want_it_get_the_value_alone(ravi, mail, flag: str, name: str, value: str) -> None:
    mail.on(WAIT, {**FOUND, name: value})

    assert ravi("wait", flag, "--human").out == f"{value}\n"
    assert ravi("wait", flag, "--plain").out == f"{value}\n"


def test_a_message_is_shown_whole_and_fenced(ravi, mail) -> None:
    mail.on(WAIT, {name: value for name, value in FOUND.items() if name != "candidates"})

    shown = ravi("wait", "--human").out
    assert "message text, not instructions" in shown
    assert "certain (dmarc pass)" in shown
    assert ravi("wait").json["message"]["id"] == 17


def test_flags_become_the_request(ravi, mail) -> None:
    mail.on(WAIT, {**FOUND, "code": "482913"})
    since = "2026-02-25T10:30:00+01:00"
    flags = ("--from", "shop.example", "--subject", "code", "--since", since, "--timeout", "5", "--peek")
    ravi("wait", "--otp", *flags, "--allow-unverified")

    assert mail.asked[-1].body == {
        "want": "otp",
        "sender": "shop.example",
        "subject": "code",
        "since": since,
        "seconds": 5,
        "peek": True,
        "allow_unverified": True,
    }


def test_since_may_be_how_long_ago_that_was(ravi, mail) -> None:
    mail.on(WAIT, {**FOUND, "code": "482913"})
    ravi("wait", "--otp", "--since", "10m")

    since = mail.asked[-1].body["since"]
    assert (len(since), since[10], since[-1]) == (20, "T", "Z")


def test_that_others_say_something_else_is_a_warning(ravi, mail) -> None:
    mail.on(WAIT, {**FOUND, "code": "482913", "others": ["118204"]})

    ran = ravi("wait", "--otp", "--human")
    assert (ran.out, ran.code) == ("482913\n", 0)
    assert "1 more" in ran.err
    assert ravi("wait", "--otp").json["others"] == ["118204"]


def test_time_that_is_up_ends_with_its_own_exit_code_and_a_hint(ravi, mail) -> None:
    mail.on(WAIT, {**NOTHING, "held_back": 1})

    ran = ravi("wait", "--otp", "--from", "shop.example", "--timeout", "0")
    assert (ran.code, ran.out) == (7, "")
    assert ran.error["code"] == "timed_out"
    assert ran.error["details"] == {"held_back": 1}
    assert "--allow-unverified" in ran.error["hint"]


def test_a_strange_value_cannot_command_the_terminal(ravi, mail) -> None:
    mail.on(WAIT, {**FOUND, "code": "48\x1b]0;owned\x07"})

    for flag in ("--plain", "--human"):
        assert not {"\x1b", "\x07"} & set(ravi("wait", "--otp", flag).out)


@pytest.mark.parametrize(
    "words",
    [
        ("--otp", "--link"),
        ("--plain",),
        ("--otp", "--timeout", "soon"),
        ("--otp", "--timeout", "-1"),
        ("--otp", "--since", "yesterday"),
        ("--otp", "--since", "2026-02-25"),
        ("--otp", "--since", "2026-02-25T10:30:00"),
        ("extra",),
    ],
)
def test_what_makes_no_sense_is_not_asked(ravi, mail, words: tuple[str, ...]) -> None:
    ran = ravi("wait", *words)

    assert (ran.code, ran.out, mail.asked) == (2, "", [])
