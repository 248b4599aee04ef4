"""
The main job, shown with real processes: `make demo`.

A server on SQLite, an owner signed in, three agents in three project directories, a fleet of ten worktrees made
in parallel, one identity ended while the rest go on, a secret that one agent has and nobody else can read. Nothing is
left running or lying about.
"""

import concurrent.futures
import contextlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stage import Failed, Stage, bind

FLEET = 10


def say(text: str = "") -> None:
    print(text, flush=True)


def named_agents(stage: Stage, projects: Path) -> None:
    say("\n2. Three agents, each in its own project directory\n")
    for name in ("research-agent", "scheduler-agent", "finance-agent"):
        identity = stage.ravi("identity", "create", "--name", name)
        bind(projects / name, identity)
    for name in ("research-agent", "scheduler-agent", "finance-agent"):
        address = stage.ravi("get", "email", cwd=projects / name)["email"]
        number = stage.ravi("get", "phone", cwd=projects / name)["phone_number"]
        say(f"   {name + '/':17} $ ravi get email   {address:40} {number}")


def worktrees(repository: Path) -> list[Path]:
    """Return ten fresh worktrees of a new repository."""

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=demo", "-c", "user.email=demo@example.org"]
        subprocess.run(["git", *identity, "-C", repository, *arguments], check=True, capture_output=True)

    repository.mkdir()
    git("init", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "start")
    made = [repository.parent / f"feature-{number}" for number in range(FLEET)]
    for path in made:
        git("worktree", "add", "-q", "-b", path.name, str(path))
    return made


def fleet(stage: Stage, trees: list[Path]) -> list[tuple[Path, dict[str, str], str]]:
    say(f"\n3. A fleet: {FLEET} git worktrees, provisioned in parallel\n")

    def provision(number: int, tree: Path) -> tuple[Path, dict[str, str], str]:
        config = tree / ".ravi"
        config.mkdir()
        # The directory is still empty: the choice of identity is narrowed, the owner's sign-in still counts.
        identity = stage.ravi("identity", "create", "--name", f"agent-{number}", RAVI_CONFIG_DIR=str(config))
        bind(tree, identity)
        return tree, identity, stage.ravi("get", "email", RAVI_CONFIG_DIR=str(config))["email"]

    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(max_workers=FLEET) as pool:
        agents = list(pool.map(provision, range(FLEET), trees))
    for tree, _, address in agents:
        say(f"   {tree.name:12} → {address}")
    addresses = {address for _, _, address in agents}
    if len(addresses) != FLEET:
        raise Failed(f"{FLEET} agents have {len(addresses)} addresses")
    say(f"\n   {2 * FLEET} commands in {time.monotonic() - started:.1f} s; {len(addresses)} different addresses")
    return agents


def revoke_one(stage: Stage, agents: list[tuple[Path, dict[str, str], str]]) -> None:
    say("\n4. One agent is ended; the others notice nothing\n")
    tree, identity, _ = agents[3]
    # A key of its own, as an agent that does not see the owner's home would have it.
    key = stage.ravi("keys", "create", "--identity", identity["uuid"], "--label", "demo")["key"]
    alone = {"RAVI_API_KEY": key, "RAVI_API_URL": stage.url, "RAVI_IDENTITY": identity["uuid"]}
    stage.ravi("get", "email", **alone)
    stage.ravi("identity", "delete", identity["uuid"])
    say(f"   $ ravi identity delete {identity['uuid']}")
    say(f"   its own key:         ravi get email → exit {stage.refused('get', 'email', **alone)} (credential refused)")
    say(f"   in its worktree:     ravi get email → exit {stage.refused('get', 'email', cwd=tree)} (no such identity)")
    others = [stage.ravi("get", "email", cwd=other)["email"] for other, _, _ in agents if other != tree]
    say(f"   the other {len(others)}:         still answer, each with its own address")


def sealed(stage: Stage, root: Path, projects: Path) -> None:
    say("\n5. What an agent stores is sealed before it leaves the machine\n")
    pin = root / "pin.txt"
    pin.write_text("481516\n")
    pin.chmod(0o600)
    stage.ravi("unlock", "--pin-file", str(pin))
    say("   ravi unlock              → a PIN and a recovery code open the vault; the server has neither")
    one, other = projects / "research-agent", projects / "finance-agent"
    token = "demo-token-that-only-one-agent-knows"
    stage.ravi("secrets", "set", f"API_TOKEN={token}", cwd=one)
    if stage.ravi("secrets", "get", "API_TOKEN", cwd=one)["value"] != token:
        raise Failed("a secret came back as something else")
    say("   research-agent/          $ ravi secrets set API_TOKEN=…   $ ravi secrets get API_TOKEN → the same")
    missing = stage.refused("secrets", "get", "API_TOKEN", cwd=other)
    say(f"   finance-agent/           ravi secrets get API_TOKEN → exit {missing} (no such secret)")
    if token.encode() in b"".join(path.read_bytes() for path in stage.data.iterdir() if path.is_file()):
        raise Failed("the server's files hold the secret")
    say("   the server's files       do not contain it")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="ravi-demo-") as scratch:
        root = Path(scratch)
        stage = Stage(root)
        try:
            say("1. A server on SQLite, and an owner signed in without a browser\n")
            say(f"   ravi-server run      → {stage.start_server()}")
            stage.sign_in(stage.add_owner())
            status = stage.ravi("auth", "status")
            say(f"   ravi auth login      → {status['email']}")
            named_agents(stage, root / "projects")
            home_before = _fingerprint(stage.home)
            revoke_one(stage, fleet(stage, worktrees(root / "repository")))
            if _fingerprint(stage.home) != home_before:
                raise Failed("the fleet has changed the owner's home")
            say("\n   The owner's ~/.ravi is byte for byte what it was before the fleet.")
            sealed(stage, root, root / "projects")
        except Failed as failure:
            say(f"\nThe demo failed: {failure}")
            return 1
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                stage.stop_server()
    say(NEXT)
    return 0


def _fingerprint(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


NEXT = """
Nothing is left running. To go on:

   make dev                        a server that stays, with an owner who is signed in
   docs/tutorials/first-fleet.md   the same by hand, in ten minutes
   docs/how-to/                    dynamic workspaces, revoking one agent, PostgreSQL, …
"""

if __name__ == "__main__":
    sys.exit(main())
