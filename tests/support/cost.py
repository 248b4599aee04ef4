"""What a process has cost so far, which tells more than the clock of a machine that others use too."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

MiB = 1024 * 1024


def cpu_seconds(pid: int) -> float:
    """The processor time that the process has used, in steps of a hundredth of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory(pid: int) -> int:
    """The most resident memory that the process has held so far, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) * 1024


@contextlib.contextmanager
def within(pid: int, *, seconds: float, memory: int) -> Iterator[None]:
    """Whatever is done costs the process less than *seconds* of processor time, and it never held *memory* bytes."""
    before = cpu_seconds(pid)
    yield
    spent, held = cpu_seconds(pid) - before, peak_memory(pid)
    assert spent < seconds, f"it took {spent:.2f} s of processor time"
    assert held < memory, f"the process held {held / MiB:.0f} MiB"
