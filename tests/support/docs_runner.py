"""Runs the code blocks of a page as a reader would: in order, in one bash, at a terminal."""

import contextlib
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.support.docs_blocks import Block

PATIENCE = 60.0


class Failed(AssertionError):
    """A block did not do what its page says."""


class Session:
    """
    One bash in a home of its own, with `ravi` and `ravi-server` on its PATH.

    A page that speaks of `ravi` and does not start a server finds one running, its owner signed in, and the vault
    unlocked. `ravi-server run` takes the terminal of a person, who opens another; here it goes to the background once
    it is ready, and a second one replaces the first. `ravi unlock` asks a person for the PIN; here it is answered. What
    the docs call port 8787 or 2525 is a free one, and what they keep in /workspace, /srv, /etc/ravi or /var/lib/ravi is
    below *folder*. *replacing* names further texts and what stands for them.
    """

    def __init__(self, folder: Path, replacing: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(mode=0o700)
        self._port = _free_port()
        self._mail_port = _free_port()
        self._replacing = replacing or {}

    def run(self, blocks: list[Block]) -> None:
        """Run *blocks* in order and compare what they show. Raises Failed at the first that goes wrong."""
        text = "\n".join(block.text for block in blocks)
        serves_itself = re.search(r"^\s*ravi-server\b.* run\b", text, re.M)
        needs_server = re.search(r"\bravi\b", text) and not serves_itself
        script = [PRELUDE, SIGNED_IN if needs_server else "", _mark(0)]
        for number, block in enumerate(blocks, 1):
            script += [self._step(number, block), _mark(number)]
        (self.folder / "page.sh").write_text("\n".join(script))
        screen, code = self._bash()
        parts = re.split(r"\x1e\d+\x1e\n?", screen)
        for block, shown in zip(blocks, parts[1:-1], strict=False):
            if block.shows is not None:
                self._compare(block, shown)
        if code == 0 and len(parts) == len(blocks) + 2:
            if faults := [line for line in self._log() if '"event":"fault"' in line]:
                raise Failed("the server failed:\n" + "\n".join(faults))
            return
        stuck = str(blocks[len(parts) - 2]) if len(parts) > 1 else "before the first block"
        how = "still running" if code is None else f"exit {code}"
        log = "\n".join(self._log()[-5:])
        raise Failed(f"{stuck}: {how}\n{parts[-1].strip()}\n-- the server's log\n{log}")

    def _step(self, number: int, block: Block) -> str:
        text = self._here(block.text)
        path = self.folder / f"block_{number}.{block.language or 'txt'}"
        path.write_text(text)
        if block.file is not None:
            target = self._here(block.file)
            return f'mkdir -p "$(dirname {target})" && cp {path} {target}'
        command = f"python {path}" if block.language == "python" else f"source {path}"
        if not block.exits:
            return command
        return f'set +e; trap - ERR; {command}; CODE=$?; set -e; trap said ERR; [ "$CODE" = {block.exits} ]'

    def _here(self, text: str) -> str:
        for wanted, given in self._replacing.items():
            text = text.replace(wanted, given)
        text = re.sub(r"\b8787\b", str(self._port), text)
        text = re.sub(r"\b2525\b", str(self._mail_port), text)
        return _ROOTS.sub(str(self.folder / "root"), text)

    def _bash(self) -> tuple[str, int | None]:
        """Run the page's script at a terminal; return what was on it and the exit code, None when time was up."""
        ours, theirs = os.openpty()
        process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", self.folder / "page.sh"],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            env=self._environment(),
            cwd=self.home,
            start_new_session=True,
        )
        os.close(theirs)
        screen, deadline = b"", time.monotonic() + PATIENCE
        try:
            while time.monotonic() < deadline:
                ended = process.poll() is not None  # asked before reading, so that nothing said last is missed
                data = _read(ours)
                screen += data
                if ended and not data:
                    break
        finally:
            self._end(process)
            os.close(ours)
        code = None if time.monotonic() >= deadline else process.returncode
        return screen.decode(errors="replace").replace("\r\n", "\n"), code

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        """End the bash and whatever it left running: one process group, which is ours, on data that nobody needs."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        here = f"127.0.0.1:{self._port}"
        return {
            **{name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ},
            "PATH": path,
            "HOME": str(self.home),
            "USER": "you",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "COLUMNS": "200",
            "RAVI_API_URL": f"http://{here}",
            "RAVI_SERVER_HTTP": here,
            "RAVI_SERVER_SMTP": f"127.0.0.1:{self._mail_port}",
            "SERVER_LOG": str(self.folder / "server.log"),
        }

    def _compare(self, block: Block, shown: str) -> None:
        assert block.shows is not None
        seen = [self._plain(line) for line in shown.splitlines()]
        rest = iter(seen)
        for line in block.shows.text.splitlines():
            wanted = self._plain(line)
            if wanted in ("", "…"):
                continue
            pattern = re.compile(".*".join(map(re.escape, wanted.split("…"))))
            if not any(pattern.fullmatch(each) for each in rest):
                raise Failed(f"{block.shows}: nothing like {line!r} (in this order) in\n" + "\n".join(seen))

    def _plain(self, line: str) -> str:
        line = (
            line.replace(str(self.folder / "root"), "")
            .replace(str(self._port), "8787")
            .replace(str(self._mail_port), "2525")
        )
        line = re.sub(rf"{re.escape(str(self.home))}|/home/you\b", "~", line)
        for pattern, name in _DIFFERENT:
            line = pattern.sub(name, line)
        return " ".join(line.split())

    def _log(self) -> list[str]:
        path = self.folder / "server.log"
        return path.read_text().splitlines() if path.exists() else []


#: Where a place begins that the docs write to and a test must not.
_ROOTS = re.compile(r"(?<![\w.~}\"/-])(?=/(?:workspace|srv|etc/ravi|var/lib/ravi)\b)")

#: What differs between any two runs.
_DIFFERENT = [
    (re.compile(r"\x1b\[[0-9;]*[A-Za-z]"), ""),  # jq's colours
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?"), "<time>"),
    (re.compile(r"\b\d\d:\d\d UTC"), "<time>"),
    (re.compile(r"\+\d{10,12}\b"), "<number>"),
    (re.compile(r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){1,2}\b"), "<code>"),
    (re.compile(r"\bravi_(at|rt|mgmt|id)_[\w…]+"), r"ravi_\1_<secret>"),
]

PRELUDE = r"""
set -eE -o pipefail
umask 022
said() {
    local code=$? at=0
    case "${FUNCNAME[1]}" in ravi | ravi-server) at=1 ;; esac
    printf '\n[exit %s at line %s of this block]\n' "$code" "${BASH_LINENO[at]}"
}
trap said ERR

