"""Completion scripts."""

import shutil
import subprocess

import pytest

from ravi.cli.completion import words_after
from ravi.cli.table import COMMANDS, GROUPS

SHELLS = ("bash", "zsh", "fish")


@pytest.mark.parametrize("shell", SHELLS)
def test_each_script_is_text_and_knows_every_command(ravi, shell: str) -> None:
    ran = ravi("completion", shell)

    assert ran.code == 0
    assert all(word in ran.out for command in COMMANDS for word in command.split())


@pytest.mark.parametrize("shell", SHELLS)
def test_each_script_is_well_formed(ravi, shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")

    subprocess.run([program, "-n"], input=ravi("completion", shell).out, text=True, check=True)


def test_what_may_follow_is_what_the_commands_take() -> None:
    following = words_after()

    assert set(GROUPS) <= set(following[""])
    assert "--reuse" in following["identity create"]
    assert "--identity" in following["get email"]
    assert following["completion"][:3] == list(SHELLS)
    assert "exit-codes" in following["help"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["ravi", "ide"], {"identity"}),
        (["ravi", "identity", "cr"], {"create"}),
        (["ravi", "--json", "identity", "re"], {"rename", "restrict"}),
        (["ravi", "--identity", "get", "keys", "rev"], {"revoke"}),
        (["ravi", "identity", "create", "--name", "x", "--re"], {"--restrict-to", "--reuse"}),
        (["ravi", "get", ""], {"email", "phone", "owner"}),
        (["ravi", "help", "exit"], {"exit-codes"}),
    ],
)
def test_bash_completes(ravi, line: list[str], expected: set[str]) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    words = " ".join(f"'{word}'" for word in line)
    typed = f"COMP_WORDS=({words}); COMP_CWORD={len(line) - 1}; _ravi; echo ${{COMPREPLY[@]}}"
    script = f"{ravi('completion', 'bash').out}\n{typed}"

    done = subprocess.run([bash, "-c", script], capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) == expected
