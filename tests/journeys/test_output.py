"""What programs can rely on: one JSON document or none on stdout, exit codes, and no questions without a person."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import PROGRAM, Cli
from tests.support.journey import NOBODY, Terminal, run_script
from tests.support.server import Server
from tests.support.vault_agents import unlock

#: Every command with arguments that work for `busy`; None where the output is no JSON by its nature, where somebody has
#: to be posted to, or where a sign-in does not do.
WORKS: dict[str, str | None] = {
    "auth login": "--code CODE",
    "auth logout": "",
    "auth status": "",
    "auth refresh": "",
    "auth change-pin": "--pin-file PIN --new-pin-file PIN",
    "auth recovery-code": "--pin-file PIN",
    "identity list": "--prefix bus",
    "identity create": "--name made --label k=v",
    "identity show": "busy",
    "identity use": "busy --local",
    "identity rename": "busy busy",
    "identity restrict": "spare --to example.com",
    "identity provision-phone": "quiet",
    "identity disable": "quiet",
    "identity enable": "quiet",
    "identity delete": "spare",
    "get email": "--identity busy",
    "get phone": "--identity busy",
    "get owner": "--identity busy",
    "keys list": "",
    "keys create": "--identity busy",
    "keys revoke": "KEY",
    "inbox email": "--identity busy --unread",
    "inbox sms": "--identity busy --unread",
    "inbox search": "--identity busy nothing",
    "wait": None,
    "message email": "--identity busy MESSAGE",
    "message sms": "--identity busy TEXT",
    "message read": "--identity busy MESSAGE",
    "message unread": "--identity busy MESSAGE",
    "email compose": "--identity busy --to BUSY --subject s --body b",
    "email reply": "--identity busy MESSAGE --body b",
    "email reply-all": "--identity busy MESSAGE --body b",
    "email forward": "--identity busy MESSAGE --to BUSY",
    "sms send": "--identity busy --to NUMBER --body b",
    "phone release": "--identity busy",
    "phone add": "--identity busy",
    "attachments download": "--identity busy MESSAGE",
    "contacts list": "--identity busy",
    "contacts search": "--identity busy busy",
    "contacts find": "--identity busy --email BUSY",
    "contacts get": "--identity busy BUSY",
    "contacts create": "--identity busy --phone +15550100123",
    "contacts update": "--identity busy BUSY --trusted",
    "contacts delete": "--identity busy BUSY",
    "events": "--identity busy --limit 2",
    "audit": "--identity busy --limit 2",
    "limits": "--identity busy",
    "identity prune": "--prefix nobody-is-called-this --dry-run",
    "sso token": None,
    "sso verify": "SSO",
    "webhooks add": "--identity busy https://example.com/hook",
    "webhooks list": "--identity busy",
    "webhooks test": None,
    "webhooks deliveries": "--identity busy",
    "webhooks remove": "--identity busy HOOK",
    "secrets set": "--identity busy MADE value",
    "secrets get": "--identity busy API_KEY",
    "secrets list": "--identity busy",
    "secrets delete": "--identity busy GONE",
    "secrets export": "--identity busy --format json",
    "secrets import": "--identity busy DOTENV",
    "passwords create": "--identity busy made.example",
    "passwords list": "--identity busy",
    "passwords get": "--identity busy site.example",
    "passwords update": "--identity busy site.example --generate",
    "passwords edit": "--identity busy site.example --notes new",
    "passwords delete": "--identity busy gone.example",
    "passwords history": "--identity busy site.example",
    "passwords generate": "--length 20",
    "totp add": "--identity busy made --secret JBSWY3DPEHPK3PXP",
    "totp code": "--identity busy site --min-remaining 0",
    "totp list": "--identity busy",
    "totp delete": "--identity busy gone",
    "vault key": "--identity busy",
    "vault upgrade": "",
    "workspace ensure": "FOLDER",
    "workspace status": "FOLDER",
    "workspace release": "FOLDER",
    "workspace exec": None,
    "workspace gc": "--dry-run",
    "fleet up": "1",
    "fleet status": "",
    "fleet exec": None,
    "fleet down": "",
    "run": None,
    "integrate": "amux",
    "mcp": None,
    "skills list": "",
    "skills install": "",
    "lock": "",
    "unlock": "--pin-file PIN",
    "status": "",
    "domains": "",
    "trust": "--list",
    "completion": None,
    "version": "",
}
#: Every command with an exit code and arguments that make it fail so.
FAILS: dict[str, tuple[int, str]] = {
    "auth login": (3, "--code AAAA-BBBB-CCCC"),
    "auth logout": (2, "now"),
    "auth status": (2, "--jsno"),
    "auth refresh": (2, "now"),
    "auth change-pin": (10, "--pin-file WRONG --new-pin-file PIN"),
    "auth recovery-code": (10, "--pin-file WRONG"),
    "identity list": (2, "--label nonsense"),
    "identity create": (1, "--email x"),
    "identity show": (4, "nobody"),
    "identity use": (4, "nobody"),
    "identity rename": (4, "nobody x"),
    "identity restrict": (1, "busy --to nonsense"),
    "identity provision-phone": (5, "busy"),
    "identity disable": (4, NOBODY),
    "identity enable": (4, NOBODY),
    "identity delete": (4, NOBODY),
    "get email": (4, ""),
    "get phone": (4, "--identity quiet"),
    "get owner": (4, ""),
    "keys list": (4, "--identity nobody"),
    "keys create": (4, "--identity nobody"),
    "keys revoke": (4, NOBODY),
    "inbox email": (4, "--identity busy <no@such.example>"),
    "inbox sms": (4, "--identity busy +15550100199"),
    "inbox search": (2, "--identity busy"),
    "wait": (7, "--identity busy --otp --timeout 1"),
    "message email": (4, "--identity busy 999999"),
    "message sms": (4, "--identity busy 999999"),
    "message read": (4, "--identity busy 999999"),
    "message unread": (4, f"--identity busy {NOBODY}"),
    "email compose": (1, "--identity busy --to x@elsewhere.example --subject s --body b"),
    "email reply": (4, "--identity busy 999999 --body b"),
    "email reply-all": (2, "--identity busy 999999"),
    "email forward": (4, f"--identity busy {NOBODY} --to x@elsewhere.example"),
    "sms send": (1, "--identity busy --to +15005550006 --body b"),
    "phone release": (4, "--identity quiet"),
    "phone add": (5, "--identity busy"),
    "attachments download": (4, f"--identity busy {NOBODY}"),
    "contacts list": (4, ""),
    "contacts search": (2, "--identity busy"),
    "contacts find": (4, "--identity busy --email x@elsewhere.example"),
    "contacts get": (4, f"--identity busy {NOBODY}"),
    "contacts create": (1, "--identity busy --email nonsense"),
    "contacts update": (2, f"--identity busy {NOBODY}"),
    "contacts delete": (4, f"--identity busy {NOBODY}"),
    "events": (2, "now"),
    "audit": (4, "--identity nobody"),
    "limits": (4, "--identity nobody"),
    "identity prune": (2, "--older-than 24h"),
    "sso token": (4, ""),
    "sso verify": (3, "rvt_nonsense"),
    "webhooks add": (1, "--identity busy nonsense"),
    "webhooks list": (2, "now"),
    "webhooks test": (4, f"--identity busy {NOBODY}"),
    "webhooks deliveries": (4, f"--identity busy {NOBODY}"),
    "webhooks remove": (4, f"--identity busy {NOBODY}"),
    "secrets set": (2, "--identity busy 1ST value"),
    "secrets get": (4, "--identity busy NONE"),
    "secrets list": (4, ""),
    "secrets delete": (4, "--identity busy NONE"),
    "secrets export": (4, "--identity busy --only NONE"),
    "secrets import": (1, "--identity busy nowhere.env"),
    "passwords create": (2, "--identity busy !"),
    "passwords list": (4, ""),
    "passwords get": (4, "--identity busy nowhere.example"),
    "passwords update": (4, f"--identity busy {NOBODY} --generate"),
    "passwords edit": (2, "--identity busy site.example"),
    "passwords delete": (4, f"--identity busy {NOBODY}"),
    "passwords history": (4, f"--identity busy {NOBODY}"),
    "passwords generate": (2, "--length 1"),
    "totp add": (5, "--identity busy site --secret JBSWY3DPEHPK3PXP"),
    "totp code": (4, "--identity busy none"),
    "totp list": (4, ""),
    "totp delete": (4, "--identity busy none"),
    "vault key": (4, "--identity nobody"),
    "vault upgrade": (2, "now"),
    "workspace ensure": (2, "nowhere"),
    "workspace status": (2, "nowhere"),
    "workspace release": (2, "--lax"),
    "workspace exec": (2, ""),
    "workspace gc": (2, "now"),
    "fleet up": (2, "0"),
    "fleet status": (2, "now"),
    "fleet exec": (2, ""),
    "fleet down": (2, "nowhere"),
    "run": (2, ""),
    "integrate": (2, "amxu"),
    "mcp": (2, "now"),
    "skills list": (2, "now"),
    "skills install": (4, "nothing"),
    "lock": (2, "now"),
    "unlock": (10, "--pin-file WRONG"),
    "status": (2, "x"),
    "domains": (2, "x"),
    "trust": (1, "nowhere.json"),
    "completion": (2, "cmd"),
    "version": (2, "x"),
}


@pytest.fixture
def busy(owner: Cli) -> Cli:
    """An owner with a few identities, one of which has messages and something in its vault, and files to be named."""
    unlock(owner)
    for name, *more in (("busy",), ("quiet", "--no-phone"), ("spare",)):
        owner.ok("identity", "create", "--name", name, *more)
    busy = owner.at(RAVI_IDENTITY="busy")
    for key in ("API_KEY", "GONE"):
        busy.ok("secrets", "set", key, "--stdin", stdin="value")
    for site in ("site", "gone"):
        busy.ok("passwords", "create", f"{site}.example")
        busy.ok("totp", "add", site, "--stdin", stdin="JBSWY3DPEHPK3PXP")
    busy.ok("email", "compose", "--to", busy.json("get", "email")["email"], "--subject", "s", "--body", "b")
    busy.ok("sms", "send", "--to", busy.json("get", "phone")["phone_number"], "--body", "b")
    for name, text in (("wrong.txt", "not the PIN"), ("some.env", "IMPORTED=value")):
        (owner.home / name).write_text(text + "\n")
        (owner.home / name).chmod(0o600)
    return owner


def filled_in(cli: Cli, arguments: str) -> list[str]:
    """The words of *arguments*, files by their paths."""
    files = {"PIN": "pin.txt", "WRONG": "wrong.txt", "DOTENV": "some.env"}
    return [str(cli.home / files[word]) if word in files else word for word in arguments.split()]


def commands_of_the_program(cli: Cli) -> set[str]:
    """Every command, by its words, as the completion script that `ravi` prints knows them."""
    ask = "source <(ravi completion bash); _ravi_words "

    def words(after: str) -> list[str]:
        return run_script(cli, ask + f"'{after}'", shell="bash").stdout.split()

    tops = [word for word in words("") if not word.startswith("-") and word != "help"]
    alone = {command for command in WORKS if " " not in command}
    found = set()
    for top in tops:
        verbs = [word for word in words(top) if not word.startswith("-")]
        found |= {top} if top in alone or not verbs else {f"{top} {verb}" for verb in verbs}
    return found


def test_every_command_is_tried_here(cli: Cli) -> None:
    assert commands_of_the_program(cli) == set(WORKS) == set(FAILS)


@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["not a terminal", "--json"])
def test_every_command_prints_exactly_one_json_document(
    busy: Cli, shared_server: Server, workspace: Path, flags: tuple[str, ...]
) -> None:
    there = busy.at(workspace)
    email = busy.json("auth", "status")["email"]

    def agent() -> Cli:
        key: str = busy.json("keys", "create", "--identity", "busy")["key"]
        return busy.at(RAVI_API_KEY=key, RAVI_API_URL=shared_server.url)

    def folder() -> str:
        (workspace / "bound").mkdir(exist_ok=True)
        return str(workspace / "bound")

    prepared: dict[str, Callable[[], str]] = {
        "FOLDER": folder,
        "CODE": lambda: json.loads(shared_server.run("signin-code", email, "--json").stdout)["signin_code"],
        "KEY": lambda: busy.json("keys", "create", "--management")["uuid"],
        "SSO": lambda: agent().json("sso", "token")["token"],
        "HOOK": lambda: busy.json("webhooks", "list", "--identity", "busy")[0]["uuid"],
        "BUSY": lambda: busy.json("get", "email", "--identity", "busy")["email"],
        "NUMBER": lambda: busy.json("get", "phone", "--identity", "busy")["phone_number"],
        "TEXT": lambda: str(busy.json("message", "sms", "--identity", "busy", "--limit", "1")[0]["id"]),
        "MESSAGE": lambda: str(busy.json("message", "email", "--identity", "busy", "--limit", "1")[0]["id"]),
    }
    # Last, because they end what the others need.
    last = ["lock", "auth logout"]
    order = [words for words in WORKS if WORKS[words] is not None and words not in last] + last
    for words in order:
        arguments = [prepared[word]() if word in prepared else word for word in filled_in(busy, WORKS[words] or "")]
        result = there.run(*words.split(), *arguments, *flags)

        assert result.code == 0, str(result)
        assert isinstance(result.json, dict | list), str(result)
        assert result.stdout.endswith(("}\n", "]\n"))
        assert "\x1b" not in result.stdout


@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["not a terminal", "--json"])
def test_every_failure_prints_nothing_but_a_json_document_on_stderr(busy: Cli, flags: tuple[str, ...]) -> None:
    for words, (code, arguments) in FAILS.items():
        result = busy.run(*words.split(), *filled_in(busy, arguments), *flags)

        assert result.code == code, str(result)
        assert result.stdout == "", str(result)
        (line,) = result.stderr.splitlines()
        document = json.loads(line)
        assert {"error", "code", "hint", "status"} <= set(document), str(result)
        assert re.fullmatch(r"[a-z]+(\.[a-z_]+|_[a-z]+)*", document["code"]), str(result)
        assert document["status"] is None if code == 2 else document["status"] in (None, 401, 404, 409, 422)


def test_failures_for_people_are_words_and_go_to_stderr_too(busy: Cli) -> None:
    for words, (code, arguments) in FAILS.items():
        result = busy.run(*words.split(), *filled_in(busy, arguments), "--human")

        assert (result.code, result.stdout) == (code, ""), str(result)
        assert result.stderr.startswith("ravi: error: "), str(result)
        assert "Traceback" not in result.stderr


def test_nonsense_is_a_usage_error_that_names_what_was_probably_meant(cli: Cli) -> None:
    for typed, meant in (
        (("identiy", "list"), "identity"),
        (("identity", "lst"), "ravi identity list"),
        (("identity", "create", "--nmae", "x"), "--name"),
        (("create",), "identity create"),
        (("identity",), "create"),
    ):
        error = cli.fails(2, *typed)
        assert error["code"] == "usage"
        assert meant in error["hint"]


def test_help_works_everywhere_and_asks_no_server(cli: Cli) -> None:
    for words in WORKS:
        by_flag, by_word = cli.ok(*words.split(), "--help"), cli.ok("help", *words.split())
        assert by_flag.stdout == by_word.stdout
        assert f"ravi {words}" in by_flag.stdout
    for number in range(11):
        assert re.search(rf"^\s*{number}\b", cli.ok("help", "exit-codes", "--human").stdout, re.MULTILINE)
    assert "RAVI_CONFIG_DIR" in cli.ok("help", "environment", "--human").stdout
    assert cli.ok("--version", "--human").stdout.startswith("ravi ")


def test_nothing_asks_a_question_where_nobody_could_answer(busy: Cli) -> None:
    # stdin is closed at once, or empty; neither makes a command wait or guess.
    for stdin in (subprocess.DEVNULL, None):
        name = "spare" if stdin else "quiet"
        done = subprocess.run(
            [PROGRAM, "identity", "delete", name, "--human"],
            stdin=stdin if stdin is not None else subprocess.PIPE,
            capture_output=True,
            text=True,
            env=busy.environment,
            cwd=busy.cwd,
            timeout=20,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "[y/N]" not in done.stderr
    assert [each["name"] for each in busy.json("identity", "list")] == ["busy"]


def test_a_closed_stdin_or_stdout_is_survived(busy: Cli) -> None:
    without_stdin = run_script(busy, "ravi identity list <&-")
    assert len(without_stdin.json) == 3
    without_stdout = run_script(busy, "ravi identity list >&- || echo $? >&2")
    assert "Traceback" not in without_stdout.stderr
    assert without_stdout.stderr.splitlines()[-1] == "1"
    full_disk = run_script(busy, "ravi identity list > /dev/full || echo $? >&2")
    assert full_disk.stderr.splitlines()[-1] == "1", "a document that was lost is no success"
    early_reader = run_script(busy, "ravi identity list | head -c 1")
    assert (early_reader.stdout, early_reader.stderr) == ("[", "")


def test_a_person_at_a_terminal_is_asked_before_an_identity_is_deleted(busy: Cli) -> None:
    for answer, code, left in (("n", 1, 3), ("", 1, 3), ("yes please", 1, 3), ("y", 0, 2)):
        terminal = Terminal(busy, "identity", "delete", "spare")
        terminal.wait_for("[y/N]")
        assert "spare" in terminal.screen
        terminal.type(answer)
        assert terminal.end() == code, terminal.screen
        assert len(busy.json("identity", "list")) == left
    for flag in ("--yes", "--json"):
        made = busy.json("identity", "create", "--name", f"by {flag}")
        terminal = Terminal(busy, "identity", "delete", made["uuid"], flag)
        assert terminal.end() == 0, terminal.screen
        assert "[y/N]" not in terminal.screen


def test_people_at_a_terminal_get_tables_and_hints_instead_of_json(busy: Cli) -> None:
    listed = Terminal(busy, "identity", "list")
    assert listed.end() == 0
    assert "NAME" in listed.screen
    assert all(name in listed.screen for name in ("busy", "quiet", "spare"))
    assert '"uuid"' not in listed.screen

    created = Terminal(busy, "identity", "create", "--name", "by hand")
    assert created.end() == 0
    assert "ravi identity use" in created.screen

    failed = Terminal(busy, "get", "email")
    assert failed.end() == 4
    assert "error:" in failed.screen
    assert "hint:" in failed.screen

    in_json = Terminal(busy, "identity", "list", "--json")
    assert in_json.end() == 0
    names: list[Any] = [each["name"] for each in json.loads(in_json.screen)]
    assert names == ["busy", "quiet", "spare", "by hand"]


def test_a_name_that_could_command_a_terminal_or_fool_its_reader_is_refused(busy: Cli) -> None:
    # An escape sequence, a right-to-left override, a line separator, a C1 control: each repaints or rearranges.
    for name in ("red \x1b[31m", "safe\u202eevil", "two\u2028lines", "bell\x9b31m"):
        error = busy.fails(1, "identity", "create", "--name", name)
        assert error["status"] == 422
        assert not set(error["error"]) & {"\x1b", "\u202e", "\u2028", "\x9b"}
    assert len(busy.json("identity", "list")) == 3
