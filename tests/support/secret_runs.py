"""`ravi run` as a process: an owner whose vault is open on this machine, and a server that has these secrets."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ravi.client.keyring import IdentityVault
from ravi.crypto import derive
from ravi.settings.vault_file import save_keys
from tests.support.pty_child import PtyChild

RAVI = (sys.executable, "-m", "ravi")
#: The same where the system does not tell who sent a signal, as macOS does not.
RAVI_WITHOUT_SENDERS = (
    sys.executable,
    "-c",
    "import signal; del signal.sigtimedwait, signal.sigwaitinfo; import ravi.cli.main; ravi.cli.main.console()",
)
UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
TOKEN = "tok-7Kq2+xN/9vRb4"
#: What stands in the output instead of a secret.
HIDDEN = "\u2039ravi:TOKEN hidden\u203a"
_ROOT = bytes(range(100, 132))
_STAMP = "2026-11-23T05:04:03Z"


class OpenVault:
    """
    The secrets of UUID, sealed, at the scripted *server* (see the fixture `signed_in`), and runs with them.

    The sign-in at *home* holds the root key, unless told to `lock`.
    """

    def __init__(self, server: Any, home: Path) -> None:
        self.server = server
        self.auth_file = home / ".ravi" / "auth.json"
        self.environ = {"RAVI_IDENTITY": UUID}
        self.program = RAVI
        save_keys(str(self.auth_file), account_uuid=UUID, root_key=_ROOT, recovery_code=None)

    def holds(self, **secrets: str) -> "OpenVault":
        """Let the server have these and no others."""
        self.server.on("GET /api/secrets/", self.rows(**secrets))
        return self

    def rows(self, **secrets: str) -> list[dict[str, Any]]:
        """*secrets* as the server sends them."""
        vault = IdentityVault(UUID, derive.identity_key(_ROOT, UUID))
        about = {"uuid": UUID, "identity": 1, "identity_uuid": UUID, "notes": "", "revision": 1}
        stamps = {"created_dt": _STAMP, "updated_dt": _STAMP}
        return [
            {**about, **stamps, "key": key, "value": vault.seal("secret", key, "value", value)}
            for key, value in sorted(secrets.items())
        ]

    def lock(self) -> None:
        """Forget the key on this machine."""
        saved = json.loads(self.auth_file.read_text())
        del saved["root_key"]
        self.auth_file.write_text(json.dumps(saved))

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, **self.environ}

    def start(self, *words: str, flags: Sequence[str] = (), **more: Any) -> "subprocess.Popen[bytes]":
        """Start `ravi run FLAGS -- WORDS`; stdin, stdout and stderr are pipes unless *more* says otherwise."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(self.words(*words, flags=flags), **{"env": self.env, **pipes, **more})

    def run(self, *words: str, flags: Sequence[str] = (), **more: Any) -> "subprocess.CompletedProcess[bytes]":
        """The same to its end, within a minute."""
        settings = {"env": self.env, "timeout": 60, "input": b"", "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        if "stdin" in more:
            del settings["input"]
        return subprocess.run(self.words(*words, flags=flags), **{**settings, **more})

    def on_terminal(self, *words: str, flags: Sequence[str] = (), **more: Any) -> PtyChild:
        """The same at a terminal of its own."""
        return PtyChild(self.words(*words, flags=flags), env=self.env, **more)

    def words(self, *words: str, flags: Sequence[str] = ()) -> list[str]:
        return [*self.program, "run", *flags, "--", *words]


def python(program: str) -> tuple[str, str, str]:
    """The words that run *program*."""
    return sys.executable, "-c", program
