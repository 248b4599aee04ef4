"""Our own files, whatever they hold: read for what they are, written whole, and no secret of theirs in a message."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ravi.errors import ConfigError
from ravi.settings import vault_file
from ravi.settings.files import find_file as find
from ravi.settings.files import parse, write_json
from ravi.settings.place import Place
from ravi.settings.recovery_file import write_recovery_file
from ravi.settings.server_url import normalise
from ravi.settings.trust import approve_content, is_approved, list_approved
from ravi.settings.vault_keys import HeldKeys, find_keys
from tests.support.fake_servers import make_settings

ONE, TWO = (f"{digit}1111111-1111-4111-8111-111111111111" for digit in "12")
SECRET = "SECRETsecretSECRET"
QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([SECRET, ONE, "sign-in", ""])
)
VALUES = (
    SCALARS
    | st.lists(SCALARS, max_size=2)
    | st.dictionaries(st.sampled_from([ONE, TWO, "x"]), SCALARS | st.lists(SCALARS))
)
KEYS = st.sampled_from(
    [
        *("vault_account", "root_key", "secret_key", "legacy_key", "unlocked_with", "pending_secret_keys", "files"),
        *("other_secret_keys", "settled_accounts", "account_uuid", "access_token", "expires_at", "server", "mine"),
    ]
)
HELD = st.dictionaries(KEYS, VALUES, max_size=7)


@pytest.fixture(autouse=True)
def without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


def put(folder: Path, data: dict[str, Any] | bytes) -> str:
    path = folder / "auth.json"
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    path.chmod(0o600)
    return str(path)


def now_in(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(path).read_text())
    return found


def said_by(step: Any) -> str:
    """What a step that was refused with one of our errors says; empty when it went through."""
    try:
        step()
    except ConfigError as error:
        return f"{error.message} {error.hint} {error.details}"
    return ""


@QUICK
@given(HELD | st.binary(max_size=30))
def test_whatever_auth_json_holds_every_question_has_an_answer_or_one_of_our_errors(tmp_path: Path, held: Any) -> None:
    path = put(tmp_path, held)
    signed_in = make_settings("http://127.0.0.1:1", path=path)
    by_key = make_settings("http://127.0.0.1:1")
    by_key.home = by_key.config_dir = str(tmp_path)
    for question in (
        lambda: vault_file.is_unlocked(path, ONE),
        lambda: vault_file.find_account(signed_in),
        lambda: vault_file.find_account(by_key),
        lambda: vault_file.is_settled(path, ONE),
        lambda: vault_file.find_codes(path, ONE),
        lambda: find_keys(signed_in, ONE),
        lambda: find_keys(by_key, None),
    ):
        assert SECRET not in said_by(question)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["save_keys", "save_code", "add_pending", "drop_pending", "forget_keys"]),
        st.sampled_from([ONE, TWO]),
        st.sampled_from(["code-a", "code-b"]),
    ),
    max_size=8,
)


@settings(QUICK, max_examples=40)
@given(HELD, STEPS)
def test_no_order_of_events_loses_a_recovery_code_that_was_known_to_be_good(
    tmp_path: Path, held: Any, steps: Any
) -> None:
    path = put(tmp_path, {**held, "mine": 7})
    good: dict[str, str] = {}
    for name, account, code in steps:
        said = said_by(lambda name=name, account=account, code=code: step(name, path, account, code))
        assert not said, said
        if name in ("save_keys", "save_code"):
            good[account] = code
        for owner, known in good.items():
            assert vault_file.find_codes(path, owner)[0].code == known
            assert known not in repr(vault_file.find_codes(path, owner)), "the repr shows the code"
    assert now_in(path)["mine"] == 7, "a key that we do not know got lost"
    assert os.stat(path).st_mode & 0o777 == 0o600


def step(name: str, path: str, account: str, code: str) -> None:
    if name == "save_keys":
        vault_file.save_keys(path, account_uuid=account, root_key=bytes(32), recovery_code=code)
        assert vault_file.is_unlocked(path, account)
    elif name == "save_code":
        vault_file.save_code(path, account_uuid=account, recovery_code=code)
    elif name == "forget_keys":
        vault_file.forget_keys(path)
        assert not vault_file.is_unlocked(path, account)
    else:
        getattr(vault_file, name)(path, account, code)


@QUICK
@given(HELD)
def test_what_is_written_is_read_back(tmp_path: Path, held: dict[str, Any]) -> None:
    path = str(tmp_path / "x.json")
    write_json(path, held, "x.json")
    raw = find(path, "x.json")
    assert raw is not None
    assert parse(raw) == held


@QUICK
@given(st.text(max_size=30), st.text(max_size=30))
def test_a_recovery_file_has_the_lines_that_we_wrote_and_no_other(tmp_path: Path, email: str, server: str) -> None:
    path = write_recovery_file(str(tmp_path / "auth.json"), "CODE", account_uuid=ONE, email=email, server=server)

    content = Path(path).read_bytes()
    assert content.isascii()
    lines = content.decode().splitlines()
    assert lines[0] == "CODE"
    assert [line.partition(":")[0] for line in lines[-4:]] == ["account", "email", "server", "made"]
    assert len(lines) == 10
    assert content.count(b"\naccount: ") == 1
    assert os.listdir(tmp_path).count("recovery-code.txt") == 1


@QUICK
@given(st.dictionaries(st.sampled_from(["a", "b/c", "é"]), st.binary(max_size=6), min_size=1), st.binary(max_size=6))
def test_exactly_what_was_approved_is_approved(tmp_path: Path, files: dict[str, bytes], other: bytes) -> None:
    folder = str(tmp_path / "home")
    for name, content in files.items():
        approve_content(str(tmp_path / name), content, ravi_dir=folder)
    for name, content in files.items():
        path = str(tmp_path / name)
        assert is_approved(path, content, ravi_dir=folder)
        assert is_approved(path, other, ravi_dir=folder) is (other == content)
        assert os.path.realpath(path) in list_approved(ravi_dir=folder)
    assert not is_approved(str(tmp_path / "never"), other, ravi_dir=folder)


@QUICK
@given(st.text(max_size=20), st.text(max_size=20))
def test_any_variable_is_a_place_or_refused(home: str, folder: str) -> None:
    try:
        place = Place({"HOME": home, "RAVI_CONFIG_DIR": folder}, "/tmp")
    except ConfigError:
        return
    assert os.path.isabs(place.home)
    assert place.explicit_dir is None or os.path.isabs(place.explicit_dir)
    assert (place.explicit_dir is None) == (not folder)


@QUICK
@given(
    st.sampled_from(["http", "https", "HTTP"]),
    st.from_regex(r"[a-z0-9.-]{1,30}", fullmatch=True),
    st.integers(-1, 70000),
)
def test_one_server_has_one_spelling(scheme: str, host: str, port: int) -> None:
    try:
        found = normalise(f"{scheme}://{host}:{port}/api/", "x")
    except ConfigError:
        return
    assert normalise(found, "x") == found
    assert normalise(found.upper().replace("HTTPS", "https").replace("HTTP", "http"), "x") == found


def test_the_repr_of_keys_shows_none() -> None:
    assert SECRET not in repr(HeldKeys(source="x", root_key=SECRET.encode()))
