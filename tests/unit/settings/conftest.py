"""A machine for the resolver: a home, a project below it, files in both, and what the process was told."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ravi.settings.client import Settings, resolve
from ravi.settings.trust import approve


class Machine:
    """Paths in `write` are `~/…` (the home), `./…` (the project, where we stand) or `$/…` (RAVI_CONFIG_DIR)."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.project = home / "src" / "project"
        self.config_dir = home / "agents" / "one"
        self.environ = {"HOME": str(home)}
        self.project.mkdir(parents=True)
        self.cwd = self.project

    def path(self, name: str) -> Path:
        root = {"~": self.home, ".": self.project, "$": self.config_dir}[name[0]]
        return root / name[2:]

    def write(self, name: str, content: Mapping[str, Any] | bytes, mode: int = 0o644) -> Path:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        path.chmod(mode)
        return path

    def trust(self, name: str) -> None:
        approve(str(self.path(name)), ravi_dir=str(self.home / ".ravi"))

    def resolve(self, **told: Any) -> Settings:
        environ = {**self.environ, **told.pop("env", {})}
        if "RAVI_CONFIG_DIR" not in environ and self.config_dir.exists():
            environ["RAVI_CONFIG_DIR"] = str(self.config_dir)
        return resolve(environ=environ, cwd=str(told.pop("cwd", self.cwd)), **told)

    def snapshot(self) -> dict[str, tuple[int, bytes]]:
        """Mode and content of every file there is."""
        return {
            str(path.relative_to(self.home)): (path.stat().st_mode, path.read_bytes())
            for path in sorted(self.home.rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def machine(home: Path) -> Machine:
    return Machine(home)


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch):
    """Have the code under test believe that it runs as this user."""

    def become(uid: int) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: uid)

    return become
