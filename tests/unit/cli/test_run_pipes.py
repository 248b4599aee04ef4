"""`ravi run` between pipes and files: bytes, back-pressure, ends of streams, exit codes and signals."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.pty_child import eventually
from tests.support.secret_runs import HIDDEN, RAVI, RAVI_WITHOUT_SENDERS, TOKEN, OpenVault, python


@pytest.fixture
def vault(signed_in, home: Path) -> OpenVault:
    return OpenVault(signed_in, home).holds(TOKEN=TOKEN)


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not fetched yet does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def shell(script: str) -> tuple[str, str, str]:
    return "sh", "-c", script


class TestOutput:
    def test_secrets_are_hidden_in_both_streams(self, vault: OpenVault) -> None:
        done = vault.run(*shell("echo out $TOKEN; echo err $TOKEN >&2; printf %s $TOKEN | base64"))

        assert done.stdout.decode() == f"out {HIDDEN}\n{HIDDEN}\n"
        assert done.stderr.decode() == f"err {HIDDEN}\n"

    def test_nothing_is_hidden_when_told_not_to(self, vault: OpenVault) -> None:
        assert vault.run("printenv", "TOKEN", flags=["--no-mask"]).stdout.decode() == TOKEN + "\n"

    def test_a_secret_in_two_writes_is_hidden(self, vault: OpenVault) -> None:
        done = vault.run(*shell('a=${TOKEN%?????}; printf %s "$a"; sleep 0.2; printf "%s" "${TOKEN#"$a"}"'))

        assert done.stdout.decode() == HIDDEN

    def test_a_secret_that_is_written_slowly_byte_by_byte_is_hidden(self, vault: OpenVault) -> None:
        slow = "import os, sys, time\nfor c in os.environ['TOKEN']: print(end=c, flush=True); time.sleep(0.05)"

        assert vault.run(*python(slow)).stdout.decode() == HIDDEN

    def test_a_prompt_that_ends_as_a_secret_begins_appears(self, vault: OpenVault) -> None:
        with vault.start(*shell("printf 'name? t'; read name; echo hello $name")) as run:
            assert run.stdout.read(7) == b"name? t"
            out, _ = run.communicate(b"ada\n")

        assert out == b"hello ada\n"

    def test_any_bytes_pass_unchanged(self, vault: OpenVault, tmp_path: Path) -> None:
        content = os.urandom(3_000_000) + bytes(range(256)) + b"\r\n\n\r\0"
        (tmp_path / "content").write_bytes(content)

        assert vault.run("cat", str(tmp_path / "content")).stdout == content

    def test_much_output_arrives_whole(self, vault: OpenVault) -> None:
        done = vault.run(*python("import sys\nfor n in range(700_000): print(n, 'and so on')"))

        expected = "".join(f"{n} and so on\n" for n in range(700_000)).encode()
        assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(expected).digest()

    def test_both_streams_in_one_stay_in_order(self, vault: OpenVault) -> None:
        done = vault.run(
            *shell("for n in 1 2 3 4 5 6 7 8; do echo out $n; echo err $n >&2; done"), stderr=subprocess.STDOUT
        )

        assert done.stdout.decode() == "".join(f"out {n}\nerr {n}\n" for n in range(1, 9))

    def test_a_reader_that_does_not_read_makes_the_program_wait(self, vault: OpenVault, tmp_path: Path) -> None:
        progress = tmp_path / "progress"
        endless = (
            "import os\nfor n in range(4000): os.write(1, bytes(65536)); open(os.environ['AT'], 'w').write(str(n))"
        )
        with vault.start(*python(endless), env={**vault.env, "AT": str(progress)}) as run:
            eventually(lambda: progress.exists() and progress.read_text(), "it never wrote")
            time.sleep(0.5)
            assert int(progress.read_text()) < 40
            run.kill()

    def test_a_full_disk_is_an_error(self, vault: OpenVault) -> None:
        with open("/dev/full", "wb") as full:
            done = vault.run("echo", "hello", stdout=full)

        assert done.returncode == 1
        assert json.loads(done.stderr)["error"] == "cannot write the program's output: No space left on device"


class TestStreams:
    def test_neither_is_a_terminal_and_stdin_is_the_callers(self, vault: OpenVault, tmp_path: Path) -> None:
        (tmp_path / "in").write_bytes(b"first\nsecond\n")
        with open(tmp_path / "in", "rb") as stdin:
            stdin.read(0)
            done = vault.run(
                *shell("for n in 0 1 2; do test -t $n && echo terminal; done; read line; echo $line"), stdin=stdin
            )
            assert done.stdout == b"first\n"
            # The shell read one line and put the rest back: it had the very same open file.
            assert os.lseek(stdin.fileno(), 0, os.SEEK_CUR) == 6

    def test_a_conversation_over_pipes_goes_line_by_line(self, vault: OpenVault) -> None:
        answering = (
            "import json, sys\nfor line in sys.stdin: print(json.dumps({'id': json.loads(line)['id']}), flush=True)"
        )
        with vault.start(*python(answering)) as run:
            for number in range(200):
                run.stdin.write(json.dumps({"id": number, "params": "x" * (number * 50)}).encode() + b"\n")
                run.stdin.flush()
                assert json.loads(run.stdout.readline()) == {"id": number}
            run.stdin.close()
            assert run.wait(20) == 0

    def test_a_reader_sees_the_end_when_the_program_closes_its_output(self, vault: OpenVault) -> None:
        with vault.start(*shell("echo last; exec >&-; read line; exit 3")) as run:
            assert run.stdout.read() == b"last\n"
            assert run.poll() is None
            run.stdin.write(b"now\n")
            run.stdin.close()
            assert run.wait(20) == 3

    def test_a_reader_that_leaves_ends_the_program_quietly(self, vault: OpenVault) -> None:
        with vault.start("yes") as run:
            assert run.stdout.readline() == b"y\n"
            run.stdout.close()
            assert run.wait(20) == -signal.SIGPIPE
            assert run.stderr.read() == b""

    def test_without_a_reader_of_stderr_stdout_goes_on(self, vault: OpenVault) -> None:
        with vault.start(*shell("trap '' PIPE; read line; echo lost >&2; echo kept")) as run:
            run.stderr.close()
            run.stdin.write(b"\n")
            run.stdin.close()
            assert run.stdout.read() == b"kept\n"

    def test_what_it_leaves_running_does_not_keep_us(self, vault: OpenVault) -> None:
        with vault.start(*shell("sleep 600 & echo $!")) as run:
            left = int(run.stdout.readline())
            assert run.wait(20) == 0
            assert alive(left)
            os.kill(left, signal.SIGKILL)

    def test_not_even_if_it_never_stops_writing(self, vault: OpenVault) -> None:
        with vault.start(*shell("yes & echo first")) as run:
            out, _ = run.communicate(timeout=20)

        assert b"first\n" in out
        assert run.returncode == 0

    def test_its_last_words_are_carried_however_late_they_are_read(self, vault: OpenVault) -> None:
        with vault.start(*python("import sys; sys.stdout.write('x' * 65000 + 'end')")) as run:
            time.sleep(1)
            assert run.stdout.read().endswith(b"xend")
            assert run.wait(20) == 0

    def test_files_that_the_caller_handed_on_are_there(self, vault: OpenVault) -> None:
        read, write = os.pipe()
        os.write(write, b"handed on\n")
        os.close(write)

        assert vault.run("cat", f"/dev/fd/{read}", pass_fds=(read,)).stdout == b"handed on\n"
        os.close(read)

    @pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
    def test_closed_streams_are_survived(self, vault: OpenVault, tmp_path: Path, closed: str) -> None:
        words = " ".join(f"'{word}'" for word in vault.words("touch", str(tmp_path / "made")))

        subprocess.run(["sh", "-c", f"{words} {closed}"], env=vault.env, check=True, timeout=60)

        assert (tmp_path / "made").exists()


class TestEnd:
    @pytest.mark.parametrize("flags", [(), ("--no-mask",)], ids=["masked", "not masked"])
    @pytest.mark.parametrize("code", [0, 1, 2, 10, 126, 127, 130, 255])
    def test_the_exit_code_is_the_programs(self, vault: OpenVault, code: int, flags: tuple[str, ...]) -> None:
        done = vault.run(*shell(f"exit {code}"), flags=flags)

        assert (done.returncode, done.stderr) == (code, b"")

    @pytest.mark.parametrize("flags", [(), ("--no-mask",)], ids=["masked", "not masked"])
    @pytest.mark.parametrize("name", ["INT", "TERM", "HUP", "KILL", "SEGV", "PIPE", "USR1", "QUIT", "ALRM"])
    def test_of_a_signal_that_killed_the_program_we_die_too(
        self, vault: OpenVault, name: str, flags: tuple[str, ...]
    ) -> None:
        done = vault.run(*shell(f"kill -{name} $$"), flags=flags)

        assert done.returncode == -getattr(signal, f"SIG{name}")
        assert done.stderr == b""

    def test_no_process_is_left(self, vault: OpenVault) -> None:
        listing = "import subprocess, os; print(os.getppid()); print(os.getpid())"
        done = vault.run(*python(listing))

        assert not any(alive(int(pid)) for pid in done.stdout.split())


class TestSignals:
    REPORTING = (
        "import os, signal, sys, time\n"
        "def say(number, frame):\n"
        "    print(signal.Signals(number).name, flush=True)\n"
        "    if number == signal.SIGTERM: sys.exit(42)\n"
        "for name in ('HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'USR2', 'WINCH', 'CONT'):\n"
        "    signal.signal(getattr(signal, 'SIG' + name), say)\n"
        "print(os.getpid(), flush=True)\n"
        "while True: time.sleep(0.05)\n"
    )

    @pytest.mark.parametrize("program", [RAVI, RAVI_WITHOUT_SENDERS], ids=["", "without senders"])
    @pytest.mark.parametrize("flags", [(), ("--no-mask",)], ids=["masked", "not masked"])
    def test_signals_reach_the_program_and_it_decides(
        self, vault: OpenVault, flags: tuple[str, ...], program: tuple[str, ...]
    ) -> None:
        vault.program = program
        with vault.start(*python(self.REPORTING), flags=flags) as run:
            run.stdout.readline()
            for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT"):
                run.send_signal(getattr(signal, name))
                assert run.stdout.readline().decode() == name + "\n"
            run.terminate()
            assert run.stdout.read() == b"SIGTERM\n"
            assert run.wait(20) == 42

    def test_a_stopped_run_is_a_stopped_program_until_it_is_continued(self, vault: OpenVault) -> None:
        ticking = "import os, time\nprint(os.getpid(), flush=True)\nwhile True: time.sleep(0.05)"
        # A group of its own within our session: one that nobody is there for cannot be stopped (POSIX: orphaned).
        with vault.start(*python(ticking), start_new_session=False, process_group=0) as run:
            program = int(run.stdout.readline())

            def stopped(pid: int) -> bool:
                return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

            run.send_signal(signal.SIGTSTP)
            eventually(lambda: stopped(program) and stopped(run.pid), "they were not stopped")
            run.send_signal(signal.SIGCONT)
            eventually(lambda: not stopped(program) and not stopped(run.pid), "they were not continued")
            run.kill()

    def test_what_was_ignored_stays_ignored(self, vault: OpenVault) -> None:
        with vault.start(
            *shell("echo ready; read line; exit 6"), preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
        ) as run:
            run.stdout.readline()
            run.send_signal(signal.SIGHUP)
            run.stdin.write(b"\n")
            run.stdin.close()
            assert run.wait(20) == 6

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
    def test_the_program_does_not_outlive_a_run_that_was_killed(self, vault: OpenVault) -> None:
        with vault.start(*shell("echo $$; exec sleep 600")) as run:
            program = int(run.stdout.readline())
            run.kill()
            eventually(lambda: not alive(program), "the program lives on")

    def test_a_reader_that_never_reads_does_not_keep_us_from_ending(self, vault: OpenVault) -> None:
        endless = "import os, sys, time\nos.write(2, b'begun')\nwhile True: os.write(1, bytes(65536))"
        with vault.start(*python(endless)) as run:
            assert run.stderr.read(5) == b"begun"
            time.sleep(0.3)
            run.terminate()
            assert run.wait(20) == -signal.SIGTERM

    def test_signals_are_usual_ones_in_the_program(self, vault: OpenVault) -> None:
        def masks(text: bytes) -> list[bytes]:
            return [line for line in text.splitlines() if line.startswith((b"SigBlk", b"SigIgn"))]

        direct = subprocess.run(["cat", "/proc/self/status"], capture_output=True, check=True)

        assert masks(vault.run("cat", "/proc/self/status").stdout) == masks(direct.stdout)
        assert masks(vault.run("cat", "/proc/self/status", flags=["--no-mask"]).stdout) == masks(direct.stdout)
