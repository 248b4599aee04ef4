"""`ravi run`: which secrets a program gets, under which names, and what keeps it from being started."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from ravi.cli.main import main
from tests.support.secret_runs import HIDDEN, TOKEN, UUID, OpenVault, python

SHOW = python("import os, sys; sys.stdout.buffer.write(os.environb[sys.argv[1].encode()].hex().encode())")


@pytest.fixture
def vault(signed_in, home: Path) -> OpenVault:
    return OpenVault(signed_in, home)


@pytest.fixture
def here(vault: OpenVault, monkeypatch: pytest.MonkeyPatch) -> OpenVault:
    """The vault, for commands in this process, which end before a program is started."""
    for name, value in vault.environ.items():
        monkeypatch.setenv(name, value)
    return vault


def variable(vault: OpenVault, name: str, *flags: str) -> str | None:
    """What a program finds in the variable *name*; None if it is not there."""
    done = vault.run(*SHOW, name, flags=flags)
    return None if done.returncode else bytes.fromhex(done.stdout.decode()).decode()


class TestEnvironment:
    @pytest.mark.parametrize(
        "value", [TOKEN, "a line\nand another\r\n", "höchst geheim ☃ 🔑", " spaces ", "$HOME `id` \"'\\", "x", ""]
    )
    @pytest.mark.parametrize("mask", [(), ("--no-mask",)])
    def test_a_program_gets_each_secret_byte_for_byte(
        self, vault: OpenVault, value: str, mask: tuple[str, ...]
    ) -> None:
        vault.holds(TOKEN=value)

        assert variable(vault, "TOKEN", *mask) == value

    def test_values_are_utf_8_in_any_locale(self, vault: OpenVault) -> None:
        vault.holds(TOKEN="geheim-☃")
        vault.environ |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

        assert variable(vault, "TOKEN") == "geheim-☃"

    def test_what_was_there_before_stays_byte_for_byte(self, vault: OpenVault) -> None:
        vault.holds(TOKEN=TOKEN)
        done = vault.run(
            *SHOW, "OLD", env={os.fsencode(k): os.fsencode(v) for k, v in vault.env.items()} | {b"OLD": b"\xff\xfe"}
        )

        assert bytes.fromhex(done.stdout.decode()) == b"\xff\xfe"

    def test_a_secret_comes_before_what_was_there(self, vault: OpenVault) -> None:
        vault.holds(TOKEN=TOKEN)
        vault.environ["TOKEN"] = "inherited"

        assert variable(vault, "TOKEN") == TOKEN

    def test_a_prefix_stands_before_each_name(self, vault: OpenVault) -> None:
        vault.holds(TOKEN=TOKEN)

        assert variable(vault, "TF_VAR_TOKEN", "--prefix", "TF_VAR_") == TOKEN
        assert variable(vault, "TOKEN", "--prefix", "TF_VAR_") is None

    def test_only_those_asked_for_in_any_spelling_and_in_one_request(self, vault: OpenVault) -> None:
        vault.server.on("GET /api/secrets/?key=A&key=B&key=C", vault.rows(A="value-a", B="value-b", C="value-c"))
        flags = ("--only", "a, b", "--only=C,A")

        assert variable(vault, "B", *flags) == "value-b"
        assert vault.server.calls() == ["GET /api/secrets/?key=A&key=B&key=C"]

    def test_the_program_keeps_what_it_needs_to_call_ravi_itself(self, vault: OpenVault) -> None:
        vault.holds(TOKEN=TOKEN)
        vault.environ["RAVI_API_URL"] = vault.server.url

        assert variable(vault, "RAVI_IDENTITY") == UUID
        assert variable(vault, "RAVI_API_URL") == vault.server.url

    def test_its_own_credential_is_hidden_too(self, vault: OpenVault) -> None:
        vault.holds()
        vault.environ |= {"RAVI_API_KEY": "ravi_id_0123456789abcdef", "RAVI_API_URL": vault.server.url}

        done = vault.run("printenv", "RAVI_API_KEY")

        assert done.stdout.decode() == "\u2039ravi:RAVI_API_KEY hidden\u203a\n"

    @pytest.mark.parametrize("flags", [(), ("--no-mask",)])
    def test_without_secrets_it_runs_all_the_same_also_when_locked(
        self, vault: OpenVault, flags: tuple[str, ...]
    ) -> None:
        vault.holds().lock()

        assert vault.run("echo", "hello", flags=flags).stdout == b"hello\n"


class TestRefusedBeforeTheStart:
    @pytest.fixture
    def traces(self, tmp_path: Path) -> Path:
        """A file that the program would make."""
        return tmp_path / "started"

    @pytest.mark.parametrize("flags", [(), ("--no-mask",)])
    def test_a_secret_that_is_missing_is_named(self, ravi, here: OpenVault, traces: Path, flags) -> None:
        here.server.on("GET /api/secrets/?key=TOKEN&key=NOPE", here.rows(TOKEN=TOKEN))

        ran = ravi("run", "--only", "TOKEN,NOPE", *flags, "--", "touch", str(traces))

        assert (ran.code, ran.error["code"]) == (4, "not_found")
        assert "NOPE" in ran.error["error"]
        assert "TOKEN" not in ran.error["error"]
        assert not traces.exists()

    def test_a_locked_vault(self, ravi, here: OpenVault, traces: Path) -> None:
        here.holds(TOKEN=TOKEN).lock()

        ran = ravi("run", "--", "touch", str(traces))

        assert (ran.code, ran.out, ran.error["code"]) == (10, "", "vault.locked")
        assert not traces.exists()

    @pytest.mark.parametrize("flags", [(), ("--no-mask",)])
    def test_a_value_that_no_variable_can_hold(self, ravi, here: OpenVault, traces: Path, flags) -> None:
        here.holds(TOKEN=TOKEN, RAW="before\0behind")

        ran = ravi("run", *flags, "--", "touch", str(traces))

        assert (ran.code, ran.error["code"]) == (1, "export.impossible")
        assert "RAW" in ran.error["error"]
        assert "before" not in ran.err
        assert not traces.exists()

    def test_nobody_selected(self, ravi, signed_in) -> None:
        assert ravi("run", "--", "true").error["code"] == "identity.required"
        assert signed_in.asked == []

    @pytest.mark.parametrize("prefix", ["1A", "A-", "A ", "Ä", "A="])
    def test_a_prefix_that_makes_no_name(self, ravi, here: OpenVault, prefix: str) -> None:
        assert ravi("run", "--prefix", prefix, "--", "true").code == 2
        assert here.server.asked == []

    @pytest.mark.parametrize("names", ["", ",", " , "])
    def test_an_empty_list_of_names_is_not_everything(self, ravi, here: OpenVault, names: str) -> None:
        assert ravi("run", "--only", names, "--", "true").code == 2
        assert here.server.asked == []


class TestWords:
    @pytest.mark.parametrize("argv", [["run"], ["run", "--"], ["run", "--no-mask"], ["run", "--no-mask", "--"]])
    def test_without_a_program_nothing_is_asked(self, ravi, here: OpenVault, argv: list[str]) -> None:
        assert ravi(*argv).code == 2
        assert here.server.asked == []

    def test_everything_behind_the_dashes_is_the_programs(self, vault: OpenVault) -> None:
        words = ["--json", "--identity", "x", "-h", "--help", "--", "--only", "", "a b"]
        vault.holds(TOKEN=TOKEN)

        done = vault.run(*python("import json, sys; print(json.dumps(sys.argv[1:]))"), *words)

        assert json.loads(done.stdout) == words

    def test_the_dashes_may_be_left_out_where_nothing_is_unclear(self, vault: OpenVault) -> None:
        vault.holds(TOKEN=TOKEN)
        words = [*vault.words()[:-1], "echo", "hello"]

        assert subprocess.run(words, env=vault.env, capture_output=True, check=True).stdout == b"hello\n"

    @pytest.mark.parametrize(
        "argv",
        [
            ["run", "ls", "-l"],
            ["run", "--no-mask", "ls"],
            ["run", "npm", "--json"],
            ["--identity", UUID, "run", "ls"],
            ["run", "git", "--server", "x"],
        ],
    )
    def test_without_them_flags_could_be_anybodys_and_are_refused(self, ravi, here: OpenVault, argv) -> None:
        ran = ravi(*argv)

        assert ran.code == 2
        assert "--" in ran.error["hint"]
        assert here.server.asked == []

    def test_an_unknown_flag_before_them_is_refused(self, ravi, here: OpenVault) -> None:
        ran = ravi("run", "--onyl", "A", "--", "true")

        assert (ran.code, ran.error["hint"]) == (2, "did you mean: --only")


@pytest.mark.parametrize("flags", [(), ("--no-mask",)], ids=["masked", "not masked"])
class TestUnstartable:
    def test_a_program_that_is_not_there_is_127(self, vault: OpenVault, flags: tuple[str, ...]) -> None:
        vault.holds(TOKEN=TOKEN)
        for name in ("no-such-program", "./no-such-program", "", "/etc/passwd/x"):
            done = vault.run(name, flags=flags)

            assert (done.returncode, done.stdout) == (127, b"")
            assert json.loads(done.stderr)["error"] == f"there is no program {name!r}"

    @pytest.mark.parametrize("kind", ["not executable", "a directory", "no program", "no interpreter"])
    def test_one_that_cannot_be_started_is_126(
        self, vault: OpenVault, tmp_path: Path, flags: tuple[str, ...], kind: str
    ) -> None:
        vault.holds(TOKEN=TOKEN)
        path = tmp_path / "program"
        if kind == "a directory":
            path.mkdir()
        else:
            path.write_text("#!/no/such/interpreter\n" if kind == "no interpreter" else "\0\1\2")
            path.chmod(0o644 if kind == "not executable" else 0o755)

        done = vault.run(str(path), flags=flags)

        assert (done.returncode, done.stdout) == (126, b"")
        assert str(path) in json.loads(done.stderr)["error"]

    def test_more_than_the_system_takes_is_126_and_says_what_to_do(
        self, vault: OpenVault, flags: tuple[str, ...]
    ) -> None:
        vault.holds(TOKEN="0123456789abcdef" * 10_000)

        done = vault.run("true", flags=flags)

        assert done.returncode == 126
        assert "--only" in json.loads(done.stderr)["hint"]

    def test_a_directory_on_the_path_is_no_program(
        self, vault: OpenVault, tmp_path: Path, flags: tuple[str, ...]
    ) -> None:
        vault.holds(TOKEN=TOKEN)
        (tmp_path / "tool").mkdir()
        vault.environ["PATH"] = f"{tmp_path}:{os.environ['PATH']}"

        assert vault.run("tool", flags=flags).returncode == 127
        assert vault.run("sh", "-c", "exit 5", flags=flags).returncode == 5

    def test_the_program_is_looked_for_where_the_caller_would_find_it(
        self, vault: OpenVault, tmp_path: Path, flags: tuple[str, ...]
    ) -> None:
        planted = tmp_path / "sh"
        planted.write_text("#!/bin/sh\necho planted\n")
        planted.chmod(0o755)
        vault.holds(PATH=str(tmp_path))

        assert vault.run("sh", "-c", "exit 5", flags=flags).returncode == 5


class TestWarnings:
    def test_short_values_are_not_hidden_and_that_is_said(self, vault: OpenVault) -> None:
        vault.holds(PIN="123", EMPTY="", ON=" 1 ", TOKEN=TOKEN)

        done = vault.run("sh", "-c", "echo $PIN $TOKEN")

        assert done.stdout.decode() == f"123 {HIDDEN}\n"
        (warning,) = map(json.loads, done.stderr.splitlines())
        assert warning["warning"].endswith("shorter than 4 characters: ON, PIN")

    def test_names_that_decide_what_runs_are_pointed_out(self, vault: OpenVault) -> None:
        vault.holds(LD_PRELOAD="", PATH=os.environ["PATH"], TOKEN=TOKEN)

        done = vault.run("true", flags=["--no-mask"])

        assert json.loads(done.stderr)["warning"].endswith("LD_PRELOAD, PATH")

    def test_unless_they_were_asked_for_by_name_or_get_another_one(self, vault: OpenVault) -> None:
        vault.server.on("GET /api/secrets/?key=PATH", vault.rows(PATH=os.environ["PATH"]))
        vault.holds(PATH="/usr/bin")

        assert vault.run("true", flags=["--only", "PATH"]).stderr == b""
        assert vault.run("true", flags=["--prefix", "MY_"]).stderr == b""

    def test_without_masking_short_values_are_nothing_special(self, vault: OpenVault) -> None:
        vault.holds(PIN="123")

        assert vault.run("true", flags=["--no-mask"]).stderr == b""


def test_help_says_how_the_program_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--help"]) == 0
    assert "ravi run [flags] -- <command>..." in capsys.readouterr().out
