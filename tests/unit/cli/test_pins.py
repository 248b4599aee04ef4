"""PINs and recovery codes from files and descriptors, and never from the command line."""

import os
import threading
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ravi.cli.io import Io
from ravi.cli.options import Options
from ravi.cli.output import Output
from ravi.cli.vault.pins import Pins
from ravi.crypto import recovery
from ravi.errors import ConfigInvalid, RecoveryCodeInvalid, UsageError

CODE = recovery.encode(bytes(range(20)))
MISTYPED = "1" + CODE[1:]
COMMANDS = [("auth", "login"), ("unlock",), ("auth", "change-pin"), ("auth", "recovery-code")]


@pytest.fixture
def answers() -> Callable[..., Pins]:
    """`answers(pin_file=…)` reads what a command with these flags reads."""

    def make(**given: Any) -> Pins:
        return Pins(Namespace(**given), Io(Options(), Output(os.environ), os.environ))

    return make


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    def write(content: str | bytes, mode: int = 0o600) -> str:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return str(path)

    return write


def pipe(content: str) -> int:
    """The reading end of a pipe that says *content* and ends."""
    reader, writer = os.pipe()
    os.write(writer, content.encode())
    os.close(writer)
    return reader


class TestAFile:
    @pytest.mark.parametrize(
        ("content", "pin"),
        [
            ("sesame-7\n", "sesame-7"),
            ("sesame-7", "sesame-7"),
            ("sesame-7\r\n", "sesame-7"),
            ("sesame-7\nmore\n", "sesame-7"),
            (" with blanks \n", " with blanks "),
            ("sésame-7\n", "sésame-7"),
        ],
    )
    def test_its_first_line_is_the_pin(self, answers, file, content: str, pin: str) -> None:
        assert answers(pin_file=file(content)).pin() == pin

    @pytest.mark.parametrize("content", ["", "\n", "\r\n", "\nsesame-7\n"])
    def test_an_empty_first_line_is_a_usage_error(self, answers, file, content: str) -> None:
        with pytest.raises(UsageError, match="the PIN from --pin-file is empty"):
            answers(pin_file=file(content))

    def test_a_file_that_cannot_hold_a_pin_is_not_read_to_its_end(self, answers) -> None:
        with pytest.raises(UsageError, match="too long to be the PIN"):
            answers(pin_file="/dev/zero")

    def test_what_is_not_text_is_refused(self, answers, file) -> None:
        with pytest.raises(UsageError, match="not UTF-8 text"):
            answers(pin_file=file(b"\xff\xfe\n"))

    @pytest.mark.parametrize("path", ["/nowhere/pin.txt", "nul\0byte"])
    def test_a_file_that_is_not_there_is_named(self, answers, path: str) -> None:
        with pytest.raises(ConfigInvalid, match="the PIN cannot be read from"):
            answers(pin_file=path)

    def test_a_directory_is_refused(self, answers, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="--pin-file names something that cannot be read: is a directory"):
            answers(pin_file=str(tmp_path))

    def test_an_empty_name_is_a_usage_error(self, answers) -> None:
        with pytest.raises(UsageError, match="--pin-file needs a value"):
            answers(pin_file="")

    @pytest.mark.parametrize("mode", [0o604, 0o640, 0o602, 0o660])
    def test_one_that_others_can_read_or_write_works_with_a_warning(self, answers, file, capsys, mode: int) -> None:
        path = file("sesame-7\n", mode)

        assert answers(pin_file=path).pin() == "sesame-7"
        warning = capsys.readouterr().err
        assert f"chmod 600 {path}" in warning
        assert "sesame" not in warning

    def test_a_private_one_works_without(self, answers, file, capsys) -> None:
        answers(pin_file=file("sesame-7\n"))

        assert capsys.readouterr().err == ""

    def test_it_may_be_a_pipe_as_shells_make_them(self, answers, tmp_path: Path) -> None:
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        threading.Thread(target=lambda: fifo.write_text("sesame-7\n"), daemon=True).start()

        assert answers(pin_file=str(fifo)).pin() == "sesame-7"


