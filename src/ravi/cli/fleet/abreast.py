"""Many programs at the same time, whose lines come out whole and with a name before them."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys

from ravi.cli import terminal
from ravi.cli.workspace.exec import agent_environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO

    from ravi.client.fleets.roster import Post

#: A line that does not end is handed on in pieces of this size.
_LONGEST_LINE = 64 * 1024
#: How often to look whether somebody has ended who does not say so.
_LOOK_SECONDS = 0.02
_NOT_FOUND, _NOT_STARTED, _SIGNALLED = 127, 126, 128


class _Stream:
    """One of the two streams of one program: holds what is not a whole line yet."""

    __slots__ = ("held", "prefix", "target")

    def __init__(self, prefix: bytes, target: IO[bytes]) -> None:
        self.prefix = prefix
        self.target = target
        self.held = b""

    def feed(self, data: bytes) -> None:
        *lines, self.held = (self.held + data).split(b"\n")
        if len(self.held) > _LONGEST_LINE:
            lines.append(self.held)
            self.held = b""
        self._write(lines)

    def end(self) -> None:
        if self.held:
            self._write([self.held])
            self.held = b""

    def _write(self, lines: Sequence[bytes]) -> None:
        if lines:
            self.target.write(b"".join(self.prefix + line.removesuffix(b"\r") + b"\n" for line in lines))
            self.target.flush()


def run_abreast(
    posts: Sequence[Post], program: Sequence[str], environ: Mapping[str, str], *, at_once: int, on_stderr: bool
) -> list[int]:
    """
    Run *program* for each of *posts*, *at_once* of them at the same time; return the exit statuses in their order.

    What they write to stdout goes to ours, or *on_stderr*. Whoever was ended by a signal has 128 and its number. When
    this is interrupted, those that are running are ended, too.
    """
    out = sys.stderr.buffer if on_stderr else sys.stdout.buffer
    width = max(len(terminal.clean(post.name)) for post in posts)
    statuses: dict[int, int] = {}
    running: dict[int, subprocess.Popen[bytes]] = {}
    waiting = list(enumerate(posts))[::-1]
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or running:
                while waiting and len(running) < at_once:
                    number, post = waiting.pop()
                    prefix = f"{terminal.clean(post.name):<{width}} | ".encode()
                    child = _start(post, program, environ, _Stream(prefix, sys.stderr.buffer))
                    if isinstance(child, int):
                        statuses[number] = child
                        continue
                    running[number] = child
                    for pipe, target in ((child.stdout, out), (child.stderr, sys.stderr.buffer)):
                        assert pipe is not None  # both are pipes
                        selector.register(pipe, selectors.EVENT_READ, (number, _Stream(prefix, target)))
                if not running:  # nobody could be started
                    continue
                speaking = {key.data[0] for key in selector.get_map().values()}
                # Who has closed its streams may go on for long; the others are not to wait for it.
                _pass_on(selector, None if running.keys() <= speaking else _LOOK_SECONDS)
                speaking = {key.data[0] for key in selector.get_map().values()}
                for number in [each for each in running if each not in speaking]:
                    code = running[number].poll()
                    if code is not None:
                        statuses[number] = _status(code)
                        del running[number]
        finally:
            for child in running.values():
                child.terminate()
            for child in running.values():
                child.wait()
    return [statuses[number] for number in range(len(posts))]


def _start(
    post: Post, program: Sequence[str], environ: Mapping[str, str], complaints: _Stream
) -> subprocess.Popen[bytes] | int:
    """Start *program* for *post*; the exit status of one that could not be started."""
    try:
        return subprocess.Popen(
            list(program),
            cwd=post.path,
            env=agent_environment(environ, post.config_dir),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as fault:
        complaints.feed(f"cannot start {program[0]}: {(fault.strerror or 'failed').lower()}\n".encode())
        return _NOT_FOUND if isinstance(fault, FileNotFoundError) else _NOT_STARTED


def _pass_on(selector: selectors.BaseSelector, timeout: float | None) -> None:
    """Wait until somebody has written something, for at most *timeout* seconds, and pass it on."""
    for key, _ in selector.select(timeout):
        stream: _Stream = key.data[1]
        data = os.read(key.fd, _LONGEST_LINE)
        if data:
            stream.feed(data)
        else:
            stream.end()
            selector.unregister(key.fileobj)
            key.fileobj.close()  # type: ignore[union-attr]  # a pipe of ours, and no number


def _status(code: int) -> int:
    return _SIGNALLED - code if code < 0 else code
