"""Owners with an unlocked vault, and the agents to whom they hand out one identity's key."""

from pathlib import Path

from tests.support.cli import Cli
from tests.support.journey import make_workspace, sign_in
from tests.support.server import Server

PIN = "271828"


def unlock(owner: Cli) -> Cli:
    """Open the owner's vault, setting it up if need be, and return *owner*."""
    pin = owner.home / "pin.txt"
    pin.write_text(PIN + "\n")
    pin.chmod(0o600)
    owner.ok("unlock", "--pin-file", pin)
    return owner


def unlocked_owner(server: Server, cli: Cli, email: str = "owner@example.com") -> Cli:
    """*cli* as a new owner, signed in at *server*, with a vault that is open."""
    return unlock(sign_in(server, cli, email))


def acting(owner: Cli, folder: Path, name: str = "agent") -> Cli:
    """The owner's `ravi` in a workspace at *folder* that acts as a new identity, with the owner's own keys."""
    return owner.at(make_workspace(folder, owner.json("identity", "create", "--name", name)["uuid"]))


def hire(owner: Cli, server: Server, folder: Path, name: str = "agent") -> Cli:
    """An agent with a new identity: its API key and vault key are in its workspace, and its home is empty."""
    made = owner.json("identity", "create", "--name", name, "--with-key")
    vault_key = owner.json("vault", "key", "--identity", made["uuid"])["vault_key"]
    workspace = make_workspace(
        folder / name, made["uuid"], identity_key=made["api_key"], server=server.url, vault_key=vault_key
    )
    home = folder / f"home of {name}"
    home.mkdir()
    return Cli(home, workspace, {"RAVI_CONFIG_DIR": str(workspace / ".ravi")})
