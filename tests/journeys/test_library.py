"""The Python library, used by scripts that know nothing but `import ravi`."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.journey import Canary, make_workspace, unchanged
from tests.support.server import Server

BLOCKING = """
    import json, sys
    from ravi import Client

    with Client() as ravi:
        made = [ravi.identities.create(name=f"worker-{n}", labels={"team": "blue"}) for n in range(3)]
        listed = ravi.identities.list(label={"team": "blue"})
        mails = []
        for each in made:
            with Client(identity=each["uuid"]) as agent:
                mails.append((agent.own.email()["email"], agent.own.phone()["phone_number"]))
        receipt = ravi.identities.delete("worker-0")
        left = ravi.identities.list(prefix="worker-")
    json.dump([made, listed, mails, receipt, left], sys.stdout)
"""
ASYNCHRONOUS = """
    import asyncio, json, sys
    from ravi import AsyncClient

    async def contact(each):
        async with AsyncClient(identity=each["uuid"]) as agent:
            return (await agent.own.email())["email"], (await agent.own.phone())["phone_number"]

    async def main():
        async with AsyncClient() as ravi:
            making = [ravi.identities.create(name=f"worker-{n}", labels={"team": "blue"}) for n in range(3)]
            made = await asyncio.gather(*making)
            listed = await ravi.identities.list(label={"team": "blue"})
            mails = await asyncio.gather(*map(contact, made))
            receipt = await ravi.identities.delete("worker-0")
            left = await ravi.identities.list(prefix="worker-")
        json.dump([made, listed, mails, receipt, left], sys.stdout)

    asyncio.run(main())
"""


def run_python(cli: Cli, script: str) -> subprocess.CompletedProcess[str]:
    """Run *script* where *cli* stands, with warnings as errors: a connection left open is a fault."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=cli.environment,
        cwd=cli.cwd,
        timeout=60,
        check=False,
    )


def output(cli: Cli, script: str) -> Any:
    """Run *script*, which must succeed and say nothing else; return the JSON that it printed."""
    done = run_python(cli, script)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("script", [BLOCKING, ASYNCHRONOUS], ids=["Client", "AsyncClient"])
def test_a_script_makes_lists_uses_and_deletes_identities(owner: Cli, script: str) -> None:
    with unchanged(owner.home):
        made, listed, contacts, receipt, left = output(owner, script)

    assert [each["name"] for each in made] == ["worker-0", "worker-1", "worker-2"]
    by_uuid = {each["uuid"]: each for each in made}
    assert len(by_uuid) == 3
    assert {each["uuid"]: each for each in listed} == {
        uuid: {key: value for key, value in each.items() if key != "api_key"} for uuid, each in by_uuid.items()
    }
    assert [tuple(each) for each in contacts] == [(each["inbox"], each["phone"]) for each in made]
    assert (receipt["status"], receipt["uuid"]) == ("deleted", made[0]["uuid"])
    assert {each["uuid"] for each in left} == {made[1]["uuid"], made[2]["uuid"]}
    assert owner.json("identity", "list") == sorted(left, key=lambda each: each["id"])


@pytest.mark.parametrize(
    "call",
    [
        "Client() as ravi: print(json.dumps(ravi.own.email()))",
        "AsyncClient() as ravi: print(json.dumps(await ravi.own.email()))",
    ],
    ids=["Client", "AsyncClient"],
)
def test_a_script_acts_as_the_identity_of_the_place_it_runs_in(owner: Cli, workspace: Path, call: str) -> None:
    made = owner.json("identity", "create", "--name", "placed")
    make_workspace(workspace, made["uuid"])
    is_async = call.startswith("Async")
    script = f"""
    import asyncio, json
    from ravi import AsyncClient, Client
    async def main():
        {"async " if is_async else ""}with {call}
    asyncio.run(main())
    """

    assert output(owner.at(workspace), script)["email"] == made["inbox"]
    assert output(owner.at(Path("/"), RAVI_CONFIG_DIR=workspace / ".ravi"), script)["email"] == made["inbox"]
    nobody = run_python(owner.at(Path("/")), script)
    assert nobody.returncode != 0
    assert "IdentityRequired" in nobody.stderr


