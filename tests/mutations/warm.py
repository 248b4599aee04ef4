"""
A process that has imported everything but our own code, and forks for each run of pytest: starting is most of a run.

It reads lines of JSON (`args`, `output`, `seconds`) and answers each with a line: pytest's exit code, or null when the
time was over.
"""

import importlib
import json
import os
import signal
import sys
import time
import traceback

import pytest

#: Ours is what is dropped from; plugins of pytest want to be imported by it.
NOT_OURS_TO_IMPORT = (
    "ravi",
    "tests",
    "pytest_",
    "_pytest",
    "xdist",
    "hypothesis",
    "_hypothesis",
    "anyio",
    "schema",
    "__",
)


def main() -> None:
    """Serve runs until the input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        code = _run(asked["args"], asked["output"], asked["seconds"])
        if names := asked.get("imports"):
            with open(names) as listed:
                _import(listed.read().split())
        sys.stdout.write(json.dumps(code) + "\n")
        sys.stdout.flush()


def _run(args: list[str], output: str, seconds: float) -> int | None:
    child = os.fork()
    if child == 0:
        os.setsid()  # what it starts ends with it
        _be_pytest(args, output)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _be_pytest(args: list[str], output: str) -> None:
    code = 1
    try:
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for stream in (1, 2):
            os.dup2(file, stream)
        code = int(pytest.main(args))
        if names := os.environ.get("MUTATIONS_IMPORTED"):
            with open(names, "w") as listed:
                listed.write("\n".join(sys.modules))
    except BaseException:  # a fork must not go on as its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _import(names: list[str]) -> None:
    for name in names:
        if name.startswith(NOT_OURS_TO_IMPORT) or name in sys.modules:
            continue
        try:
            importlib.import_module(name)
        except Exception:  # optional parts of libraries: whoever needs one imports it again
            continue


if __name__ == "__main__":
    main()
