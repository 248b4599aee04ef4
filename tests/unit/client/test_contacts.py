"""What callers see of contacts: which requests each method makes of what it is given."""

import pytest

from ravi import AsyncClient, errors
from tests.support.fake_servers import make_settings
from tests.support.mail_rows import UUID, contact

ONE = f"/api/contacts/{UUID}/"
BY_EMAIL = "/api/contacts/find/?email=bob%40shop.example"


def test_contacts_are_listed_searched_and_found(api, client_for) -> None:
    api.routes["GET", "/api/contacts/"] = lambda _: [contact()]
    api.routes["GET", "/api/contacts/search/?q=b%20%2B"] = lambda _: []
    api.routes["GET", f"{BY_EMAIL}&phone_number=%2B15550100123"] = contact()
    contacts = client_for(api.url).contacts

    assert contacts.list() == [contact()]
    assert contacts.search("b +") == []
    assert contacts.find(email="bob@shop.example", phone_number="+15550100123") == contact()


@pytest.mark.parametrize(
    ("ref", "asked"),
    [
        (UUID.upper(), ONE),
        ("bob@shop.example", BY_EMAIL),
        ("+15550100123", "/api/contacts/find/?phone_number=%2B15550100123"),
    ],
)
def test_one_is_named_by_uuid_address_or_number(api, client_for, ref: str, asked: str) -> None:
    api.routes["GET", asked] = contact()
    api.routes["PATCH", ONE] = contact(nickname="Bobby")
    api.routes["DELETE", ONE] = (204, None)
    contacts = client_for(api.url).contacts

    assert contacts.get(ref) == contact()
    assert contacts.update(ref, nickname="Bobby")["nickname"] == "Bobby"
    assert contacts.delete(ref) is None
    assert [each for each in api.seen() if each[0] != "GET"] == [("PATCH", ONE), ("DELETE", ONE)]


def test_only_what_is_given_is_written(api, client_for) -> None:
    api.routes["POST", "/api/contacts/"] = (201, contact())
    api.routes["PATCH", ONE] = contact()
    contacts = client_for(api.url).contacts

    contacts.create(email="bob@shop.example")
    contacts.create(phone_number="+15550100123", display_name="B", nickname="b", is_trusted=True)
    contacts.update(UUID, is_trusted=False, nickname="")

    assert [request.body for request in api.requests] == [
        {"email": "bob@shop.example"},
        {"phone_number": "+15550100123", "display_name": "B", "nickname": "b", "is_trusted": True},
        {"nickname": "", "is_trusted": False},
    ]
    assert all("idempotency-key" in request.headers for request in api.requests[:2])


def test_what_names_or_changes_nobody_is_not_sent(api, client_for) -> None:
    contacts = client_for(api.url).contacts

    for attempt in (
        lambda: contacts.get(""),
        lambda: contacts.get("find"),
        lambda: contacts.delete(".."),
        lambda: contacts.update("Bob", nickname="x"),
        lambda: contacts.update(UUID),
        lambda: contacts.find(),
        lambda: contacts.find(email=""),
        lambda: contacts.create(display_name="Bob"),
    ):
        with pytest.raises(errors.UsageError):
            attempt()
    assert api.requests == []


@pytest.mark.parametrize("wrong", [{"uuid": 1}, {"email": None}, {"display_name": []}], ids=str)
def test_what_is_no_contact_is_not_believed(api, client_for, wrong: dict) -> None:
    api.routes["GET", "/api/contacts/"] = lambda _: [contact(**wrong)]
    api.routes["GET", ONE] = contact(**wrong)
    contacts = client_for(api.url).contacts

    for attempt in (contacts.list, lambda: contacts.get(UUID)):
        with pytest.raises(errors.ServerNonsense):
            attempt()


async def test_the_asynchronous_client_does_the_same(api) -> None:
    api.routes["GET", BY_EMAIL] = contact()
    api.routes["DELETE", ONE] = (204, None)

    async with AsyncClient(make_settings(api.url)) as client:
        assert await client.contacts.get("bob@shop.example") == contact()
        assert await client.contacts.delete("bob@shop.example") is None
        with pytest.raises(errors.UsageError):
            await client.contacts.update(UUID)