def test_errors_are_classes_that_carry_what_the_server_said(owner: Cli, shared_server: Server) -> None:
    key = owner.json("keys", "create", "--management")["key"]
    script = f"""
    import json, sys
    from ravi import Client, RaviError, Refused, RequestFailed

    seen = {{}}
    def note(what, call):
        try:
            call()
        except RaviError as error:
            seen[what] = [
                type(error).__name__, error.code, getattr(error, "status", None), error.message, error.hint,
                isinstance(error, Refused), isinstance(error, RequestFailed),
            ]

    with Client(api_key={key!r}, base_url={shared_server.url!r}) as ravi:
        ravi.identities.create(name="twin"), ravi.identities.create(name="twin")
        note("missing", lambda: ravi.identities.get("nobody"))
        note("ambiguous", lambda: ravi.identities.get("twin"))
        note("invalid", lambda: ravi.identities.create(email="x"))
        note("nobody selected", lambda: ravi.own.email())
    with Client(api_key="ravi_mgmt_wrong", base_url={shared_server.url!r}) as stranger:
        note("refused", lambda: stranger.identities.list())
    with Client(api_key="x", base_url="http://127.0.0.1:1") as nowhere:
        note("unreachable", lambda: nowhere.identities.list())
    json.dump(seen, sys.stdout)
    """

    seen = output(owner, script)

    assert {what: each[:3] for what, each in seen.items()} == {
        "missing": ["IdentityNotFound", "identity.not_found", None],
        "ambiguous": ["IdentityAmbiguous", "identity.ambiguous", None],
        "invalid": ["AddressInvalid", "identity.address_invalid", 422],
        "nobody selected": ["IdentityRequired", "identity.required", None],
        "refused": ["Unauthenticated", "auth.unauthenticated", 401],
        "unreachable": ["ServerUnreachable", "server.unreachable", None],
    }
    assert "ravi_mgmt_wrong" not in json.dumps(seen)
    assert seen["refused"][5:] == [True, False]
    assert seen["unreachable"][5:] == [False, True]


def test_printing_what_the_library_hands_out_shows_no_credential(owner: Cli, canary: Canary) -> None:
    script = f"""
    import json, sys, traceback
    from ravi import Client, resolve

    settings = resolve(need_identity=False)
    parts = [repr(settings), str(settings), repr(settings.credential), f"{{settings.credential}}"]
    parts += [repr(vars(settings)) if hasattr(settings, "__dict__") else ""]
    client = Client(settings)
    parts += [repr(client), str(client)]
    try:
        Client(settings, base_url={canary.url!r})
    except Exception:
        parts.append(traceback.format_exc())
    json.dump({{"shown": parts, "secret": settings.credential.token}}, sys.stdout)
    """

    told = output(owner, script)

    assert told["secret"].startswith("ravi_at_")
    assert not [part for part in told["shown"] if told["secret"] in part]
    assert canary.visits == []


def test_one_client_may_be_shared_by_threads_and_survives_a_fork(owner: Cli) -> None:
    script = """
    import json, os, sys, warnings
    from concurrent.futures import ThreadPoolExecutor
    from ravi import Client

    with Client() as ravi:
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda n: ravi.identities.create(name=f"shared-{n}")["name"], range(24)))
        read, write = os.pipe()
        warnings.simplefilter("ignore")
        if os.fork() == 0:
            os.write(write, str(len(ravi.identities.list())).encode())
            os._exit(0)
        mine = len(ravi.identities.list())
        os.wait()
        theirs = int(os.read(read, 10))
        os.close(read), os.close(write)
    json.dump([made, mine, theirs], sys.stdout)
    """

    made, mine, theirs = output(owner, script)

    assert made == [f"shared-{number}" for number in range(24)]
    assert (mine, theirs) == (24, 24)
