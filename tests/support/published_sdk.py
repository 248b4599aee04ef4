"""Installs the published Python SDKs, each in an environment of its own, and runs scripts with them."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class NotInstalled(Exception):
    """An SDK cannot be had here; the text says why."""


def interpreter(version: str) -> Path:
    """The interpreter of the environment that an SDK is in, installed now where it is not yet. Raises NotInstalled."""
    lock = ROOT / "tests" / "compat" / f"ravi-sdk-{version}.lock"
    home = ROOT / ".venv-compat" / version
    python = home / "bin" / "python"
    done = home / lock.name
    home.parent.mkdir(exist_ok=True)
    with (home.parent / f"{version}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # the tests run in several processes
        if not done.exists() or done.read_bytes() != lock.read_bytes():
            shutil.rmtree(home, ignore_errors=True)
            _install(home, python, lock)
            done.write_bytes(lock.read_bytes())
    return python


def _install(home: Path, python: Path, lock: Path) -> None:
    """Make the environment. Raises NotInstalled."""
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
            raise NotInstalled(ran.stderr.strip().splitlines()[-1])


def run(python: Path, script: str, **environment: str) -> Any:
    """Run *script* with the SDK; return the JSON document that it prints."""
    done = subprocess.run(
        [python, "-c", CONNECT + script],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


CONNECT = """
import json, os
import httpx
from ravi import Ravi
import ravi.errors as errors

def connect(key):
    try:
        return Ravi(api_key=key, base_url=os.environ["URL"])  # 0.2.0
    except TypeError:  # 0.3.0 knows one host only; handing in a client is its way out
        client = httpx.Client(base_url=os.environ["URL"] + "/api", headers={"Authorization": f"Bearer {key}"})
        return Ravi(api_key=key, http_client=client)

def address(identity):
    return identity.inbox if hasattr(identity, "inbox") else identity.email_address

def number(identity):
    return identity.phone_number if hasattr(identity, "phone_number") else identity.phone

account = connect(os.environ["KEY"])
"""
