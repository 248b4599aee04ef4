"""What clients choose themselves may be what somebody else has: nothing of theirs is touched, and little told."""

from typing import Any

from tests.contract.matrix.answers import same, told
from tests.contract.matrix.cast import cast_on, filled
from tests.contract.matrix.references import Told
from tests.contract.matrix.requests import BODIES
from tests.contract.matrix.state import account_of, changes, state_of_both

TAKEN = Told(409, "conflict")
ADDRESS_TAKEN = Told(409, "identity.address_taken")
#: Entries of a vault have uuids of their identity: another's means nothing.
ENTRIES = {"POST /api/passwords/": "password", "POST /api/mfa/": "totp"}


async def test_an_entry_may_be_called_as_somebody_else_s_is(database_url: str) -> None:
    async with cast_on(database_url) as cast:
        before = await state_of_both(cast)
        for operation, kind in ENTRIES.items():
            path = operation.partition(" ")[2]
            for other in ("sibling", "foreign", "gone", "lost"):
                body = filled(BODIES[operation], cast.things["mine"]) | {"uuid": cast.things[other][kind][0]}
                answer = await cast.world.agent.post(path, body)
                assert (answer.status_code, answer.json()["identity"]) == (201, cast.identities["mine"]["id"])
        for other in ("sibling", "foreign", "gone", "lost"):
            body = {"key": cast.things[other]["secret_key"][0], "value": filled("<sealed>", {})}
            answer = await cast.world.agent.post("/api/secrets/", body)
            assert (answer.status_code, answer.json()["identity_uuid"]) == (201, cast.identities["mine"]["uuid"])
        place = f", {await account_of(cast, 'mine')}, {cast.identities['mine']['id']}, "
        changed = changes(before, await state_of_both(cast))
    assert [each for each in changed if not is_new_of_mine(each, place)] == []
    assert len(changed) == 2 * 12, "a row and an event for each"


def is_new_of_mine(change: str, place: str) -> bool:
    """Whether a row was added, of `mine`: each has the account's and the identity's row id behind its own names."""
    table, _, row = change.partition(": ")
    return table in {"events", "passwords", "secrets", "totps"} and row.startswith("+ ") and place in row


async def test_a_uuid_or_an_address_that_was_taken_is_taken_whoever_has_or_had_it(database_url: str) -> None:
    """That it is taken has to be said; by whom, or whether they are still there, is not."""
    surprises = []
    async with cast_on(database_url) as cast:
        before = await state_of_both(cast)
        for field, of, wanted in (("uuid", "uuid", TAKEN), ("email", "email", ADDRESS_TAKEN)):
            first = None
            for other in ("mine", "sibling", "foreign", "gone", "lost"):
                named = cast.identities[other][of]
                named = named.partition("@")[0] if field == "email" else named
                answer = await cast.world.eve.post("/api/identities/", {"name": "new", field: named})
                first = first or (answer, named)
                if told(answer) != wanted or not same(answer, named, *first):
                    surprises.append(f"{field} of {other}: {answer.text[:300]}, and first {first[0].text[:300]}")
        for other in ("mine", "sibling", "foreign", "gone", "lost"):
            address = cast.identities[other]["email"]
            answer = await cast.world.agent.get(f"/api/email/check-availability/?email={address.partition('@')[0]}")
            said: dict[str, Any] = answer.json()
            if said != {"email": address, "available": False, "reason": "taken"}:
                surprises.append(f"{address}: {said}")
        surprises += changes(before, await state_of_both(cast))
    assert surprises == [], "\n" + "\n".join(surprises)