ravi() {
    case "$*" in
        unlock) command ravi unlock --pin-fd 3 3<<<271828 ;;
        *) command ravi "$@" ;;
    esac
}

ravi-server() {
    case " $* " in
        *" --help "*) ;;
        *" run "*) stop_server; serve "$@"; return ;;
    esac
    command ravi-server "$@"
}

SERVER=
serve() {
    : >"$SERVER_LOG"
    command ravi-server "$@" 2>"$SERVER_LOG" </dev/null &
    SERVER=$!
    until grep -q 'ravi-server ready' "$SERVER_LOG"; do
        kill -0 "$SERVER" 2>/dev/null || { cat "$SERVER_LOG"; builtin wait "$SERVER"; return; }
        sleep 0.05
    done
    head -n 1 "$SERVER_LOG"
}

stop_server() {
    [ -z "$SERVER" ] || { kill "$SERVER" && builtin wait "$SERVER"; SERVER=; }
}

wait() {  # for everything but the server, which a reader has in another terminal
    [ $# -eq 0 ] || { builtin wait "$@"; return; }
    local each
    for each in $(jobs -p); do
        [ "$each" = "$SERVER" ] || builtin wait "$each" || true
    done
}

make() { printf '[make %s is not run from here]\n' "$*"; }
"""

SIGNED_IN = """
serve run
command ravi-server owner add you@example.org --first-name Ada --json |
    python -c 'import json, sys; print(json.load(sys.stdin)["signin_code"])' | ravi auth login --code -
ravi unlock >/dev/null
"""


def _mark(number: int) -> str:
    return rf"printf '\036{number}\036\n'"


def _read(terminal: int) -> bytes:
    ready, _, _ = select.select([terminal], [], [], 0.02)
    try:
        return os.read(terminal, 65536) if ready else b""
    except OSError:  # EIO: everybody who had the terminal open has closed it
        return b""


def _free_port() -> int:
    """A port that nobody listens on, from a range out of which the system takes none for outgoing connections."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
