"""
The vault calls of the published Python SDKs.

They store readable values, which our server refuses: nothing of that kind may work by accident. What they read is
checked with their own models; they cannot open it, and hand out the sealed texts.
"""

import uuid
from pathlib import Path
from typing import Any

from tests.support.http import Http
from tests.support.published_sdk import run
from tests.support.sealed import sealed

#: The older SDK has the vault on the client, the newer one on each identity.
VAULT = """
def vault(client, uuid):
    return client if hasattr(client, "passwords") else client.identities.get(uuid).vault

def seen(attempt):
    try:
        attempt()
    except errors.RaviError as error:
        return [type(error).__name__, error.code, error.message]
    return None
"""

REFUSED = ["ValidationError", "vault.plaintext_refused"]


def new_agent(account: dict[str, str]) -> dict[str, str]:
    """An identity of the account, with its key, as the environment of a script."""
    made = Http(account["URL"], account["KEY"]).post("/api/identities/", {"name": "sdk-agent"}).json
    return {"URL": account["URL"], "KEY": made["api_key"], "UUID": made["uuid"]}


def store(agent: dict[str, str], path: str, **body: Any) -> dict[str, Any]:
    """What our own client stores."""
    made = Http(agent["URL"], agent["KEY"]).post(path, body)
    assert made.status == 201, made.body
    return made.json


def test_readable_passwords_and_secrets_are_refused_by_name(sdk: tuple[str, Path], account: dict[str, str]) -> None:
    agent = new_agent(account)
    found = run(
        sdk[1],
        VAULT
        + """
mine = vault(account, os.environ["UUID"])
print(json.dumps({
    "password": seen(lambda: mine.passwords.create(domain="example.com", username="ada", password="hunter2")),
    "notes": seen(lambda: mine.passwords.create(domain="example.com", notes="my hunter2")),
    "made for me": seen(lambda: mine.passwords.create(domain="example.com")),
    "secret": seen(lambda: mine.secrets.create(key="API_KEY", value="hunter2")),
    "passwords": len(mine.passwords.list()),
    "secrets": len(mine.secrets.list()),
}))
""",
        **agent,
    )
    for name in ("password", "notes", "secret"):
        assert found[name][:2] == REFUSED, name
        assert "not sealed" in found[name][2]
        assert "hunter2" not in found[name][2]
    assert found["made for me"][:2] == ["ValidationError", "validation.failed"]
    assert "the server cannot make one" in found["made for me"][2]
    assert (found["passwords"], found["secrets"]) == (0, 0)


def test_sealed_entries_are_listed_read_and_deleted(sdk: tuple[str, Path], account: dict[str, str]) -> None:
    agent = new_agent(account)
    texts = {name: sealed() for name in ("username", "password", "notes", "site")}
    entry = store(agent, "/api/passwords/", uuid=str(uuid.uuid4()), domain="example.com", **texts)
    secret = store(agent, "/api/secrets/", key="API_KEY", value=sealed(), notes="")
    found = run(
        sdk[1],
        VAULT
        + """
mine = vault(account, os.environ["UUID"])
(listed,) = mine.passwords.list()
got = mine.passwords.get(listed.uuid)
(secret,) = mine.secrets.list()
same = mine.secrets.get(secret.uuid)
mine.passwords.delete(got.uuid)
mine.secrets.delete(same.uuid)
print(json.dumps({
    "password": [got.uuid, got.identity, got.domain, got.username, got.password, got.notes],
    "secret": [same.uuid, same.identity, same.key, same.value, same.notes],
    "same": listed == got and secret == same,
    "gone": [seen(lambda: mine.passwords.get(got.uuid)), seen(lambda: mine.secrets.get(same.uuid))],
    "left": [len(mine.passwords.list()), len(mine.secrets.list())],
}))
""",
        **agent,
    )
    wanted = ("uuid", "identity", "domain", "username", "password", "notes")
    assert found["password"] == [entry[name] for name in wanted]
    assert found["secret"] == [secret[name] for name in ("uuid", "identity", "key", "value", "notes")]
    assert found["same"]
    assert found["gone"] == [
        ["NotFoundError", "not_found", "No PasswordEntry matches the given query."],
        ["NotFoundError", "not_found", "No SecretEntry matches the given query."],
    ]
    assert found["left"] == [0, 0]


