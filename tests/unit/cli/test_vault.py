"""`ravi vault` against canned answers; what it does to a real account is in the journeys."""

from typing import Any

import pytest

from ravi.cli.io import Io
from ravi.cli.options import Options
from ravi.cli.output import Output
from ravi.cli.vault.progress import Shown
from ravi.client.nouns.upgrade import Progress

META = "GET /api/encryption/"


def meta(format: int, **more: Any) -> dict[str, Any]:
    held = {"account_uuid": "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d", "format": format, "upgrading": False}
    return {
        **held,
        "root_version": 0,
        "wrapped_root": "root2::x" if format == 2 else None,
        "public_key": "x" if format == 1 else None,
        **more,
    }


def test_an_account_in_the_present_format_needs_no_pin_and_no_upgrade(ravi, signed_in) -> None:
    signed_in.on(META, meta(2))

    ran = ravi("vault", "upgrade")

    assert (ran.code, ran.json) == (0, {"upgraded": True, "resealed": 0, "unreadable": []})
    assert set(signed_in.calls()) == {META}
    assert ravi("vault", "upgrade", "--human").out == "nothing to upgrade\n"


def test_an_account_without_a_vault_is_told_how_to_get_one(ravi, signed_in) -> None:
    signed_in.on(META, meta(0))

    ran = ravi("vault", "upgrade")

    assert ran.code == 0
    assert "ravi unlock" in ran.err


def test_without_a_terminal_and_a_pin_file_nothing_is_asked_of_anybody(ravi, signed_in) -> None:
    signed_in.on(META, meta(1))

    ran = ravi("vault", "upgrade")

    assert ran.code == 2
    assert "--pin-file" in ran.error["hint"]


def test_a_pin_on_the_command_line_is_refused_and_not_repeated(ravi, signed_in) -> None:
    ran = ravi("vault", "upgrade", "--pin", "123456")

    assert ran.code == 2
    assert "123456" not in ran.err
    assert signed_in.asked == []


def test_an_identity_s_own_credential_cannot_upgrade(ravi, signed_in, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVI_API_KEY", "ravi_id_agent")
    monkeypatch.setenv("RAVI_API_URL", signed_in.url)

    assert ravi("vault", "upgrade").error["code"] == "vault.locked"
    assert signed_in.asked == []


def test_progress_in_a_log_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with Shown(Io(Options(), Output({}), {})) as shown:
        for number in range(100):
            now[0] += 1
            shown.update(Progress(1, number, number))

    assert capsys.readouterr().err.splitlines() == [
        f"pass 1: {number} entries seen, {number} sealed anew" for number in range(9, 100, 10)
    ]
