"""Whole processes, timed from outside with as little of our own in the time as can be."""

import os
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import chdir, nullcontext, suppress
from pathlib import Path

from benchmarks.measure import NotMeasured

#: The venv's own interpreter. Not `python3` from PATH: version managers put a script there that costs ten times
#: the interpreter it starts.
PYTHON = sys.executable
RAVI = str(Path(sys.executable).with_name("ravi"))
RAVI_SERVER = str(Path(sys.executable).with_name("ravi-server"))


def require_venv() -> None:
    """Raise NotMeasured unless this interpreter is that of a venv which has the programs to measure."""
    if sys.prefix == sys.base_prefix or not Path(RAVI).exists() or not Path(RAVI_SERVER).exists():
        raise NotMeasured("run the benchmarks with the project's venv: make bench")


def environment(home: Path, **more: str | Path) -> dict[str, str]:
    """A clean environment: nothing of the caller's RAVI_*, PYTHON* or proxy variables."""
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    path = os.environ.get("PATH", os.defpath)
    return {**kept, "PATH": path, "HOME": str(home), **{name: str(value) for name, value in more.items()}}


def timed(argv: Iterable[str], env: Mapping[str, str], *, cwd: Path | None = None, expect: bytes = b"") -> float:
    """
    Run *argv* to its end and return the seconds from before its start until its exit was known.

    `posix_spawn` and one read, because whatever is added here is added to both sides of a ratio and makes it
    look smaller. Raises NotMeasured when the process fails or *expect* is not in what it prints to stdout.
    """
    words = list(argv)
    reading, writing = os.pipe()
    actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, writing, 1)]
    with chdir(cwd) if cwd else nullcontext():
        began = time.perf_counter()
        pid = os.posix_spawn(words[0], words, env, file_actions=actions)
        os.close(writing)
        output = b""
        while chunk := os.read(reading, 65536):
            output += chunk
        _, status = os.waitpid(pid, 0)
        took = time.perf_counter() - began
    os.close(reading)
    code = os.waitstatus_to_exitcode(status)
    if code or expect not in output:
        raise NotMeasured(f"{Path(words[0]).name} {' '.join(words[1:])}: exit {code}, printed {output[:200]!r}")
    return took


def memory(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    raise NotMeasured("the resident memory of a process is read from /proc, which this system does not have")


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used. Unlike its speed, that hardly depends on its neighbours."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0
