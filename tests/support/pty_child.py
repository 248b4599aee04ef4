"""A program at a pseudo-terminal of its own: what it shows, what is typed, how wide the window is, how it ended."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

PATIENCE = 30.0
CTRL_C, CTRL_D, CTRL_Z, CTRL_BACKSLASH = "\x03", "\x04", "\x1a", "\x1c"


def eventually(happens: Callable[[], object], complaint: str) -> None:
    """Wait until *happens* says yes; if it never does, fail with *complaint*."""
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.01)


class PtyChild:
    """
    *words*, run as the leader of a session whose controlling terminal is ours.

    stdin, stdout and stderr are that terminal unless another file is given. `screen` is all that it has shown.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        size: tuple[int, int] = (24, 80),
        **files: Any,
    ) -> None:
        self.screen = b""
        self._read_to = 0
        self.fd, inside = pty.openpty()
        self.resize(*size)
        self.process = subprocess.Popen(
            words,
            env={**env, "TERM": "xterm"},
            cwd=cwd,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(inside, termios.TIOCSCTTY, 0),
            pass_fds=(inside,) if files else (),
            **{"stdin": inside, "stdout": inside, "stderr": inside, **files},
        )
        os.close(inside)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def settings(self) -> list[Any]:
        """Of the terminal, as `termios` has them."""
        return termios.tcgetattr(self.fd)

    def type(self, text: str | bytes) -> None:
        os.write(self.fd, text.encode() if isinstance(text, str) else text)

    def wait_for(self, text: str | bytes) -> None:
        """Read until *text* is shown, behind what was waited for before."""
        wanted = text.encode() if isinstance(text, str) else text
        deadline = time.monotonic() + PATIENCE
        while wanted not in self.screen[self._read_to :] and self._read(deadline):
            pass
        at = self.screen.find(wanted, self._read_to)
        assert at >= 0, f"{text!r} was never shown:\n{self.screen!r}"
        self._read_to = at + len(wanted)

    def end(self) -> int:
        """Wait for its end; the return code as `subprocess` has it. Everything shown is in `screen`."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"still running:\n{self.screen!r}"
            self._read(time.monotonic() + 0.05)
        while self._read(time.monotonic() + 0.05):
            pass
        return self.process.returncode

    def __enter__(self) -> "PtyChild":
        return self

    def __exit__(self, *_: Any) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
        os.close(self.fd)

    def _read(self, deadline: float) -> bool:
        if not select.select([self.fd], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # Linux says so when nobody has the other end open
            return False
        self.screen += data
        return bool(data)
