"""The published Python SDKs, installed, and accounts for them."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.http import Http
from tests.support.server import Server

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
VERSIONS = ["0.2.0", "0.3.0"]


@pytest.fixture(scope="session", params=VERSIONS)
def sdk(request: pytest.FixtureRequest) -> tuple[str, Path]:
    """The SDK's version and the interpreter of the environment that it is installed in."""
    version: str = request.param
    lock = HERE / f"ravi-sdk-{version}.lock"
    home = ROOT / ".venv-compat" / version
    python = home / "bin" / "python"
    done = home / lock.name
    home.parent.mkdir(exist_ok=True)
    with (home.parent / f"{version}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # the tests run in several processes
        if not done.exists() or done.read_bytes() != lock.read_bytes():
            shutil.rmtree(home, ignore_errors=True)
            reason = _install(home, python, lock)
            if reason:
                if os.environ.get("CI"):
                    pytest.fail(f"the published SDK {version} cannot be installed: {reason}")
                pytest.skip(f"the published SDK {version} cannot be installed here: {reason}")
            done.write_bytes(lock.read_bytes())
    return version, python


def _install(home: Path, python: Path, lock: Path) -> str:
    """Make the environment; return why that failed, or nothing."""
    if uv := shutil.which("uv"):
        steps: list[list[str | Path]] = [
            [uv, "venv", "-q", "--python", sys.executable, home],
            [uv, "pip", "install", "-q", "--python", python, "--require-hashes", "-r", lock],
        ]
    else:
        steps = [
            [sys.executable, "-m", "venv", home],
            [python, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock],
        ]
    for step in steps:
        ran = subprocess.run(step, capture_output=True, text=True, check=False, timeout=170)
        if ran.returncode != 0:
            return ran.stderr.strip().splitlines()[-1]
    return ""


@pytest.fixture
def account(server: Server) -> dict[str, str]:
    """A fresh account's management key and the server's URL."""
    code = server.add_owner(f"sdk-{os.urandom(4).hex()}@example.com", "--first-name", "Ada")["signin_code"]
    signed_in = Http(server.url).send("POST", "/api/auth/login/", {"signin_code": code}).json
    made = Http(server.url, signed_in["access"]).send("POST", "/api/auth/keys/management/", {"label": "sdk"})
    return {"URL": server.url, "KEY": made.json["key"]}
