"""What reaches stdout and stderr, byte for byte."""

import json
import sys
from io import BytesIO, TextIOWrapper

import pytest

from ravi import errors
from ravi.cli.output import Output


class Printed:
    """An output whose streams have the locale of a bare container, and the bytes that it printed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._stdout = TextIOWrapper(BytesIO(), encoding="ascii")
        self._stderr = TextIOWrapper(BytesIO(), encoding="ascii", errors="backslashreplace")
        monkeypatch.setattr(sys, "stdout", self._stdout)
        monkeypatch.setattr(sys, "stderr", self._stderr)
        self.output = Output({})

    @property
    def out(self) -> bytes:
        self._stdout.flush()
        return self._stdout.buffer.getvalue()

    @property
    def err(self) -> bytes:
        self._stderr.flush()
        return self._stderr.buffer.getvalue()


def test_json_is_utf_8_whatever_the_locale_says(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = Printed(monkeypatch)
    printed.output.write_json({"name": "Zoë 🦊"})

    assert printed.out == '{\n  "name": "Zoë 🦊"\n}\n'.encode()


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J", "\x9b2J", "\x7f", "moc\u202egro", "\u2066x\u2069", "\u2028", "half \ud800", "\x00"]
)
def test_json_carries_every_character_and_shows_no_terminal_a_control(
    monkeypatch: pytest.MonkeyPatch, hostile: str
) -> None:
    printed = Printed(monkeypatch)
    printed.output.write_json([hostile])

    raw = printed.out
    assert json.loads(raw) == [hostile]
    text = raw.decode()
    assert all(char.isprintable() or char == "\n" for char in text)


def test_text_that_the_locale_cannot_write_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = Printed(monkeypatch)
    printed.output.text("Zoë")

    assert printed.out == b"Zo?\n"


def test_an_error_for_programs_is_one_line_with_everything_known(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = Printed(monkeypatch)
    refusal = errors.AddressTaken("taken", hint="choose another", details={"email": ["in use"]})
    refusal.status, refusal.request_id = 409, "req-7"

    printed.output.error(refusal)

    raw = printed.err
    assert raw.count(b"\n") == 1
    assert json.loads(raw) == {
        "error": "taken",
        "code": "identity.address_taken",
        "hint": "choose another",
        "status": 409,
        "details": {"email": ["in use"]},
        "request_id": "req-7",
    }


def test_an_error_that_never_met_a_server_has_status_null(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = Printed(monkeypatch)
    printed.output.error(errors.NotSignedIn("not signed in"))

    assert json.loads(printed.err) == {
        "error": "not signed in",
        "code": "auth.not_signed_in",
        "hint": "sign in with: ravi auth login",
        "status": None,
    }


def test_rate_limits_say_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = Printed(monkeypatch)
    printed.output.error(errors.RateLimited("slow down", retry_after=7))

    assert json.loads(printed.err)["retry_after_seconds"] == 7


def test_an_error_for_people_is_clean_and_names_the_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = Printed(monkeypatch)
    printed.output.json = False
    printed.output.error(
        errors.Invalid("bad \x1b[31mname\n", details={"name": ["too \x1b]0;x\x07long"]}, hint="shorten it")
    )

    assert printed.err == b"ravi: error: bad name \n  name: too long\nravi: hint: shorten it\n"
    assert printed.out == b""


def test_warnings_are_json_for_programs_and_a_line_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = Printed(monkeypatch)
    printed.output.warn("careful", "look twice")
    printed.output.json = False
    printed.output.warn("careful", "look twice")

    first, *rest = printed.err.decode().splitlines()
    assert json.loads(first) == {"warning": "careful", "hint": "look twice"}
    assert rest == ["ravi: warning: careful", "ravi: hint: look twice"]


def test_complaining_without_stderr_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = Printed(monkeypatch)
    monkeypatch.setattr(sys, "stderr", None)

    printed.output.error(errors.RaviError("nobody hears this"))
    printed.output.note("nor this")
