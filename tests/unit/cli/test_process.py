"""The program as a process: terminals, signals, broken pipes, and its last breath."""

import json
import os
import pty
import select as selecting
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ravi.version import __version__

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
RAVI = [sys.executable, "-m", "ravi"]
RECEIPT = {
    "status": "deleted",
    "uuid": UUID,
    "name": "a",
    "email": "a@in.ravi.localhost",
    "phone_number": None,
    "deleted_dt": "2026-11-23T05:04:03Z",
    "revoked": {},
    "erased": {},
}


class OnTerminal:
    """`ravi` with a terminal for stdin, stdout and stderr."""

    def __init__(self, *argv: str, **env: str) -> None:
        self.screen, inside = pty.openpty()
        self.process = subprocess.Popen(
            [*RAVI, *argv], stdin=inside, stdout=inside, stderr=inside, env={**os.environ, "TERM": "xterm", **env}
        )
        os.close(inside)
        self.shown = ""

    def until(self, text: str) -> None:
        """Read the screen until *text* is on it."""
        deadline = time.monotonic() + 20
        while text not in self.shown:
            assert time.monotonic() < deadline, self.shown
            self._read(0.1)

    def type(self, text: str) -> None:
        os.write(self.screen, text.encode())

    def end(self) -> int:
        """Wait for the end; everything printed is in `shown`."""
        deadline = time.monotonic() + 20
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.shown
            self._read(0.05)
        while self._read(0.05):
            pass
        os.close(self.screen)
        return self.process.returncode

    def _read(self, patience: float) -> bool:
        if not selecting.select([self.screen], [], [], patience)[0]:
            return False
        try:
            new = os.read(self.screen, 65536).decode()
        except OSError:  # Linux says so when the other side is closed
            return False
        self.shown += new
        return bool(new)


def test_everything_is_printed_before_the_process_ends() -> None:
    done = subprocess.run([*RAVI, "help"], capture_output=True, text=True)

    assert done.returncode == 0
    assert done.stdout.endswith("ravi <command> --help.\n")


def test_the_exit_code_is_the_command_s(signed_in) -> None:
    assert subprocess.run([*RAVI, "get", "email"], capture_output=True).returncode == 4
    assert subprocess.run([*RAVI, "frobnicate"], capture_output=True).returncode == 2


UNBUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "PYTHONUNBUFFERED"])


@UNBUFFERED
def test_a_reader_that_leaves_early_sees_no_traceback(signed_in, identity, unbuffered: str) -> None:
    signed_in.on("GET /api/identities/", [identity(f"task-{n}") for n in range(2000)])
    process = subprocess.Popen(
        [*RAVI, "identity", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()

    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


@UNBUFFERED
def test_a_pipe_that_does_not_block_gets_everything(signed_in, identity, unbuffered: str) -> None:
    rows = [identity(f"task-{n}") for n in range(2000)]
    signed_in.on("GET /api/identities/", rows)
    read, write = os.pipe()
    os.set_blocking(write, False)
    process = subprocess.Popen(
        [*RAVI, "identity", "list"], stdout=write, env={**os.environ, "PYTHONUNBUFFERED": unbuffered}
    )
    os.close(write)
    with open(read) as pipe:
        time.sleep(0.5)  # the pipe fills up before anybody reads
        assert json.load(pipe) == rows

    assert process.wait() == 0


def test_a_terminal_gets_words_in_colour_and_no_color_is_respected(signed_in, identity) -> None:
    signed_in.on("GET /api/identities/", [identity()])

    coloured = OnTerminal("identity", "list", COLUMNS="200")
    assert coloured.end() == 0
    plain = OnTerminal("identity", "list", COLUMNS="200", NO_COLOR="1")
    assert plain.end() == 0

    assert "\x1b[32mactive\x1b[0m" in coloured.shown
    assert "\x1b" not in plain.shown
    assert "research-agent@in.ravi.localhost" in plain.shown


def test_version_on_a_terminal_is_a_line() -> None:
    terminal = OnTerminal("version")

    assert terminal.end() == 0
    assert terminal.shown == f"ravi {__version__}\r\n"


class TestDeleteOnATerminal:
    def test_it_asks_and_no_is_no(self, signed_in) -> None:
        terminal = OnTerminal("identity", "delete", UUID)
        terminal.until("[y/N]")
        terminal.type("\n")

        assert terminal.end() == 1
        assert "nothing was deleted" in terminal.shown
        assert signed_in.asked == []

    def test_yes_is_yes(self, signed_in) -> None:
        signed_in.on(f"DELETE /api/identities/{UUID}/", RECEIPT)
        terminal = OnTerminal("identity", "delete", UUID)
        terminal.until("[y/N]")
        terminal.type("y\n")

        assert terminal.end() == 0

    @pytest.mark.parametrize("flag", ["--yes", "-y", "--json"])
    def test_it_does_not_ask_when_told_or_when_a_program_reads(self, signed_in, flag: str) -> None:
        signed_in.on(f"DELETE /api/identities/{UUID}/", RECEIPT)
        terminal = OnTerminal("identity", "delete", UUID, flag)

        assert terminal.end() == 0
        assert "[y/N]" not in terminal.shown

    def test_without_a_terminal_it_never_asks(self, signed_in) -> None:
        signed_in.on(f"DELETE /api/identities/{UUID}/", RECEIPT)
        done = subprocess.run(
            [*RAVI, "identity", "delete", UUID, "--human"], stdin=subprocess.DEVNULL, capture_output=True, timeout=20
        )

        assert done.returncode == 0


class TestLoginOnATerminal:
    GRANT = {
        "device_code": "dev-1",
        "user_code": "ABCD-1234",
        "verification_uri": "http://ravi.example/device",
        "verification_uri_complete": "http://ravi.example/device?user_code=ABCD-1234",
        "expires_in": 900,
        "interval": 1,
    }
    PENDING = {"error": "authorization_pending", "error_description": "not yet", "detail": "not yet"}

    @pytest.fixture
    def waiting(self, server):
        """A server where nobody decides."""
        server.on("POST /api/auth/device/", self.GRANT)
        server.on("POST /api/auth/device/token/", self.PENDING, 400)
        return server

    @pytest.fixture
    def browser(self, tmp_path: Path) -> Path:
        """A browser that writes down what it is asked to open."""
        script = tmp_path / "browser"
        script.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
        script.chmod(0o755)
        return script

    def test_ctrl_c_ends_with_130_and_no_traceback(self, waiting) -> None:
        terminal = OnTerminal("auth", "login", "--server", waiting.url)
        terminal.until("Waiting")
        time.sleep(0.2)
        terminal.process.send_signal(signal.SIGINT)

        assert terminal.end() == 130
        assert "Traceback" not in terminal.shown

    def test_a_browser_opens_where_somebody_can_see_it(self, waiting, browser: Path) -> None:
        terminal = OnTerminal(
            *("auth", "login", "--server", waiting.url, "--timeout", "1"), DISPLAY=":9", BROWSER=str(browser)
        )

        assert terminal.end() == 7
        assert (browser.parent / "opened").read_text() == "http://ravi.example/device?user_code=ABCD-1234\n"

    @pytest.mark.parametrize(("flags", "display"), [(["--no-browser"], ":9"), ([], "")])
    def test_no_browser_opens_where_nobody_can(self, waiting, browser: Path, flags: list[str], display: str) -> None:
        terminal = OnTerminal(
            *("auth", "login", "--server", waiting.url, "--timeout", "1", *flags), DISPLAY=display, BROWSER=str(browser)
        )

        assert terminal.end() == 7
        assert not (browser.parent / "opened").exists()
