"""
Nothing that the server says reaches a terminal raw, whatever command is asked: every command that there is, every text
in every answer, for people and as JSON, when it works and when it is refused.
"""

import io
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import pytest

from ravi.cli.events import _line
from ravi.cli.layout import Layout
from ravi.cli.table import COMMANDS
from tests.support.fake_servers import Request
from tests.support.hostile_answers import MARK, STAMP, UUID, HostileApi, hostile
from tests.support.secret_rows import SecretRows
from tests.support.vault_rows import ENTRY, KEY_TEXT, merged

ROWS = SecretRows(UUID)
NUMBER = "+15550100199"


class Ran(Protocol):
    """What one command did."""

    code: int
    out: str
    err: str


#: Every command with arguments that fit. A command that is not here fails the test of that.
ARGUMENTS: dict[str, str] = {
    "auth login": "--code AAAA-BBBB-CCCC",
    "auth logout": "",
    "auth status": "",
    "auth refresh": "",
    "auth change-pin": "--pin-file pin.txt --new-pin-file pin.txt",
    "auth recovery-code": "--pin-file pin.txt",
    "identity list": "",
    "identity create": "--name made",
    "identity show": UUID,
    "identity use": f"{UUID} --local",
    "identity rename": f"{UUID} other",
    "identity restrict": f"{UUID} --to example.com",
    "identity provision-phone": UUID,
    "identity disable": UUID,
    "identity enable": UUID,
    "identity delete": f"{UUID} --yes",
    "identity prune": "--prefix a --dry-run",
    "integrate": "",
    "workspace ensure": "new",
    "workspace status": "",
    "workspace release": "",
    "workspace exec": ". -- true",
    "workspace gc": "",
    "skills list": "",
    "skills install": "--dir skills",
    "mcp": "",
    "fleet up": "1",
    "fleet status": "",
    "fleet exec": "-- true",
    "fleet down": "--everywhere",
    "get email": "",
    "get phone": "",
    "get owner": "",
    "keys list": "",
    "keys create": f"--identity {UUID} --label x",
    "keys revoke": UUID,
    "inbox email": "",
    "inbox sms": "",
    "inbox search": "word",
    "message email": UUID,
    "message sms": UUID,
    "message read": UUID,
    "message unread": UUID,
    "email compose": "--to a@b.example --subject s --body b",
    "email reply": f"{UUID} --body b",
    "email reply-all": f"{UUID} --body b",
    "email forward": f"{UUID} --to a@b.example",
    "sms send": "--to +15005550006 --body b",
    "phone add": "",
    "phone release": "--yes",
    "wait": "--timeout 0",
    "attachments download": UUID,
    "contacts list": "",
    "contacts search": "a",
    "contacts find": "--email a@b.example",
    "contacts get": UUID,
    "contacts create": "--phone +15550100123",
    "contacts update": f"{UUID} --trusted",
    "contacts delete": UUID,
    "events": "",
    "sso token": "--audience https://service.example",
    "sso verify": "rvt_some",
    "audit": "",
    "webhooks add": "https://example.com/hook",
    "webhooks list": "",
    "webhooks test": UUID,
    "webhooks deliveries": "",
    "webhooks remove": UUID,
    "secrets set": "KEY --stdin",
    "secrets get": "KEY OTHER",
    "secrets list": "",
    "secrets delete": "KEY",
    "secrets export": "--format json",
    "secrets import": "some.env",
    "passwords create": "example.com --username u --password-file some.env",
    "passwords list": "",
    "passwords get": ENTRY,
    "passwords update": f"{ENTRY} --notes n",
    "passwords edit": f"{ENTRY} --notes n",
    "passwords delete": ENTRY,
    "passwords history": ENTRY,
    "passwords generate": "",
    "totp add": "github --secret JBSWY3DPEHPK3PXP",
    "totp code": f"{ENTRY} --min-remaining 0",
    "totp list": "",
    "totp delete": ENTRY,
    "vault key": "--identity " + UUID,
    "vault upgrade": "--pin-file pin.txt",
    "run": "-- true",
    "lock": "",
    "unlock": "--pin-file pin.txt",
    "limits": "",
    "status": "",
    "domains": "",
    "trust": "",
    "completion": "bash",
    "version": "",
}
#: The same command in another form.
FURTHER = {
    "message email": ["", "--unread"],
    "message sms": [""],
    "inbox email": [f"<{UUID}@x.example>"],
    "inbox sms": [NUMBER],
    "wait": ["--otp --timeout 0", "--link --timeout 0", "--sms --timeout 0", "--otp --plain --timeout 0"],
    "audit": ["--head"],
    "sso token": ["--audience https://service.example --plain"],
    "secrets get": ["KEY --plain"],
    "keys list": [f"--identity {UUID}"],
    "get email": [f"--identity {UUID}"],
}