def test_a_readable_change_is_refused_and_another_domain_of_an_unsealed_one_is_made(
    sdk: tuple[str, Path], account: dict[str, str]
) -> None:
    agent = new_agent(account)
    store(agent, "/api/passwords/", uuid=str(uuid.uuid4()), domain="example.com", password=sealed())
    found = run(
        sdk[1],
        VAULT
        + """
mine = vault(account, os.environ["UUID"])
(entry,) = mine.passwords.list()
refused = seen(lambda: mine.passwords.update(entry.uuid, password="hunter2"))
moved = mine.passwords.update(entry.uuid, domain="https://www.example.org/login")
print(json.dumps({"refused": refused, "domain": moved.domain, "kept": moved.password == entry.password}))
""",
        **agent,
    )
    assert found["refused"][:2] == REFUSED
    assert (found["domain"], found["kept"]) == ("example.org", True)


def test_the_generator_makes_a_password(sdk: tuple[str, Path], account: dict[str, str]) -> None:
    found = run(
        sdk[1],
        VAULT
        + """
mine = vault(account, os.environ["UUID"])
print(json.dumps([mine.passwords.generate(), mine.passwords.generate()]))
""",
        **new_agent(account),
    )
    assert [list(each) for each in found] == [["password"], ["password"]]
    assert {len(each["password"]) for each in found} == {16}
    assert found[0] != found[1]


def test_the_older_sdk_names_the_identity_in_the_body_and_reads_seeds(
    sdk: tuple[str, Path], account: dict[str, str]
) -> None:
    version, python = sdk
    if version != "0.2.0":
        return  # the newer one selects in the query and has no one-time codes
    agent = new_agent(account)
    sibling = Http(account["URL"], account["KEY"]).post("/api/identities/", {"name": "sibling"}).json
    seed = store(agent, "/api/mfa/", uuid=str(uuid.uuid4()), service_name="GitHub", username=sealed(), secret=sealed())
    found = run(
        python,
        VAULT
        + """
owner = connect(os.environ["OWNER"])
(entry,) = account.mfa.list()
other = int(os.environ["SIBLING"])
unsealed = seen(lambda: account.mfa.create(service_name="x", username="ada", secret="JBSWY3DPEHPK3PXP"))
sealed = os.environ["SEALED"]
chosen = seen(lambda: owner.passwords.create(domain="example.com", identity=other, password=sealed))
fenced = seen(lambda: account.passwords.create(domain="example.com", identity=other, password=sealed))
account.mfa.delete(entry.id)
print(json.dumps({
    "seed": [entry.id, entry.uuid, entry.user_id, entry.service_name, entry.username, entry.secret],
    "unsealed": unsealed, "chosen": chosen, "fenced": fenced,
    "gone": seen(lambda: account.mfa.get(entry.id)),
}))
""",
        **agent,
        OWNER=account["KEY"],
        SIBLING=str(sibling["id"]),
        SEALED=sealed(),
    )
    wanted = ("id", "uuid", "user_id", "service_name", "username", "secret")
    assert found["seed"] == [seed[name] for name in wanted]
    assert found["unsealed"][:2] == REFUSED
    # The identity was found; what is refused is a uuid that the SDK cannot choose.
    assert found["chosen"][:2] == ["ValidationError", "validation.failed"]
    assert "uuid" in found["chosen"][2]
    assert found["fenced"][:2] == ["AuthorizationError", "auth.forbidden"]
    assert found["gone"][:2] == ["NotFoundError", "not_found"]
