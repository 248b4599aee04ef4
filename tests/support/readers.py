"""
The programs that read exported secrets: the real ones, each run the way that people run it.

node and npm are used where they are on the PATH, else they come from a package of the Python index. What npm installs
is pinned in tests/readers/ and kept beside the other foreign environments, outside of version control.
"""

import fcntl
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parents[2]
PINNED = ROOT / "tests" / "readers"
KEPT = ROOT / ".venv-compat"

#: npm's dotenv: the current major, its second parser, and the major before it.
DOTENVS = ("dotenv", "dotenv-fast", "dotenv-17")
SHELLS = ("sh", "bash")


class Readers:
    """Each method reads *text*, as it would stand in a file, and returns what was found, by name."""

    def __init__(self, node: Path, modules: Path, folder: Path) -> None:
        self._node = node
        self._modules = modules
        self._folder = folder

    def python_dotenv(self, text: str, **settings: Any) -> dict[str, str | None]:
        """python-dotenv, with variables of the environment at hand."""
        return dict(dotenv_values(self._file(text), **settings))

    def node(self, library: str, text: str) -> Any:
        """One of the libraries of read.cjs."""
        done = subprocess.run(
            [self._node, self._modules / "read.cjs", library, self._file(text)],
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def shell(self, shell: str, text: str, names: Collection[str]) -> dict[str, str]:
        """Those of *names* that a program has in its environment when *shell* starts it after reading the file."""
        program = shutil.which(shell)
        assert program, f"{shell} is not installed"
        plainly = ["-f"] if shell == "zsh" else []
        script = f'set -a; . "$1" || exit; exec {shutil.which("env")} -0'
        done = subprocess.run(
            [program, *plainly, "-c", script, shell, self._file(text)],
            env={},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()
        pairs = [entry.partition("=") for entry in done.stdout.decode().split("\0")[:-1]]
        return {name: value for name, _, value in pairs if name in names}

    def pyyaml(self, text: str) -> Any:
        return yaml.safe_load(Path(self._file(text)).read_bytes())

    def _file(self, text: str) -> str:
        path = self._folder / "exported"
        path.write_bytes(text.encode())
        return str(path)


def everyone(readers: Readers, text: str, values: Mapping[str, str]) -> dict[str, Mapping[str, str | None]]:
    """What each of those reads that the default of `ravi secrets export` is for."""
    found: dict[str, Mapping[str, str | None]] = {"python-dotenv": readers.python_dotenv(text)}
    found |= {library: readers.node(library, text) for library in DOTENVS}
    found |= {shell: readers.shell(shell, text, values.keys()) for shell in SHELLS}
    return found


@pytest.fixture(scope="session")
def installed_readers() -> tuple[Path, Path]:
    """node, and a folder with read.cjs and the libraries that it loads."""
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "readers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the tests run in several processes
        try:
            node, npm = node_and_npm()
            modules = npm_modules(node, npm, PINNED)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired, FileNotFoundError) as fault:
            said = getattr(fault, "stderr", None) or str(fault)
            reason = f"the readers of .env files cannot be installed: {said.strip().splitlines()[-1]}"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
    return node, modules


@pytest.fixture
def readers(installed_readers: tuple[Path, Path], tmp_path: Path) -> Iterator[Readers]:
    logging.disable(logging.WARNING)  # python-dotenv says there which lines it skips; what it read is compared
    yield Readers(*installed_readers, tmp_path)
    logging.disable(logging.NOTSET)


def node_and_npm() -> tuple[Path, Path]:
    """node and npm: those on the PATH, or a pinned wheel. Call it with a lock on readers.lock."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return Path(node), Path(npm)
    home = KEPT / "node"
    lock = PINNED / "node.lock"
    if not _is_current(home, lock):
        shutil.rmtree(home, ignore_errors=True)
        python = home / "bin" / "python"
        if uv := shutil.which("uv"):
            _run(uv, "venv", "-q", "--python", sys.executable, home)
            _run(uv, "pip", "install", "-q", "--python", python, "--require-hashes", "-r", lock)
        else:
            _run(sys.executable, "-m", "venv", home)
            _run(python, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock)
        shutil.copy(lock, home)
    return home / "bin" / "node", home / "bin" / "npm"


def npm_modules(node: Path, npm: Path, pinned: Path) -> Path:
    """A folder where node finds the libraries that *pinned* pins, and its scripts."""
    home = KEPT / pinned.name
    lock = pinned / "package-lock.json"
    if not _is_current(home, lock):
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(pinned / name, home / name)
        path = f"{node.parent}{os.pathsep}{os.environ['PATH']}"  # npm starts node by its name
        try:
            _run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=home, env={**os.environ, "PATH": path})
        except BaseException:
            (home / lock.name).unlink()  # it says that the folder is complete
            raise
    for script in pinned.glob("*.cjs"):
        copied = home / script.name
        if not copied.exists() or copied.read_bytes() != script.read_bytes():  # another test may be reading it
            shutil.copy(script, home)
    return home


def _is_current(home: Path, lock: Path) -> bool:
    copied = home / lock.name
    return copied.exists() and copied.read_bytes() == lock.read_bytes()


def _run(*command: str | Path, **more: Any) -> None:
    subprocess.run(command, capture_output=True, text=True, check=True, timeout=170, **more)
