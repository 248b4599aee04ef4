"""What must happen even when the tests are killed: no server of theirs may stay behind."""

import subprocess


class LastWish:
    """
    Runs a line of shell as soon as this process is gone, however it went, unless `withdraw` came first.

    A shell waits at the other end of a pipe that only this process holds; the kernel closes it with the process.
    """

    def __init__(self, wish: str, *arguments: str, user: str | None = None, group: int | None = None) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", f"read _ || {{ {wish}; }}", "last-wish", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            user=user,
            group=group,
            extra_groups=[] if user else None,
            start_new_session=True,  # Ctrl-C at the terminal is for the tests
        )

    def withdraw(self) -> None:
        """Let it be: what it was to clean up is gone."""
        self._end(b"never mind\n")

    def come_true(self) -> None:
        """Do it now, and wait until it is done."""
        self._end(b"")

    def _end(self, word: bytes) -> None:
        self._shell.communicate(word, timeout=60)
