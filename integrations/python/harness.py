"""
A harness that gives each task an identity of its own, with the library alone: `python harness.py TASK COMMAND…`.

The owner of the harness is signed in (`ravi auth login`), or RAVI_API_KEY and RAVI_API_URL are set. Access tokens are
renewed by the library, also when fifty of these run at once.
"""

import os
import subprocess
import sys

from ravi import Client, RaviError

#: What the agent's process must not inherit: it would be the harness's own, or another agent's.
OURS = "RAVI_"
#: If the harness dies, the server ends its identities after this time.
LIFETIME_SECONDS = 24 * 3600


def identity_for(owner: Client, task: str) -> dict:
    """
    The identity called `task-TASK`, with a key of its own in `api_key`: the one that is there, or a new one.

    So a task that is tried again has the same address, and what came to it meanwhile.
    """
    return owner.identities.create(
        name=f"task-{task}", reuse=True, api_key=True, ttl_seconds=LIFETIME_SECONDS, labels={"harness": "example"}
    )


def environment_of(owner: Client, identity: dict) -> dict[str, str]:
    """The environment of the agent that is *identity*: its own key, its vault's if we have it, nothing of ours."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    env |= {
        "RAVI_API_URL": owner.settings.server.value,
        "RAVI_API_KEY": identity["api_key"],
        "RAVI_EMAIL": identity["email"],
        "RAVI_PHONE": identity["phone_number"] or "",
    }
    try:
        env["RAVI_VAULT_KEY"] = owner.vault.identity_key(identity["uuid"])["vault_key"]
    except RaviError as problem:  # the vault is locked here, or was never set up: the agent does without
        print(f"no vault for {identity['name']}: {problem}", file=sys.stderr)
    return env


def code_for(owner: Client, identity: dict, *, sender: str | None = None, timeout: float = 120) -> str:
    """The next code that comes to *identity* by mail or SMS. Raises TimedOut."""
    with Client(api_key=identity["api_key"], base_url=owner.settings.server.value) as agent:
        return agent.wait.for_code(sender=sender, timeout=timeout)["code"]


def dispatch(owner: Client, task: str, command: list[str]) -> int:
    """Run *command* as the agent of *task*; its identity ends with it, or stays for the next try if it fails."""
    identity = identity_for(owner, task)
    print(f"{task}: {identity['email']}", file=sys.stderr)
    done = subprocess.run(command, env=environment_of(owner, identity), check=False)
    if done.returncode == 0:
        owner.identities.delete(identity["uuid"])
    return done.returncode


if __name__ == "__main__":
    with Client() as us:
        sys.exit(dispatch(us, sys.argv[1], sys.argv[2:]))
