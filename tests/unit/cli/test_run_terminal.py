"""`ravi run` at a terminal: the program has one too, keys and job control work, and it is given back as it was."""

import os
import shlex
import signal
import subprocess
import termios
import time
from pathlib import Path

import pytest

from tests.support.pty_child import CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z, PtyChild, eventually
from tests.support.secret_runs import HIDDEN, RAVI, RAVI_WITHOUT_SENDERS, TOKEN, OpenVault, python

MARK = HIDDEN.encode()


@pytest.fixture
def vault(signed_in, home: Path) -> OpenVault:
    return OpenVault(signed_in, home).holds(TOKEN=TOKEN)


def shell(script: str) -> tuple[str, str, str]:
    return "sh", "-c", script


TELL = "for n in 0 1 2; do test -t $n && echo terminal $n; done"


class TestWhatTheProgramSees:
    def test_all_three_are_one_terminal_which_is_its_own(self, vault: OpenVault) -> None:
        same = "import os; print(len({os.ttyname(n) for n in range(3)}), os.tcgetpgrp(0) == os.getpgrp())"
        with vault.on_terminal(*python(same + "; open('/dev/tty')")) as run:
            assert run.end() == 0
            assert run.screen == b"1 True\r\n"

    def test_a_stderr_that_is_no_terminal_stays_none(self, vault: OpenVault) -> None:
        with vault.on_terminal(*shell(TELL + "; echo $TOKEN >&2"), stderr=subprocess.PIPE) as run:
            assert run.end() == 0
            assert run.screen == b"terminal 0\r\nterminal 1\r\n"
            assert run.process.stderr.read() == MARK + b"\n"

    def test_a_stdout_that_is_no_terminal_stays_none(self, vault: OpenVault) -> None:
        with vault.on_terminal(*shell(TELL + "; echo $TOKEN >&2"), stdout=subprocess.PIPE) as run:
            assert run.end() == 0
            assert run.process.stdout.read() == b"terminal 0\nterminal 2\n"
            assert run.screen == MARK + b"\r\n"

    def test_a_stdin_that_is_no_terminal_stays_none(self, vault: OpenVault) -> None:
        with vault.on_terminal(*shell("cat; " + TELL), stdin=subprocess.PIPE) as run:
            run.process.stdin.write(b"from a pipe\n")
            run.process.stdin.close()
            assert run.end() == 0
            assert run.screen == b"from a pipe\r\nterminal 1\r\nterminal 2\r\n"

    @pytest.mark.parametrize("files", [{}, {"stdin": subprocess.DEVNULL}], ids=["terminal", "output only"])
    def test_its_size_is_ours_from_the_start_and_when_it_changes(self, vault: OpenVault, files: dict) -> None:
        following = (
            "import os, signal, time\n"
            "signal.signal(signal.SIGWINCH, lambda *_: None)\n"
            "while True: print(*os.get_terminal_size(1), flush=True); signal.sigtimedwait([], 0.05)\n"
        )
        with vault.on_terminal(*python(following), size=(30, 100), **files) as run:
            run.wait_for("100 30")
            run.resize(41, 123)
            run.wait_for("123 41")
            run.process.terminate()
            assert run.end() == -signal.SIGTERM

    @pytest.mark.parametrize("files", [{}, {"stdin": subprocess.DEVNULL}], ids=["terminal", "output only"])
    def test_it_is_told_of_a_new_size(self, vault: OpenVault, files: dict) -> None:
        waiting = (
            "import os, signal\n"
            "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])\n"
            "print('ready', flush=True)\n"
            "while os.get_terminal_size(1).lines != 41: signal.sigwait([signal.SIGWINCH])\n"
        )
        with vault.on_terminal(*python(waiting), size=(30, 100), **files) as run:
            run.wait_for("ready")
            run.resize(41, 123)
            assert run.end() == 0

    def test_settings_of_the_terminal_are_taken_over(self, vault: OpenVault) -> None:
        with vault.on_terminal(*shell("stty -a")) as run:
            assert run.end() == 0
            direct = subprocess.run(["stty", "-a"], stdin=run.fd, capture_output=True, check=True)
            inside = b" ".join(run.screen.split())
            assert inside == b" ".join(direct.stdout.split())

    def test_its_output_is_what_a_terminal_would_show(self, vault: OpenVault) -> None:
        script = "printf 'a\\nb\\tc\\033[1mbold\\033[0m\\n'; stty -opost; printf 'd\\ne'"
        with vault.on_terminal(*shell(script)) as run:
            assert run.end() == 0
            assert run.screen == b"a\r\nb\tc\x1b[1mbold\x1b[0m\r\nd\ne"

    def test_secrets_are_hidden_with_the_line_breaks_of_a_terminal(self, vault: OpenVault) -> None:
        vault.server.answers.clear()
        vault.holds(TOKEN="first\nsecond\nthird")
        with vault.on_terminal(*shell('printf "<%s>" "$TOKEN"')) as run:
            assert run.end() == 0
            assert run.screen == b"<" + MARK + b">"