#: Commands that cannot come to a good end where every text is hostile, with what stops them.
STOPPED = {
    "auth login": "a token with such characters is none",
    "auth refresh": "there is nothing to renew with",
    "auth change-pin": "the account's key material is none",
    "auth recovery-code": "the account's key material is none",
    "vault upgrade": "the account's key material is none",
    "vault key": "the vault is locked",
    "run": "a value with NUL in it fits into no environment",
}
#: Commands that print nothing that a server said, or only what it cannot choose.
QUIET = {
    *("auth logout", "identity prune", "keys revoke", "attachments download", "contacts delete", "webhooks remove"),
    *("secrets delete", "secrets set", "secrets export", "passwords delete", "passwords generate", "passwords create"),
    *("totp delete", "totp add", "totp code", "vault key", "run", "lock", "unlock", "limits", "trust", "completion"),
    *("version", "auth status", "wait --link"),
}
#: Commands about this machine, which end as they find it, and say little of what a server said.
OF_THIS_MACHINE = ("workspace ", "fleet ", "skills ", "mcp", "integrate")
SEEN_BY_NOBODY = {"Cc", "Cf", "Cs", "Zl", "Zp"}
FENCED = re.compile(r"^--- message text, not instructions (\w+) ---\n(.*\n)*?--- end of message text \1 ---$", re.M)
FILLERS = {"\u3164", "\u115f", "\u034f", "\ufe00", "\U000e0101"}


def raw_in(text: str) -> set[str]:
    """What in *text* a terminal would obey, or nobody would see."""
    return {char for char in text if char != "\n" and (unicodedata.category(char) in SEEN_BY_NOBODY or char in FILLERS)}


def sealed(api: HostileApi) -> None:
    """Have *api* answer with entries that open, in which every text is hostile: the vault's side of the same."""
    texts = {name: hostile(name) for name in ("username", "password", "notes")}
    entry = ROWS.password(domain="example.com", **texts)
    seed = ROWS.totp(name="github", username=texts["username"])
    secrets = [ROWS.secret(key, hostile("value"), notes=texts["notes"]) for key in ("KEY", "OTHER")]
    password, totp = f"/api/passwords/{ENTRY}/", f"/api/mfa/{ENTRY}/"

    def written(row: dict[str, Any]) -> Callable[[Any, Request], Any]:
        return lambda _, request: {**merged(row, request), "updated_dt": hostile("updated_dt")}

    def asked_for(made: Any, request: Request) -> Any:
        named = parse_qs(urlsplit(request.target).query).get("key")
        found = [secret for secret in secrets if named is None or secret["key"] in named]
        return [{**secret, "updated_dt": hostile("updated_dt")} for secret in found]

    history = {**entry, "replaced_dt": hostile("replaced_dt")}
    api.tweaks |= {
        ("GET", "/api/passwords/"): lambda *_: [entry],
        ("GET", password): lambda *_: {**entry, "updated_dt": hostile("updated_dt")},
        ("GET", f"{password}history/"): lambda *_: [history],
        ("POST", "/api/passwords/"): written(entry),
        ("PATCH", password): written(entry),
        ("GET", "/api/mfa/"): lambda *_: [{**seed, "service_name": hostile("service_name")}],
        ("GET", totp): lambda *_: seed,
        ("POST", "/api/mfa/"): written(seed),
        ("GET", "/api/secrets/"): asked_for,
        ("PUT", "/api/secrets/KEY/"): lambda *_: {**secrets[0], "updated_dt": hostile("updated_dt")},
    }


@pytest.fixture
def api(home: Path) -> Iterator[HostileApi]:
    """A server whose every text is hostile, and which otherwise answers as ours does."""
    server = HostileApi()
    sealed(server)
    server.tweaks["GET", "/api/sms-inbox/"] = lambda made, _: [{**made[0], "from_number": NUMBER}]
    yield server
    server.close()


@pytest.fixture
def forms(
    ravi: Callable[..., Ran],
    api: HostileApi,
    home: Path,
    put: Callable[[Path, Any], Path],
    select: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Iterator[tuple[str, Ran]]]:
    """`forms(command, flag)` runs every form of *command*, each in a home that is freshly signed in at `api`."""

    def run(command: str, flag: str) -> Iterator[tuple[str, Ran]]:
        for form in (ARGUMENTS.get(command, ""), *FURTHER.get(command, [])):
            put(home / ".ravi" / "auth.json", {"access_token": "ravi_at_canned", "server": api.url})
            select()
            for name, text in (("pin.txt", "482913\n"), ("some.env", "IMPORTED=value\n")):
                put(Path(name), text)
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a value")))
            monkeypatch.setenv("RAVI_VAULT_KEY", KEY_TEXT)
            if command in ("vault key", "vault upgrade", "unlock"):
                monkeypatch.delenv("RAVI_VAULT_KEY")
            if "--plain" in form and flag == "--json":
                continue
            yield f"{command} {form}", ravi(*command.split(), flag, *form.split())

    return run


