"""Looking at workspaces from outside, as files and as what the server says of them."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.support.cli import Cli
from tests.support.journey import api


def binding(folder: Path) -> dict[str, Any]:
    """What `.ravi/config.json` in *folder* says."""
    return json.loads((folder / ".ravi" / "config.json").read_text())


def mark(folder: Path, uuid: str, owner: Cli, host: str, **more: Any) -> Path:
    """Write the marker that somebody leaves who is cut off in *folder* after having begun; return its path."""
    path = folder / ".ravi" / "config.json"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    server = json.loads((owner.home / ".ravi" / "auth.json").read_text())["server"]
    record = {"host": host, "path": str(folder.resolve())}
    path.write_text(
        json.dumps({"binding": True, "binding_uuid": uuid, "binding_server": server, "workspace": record, **more})
    )
    path.chmod(0o600)
    return path


def host_of(owner: Cli, scratch: Path) -> str:
    """What this machine is called for *owner*; binds and releases a workspace below *scratch* to find out."""
    folder = scratch / "to-know-the-host"
    folder.mkdir()
    owner.ok("workspace", "ensure", folder)
    host: str = binding(folder)["workspace"]["host"]
    owner.ok("workspace", "release", folder)
    return host


def make_on_server(owner: Cli, uuid: str, folder: Path, host: str) -> dict[str, Any]:
    """What the server does for somebody who is cut off before the answer arrives: the identity, and a lost key."""
    body = {
        "uuid": uuid,
        "name": folder.name,
        "workspace": {"host": host, "path": str(folder.resolve())},
        "api_key": True,
    }
    reply = api(owner).post("/api/identities/", body)
    assert reply.status == 201, reply.body
    return reply.json


def identities(owner: Cli) -> dict[str, dict[str, Any]]:
    """All identities of *owner*, by uuid."""
    return {each["uuid"]: each for each in owner.json("identity", "list")}


def git(folder: Path, *words: str) -> str:
    """Run git in *folder*; it must succeed. Nobody's configuration is read."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.com",
    }
    done = subprocess.run(["git", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
    return done.stdout


def repository(folder: Path) -> Path:
    """Make *folder* a git repository with one commit; return it."""
    folder.mkdir(exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "README").write_text("hello\n")
    git(folder, "add", "README")
    git(folder, "commit", "-q", "-m", "first")
    return folder
