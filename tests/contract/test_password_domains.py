"""Under which domain an entry is stored (contract: passwords; server rules)."""

import pytest

from tests.support.password_entries import PASSWORDS, entry, made, path
from tests.support.sealed import (
    sealed,
)
from tests.support.world import World


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("https://mail.google.com/inbox", "google.com"),
        ("HTTP://User:pw@WWW.Example.CO.UK:8080/x?y#z", "example.co.uk"),
        ("alice.github.io", "alice.github.io"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("http://[2001:DB8::1]:8443/", "2001:db8::1"),
        ("192.0.2.7", "192.0.2.7"),
        ("localhost:3000", "localhost"),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_without_a_site_the_domain_is_reduced(world: World, sent: str, stored: str) -> None:
    row = await made(world.agent, domain=sent, site="")
    assert row["domain"] == stored
    changed = await world.agent.send("PATCH", path(row), {"domain": "https://www.example.org/"})
    assert changed.json()["domain"] == "example.org"


async def test_with_a_site_the_domain_is_stored_as_it_was_sealed_or_not_at_all(world: World) -> None:
    row = await made(world.agent, domain="mail.google.com")
    assert row["domain"] == "mail.google.com", "the client's list of suffixes decides, not ours"

    for domain in ("https://google.com/", "Google.com", "google.com:443", "google.com.", "bücher.example"):
        created = await world.agent.post(PASSWORDS, entry(domain=domain))
        changed = await world.agent.send("PATCH", path(row), {"domain": domain, "site": sealed()})
        for answer in (created, changed):
            assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, ["domain"]), domain
    assert (await world.agent.get(path(row))).json() == row


async def test_a_domain_that_is_sealed_is_not_changed_without_its_seal(world: World) -> None:
    row = await made(world.agent)
    refused = await world.agent.send("PATCH", path(row), {"domain": "other.example"})
    assert (refused.status_code, list(refused.json()["error"]["details"])) == (422, ["site"])
    assert (await world.agent.get(path(row))).json() == row

    same = await world.agent.send("PATCH", path(row), {"domain": "https://www.example.com/"})
    assert same.json()["domain"] == "example.com"
    site = sealed()
    moved = await world.agent.send("PATCH", path(row), {"domain": "other.example", "site": site})
    assert (moved.json()["domain"], moved.json()["site"]) == ("other.example", site)


@pytest.mark.parametrize("domain", ["", "no spaces", "https://", "a..b", "1.2.3", "e2e2::" + "QUJD" * 20])
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_what_is_no_host_is_refused(world: World, domain: str) -> None:
    row = await made(world.agent, site="")
    answers = [
        await world.agent.post(PASSWORDS, entry(domain=domain)),
        await world.agent.post(PASSWORDS, entry(domain=domain, site="")),
        await world.agent.send("PATCH", path(row), {"domain": domain}),
    ]
    for answer in answers:
        assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, ["domain"])


async def test_a_new_entry_needs_a_domain(world: World) -> None:
    body = entry()
    del body["domain"]
    answer = await world.agent.post(PASSWORDS, body)
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, ["domain"])