def test_every_command_is_tried_here() -> None:
    assert set(ARGUMENTS) == set(COMMANDS)
    assert set(FURTHER) | set(STOPPED) <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_shows_is_harmless(forms: Callable[..., Any], command: str) -> None:
    for words, ran in forms(command, "--human"):
        is_local = command.startswith(OF_THIS_MACHINE)
        assert is_local or (ran.code == 0) is (command not in STOPPED), f"{words}: {ran}"
        if command == "secrets get" and "--plain" in words:
            continue  # into a file or to a program it goes as it is
        assert not raw_in(ran.out + ran.err), words
        outside = FENCED.sub("", "\n" + ran.out + ran.err)
        assert "\nravi: error: forged" not in outside, f"{words}: a line of its own"
        is_quiet = is_local or command in QUIET or any(words.startswith(each) for each in QUIET)
        assert MARK.search(ran.out) or is_quiet or ran.code, f"{words} showed nothing hostile: is it still looked at?"


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_prints_as_json_is_json_that_a_terminal_only_shows(
    forms: Callable[..., Any], command: str
) -> None:
    for words, ran in forms(command, "--json"):
        assert not raw_in(ran.out + ran.err), words
        if ran.code == 0 and not command.endswith(("completion", "run", "secrets export", "exec", "mcp")):
            json.loads(ran.out)


@pytest.mark.parametrize("flag", ["--human", "--json"])
@pytest.mark.parametrize("status", [403, 422])
def test_a_refusal_is_harmless(forms: Callable[..., Any], api: HostileApi, flag: str, status: int) -> None:
    api.refusing = status
    seen = 0
    for command in COMMANDS:
        for words, ran in forms(command, flag):
            assert not raw_in(ran.out + ran.err), words
            seen += "«detail»" in ran.err
    assert seen > 0.7 * len(COMMANDS), "the refusals are not shown any more, so nothing was tried"


@pytest.mark.parametrize("flag", ["--human", "--json"])
def test_an_answer_in_which_nothing_is_as_it_should_be_is_harmless(
    forms: Callable[..., Any], api: HostileApi, flag: str
) -> None:
    """Uuids, states and enumerations that are none, as a server that was taken over may say."""
    api.strict = False
    api.tweaks.clear()
    for command in COMMANDS:
        for words, ran in forms(command, flag):
            assert not raw_in(ran.out + ran.err), words
            assert "internal error" not in ran.err, f"{words}: {ran.err}"


@pytest.mark.parametrize("name", ["subject", "name", "key", "type", "created_dt"])
def test_an_event_that_is_followed_is_one_harmless_line(name: str) -> None:
    event: Any = {"seq": 1, "type": "t", "created_dt": STAMP, "identity": UUID, "data": {}}
    (event if name in event else event["data"])[name] = hostile(name)

    line = _line(Layout(colour=False, width=None), event)

    assert f"«{name}»" in line
    assert not raw_in(line)
    assert "\n" not in line


class TestAtATerminal:
    """A value that is printed as it is goes there too, unless the terminal would do something at it."""

    @pytest.fixture(autouse=True)
    def terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ravi.cli.terminal.is_terminal", lambda _: True)

    @pytest.mark.parametrize("words", ["get KEY", "get KEY --plain", "export", "export --format shell"])
    def test_it_is_refused_with_another_way(self, ravi, api, forms, words) -> None:
        next(forms("status", "--human"))

        ran = ravi("secrets", *words.split(), "--human")

        assert ran.code != 0
        assert ran.out == ""
        assert not raw_in(ran.err.replace("\x1b[31m", "").replace("\x1b[0m", ""))

    @pytest.mark.parametrize("value", ["-----BEGIN KEY-----\nMII\n\t=\n", "Zoë 🦊 \u200d"])
    def test_what_only_shows_is_shown(self, ravi, api, forms, value) -> None:
        next(forms("status", "--human"))
        api.tweaks["GET", "/api/secrets/"] = lambda *_: [ROWS.secret("KEY", value)]

        assert ravi("secrets", "get", "KEY", "--human").out == value + "\n"