class TestKeys:
    def test_lines_that_are_typed_arrive_and_are_echoed_once(self, vault: OpenVault) -> None:
        with vault.on_terminal(*shell("echo ready; read a; stty -echo; echo got $a; read b; echo got $b")) as run:
            run.wait_for("ready")
            run.type("one\n")
            run.wait_for("got one\r\n")
            run.type("two\n")
            assert run.end() == 0
            assert run.screen == b"ready\r\none\r\ngot one\r\ngot two\r\n"

    def test_single_keys_arrive_where_a_program_wants_them(self, vault: OpenVault) -> None:
        raw = "import os, tty; tty.setraw(1); print(end='ready', flush=True); print(os.read(0, 1), os.read(0, 3))"
        with vault.on_terminal(*python(raw)) as run:
            run.wait_for("ready")
            run.type(CTRL_C)
            run.type("\x1b[A")
            assert run.end() == 0
            assert b"b'\\x03' b'\\x1b[A'" in run.screen

    def test_ctrl_d_is_the_end_of_input(self, vault: OpenVault) -> None:
        with vault.on_terminal(*shell("echo ready; cat; echo over")) as run:
            run.wait_for("ready")
            run.type(CTRL_D)
            assert run.end() == 0
            assert run.screen.endswith(b"over\r\n")

    @pytest.mark.parametrize(("key", "number"), [(CTRL_C, signal.SIGINT), (CTRL_BACKSLASH, signal.SIGQUIT)])
    def test_ctrl_c_ends_it_and_us_the_same_way(self, vault: OpenVault, key: str, number: int) -> None:
        with vault.on_terminal(*shell("echo ready; exec sleep 600")) as run:
            run.wait_for("ready")
            run.type(key)
            assert run.end() == -number

    @pytest.mark.parametrize("program", [RAVI, RAVI_WITHOUT_SENDERS], ids=["", "without senders"])
    @pytest.mark.parametrize("files", [{}, {"stdin": subprocess.DEVNULL}, {"stdout": subprocess.DEVNULL}])
    def test_ctrl_c_comes_once(self, vault: OpenVault, files: dict, program: tuple[str, ...]) -> None:
        vault.program = program
        counting = (
            "import signal, sys, time\n"
            "seen = []\n"
            "signal.signal(signal.SIGINT, lambda *_: seen.append(1))\n"
            "print('ready', file=sys.stderr, flush=True)\n"
            "while not seen: time.sleep(0.02)\n"
            "time.sleep(0.5)\n"
            "print('times', len(seen), file=sys.stderr)\n"
        )
        with vault.on_terminal(*python(counting), **files) as run:
            run.wait_for("ready")
            run.type(CTRL_C)
            assert run.end() == 0
            assert b"times 1\r\n" in run.screen

    def test_a_secret_that_is_typed_is_hidden_in_its_echo_but_for_its_beginning(self, vault: OpenVault) -> None:
        with vault.on_terminal(*shell('echo ready; read a; test "$a" = "$TOKEN" && echo same')) as run:
            run.wait_for("ready\r\n")
            for char in TOKEN:
                run.type(char)
                time.sleep(0.03)
            run.type("\n")
            assert run.end() == 0
            typed = run.screen.splitlines()[1]
            assert typed.endswith(MARK)
            assert len(typed.removesuffix(MARK)) <= len(TOKEN) // 4
            assert run.screen.endswith(b"same\r\n")

    def test_a_prompt_that_ends_as_a_secret_begins_appears(self, vault: OpenVault) -> None:
        with vault.on_terminal(*shell("printf 'continue? t'; read a; echo $a")) as run:
            run.wait_for("continue? t")
            run.type("yes\n")
            assert run.end() == 0

    def test_a_secret_that_is_written_slowly_byte_by_byte_is_hidden(self, vault: OpenVault) -> None:
        slow = "import os, sys, time\nfor c in os.environ['TOKEN']: print(end=c, flush=True); time.sleep(0.05)"
        with vault.on_terminal(*python(slow)) as run:
            assert run.end() == 0
            # On a machine so busy that 50 ms become 100, up to a quarter may be shown.
            assert run.screen.endswith(MARK)
            assert len(run.screen.removesuffix(MARK)) <= len(TOKEN) // 4


