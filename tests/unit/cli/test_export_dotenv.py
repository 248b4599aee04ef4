"""`.env` text, read back by the programs that it is written for."""

import itertools
import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given

from ravi.client.exports import dotenv, shell
from tests.support.awkward_values import FILES, SPELLED_FOR_ALL, SPELLED_FOR_NONE, numbered, repeatably
from tests.support.readers import DOTENVS, SHELLS, Readers, everyone


def write(values: dict[str, str], *readers: str) -> str:
    """The file with those of *values* that can be in it; the others are taken out of *values*."""
    lines = {key: dotenv.spell(key, value, readers or dotenv.READERS) for key, value in values.items()}
    for key, line in lines.items():
        if line is None:
            del values[key]
    return "".join(line for line in lines.values() if line is not None)


@given(found=FILES)
@repeatably
def test_every_reader_reads_back_what_is_written_for_all(readers: Readers, found: list[str]) -> None:
    values = numbered(found)

    text = write(values)

    assert {name: dict(read) for name, read in everyone(readers, text, values).items()} == dict.fromkeys(
        ("python-dotenv", *DOTENVS, *SHELLS), values
    )


@given(found=FILES)
@repeatably
def test_npm_s_dotenv_reads_back_what_is_written_for_it(readers: Readers, found: list[str]) -> None:
    values = numbered(found)

    text = write(values, dotenv.NPM)

    for library in DOTENVS:
        assert readers.node(library, text) == values


@given(found=FILES)
@repeatably
def test_python_dotenv_reads_back_everything_that_is_written_for_it(readers: Readers, found: list[str]) -> None:
    values = numbered(found)

    text = write(values, dotenv.PYTHON)

    assert len(values) == len(found)
    assert readers.python_dotenv(text) == values


def test_what_is_common_can_be_spelled(readers: Readers) -> None:
    values = numbered(SPELLED_FOR_ALL)

    text = write(values)

    assert len(values) == len(SPELLED_FOR_ALL)
    for read in everyone(readers, text, values).values():
        assert read == values


@pytest.mark.parametrize("value", SPELLED_FOR_NONE)
def test_what_readers_disagree_about_is_not_spelled(value: str) -> None:
    assert dotenv.spell("KEY", value) is None


@pytest.mark.parametrize("readers", [dotenv.READERS, (dotenv.NPM,), (dotenv.PYTHON,)])
def test_no_variable_can_hold_a_nul_byte(readers: tuple[str, ...]) -> None:
    assert dotenv.spell("KEY", "a\0b", readers) is None


def test_each_library_alone_reads_more_than_all_together(readers: Readers) -> None:
    crossed = numbered(["both ' and \"", "all ' \" `", "one\r\ntwo's\r\n", "C:\\dir\\", "\\\\server", "${HOME}"])
    for_npm, for_python = dict(crossed), dict(crossed)

    assert readers.node("dotenv", write(for_npm, dotenv.NPM)) == crossed
    assert readers.python_dotenv(write(for_python, dotenv.PYTHON)) == crossed


def test_a_plain_value_is_written_plainly() -> None:
    assert dotenv.spell("KEY", "postgres.example:5432/db") == "KEY=postgres.example:5432/db\n"


def test_nothing_that_has_a_common_spelling_is_refused(readers: Readers, tmp_path: Path) -> None:
    """Tries out every text of up to three special characters: what all readers agree about must be spelled."""
    alphabet = "a'\"`\\\n$#{}"
    texts = ["".join(chars) for size in range(4) for chars in itertools.product(alphabet, repeat=size)]
    # Lines behind it, so that a quote which is not closed shows; one of them is a trap for those that look for one.
    behind = "\nW='x'\nX=\"#x\"\nY='#x'\n"
    files = [f"A='#x'\nV={text}{behind}" for text in texts]
    expected = {"A": "#x", "W": "x", "X": "#x", "Y": "#x"}

    each = {"npm": readers.node("dotenv-each", json.dumps(files)), "python": map(readers.python_dotenv, files)}
    read = {
        name: [found.get("V") if found == {**expected, "V": found.get("V")} else None for found in all_found]
        for name, all_found in each.items()
    }
    read |= {shell: read_apart(shell, files, tmp_path) for shell in SHELLS}
    common = {found[0] for found in zip(*read.values(), strict=True) if None not in found and len(set(found)) == 1}

    assert len(common) > 50
    assert {value for value in common if dotenv.spell("KEY", value) is None} == set()


