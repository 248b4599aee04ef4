"""
The attacker: carries out attempts as another Unix user, in a workspace that it was given, and reports what came back.

    python intruder.py < attempts.json > outcomes.json

Runs where nothing of the tests can be read, so it imports none of them. What it presents as a credential it takes out
of the files of the workspace, never out of the attempts.
"""

import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 20.0
#: Of what came back; more is no answer but a heap.
MOST = 400_000


def credential(where: str) -> str:
    """What stands in a file of the workspace: `.ravi/config.json#identity_key`; empty for no credential."""
    if not where:
        return ""
    path, _, key = where.partition("#")
    return str(json.loads(Path(path).read_text())[key])


def http(server: str, do: dict[str, Any]) -> tuple[str, str]:
    """Send one request byte for byte as it is given; return its status and the rest of the answer."""
    body = json.dumps(do["body"]).encode() if do.get("body") is not None else b""
    lines = [f"{do['method']} {do['target']} HTTP/1.1", f"Host: {urlsplit(server).netloc}", "Connection: close"]
    if token := credential(do.get("token", ".ravi/config.json#identity_key")):
        lines.append(f"Authorization: Bearer {token}")
    lines += do.get("headers", [])
    if body or do["method"] != "GET":
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    target = urlsplit(server)
    deadline = time.monotonic() + do.get("seconds", PATIENCE)
    for _ in range(20):
        data = b""
        with socket.create_connection((target.hostname or "", target.port or 80), timeout=PATIENCE) as peer:
            peer.sendall("\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body)
            while len(data) < MOST and time.monotonic() < deadline:
                peer.settimeout(max(0.05, deadline - time.monotonic()))
                try:
                    more = peer.recv(65536)
                except (TimeoutError, ConnectionError):
                    break
                if not more:
                    break
                data += more
        head, _, rest = data.decode("utf-8", "replace").partition("\r\n\r\n")
        status = head.split(" ", 2)[1] if head.count(" ") else "no answer"
        if status != "429":
            break
        time.sleep(0.3)  # it is about who may, not about how often
    return status, head + rest


def program(python: str, do: dict[str, Any]) -> tuple[str, str]:
    """Run the CLI (`argv`) or a piece of Python (`code`); return its exit code and all that it said."""
    links = [Path(name) for name in do.get("links", {})]
    for link in links:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(do["links"][str(link)])
    words = ["-m", "ravi", *do["argv"]] if "argv" in do else ["-c", do["code"]]
    environment = {**os.environ, "RAVI_CONFIG_DIR": str(Path(".ravi").resolve()), **do.get("env", {})}
    environment = {name: value for name, value in environment.items() if value is not None}
    try:
        done = subprocess.run(
            [python, *words], env=environment, input="", capture_output=True, text=True, timeout=60,
            cwd=do.get("cwd", "."), errors="replace", check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "never ends", ""
    finally:
        for link in links:
            link.unlink()
    said = done.stdout + done.stderr
    if "Traceback" in said and "argv" in do:
        return "breaks", said
    return f"exit {done.returncode}", said


def read(path: str) -> tuple[str, str]:
    """Read a file, or list a directory."""
    try:
        if os.path.isdir(path):
            return "read", " ".join(os.listdir(path))
        with open(path, "rb") as file:
            return "read", file.read(MOST).decode("utf-8", "replace")
    except OSError as problem:
        return type(problem).__name__, ""


def processes() -> tuple[str, str]:
    """What everybody may see of everybody's processes."""
    found = []
    for entry in os.listdir("/proc"):
        # Its own processes name what it asks about.
        if entry.isdigit() and os.path.isdir(f"/proc/{entry}") and os.stat(f"/proc/{entry}").st_uid != os.getuid():
            found += [read(f"/proc/{entry}/{name}")[1] for name in ("cmdline", "environ")]
    return "read", "\n".join(found)


def attempt(order: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    do, started = one["do"], time.monotonic()
    try:
        if "target" in do:
            got, said = http(order["server"], do)
        elif "read" in do:
            got, said = processes() if do["read"] == "/proc" else read(do["read"])
        else:
            got, said = program(order["python"], do)
    except OSError as problem:
        got, said = type(problem).__name__, str(problem)
    return {"id": one["id"], "got": got, "said": said[:MOST], "seconds": time.monotonic() - started}


def main() -> None:
    order = json.load(sys.stdin)
    assert os.getuid() == order["uid"] != 0, "this is to run as somebody else"
    alone = [one for one in order["attempts"] if one["do"].get("links") or one["do"].get("last")]
    together = [one for one in order["attempts"] if one not in alone]
    with ThreadPoolExecutor(max_workers=3) as pool:
        outcomes = list(pool.map(lambda one: attempt(order, one), together))
    outcomes += [attempt(order, one) for one in alone]
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()