class TestAfterwards:
    @pytest.mark.parametrize(
        "script", ["true", "exit 3", "kill -9 $$", "kill -TERM $$", "stty raw -echo", "exec 0<&- 1>&- 2>&-; sleep 0.2"]
    )
    def test_the_terminal_is_as_it_was(self, vault: OpenVault, script: str) -> None:
        with vault.on_terminal(*shell(script)) as run:
            before = run.settings()
            run.end()
            assert run.settings() == before

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
    def test_also_when_we_are_told_to_end(self, vault: OpenVault, number: int) -> None:
        with vault.on_terminal(*shell("echo ready; exec sleep 600")) as run:
            before = run.settings()
            run.wait_for("ready")
            assert run.settings() != before
            run.process.send_signal(number)
            assert run.end() == -number
            assert run.settings() == before

    def test_also_when_nothing_could_be_started(self, vault: OpenVault) -> None:
        with vault.on_terminal("no-such-program") as run:
            before = run.settings()
            assert run.end() == 127
            assert run.settings() == before
            assert b"ravi: \x1b[31merror:\x1b[0m there is no program 'no-such-program'\r\n" in run.screen

    def test_all_output_is_shown_however_fast_the_program_ends(self, vault: OpenVault) -> None:
        with vault.on_terminal(*python("for n in range(20_000): print(n)")) as run:
            assert run.end() == 0
            assert run.screen == b"".join(b"%d\r\n" % n for n in range(20_000))

    def test_a_job_it_leaves_behind_does_not_keep_us(self, vault: OpenVault) -> None:
        with vault.on_terminal(*shell("trap '' HUP; sleep 5 & echo begun")) as run:
            assert run.end() == 0
            assert run.screen == b"begun\r\n"

    def test_when_the_terminal_goes_away_so_does_the_program(self, vault: OpenVault, tmp_path: Path) -> None:
        script = f"trap 'echo hung up > {tmp_path}/told; exit 4' HUP; echo ready; while :; do sleep 0.05; done"
        run = vault.on_terminal(*shell(script))
        run.wait_for("ready")
        os.close(run.fd)
        assert run.process.wait(20) == 4
        assert (tmp_path / "told").read_text() == "hung up\n"

    def test_also_one_that_sleeps_and_would_not_notice(self, vault: OpenVault) -> None:
        stopped = "import os, signal; print(os.getpid(), flush=True); os.kill(os.getpid(), signal.SIGSTOP)"
        run = vault.on_terminal(*shell(f"{shlex.join(python(stopped))}; exit 4"))
        run.wait_for("\r\n")
        os.close(run.fd)
        assert run.process.wait(20) == -signal.SIGHUP

    def test_where_nobody_could_continue_it_ctrl_z_does_not_stop_it(self, vault: OpenVault) -> None:
        with vault.on_terminal(*shell("echo ready; read a; echo got $a")) as run:
            run.wait_for("ready")
            run.type(CTRL_Z)
            run.wait_for("^Z")
            run.type("hello\n")
            assert run.end() == 0
            assert b"got hello\r\n" in run.screen


class Shell(PtyChild):
    """An interactive shell with job control, in which `run` is `ravi run --`."""

    def __init__(self, vault: OpenVault) -> None:
        env = {**vault.env, "PS1": "PROMPT> ", "RUN": shlex.join(vault.words()), "HISTFILE": ""}
        super().__init__(["bash", "--norc", "--noprofile", "--noediting", "-i"], env=env)
        self.wait_for("PROMPT> ")
        self.prompt('run() { $RUN "$@"; }')

    def prompt(self, line: str) -> None:
        """Enter *line* and wait for the prompt behind it."""
        self.type(line + "\n")
        self.wait_for("\n")
        self.wait_for("PROMPT> ")

    def enter(self, line: str, shown: str) -> None:
        """Enter *line* and wait until *shown* is shown."""
        self.type(line + "\n")
        self.wait_for("\n")
        self.wait_for(shown)

    def expect_status(self, code: str) -> None:
        self.wait_for("PROMPT> ")
        self.enter("echo status=$?", f"status={code}\r\n")
        self.wait_for("PROMPT> ")


@pytest.fixture
def bash(vault: OpenVault):
    with Shell(vault) as shell:
        yield shell


def is_cooked(run: PtyChild) -> bool:
    return bool(run.settings()[3] & termios.ICANON)