def read_apart(shell: str, files: list[str], folder: Path) -> list[str | None]:
    """What `V` is in each of *files*, each read by a process of its own; None when the rest is not as it should be."""
    for number, text in enumerate(files):
        (folder / str(number)).write_text(text, newline="")
    script = (
        f"PATH=/nonexistent; i=0; while [ $i -lt {len(files)} ]; do "
        f'(unset V W X Y; . {folder}/$i; printf "%s" "$V/$A/$W/$X/$Y") 2>/dev/null; printf "\\0"; i=$((i+1)); done'
    )
    done = subprocess.run([shell, "-c", script], capture_output=True, cwd=folder, timeout=120, check=True)
    found = done.stdout.decode().split("\0")[:-1]
    assert len(found) == len(files)
    rest = "/#x/x/#x/#x"
    return [text.removesuffix(rest) if text.endswith(rest) else None for text in found]


#: Names of variables that some shell or program gives a meaning to, beyond those that `shell.KEPT` knows.
MEANINGFUL = """
    ALL_PROXY AUDITPOL BASH_ENV BASH_EXECUTION_STRING BASH_LOADABLES_PATH BASH_REMATCH BASH_VERSION CDPATH
    CHILD_MAX COLUMNS COMP_LINE COMP_POINT COMP_TYPE COMPREPLY COPROC CREDENTIALS EDITOR EMACS ENV EXECIGNORE FCEDIT
    FIGNORE FUNCNEST GLOBIGNORE HISTCONTROL HISTFILE HISTFILESIZE HISTIGNORE HISTSIZE HISTTIMEFORMAT HOME HOSTFILE
    HOSTNAME HOSTTYPE IFS IGNOREEOF INPUTRC INSIDE_EMACS LANG LANGUAGE LINES LOGNAME MACHTYPE MAIL MAILCHECK MAILPATH
    MAPFILE OLDPWD OPTARG OPTERR OSTYPE PATH POSIXLY_CORRECT PROMPT_COMMAND PROMPT_DIRTRIM PS0 PS1 PS2 PS3 PS4 PWD
    PYTHONPATH READLINE_LINE REPLY SHELL TERM TIMEFORMAT TMOUT TMPDIR TZ USER USERNAME
""".split()


@pytest.mark.parametrize("program", SHELLS)
def test_a_name_is_refused_where_a_shell_would_not_hold_it_and_only_there(readers: Readers, program: str) -> None:
    values = {name: f"a b/{name}" for name in MEANINGFUL}

    text = write(values)

    assert values.keys() == set(MEANINGFUL)
    assert readers.shell(program, text, values.keys()) == values


@pytest.mark.parametrize("name", sorted(shell.KEPT))
def test_a_name_that_shells_keep_is_left_to_the_libraries(name: str) -> None:
    assert dotenv.spell(name, "x") is None
    assert dotenv.spell(name, "x", (dotenv.NPM,)) == dotenv.spell(name, "x", (dotenv.PYTHON,)) == f"{name}=x\n"


def test_every_name_that_bash_keeps_is_known(tmp_path: Path) -> None:
    """Tries out each variable that this bash has set or knows by itself."""
    listed = subprocess.run(
        ["bash", "-c", "compgen -v"], capture_output=True, text=True, env={"PATH": os.environ["PATH"]}, check=True
    )
    names = [name for name in listed.stdout.split() if name[0].isupper() and name not in shell.KEPT]
    for name in names:
        (tmp_path / "one").write_text(f"{name}='a b'\n")
        tried = subprocess.run(
            ["bash", "-c", f'set -a; . ./one; printf %s "${name}"'], capture_output=True, text=True, cwd=tmp_path
        )
        assert tried.stdout == "a b", name
    assert "BASH_VERSION" in names