class TestADescriptor:
    def test_its_first_line_is_the_pin(self, answers) -> None:
        assert answers(pin_fd=pipe("sesame-7\nmore")).pin() == "sesame-7"

    def test_one_may_carry_all_of_them_a_line_each(self, answers) -> None:
        fd = pipe(f"sesame-7\nsesame-8\n{CODE}\nmore\n")

        pins = answers(pin_fd=fd, new_pin_fd=fd, recovery_code_fd=fd)

        assert (pins.pin(), pins.new_pin(first=False), pins.code(known=True)) == ("sesame-7", "sesame-8", CODE)
        assert os.read(fd, 100) == b"more\n"

    def test_stdin_is_descriptor_0_and_a_dash(self, answers) -> None:
        kept = os.dup(0)
        try:
            for given in ({"pin_fd": 0}, {"pin_file": "-"}):
                reader = pipe("sesame-7\n")
                os.dup2(reader, 0)
                assert answers(**given).pin() == "sesame-7"
        finally:
            os.dup2(kept, 0)

    @pytest.mark.parametrize("given", [{"pin_fd": 0}, {"pin_file": "-"}, {"recovery_code_fd": 0}])
    def test_stdin_cannot_carry_the_one_time_code_as_well(self, answers, given) -> None:
        with pytest.raises(UsageError, match="cannot both come from stdin"):
            answers(code="-", **given)

    def test_one_that_is_not_open_is_refused_without_repeating_the_number(self, answers) -> None:
        with pytest.raises(UsageError, match="--pin-fd names something that cannot be read: bad file descriptor") as it:
            answers(pin_fd=123456)
        assert "123456" not in str(it.value)


def test_a_file_and_a_descriptor_exclude_each_other(answers, file) -> None:
    with pytest.raises(UsageError, match="--new-pin-file and --new-pin-fd exclude each other"):
        answers(new_pin_file=file("x"), new_pin_fd=0)


class TestWithoutATerminal:
    def test_nothing_is_asked(self, answers) -> None:
        pins = answers()

        assert not pins.can_answer
        assert pins.code(known=False) is None
        with pytest.raises(UsageError, match="no terminal to ask at") as caught:
            pins.pin()
        assert "--pin-file" in caught.value.hint
        with pytest.raises(UsageError) as caught:
            pins.new_pin(first=False)
        assert "--new-pin-file" in caught.value.hint

    def test_a_pin_in_a_file_has_one_try(self, answers, file) -> None:
        assert answers(pin_file=file("sesame-7")).tries == 1

    def test_a_new_pin_in_a_file_is_checked(self, answers, file) -> None:
        with pytest.raises(UsageError, match="shorter than 6"):
            answers(pin_file=file("12345")).new_pin(first=True)
        assert answers(pin_file=file("12345")).pin() == "12345"  # it may be wrong, and that is for the vault to say

    def test_a_code_with_a_typing_error_is_refused_at_once_and_not_shown(self, answers, file) -> None:
        with pytest.raises(RecoveryCodeInvalid, match="mistyped") as caught:
            answers(recovery_code_file=file(MISTYPED))
        assert CODE[5:9] not in str(caught.value)

    def test_asking_for_a_new_code_needs_one(self, answers) -> None:
        with pytest.raises(UsageError, match="--new-code asks on a terminal"):
            answers(new_code=True)

    def test_a_recovery_code_that_nobody_sees_must_go_to_a_file(self, answers, file) -> None:
        with pytest.raises(UsageError, match="would be lost"):
            answers(pin_file=file("sesame-7"), no_recovery_file=True)
        answers(no_recovery_file=True)  # without a PIN no code is made


class TestTheCommandLine:
    @pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
    @pytest.mark.parametrize("words", [("--pin", "sesame-7"), ("--pin=sesame-7",), ("--pin",)])
    def test_takes_no_pin_and_says_why(self, ravi, server, command, words) -> None:
        ran = ravi(*command, *words)

        assert (ran.code, ran.out) == (2, "")
        assert ran.error["error"].startswith("there is no --pin: what stands on the command line can be read by every")
        assert ran.error["hint"] == "use --pin-file or --pin-fd"
        assert "sesame" not in ran.err
        assert server.asked == []

    @pytest.mark.parametrize("flag", ["--recovery-code", "--new-pin"])
    def test_takes_no_other_secret_either(self, ravi, flag: str) -> None:
        ran = ravi("auth", "change-pin", flag, CODE)

        assert ran.code == 2
        assert f"{flag}-file" in ran.error["hint"]
        assert CODE[:4] not in ran.err

    def test_a_pin_where_a_descriptor_belongs_is_not_repeated(self, ravi) -> None:
        ran = ravi("unlock", "--pin-fd", "sesame-7")

        assert ran.code == 2
        assert "sesame" not in ran.err

    @pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
    def test_the_help_does_not_offer_what_is_refused(self, ravi, command) -> None:
        shown = ravi("help", *command).out

        assert "--pin-file <file>" in shown
        assert "--pin " not in shown
        assert "--recovery-code " not in shown

    def test_files_are_read_before_anything_is_sent(self, ravi, server, file) -> None:
        broken = {"/nowhere": 1, file(""): 2}
        for path, code in broken.items():
            assert ravi("auth", "login", "--server", server.url, "--code", "once", "--pin-file", path).code == code
        mistyped = file(MISTYPED)
        assert ravi("auth", "login", "--server", server.url, "--code", "o", "--recovery-code-file", mistyped).code == 10
        assert server.asked == []