class TestJobControl:
    def test_ctrl_z_stops_the_job_and_fg_continues_it(self, bash: Shell) -> None:
        bash.enter("$RUN sh -c 'echo ready; read a; echo got $a; exit 9'", "ready")
        assert not is_cooked(bash)
        bash.type(CTRL_Z)
        bash.wait_for("Stopped")
        bash.wait_for("PROMPT> ")
        bash.enter("stty -a | grep -c -w -e -echo", "0\r\n")
        bash.enter("fg", "$RUN")
        bash.enter("hello", "got hello")
        bash.expect_status("9")

    def test_a_program_may_tidy_up_before_it_stops_and_after_it_is_continued(self, bash: Shell) -> None:
        program = (
            "import os, signal\n"
            "def stop(*_):\n"
            "    print('screen restored', flush=True)\n"
            "    os.kill(os.getpid(), signal.SIGSTOP)\n"
            "    print('drawn again', flush=True)\n"
            "signal.signal(signal.SIGTSTP, stop)\n"
            "print('ready', flush=True); input(); print('bye')\n"
        )
        bash.enter(f"$RUN {shlex.join(python(program))}".replace("\n", "'$'\\n''"), "ready")
        bash.type(CTRL_Z)
        bash.wait_for("screen restored\r\n")
        bash.wait_for("Stopped")
        bash.wait_for("PROMPT> ")
        bash.enter("fg", "drawn again")
        bash.enter("", "bye")
        bash.expect_status("0")

    def test_in_the_background_it_leaves_the_keyboard_to_the_shell(self, bash: Shell) -> None:
        bash.enter("$RUN sh -c 'echo ready; read a; echo got $a' &", "ready")
        bash.enter("echo still mine", "still mine\r\n")
        bash.enter("fg", "$RUN")
        eventually(lambda: not is_cooked(bash), "it did not notice that it is in the foreground")
        bash.enter("hello", "got hello")
        bash.expect_status("0")

    def test_a_stopped_job_goes_on_in_the_background(self, bash: Shell) -> None:
        slowly = "import time; print('ready', flush=True); time.sleep(2); print('over')"
        bash.enter(f"$RUN {shlex.join(python(slowly))}", "ready")
        bash.type(CTRL_Z)
        bash.wait_for("Stopped")
        bash.enter("bg", "over")

    def test_ctrl_c_ends_the_script_that_runs_it_too(self, bash: Shell) -> None:
        bash.enter("sh -c 'while :; do $RUN sh -c \"echo ready; exec sleep 600\"; done'", "ready")
        bash.type(CTRL_C)
        bash.wait_for("^C")
        bash.expect_status("130")

    def test_but_not_when_the_program_made_something_else_of_it(self, bash: Shell) -> None:
        own_mind = "import signal, sys, time; signal.signal(2, lambda *_: sys.exit(4)); print('ready', flush=True)"
        program = shlex.join(python(own_mind + "; time.sleep(600)"))
        bash.enter(f"sh -c {shlex.quote(f'$RUN {program}; echo code $?')}", "ready")
        bash.type(CTRL_C)
        bash.wait_for("code 4")

    def test_in_a_pipeline_it_is_one_of_several(self, bash: Shell) -> None:
        bash.enter("$RUN sh -c 'echo $TOKEN; echo err >&2; test -t 2 && echo tty >&2' | tr a-z A-Z", "err")
        bash.wait_for("tty")
        bash.wait_for("PROMPT> ")
        bash.enter("sleep 600 | $RUN sh -c 'echo ready; cat'", "ready")
        bash.type(CTRL_Z)
        bash.wait_for("Stopped")
        bash.wait_for("PROMPT> ")
        bash.enter("fg", "sleep 600")
        eventually(lambda: os.tcgetpgrp(bash.fd) != bash.process.pid, "the job is not in the foreground")
        bash.type(CTRL_C)
        bash.wait_for("^C")
        bash.expect_status("130")

    def test_a_shell_inside_has_job_control_of_its_own(self, bash: Shell) -> None:
        bash.enter("PS1='INNER> ' $RUN bash --norc --noprofile --noediting -i", "INNER> ")
        bash.enter("sh -c 'echo up; exec sleep 600'", "up")
        bash.type(CTRL_Z)
        bash.wait_for("Stopped")
        bash.wait_for("INNER> ")
        bash.enter("kill -KILL %1; wait %1; suspend", "Stopped")  # a stopped job heeds no other signal
        bash.wait_for("PROMPT> ")
        bash.enter("fg", "INNER> ")
        bash.type("exit 5\n")
        bash.wait_for("exit\r\n")
        bash.expect_status("5")

    def test_no_process_is_left_behind(self, bash: Shell) -> None:
        bash.enter("$RUN sh -c 'echo ready'", "ready")
        bash.wait_for("PROMPT> ")

        pid = bash.process.pid
        assert Path(f"/proc/{pid}/task/{pid}/children").read_text() == ""
