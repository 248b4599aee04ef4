"""The owner at a terminal: choosing a PIN, unlocking on another machine, and mistakes on the way."""

import itertools
import re
import shutil
import termios
from pathlib import Path

import pytest

from tests.support.cli import Cli, Result
from tests.support.journey import saved_sign_in, unchanged
from tests.support.pty_child import CTRL_C, CTRL_D
from tests.support.server import Server
from tests.support.terminal import Conversation

PIN, OTHER_PIN = "sesame-7", "sesame-8"
NEW, AGAIN, ASKED, CODE_ASKED = "New PIN for the vault", "The same PIN again", "PIN of the vault", "Recovery code of"
A_CODE = re.compile(r"\b(?:[0-9A-Z]{4}-){8}[0-9A-Z]{4}\b")
_numbers = itertools.count(1)


class Person:
    """An owner at *server* with any number of machines."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.email = f"person-{next(_numbers)}@example.org"
        self._code = server.add_owner(self.email)["signin_code"]

    def machine(self, name: str) -> Cli:
        home = self.folder / name
        home.mkdir(exist_ok=True)
        return Cli(home)

    def sign_in(self, cli: Cli, *more: str) -> Conversation:
        code, self._code = self._code, ""
        if not code:
            made = self.server.run("signin-code", self.email, "--json").stdout
            code = re.search(r'"signin_code": "([^"]+)"', made)[1]  # type: ignore[index] - or the test fails here
        return Conversation(cli, "auth", "login", "--server", self.server.url, "--code", code, "--json", *more)


@pytest.fixture
def person(shared_server: Server, tmp_path: Path) -> Person:
    return Person(shared_server, tmp_path)


@pytest.fixture
def first(person: Person) -> Cli:
    """Their first machine, signed in, the vault set up and open."""
    cli = person.machine("first")
    with person.sign_in(cli) as screen:
        assert screen.answer(NEW, PIN).answer(AGAIN, PIN).result().code == 0
    return cli


def code_of(cli: Cli) -> str:
    return saved_sign_in(cli)["secret_key"]


def living_sign_ins(cli: Cli) -> int:
    """How many sign-ins of the account the server knows. It ends them all, so ask last."""
    return cli.json("auth", "logout", "--everywhere")["signed_out"]


def test_the_first_sign_in_has_a_pin_chosen_and_shows_the_recovery_code(person: Person) -> None:
    cli = person.machine("first")
    with person.sign_in(cli) as screen:
        ran: Result = (
            screen.answer(NEW, "12345")
            .answer(NEW, PIN)
            .answer(AGAIN, PIN + "!")
            .answer(NEW, PIN)
            .answer(AGAIN, PIN)
            .result()
        )

    recovery_file = cli.home / ".ravi" / "recovery-code.txt"
    assert ran.code == 0
    assert ran.json["vault"] == "unlocked"
    assert ran.json["recovery_file"] == str(recovery_file)
    assert "shorter than 6 characters" in ran.stderr
    assert "the two differ" in ran.stderr
    assert A_CODE.findall(ran.stderr) == [code_of(cli)]
    assert recovery_file.read_text().startswith(code_of(cli) + "\n")
    assert recovery_file.stat().st_mode & 0o777 == 0o600
    assert PIN not in ran.stderr + ran.stdout
    assert not A_CODE.search(ran.stdout)
    assert cli.json("status")["vault"] == "unlocked"
    assert not any(PIN in path.read_text() for path in (cli.home / ".ravi").iterdir())


def test_identities_that_were_there_before_get_their_public_keys(person: Person) -> None:
    cli = person.machine("first")
    with person.sign_in(cli, "--no-vault") as screen:
        assert screen.result().json["vault"] == "locked"
    assert ASKED not in screen.screen.decode()
    cli.ok("identity", "create", "--name", "early")
    assert cli.json("identity", "show", "early")["public_key"] is None

    with Conversation(cli, "unlock") as screen:
        assert screen.answer(NEW, PIN).answer(AGAIN, PIN).result().json["set_up"] is True

    assert cli.json("identity", "show", "early")["public_key"]


def test_another_machine_wants_pin_and_recovery_code_and_forgives_mistakes(person: Person, first: Cli) -> None:
    code, second = code_of(first), person.machine("second")
    with person.sign_in(second) as screen:
        screen.answer(CODE_ASKED, code[:-1]).answer(CODE_ASKED, "1" + code[1:] if code[0] != "1" else "2" + code[1:])
        screen.answer(CODE_ASKED, code.lower().replace("-", " "))
        screen.answer(ASKED, "wrong-1").answer("Enter: the same", "").answer(ASKED, "wrong-2").answer("Enter", code)
        ran = screen.answer(ASKED, PIN).result()

    assert (ran.code, ran.json["vault"], ran.json["recovery_file"]) == (0, "unlocked", None)
    assert "has 35 characters, not 36" in ran.stderr
    assert "is mistyped" in ran.stderr
    assert ran.stderr.count("PIN and recovery code do not fit together") == 2
    assert code not in ran.stderr
    assert saved_sign_in(second)["root_key"] == saved_sign_in(first)["root_key"]
    assert not (second.home / ".ravi" / "recovery-code.txt").exists()


def test_three_wrong_pins_leave_no_file_and_no_sign_in(person: Person, first: Cli) -> None:
    second = person.machine("second")
    with unchanged(second.home), person.sign_in(second) as screen:
        screen.answer(CODE_ASKED, code_of(first)).answer(ASKED, "wrong-1")
        screen.answer("Enter", "").answer(ASKED, "wrong-2").answer("Enter", "").answer(ASKED, "wrong-3")
        ran = screen.result()

    assert ran.code == 10
    assert ran.error["code"] == "vault.pin_wrong"
    assert "--no-vault" in ran.error["hint"]
    assert "wrong-" not in ran.stderr
    assert living_sign_ins(first) == 1


@pytest.mark.parametrize(("key", "code"), [(CTRL_C, 130), (CTRL_D, 2)], ids=["Ctrl-C", "Ctrl-D"])
def test_giving_up_at_the_pin_takes_the_sign_in_back_and_shows_typing_again(
    person: Person, first: Cli, key: str, code: int
) -> None:
    second = person.machine("second")
    with unchanged(second.home), person.sign_in(second) as screen:
        screen.answer(CODE_ASKED, code_of(first)).wait_for(ASKED)
        assert not screen.settings()[3] & termios.ECHO
        screen.type(key)
        ran = screen.result()
        assert screen.settings()[3] & termios.ECHO

    assert (ran.code, ran.stdout) == (code, "")
    assert living_sign_ins(first) == 1


def test_after_signing_out_the_same_machine_wants_the_pin_alone(person: Person, first: Cli) -> None:
    before = saved_sign_in(first)
    out = first.json("auth", "logout")
    assert (out["vault_locked"], out["message"]) == (True, "signed out, and the vault is locked")
    assert "root_key" not in saved_sign_in(first)

    with person.sign_in(first) as screen:
        ran = screen.answer(ASKED, PIN).result()

    assert ran.code == 0
    assert CODE_ASKED not in ran.stderr
    assert saved_sign_in(first)["root_key"] == before["root_key"]


def test_signing_in_while_the_vault_is_open_asks_nothing(person: Person, first: Cli) -> None:
    with person.sign_in(first) as screen:
        ran = screen.result()

    assert (ran.code, ran.json["vault"]) == (0, "unlocked")
    assert ASKED not in ran.stderr


def test_lock_and_unlock(first: Cli) -> None:
    opened = saved_sign_in(first)
    assert first.json("lock")["was_unlocked"] is True

    with Conversation(first, "unlock") as screen:
        screen.answer(ASKED, "wrong-1").wait_for("2 more tries")
        ran = screen.answer(ASKED, PIN).result()

    assert ran.code == 0
    assert ran.json.keys() == {"unlocked", "account", "auth_file", "set_up", "format", "recovery_file"}
    assert (ran.json["unlocked"], ran.json["set_up"], ran.json["format"]) == (True, False, 2)
    assert saved_sign_in(first) == opened


def test_the_pin_is_changed_by_who_knows_it(person: Person, first: Cli) -> None:
    with Conversation(first, "auth", "change-pin") as screen:
        ran = screen.answer(ASKED, PIN).answer(NEW, OTHER_PIN).answer(AGAIN, OTHER_PIN).result()
    assert (ran.code, ran.json["changed"]) == (0, True)
    assert not A_CODE.search(ran.stderr)

    second = person.machine("second")
    with person.sign_in(second) as screen:
        assert screen.answer(CODE_ASKED, code_of(first)).answer(ASKED, OTHER_PIN).result().code == 0
    first.ok("lock")
    with Conversation(first, "unlock") as screen:
        assert screen.answer(ASKED, OTHER_PIN).result().code == 0


def test_a_new_recovery_code_is_shown_once_and_wanted_elsewhere(person: Person, first: Cli) -> None:
    second, old = person.machine("second"), code_of(first)
    with person.sign_in(second) as screen:
        assert screen.answer(CODE_ASKED, old).answer(ASKED, PIN).result().code == 0

    with Conversation(first, "auth", "recovery-code", "--no-recovery-file") as screen:
        ran = screen.answer(ASKED, PIN).result()
    new = code_of(first)
    assert A_CODE.findall(ran.stderr) == [new] != [old]
    assert ran.json["recovery_file"] is None
    assert (first.home / ".ravi" / "recovery-code.txt").read_text().startswith(old)

    second.ok("lock")
    with Conversation(second, "unlock") as screen:
        for _ in range(3):
            screen.answer(ASKED, PIN)
        ran = screen.result()
    assert ran.code == 10
    assert "renewed on another machine" in ran.stderr
    assert "--new-code" in ran.stderr
    with Conversation(second, "unlock", "--new-code") as screen:
        assert screen.answer(CODE_ASKED, new).answer(ASKED, PIN).result().code == 0
    assert code_of(second) == new


def test_a_person_who_pipes_the_one_time_code_in_is_not_asked(person: Person) -> None:
    cli = person.machine("first")
    ran = cli.run("auth", "login", "--server", person.server.url, "--code", "-", stdin=person._code)

    assert (ran.code, ran.json["vault"]) == (0, "locked")
    assert "ravi unlock --pin-file FILE" in ran.stderr


def test_two_accounts_on_one_machine_keep_their_recovery_codes(person: Person, first: Cli, tmp_path: Path) -> None:
    mine = code_of(first)
    friend = Person(person.server, tmp_path)
    with friend.sign_in(first) as screen:
        assert screen.answer(NEW, OTHER_PIN).answer(AGAIN, OTHER_PIN).result().code == 0
    theirs = code_of(first)
    folder = first.home / ".ravi"
    assert (folder / "recovery-code.txt").read_text().startswith(theirs)
    assert (folder / "recovery-code-1.txt").read_text().startswith(mine)

    with person.sign_in(first) as screen:
        ran = screen.answer(ASKED, PIN).result()

    assert ran.code == 0
    assert CODE_ASKED not in ran.stderr
    assert code_of(first) == mine
    assert list(saved_sign_in(first)["other_secret_keys"].values()) == [theirs]


def test_a_copy_of_the_recovery_file_is_enough_to_be_given(person: Person, first: Cli) -> None:
    second = person.machine("second")
    copy = second.home / "from-paper.txt"
    shutil.copy(first.home / ".ravi" / "recovery-code.txt", copy)

    with person.sign_in(second, "--recovery-code-file", str(copy)) as screen:
        ran = screen.answer(ASKED, PIN).result()

    assert ran.code == 0
    assert CODE_ASKED not in ran.stderr
    assert saved_sign_in(second)["root_key"] == saved_sign_in(first)["root_key"]
