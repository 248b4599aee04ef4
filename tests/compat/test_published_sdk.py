"""
The published Python SDKs, as they are installed from the package index, against a real server of ours.

Each lives in an environment of its own (its package is called `ravi` too). The scripts below are run there; they
validate every answer with the SDK's own models. What they touch is what this release serves: identities,
addresses, numbers, domains, keys, events.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.http import Http
from tests.support.server import Server

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
VERSIONS = ["0.2.0", "0.3.0"]


@pytest.fixture(scope="session", params=VERSIONS)
def sdk(request: pytest.FixtureRequest) -> tuple[str, Path]:
    """The SDK's version and the interpreter of the environment that it is installed in."""
    version: str = request.param
    lock = HERE / f"ravi-sdk-{version}.lock"
    home = ROOT / ".venv-compat" / version
    python = home / "bin" / "python"
    done = home / lock.name
    if not done.exists() or done.read_bytes() != lock.read_bytes():
        shutil.rmtree(home, ignore_errors=True)
        reason = _install(home, python, lock)
        if reason:
            if os.environ.get("CI"):
                pytest.fail(f"the published SDK {version} cannot be installed: {reason}")
            pytest.skip(f"the published SDK {version} cannot be installed here: {reason}")
        done.write_bytes(lock.read_bytes())
    return version, python


def _install(home: Path, python: Path, lock: Path) -> str:
    """Make the environment; return why that failed, or nothing."""
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
            return ran.stderr.strip().splitlines()[-1]
    return ""


@pytest.fixture
def account(server: Server) -> dict[str, str]:
    """A fresh account's management key and the server's URL."""
    code = server.add_owner(f"sdk-{os.urandom(4).hex()}@example.com", "--first-name", "Ada")["signin_code"]
    signed_in = Http(server.url).send("POST", "/api/auth/login/", {"signin_code": code}).json
    made = Http(server.url, signed_in["access"]).send("POST", "/api/auth/keys/management/", {"label": "sdk"})
    return {"URL": server.url, "KEY": made.json["key"]}


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


def test_identities_are_created_listed_read_and_renamed(sdk: tuple[str, Path], account: dict[str, str]) -> None:
    found = run(
        sdk[1],
        """
made = account.identities.create(name="sdk-agent", email_identifier="sdk-chosen")
auto = account.identities.create()
renamed = account.identities.update(str(made.uuid), name="renamed")
print(json.dumps({
    "inbox": address(made), "auto": auto.name, "renamed": renamed.name,
    "listed": [i.name for i in account.identities.list()],
    "got": account.identities.get(str(made.uuid)).name,
}))
""",
        **account,
    )
    assert found["inbox"].startswith("sdk-chosen@")
    assert len(found["auto"].split()) == 2
    assert found["renamed"] == found["got"] == "renamed"
    assert found["listed"] == ["renamed", found["auto"]]


def test_a_number_is_provisioned_once(sdk: tuple[str, Path], account: dict[str, str]) -> None:
    found = run(
        sdk[1],
        """
made = account.identities.create(name="with-number", provision_phone=True)
try:
    account.identities.provision_phone(str(made.uuid))
except errors.ConflictError as error:
    print(json.dumps({"phone": number(made), "again": error.code}))
""",
        **account,
    )
    assert found["phone"].startswith("+")
    assert found["again"] == "identity.phone_exists"


def test_an_identity_key_is_fenced_to_its_identity(sdk: tuple[str, Path], account: dict[str, str]) -> None:
    found = run(
        sdk[1],
        """
mine = account.identities.create(name="mine")
other = account.identities.create(name="other")
key = account.api_keys.identity.create("fenced", str(mine.uuid))
agent = connect(key.key)
refused = []
for attempt in (
    lambda: agent.identities.get(str(other.uuid)),
    lambda: agent.identities.create(name="more"),
    lambda: agent.api_keys.management.list(),
):
    try:
        attempt()
    except errors.RaviError as error:
        refused.append(type(error).__name__)
sees = [i.name for i in agent.identities.list()]
account.api_keys.identity.revoke(str(key.uuid))
try:
    agent.identities.list()
except errors.AuthenticationError:
    refused.append("revoked")
print(json.dumps({"sees": sees, "refused": refused}))
""",
        **account,
    )
    assert found["sees"] == ["mine"]
    assert found["refused"] == ["NotFoundError", "AuthorizationError", "AuthorizationError", "revoked"]


def test_keys_domains_and_events_have_the_shapes_that_its_models_want(
    sdk: tuple[str, Path], account: dict[str, str]
) -> None:
    found = run(
        sdk[1],
        """
made = account.identities.create(name="seen")
account.api_keys.management.create("second")
events = account.events.list(event_types=["identity.created"])
print(json.dumps({
    "domains": [d.domain for d in account.domains.list()],
    "keys": [k.label for k in account.api_keys.management.list()],
    "events": [e.type for e in (events if isinstance(events, list) else events.events)],
}))
""",
        **account,
    )
    assert found["domains"] == ["in.ravi.localhost"]
    assert found["keys"] == ["sdk", "second"]
    assert found["events"] == ["identity.created"]


def test_refusals_become_the_errors_that_its_users_catch(sdk: tuple[str, Path], account: dict[str, str]) -> None:
    found = run(
        sdk[1],
        """
account.identities.create(name="first", email_identifier="only-one")
seen = {}
for name, attempt in {
    "taken": lambda: account.identities.create(name="second", email_identifier="only-one"),
    "invalid": lambda: account.identities.create(name="third", email_identifier="-no-"),
    "unknown": lambda: account.identities.get("00000000-0000-4000-8000-000000000000"),
    "key": lambda: connect("ravi_mgmt_nonsense").identities.list(),
}.items():
    try:
        attempt()
    except errors.RaviError as error:
        seen[name] = [type(error).__name__, error.code]
print(json.dumps(seen))
""",
        **account,
    )
    assert found == {
        "taken": ["ConflictError", "identity.address_taken"],
        "invalid": ["ValidationError", "identity.address_invalid"],
        "unknown": ["NotFoundError", "identity.not_found"],
        "key": ["AuthenticationError", "auth.unauthenticated"],
    }


def test_the_older_sdk_reads_addresses_and_numbers(sdk: tuple[str, Path], account: dict[str, str]) -> None:
    version, python = sdk
    if version != "0.2.0":
        return  # the newer one has no such calls: there, both hang off the identity
    found = run(
        python,
        """
made = account.identities.create(name="holder", provision_phone=True)
key = account.api_keys.identity.create("own", str(made.uuid))
agent = connect(key.key)
(inbox,) = agent.email.list_inboxes()
(phone,) = agent.phones.list()
print(json.dumps({
    "inbox": agent.email.get_inbox(inbox.id).email, "made": address(made),
    "phone": agent.phones.get(phone.id).phone_number, "free": agent.email.check_availability("quite-free"),
}))
""",
        **account,
    )
    assert found["inbox"] == found["made"]
    assert found["phone"].startswith("+")
    assert found["free"] == {"email": "quite-free@in.ravi.localhost", "available": True}
