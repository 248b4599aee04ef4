"""
Programs from npm for the tests of real orchestrators: installed once, pinned, beside the other foreign environments.

Packages go into `.orchestrators/NAME/`, which version control leaves out. Install scripts do not run. Where npm or its
registry is not reachable, whoever asks is skipped, with the reason.
"""

import fcntl
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.readers import KEPT, ROOT, node_and_npm

CACHE = ROOT / ".orchestrators"
#: For one installation, in seconds.
PATIENCE = 540.0
NODE_VERSION = "24.21.0"


@dataclass(frozen=True, slots=True)
class Npm:
    """npm itself, and the node that the installed programs are run with."""

    npm: Path
    npms_node: Path
    node: Path

    @property
    def path(self) -> str:
        """The PATH for programs that start `node` by its name."""
        return f"{self.node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"

    def install(self, name: str, *packages: str) -> Path:
        """The folder `.orchestrators/NAME` with exactly these *packages* (`name@version`) in its node_modules."""
        return _install(self.npm, self.npms_node, name, packages)

    def ci(self, name: str, project: Path) -> Path:
        """A folder with what the package-lock.json of *project* pins in its node_modules; nothing else is copied."""
        lock = (project / "package-lock.json").read_text()
        home = CACHE / name
        with _lock():
            if not _is_current(home, lock):
                _begin(home)
                for file in ("package.json", "package-lock.json", ".npmrc"):
                    shutil.copy(project / file, home / file)
                _run([self.npm, "ci"], home, self.node)
                (home / ".complete").write_text(lock)
        return home


def find_npm() -> Npm:
    """npm with a node that OpenClaw takes. Raises what the failure of installing it is."""
    with _lock(KEPT / "readers.lock"):
        found, program = node_and_npm()
    return Npm(program, found, _new_node(program, found))


def reason(fault: Exception) -> str:
    """The telling line of what npm said."""
    said = str(getattr(fault, "stderr", None) or fault).strip().splitlines()
    return next((line for line in said if "npm error" in line), said[-1] if said else type(fault).__name__)


def _new_node(npm: Path, found: Path) -> Path:
    """A node of the line 24: the one on the PATH, or the one that npm has for this machine."""
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    major, minor = (int(part) for part in version.lstrip("v").split(".")[:2])
    if major == 24 and minor >= 16:
        return found
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine().lower())
    if machine is None:
        raise FileNotFoundError(f"npm has no node for {platform.machine()}")
    # What the package `node` would fetch with an install script.
    prefix = "node-bin" if (sys.platform, machine) == ("darwin", "arm64") else "node"
    package = f"{prefix}-{'linux' if sys.platform == 'linux' else sys.platform}-{machine}"
    home = _install(npm, found, "node", (f"{package}@{NODE_VERSION}",))
    return home / "node_modules" / package / "bin" / "node"


def _install(npm: Path, node: Path, name: str, packages: tuple[str, ...]) -> Path:
    home = CACHE / name
    pins = "\n".join(packages)
    with _lock():
        if not _is_current(home, pins):
            _begin(home)
            dependencies = dict(package.rsplit("@", 1) for package in packages)
            (home / "package.json").write_text(json.dumps({"private": True, "dependencies": dependencies}))
            _run([npm, "install", "--no-package-lock"], home, node)
            (home / ".complete").write_text(pins)
    return home


@contextmanager
def _lock(path: Path = CACHE / "lock") -> Iterator[None]:
    """One at a time: the tests run in several processes."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_current(home: Path, pins: str) -> bool:
    mark = home / ".complete"
    return mark.exists() and mark.read_text() == pins


def _begin(home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)


def _run(command: list[str | Path], home: Path, node: Path) -> None:
    environ = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    subprocess.run(
        [*command, "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=home,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
