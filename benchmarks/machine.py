"""What the benchmarks ran on. Neither host names nor paths: the results are published."""

import os
import platform
import re
import statistics
import sysconfig
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

_DISTRIBUTIONS = ("uvicorn", "uvloop", "httptools", "starlette", "msgspec", "apsw", "psycopg")


def shape() -> dict[str, str]:
    """Return what there is to know about this machine, by heading."""
    import apsw  # here, so that another interpreter than the venv's gets as far as being told so

    return {
        "CPU": f"{os.cpu_count()} x {_cpu_model()}",
        "memory": f"{_total_memory() / 2**30:.1f} GiB",
        "disk": f"{_file_system()}, fsync of one 4 KiB block: {_fsync_micros():.0f} µs (median)",
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}, {platform.machine()}",
        "Python": _python(),
        "SQLite": apsw.sqlite_lib_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in _DISTRIBUTIONS),
        "load at the start": "{:.2f} (1 min), {:.2f} (5 min)".format(*os.getloadavg()[:2]),
    }


def caution() -> str | None:
    """Return what to say when others are using the machine already; None when it is quiet."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load < cores / 4:
        return None
    return (
        f"CAUTION: the machine was busy before the run began (load {load:.1f} on {cores} cores). Ratios of servers"
        " under load are then worth little."
    )


def _cpu_model() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine()


def _total_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _python() -> str:
    arguments = str(sysconfig.get_config_var("CONFIG_ARGS") or "")
    optimised = [name for name, flag in (("PGO", "--enable-optimizations"), ("LTO", "--with-lto")) if flag in arguments]
    build = f"built with {' and '.join(optimised)}" if optimised else "built without PGO and LTO"
    return f"{platform.python_implementation()} {platform.python_version()}, {platform.python_compiler()}, {build}"


def _file_system() -> str:
    """The type of the file system that temporary files, hence the measured databases, are on."""
    here = os.stat(tempfile.gettempdir()).st_dev
    found = re.search(rf"^\d+ \d+ {os.major(here)}:{os.minor(here)} .*? - (\S+)", _read("/proc/self/mountinfo"), re.M)
    return found[1] if found else "file system unknown"


def _fsync_micros() -> float:
    """What durability costs here: the floor of every write that is not shared between requests."""
    with tempfile.NamedTemporaryFile() as file:
        times = []
        for _ in range(50):
            file.write(b"\0" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
