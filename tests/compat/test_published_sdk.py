"""
The published Python SDKs, as they are installed from the package index, against a real server of ours.

Each lives in an environment of its own (its package is called `ravi` too). The scripts below are run there; they
validate every answer with the SDK's own models. What they touch is identities, addresses, numbers, domains, keys,
events; the vault has a file of its own.
"""

from pathlib import Path

from tests.support.published_sdk import run


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
