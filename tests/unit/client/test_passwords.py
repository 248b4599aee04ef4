"""Passwords of sites: what leaves this machine, what is believed of what comes back, and changes that meet."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nacl.bindings import crypto_box_seal, crypto_box_seed_keypair

from ravi import AsyncClient, Client, errors
from ravi.crypto import legacy
from ravi.settings.resolve import Sourced
from ravi.wire import codes
from tests.support.fake_servers import ONE, Api, make_settings, problem
from tests.support.vault_rows import ENTRY, KEY_TEXT, OTHER_ENTRY, Rows, merged

ROWS = Rows(ONE)
PATH = f"/api/passwords/{ENTRY}/"
row = ROWS.password


def opened(entry: dict[str, Any], name: str) -> str:
    return ROWS.opened("password", entry, name)


def stored(request: Any) -> tuple[int, dict[str, Any]]:
    """What the server answers to a creation."""
    return 201, merged(row(), request)


class Changing:
    """An entry at a server: takes changes made for its present revision, after others (in *meanwhile*) made theirs."""

    def __init__(self, entry: dict[str, Any], *meanwhile: dict[str, Any]) -> None:
        self.entry = entry
        self._meanwhile = list(meanwhile)

    def get(self, _: Any) -> dict[str, Any]:
        return self.entry

    def patch(self, request: Any) -> Any:
        if self._meanwhile:
            self.entry = {**self.entry, **self._meanwhile.pop(0), "revision": self.entry["revision"] + 1}
        if request.body["revision"] != self.entry["revision"]:
            return 409, problem(codes.VAULT_CHANGED, "this entry was changed by somebody else in between")
        self.entry = {**merged(self.entry, request), "revision": self.entry["revision"] + 1}
        return self.entry


@pytest.fixture
def ravi(api: Api, client_for: Callable[..., Client]) -> Client:
    """A client that holds the key of the identity ONE."""
    return unlocked(client_for(api.url))


def unlocked(client: Any) -> Any:
    client.settings.vault_key = Sourced((KEY_TEXT, None), "RAVI_VAULT_KEY")
    return client


@pytest.fixture
def changing(api: Api) -> Callable[..., Changing]:
    def make(entry: dict[str, Any], *meanwhile: dict[str, Any]) -> Changing:
        state = Changing(entry, *meanwhile)
        api.routes["GET", PATH] = state.get
        api.routes["PATCH", PATH] = state.patch
        return state

    return make


class TestCreating:
    def test_seals_every_text_for_its_field_of_this_one_entry(self, api, ravi) -> None:
        api.routes["POST", "/api/passwords/"] = stored

        made = ravi.passwords.create(
            "https://mail.example.com/inbox", username="ada", password="correct horse", notes="spare"
        )

        body = api.requests[0].body
        assert {name: opened(body, name) for name in ("username", "password", "notes", "site")} == {
            "username": "ada",
            "password": "correct horse",
            "notes": "spare",
            "site": "example.com",
        }
        assert body["domain"] == "example.com"
        assert body["sealed_for"] == ROWS.vault.sealed_for
        assert not any(word in json.dumps(body) for word in ("correct horse", "spare", "mail"))
        assert (made["uuid"], made["password"]) == (body["uuid"], "correct horse")
        assert len(api.requests[0].headers["idempotency-key"]) == 32

    def test_chooses_another_uuid_and_password_every_time(self, api, ravi) -> None:
        api.routes["POST", "/api/passwords/"] = stored

        made = [ravi.passwords.create("example.com", username="ada") for _ in range(5)]

        assert len({entry["uuid"] for entry in made}) == 5
        assert len({entry["password"] for entry in made}) == 5
        assert {len(entry["password"]) for entry in made} == {16}

    @pytest.mark.parametrize(("inboxes", "username"), [([{"email": "a@in.example"}], "a@in.example"), ([], "")])
    def test_uses_the_identitys_address_as_username_if_it_has_one(self, api, ravi, inboxes, username) -> None:
        api.routes["GET", "/api/email/"] = lambda _: inboxes
        api.routes["POST", "/api/passwords/"] = stored

        assert ravi.passwords.create("example.com")["username"] == username

    def test_takes_no_address_from_a_server_that_names_several(self, api, ravi) -> None:
        api.routes["GET", "/api/email/"] = lambda _: [{"email": "a@in.example"}, {"email": "b@in.example"}]

        with pytest.raises(errors.ServerNonsense):
            ravi.passwords.create("example.com")

    @pytest.mark.parametrize(
        ("domain", "texts"),
        [
            ("not a host", {}),
            ("example.com", {"password": "x" * 65537}),
            ("example.com", {"notes": "ä" * 32769}),
            ("example.com", {"username": "\udc80"}),
        ],
    )
    def test_refuses_what_cannot_be_stored_before_anything_is_sent(self, api, ravi, domain, texts) -> None:
        with pytest.raises(errors.UsageError):
            ravi.passwords.create(domain, **texts)
        assert api.requests == []

    def test_needs_a_key_before_anything_is_sent(self, api, client_for) -> None:
        with pytest.raises(errors.VaultLocked):
            client_for(api.url).passwords.create("example.com")
        assert api.requests == []


class TestReading:
    def test_finds_an_entry_by_its_uuid_in_any_case(self, api, ravi) -> None:
        api.routes["GET", PATH] = row()

        entry = ravi.passwords.get(ENTRY.upper())

        assert (entry["username"], entry["password"], entry["site"]) == ("ada", "hunter2", "example.com")

    def test_finds_an_entry_by_any_host_or_url_of_its_site(self, api, ravi) -> None:
        api.routes["GET", "/api/passwords/?domain=example.com"] = lambda _: [row()]

        for given in ("example.com", "WWW.Example.com.", "https://mail.example.com:8443/inbox?x=1"):
            assert ravi.passwords.get(given)["password"] == "hunter2"

    @pytest.mark.parametrize(
        "served",
        [
            pytest.param({**row(domain="evil.example"), "domain": "example.com"}, id="relabelled"),
            pytest.param({**row(), "password": row(OTHER_ENTRY)["password"]}, id="another-entrys-password"),
            pytest.param({**row(), "password": row()["username"]}, id="another-fields-text"),
            pytest.param({**row(), "password": "hunter2"}, id="readable"),
            pytest.param({**row(), "password": ""}, id="taken-away"),
            pytest.param({**row(), "password": "e2e::" + base64.b64encode(bytes(60)).decode()}, id="old-format"),
        ],
    )
    def test_shows_nothing_that_was_not_sealed_for_this_place(self, api, ravi, served) -> None:
        api.routes["GET", PATH] = served
        api.routes["GET", "/api/passwords/?domain=example.com"] = lambda _: [served]

        for ref in (ENTRY, "example.com"):
            with pytest.raises(errors.VaultUnreadable) as caught:
                ravi.passwords.get(ref)
            assert "hunter2" not in str(caught.value)

    def test_does_not_take_the_server_s_word_for_the_site(self, api, ravi) -> None:
        api.routes["GET", PATH] = {**row(), "site": ""}

        with pytest.raises(errors.VaultUnreadable, match="the server's word alone") as refused:
            ravi.passwords.get(ENTRY)

        assert f"ravi passwords update {ENTRY} --domain example.com" in refused.value.hint

    def test_believes_no_entry_of_another_site_or_identity(self, api, ravi) -> None:
        api.routes["GET", "/api/passwords/?domain=example.com"] = lambda _: [row(domain="evil.example")]
        api.routes["GET", PATH] = {**row(), "identity_uuid": OTHER_ENTRY}

        with pytest.raises(errors.NotFound):
            ravi.passwords.get("example.com")
        with pytest.raises(errors.ServerNonsense):
            ravi.passwords.get(ENTRY)

    def test_names_all_entries_of_a_site_that_has_several(self, api, ravi) -> None:
        rows = [row(), row(OTHER_ENTRY, username="grace")]
        api.routes["GET", "/api/passwords/?domain=example.com"] = lambda _: rows

        with pytest.raises(errors.EntryAmbiguous, match=f"{ENTRY} .ada., {OTHER_ENTRY} .grace.") as caught:
            ravi.passwords.get("example.com")

        assert caught.value.details == [
            {"uuid": ENTRY, "domain": "example.com", "username": "ada"},
            {"uuid": OTHER_ENTRY, "domain": "example.com", "username": "grace"},
        ]

    def test_finds_or_not(self, api, ravi) -> None:
        api.routes["GET", "/api/passwords/?domain=example.com"] = lambda _: [row()]
        api.routes["GET", "/api/passwords/?domain=example.org"] = lambda _: []
        api.routes["GET", "/api/passwords/?domain=example.net"] = (404, problem(codes.IDENTITY_DELETED, "gone"))

        found = ravi.passwords.find("example.com")
        assert found is not None
        assert found["password"] == "hunter2"
        assert ravi.passwords.find("example.org") is None
        assert ravi.passwords.find(ENTRY) is None
        with pytest.raises(errors.IdentityDeleted):
            ravi.passwords.find("example.net")

    def test_a_list_has_usernames_and_no_value_even_if_the_server_sends_them(self, api, ravi) -> None:
        api.routes["GET", "/api/passwords/?values=false"] = lambda _: [row(), row(OTHER_ENTRY, "example.org")]

        found = ravi.passwords.list()

        assert [(entry["domain"], entry["username"]) for entry in found] == [
            ("example.com", "ada"),
            ("example.org", "ada"),
        ]
        assert {entry[name] for entry in found for name in ("password", "notes", "site")} == {""}

    def test_a_list_without_usernames_and_an_empty_list_need_no_key(self, api, client_for) -> None:
        api.routes["GET", "/api/passwords/?values=false"] = [[row()], []]
        passwords = client_for(api.url).passwords

        assert [entry["username"] for entry in passwords.list(usernames=False)] == [""]
        assert passwords.list() == []

    def test_a_history_opens_newest_first(self, api, ravi) -> None:
        versions = [
            {**row(password=text), "replaced_dt": f"2026-01-0{n}T00:00:00Z"} for n, text in ((2, "b"), (1, "a"))
        ]
        api.routes["GET", f"{PATH}history/"] = lambda _: versions

        found = ravi.passwords.history(ENTRY)

        assert [(version["password"], version["username"]) for version in found] == [("b", "ada"), ("a", "ada")]


class TestAnAccountThatIsNotUpgraded:
    """What the published client v0.5.2 wrote: sealed boxes, no site, and nothing for an empty text."""

    SEED = bytes(32)

    @pytest.fixture
    def ravi(self, api: Api, client_for: Callable[..., Client], tmp_path: Path) -> Client:
        auth = tmp_path / "auth.json"
        root = base64.b64encode(legacy.root_key(self.SEED)).decode()
        auth.write_text(json.dumps({"root_key": root, "legacy_key": base64.b64encode(self.SEED).decode()}))
        auth.chmod(0o600)
        return client_for(api.url, refresh="r", path=str(auth))

    def old(self, text: str) -> str:
        public, _ = crypto_box_seed_keypair(self.SEED)
        return legacy.PREFIX + base64.b64encode(crypto_box_seal(text.encode(), public)).decode()

    def test_opens_old_entries_and_writes_new_fields(self, ravi, changing) -> None:
        state = changing({**row(), "username": self.old("ada"), "password": self.old("old"), "notes": "", "site": ""})

        entry = ravi.passwords.get(ENTRY)
        assert (entry["username"], entry["password"], entry["notes"], entry["site"]) == ("ada", "old", "", "")

        assert ravi.passwords.update(ENTRY, domain="example.com", password="new")["username"] == "ada"
        assert state.entry["username"].startswith("e2e::")
        assert [state.entry[name][:6] for name in ("password", "site")] == ["e2e2::"] * 2
        assert (ravi.passwords.get(ENTRY)["password"], ravi.passwords.get(ENTRY)["site"]) == ("new", "example.com")


class TestChanging:
    def test_sends_what_changes_and_nothing_else(self, api, ravi, changing) -> None:
        state = changing(row())

        entry = ravi.passwords.update(ENTRY, password="new")

        body = api.requests[-1].body
        assert set(body) == {"password", "revision", "sealed_for"}
        assert opened(state.entry, "password") == entry["password"] == "new"
        assert (entry["username"], entry["revision"]) == ("ada", 2)

        api.routes["GET", "/api/passwords/?domain=example.com"] = lambda _: [state.entry]
        ravi.passwords.update("example.com", password="newer")
        assert set(api.requests[-1].body) == {"password", "revision", "sealed_for"}

    def test_moves_an_entry_to_another_site_with_its_seal(self, ravi, changing) -> None:
        state = changing(row())

        entry = ravi.passwords.update(ENTRY, domain="https://www.example.org/")

        assert entry["domain"] == state.entry["domain"] == opened(state.entry, "site") == "example.org"

    def test_seals_a_missing_site_only_where_the_caller_vouches_for_it(self, api, ravi, changing) -> None:
        state = changing({**row(), "site": ""})
        api.routes["GET", "/api/passwords/?domain=example.com"] = lambda _: [state.entry]

        for ref, change in ((ENTRY, {"password": "x"}), ("example.com", {"notes": "x"})):
            with pytest.raises(errors.VaultUnreadable):
                ravi.passwords.update(ref, **change)
        assert state.entry["site"] == ""
        assert ravi.passwords.update("example.com", password="x")["site"] == "example.com"
        assert opened(state.entry, "site") == "example.com"

        state.entry["site"] = ""
        assert ravi.passwords.update(ENTRY, domain="example.com")["site"] == "example.com"

    def test_can_empty_a_text(self, ravi, changing) -> None:
        state = changing(row(notes="old"))

        assert ravi.passwords.update(ENTRY, notes="")["notes"] == ""
        assert opened(state.entry, "notes") == ""

    def test_keeps_what_somebody_else_changed_elsewhere_in_the_entry(self, ravi, changing) -> None:
        state = changing(row(), {"username": row(username="grace")["username"]}, {"notes": row(notes="n")["notes"]})

        entry = ravi.passwords.update(ENTRY, password="new")

        assert (entry["username"], entry["notes"], entry["password"]) == ("grace", "n", "new")
        assert opened(state.entry, "password") == "new"

    def test_does_not_overwrite_what_somebody_else_put_there_in_between(self, ravi, changing) -> None:
        state = changing(row(), {"password": row(password="theirs")["password"]})

        with pytest.raises(errors.VaultChanged):
            ravi.passwords.update(ENTRY, password="mine")

        assert opened(state.entry, "password") == "theirs"

    def test_gives_up_on_an_entry_that_never_stands_still(self, api, ravi, changing) -> None:
        changing(row(), *({"notes": row(notes=str(n))["notes"]} for n in range(50)))

        with pytest.raises(errors.VaultChanged):
            ravi.passwords.update(ENTRY, password="new")

        assert [method for method, _ in api.seen()].count("PATCH") == 6

    def test_never_puts_a_new_password_under_a_label_that_was_swapped(self, api, ravi) -> None:
        api.routes["GET", "/api/passwords/?domain=example.com"] = lambda _: [
            {**row(domain="evil.example"), "domain": "example.com"}
        ]

        with pytest.raises(errors.VaultUnreadable):
            ravi.passwords.update("example.com", password="new")
        assert len(api.requests) == 1

    def test_mends_a_password_that_does_not_open(self, ravi, changing) -> None:
        changing({**row(), "password": "damaged"})

        assert ravi.passwords.update(ENTRY, password="new")["password"] == "new"

    def test_needs_something_to_change(self, api, ravi) -> None:
        with pytest.raises(errors.UsageError, match="no fields specified to update"):
            ravi.passwords.update(ENTRY)
        assert api.requests == []


class TestDeleting:
    def test_needs_no_key(self, api, client_for) -> None:
        api.routes["GET", "/api/passwords/?domain=example.com&values=false"] = lambda _: [row()]
        api.routes["DELETE", PATH] = (204, None)
        passwords = client_for(api.url).passwords

        passwords.delete("www.example.com")
        passwords.delete(ENTRY)

        assert [method for method, _ in api.seen()] == ["GET", "DELETE", "DELETE"]

    def test_never_guesses_which_of_several_is_meant(self, api, client_for) -> None:
        api.routes["GET", "/api/passwords/?domain=example.com&values=false"] = lambda _: [row(), row(OTHER_ENTRY)]

        with pytest.raises(errors.EntryAmbiguous) as caught:
            client_for(api.url).passwords.delete("example.com")

        assert [each["username"] for each in caught.value.details] == [None, None]
        assert len(api.requests) == 1


async def test_the_asynchronous_noun_does_the_same(api, changing) -> None:
    api.routes["POST", "/api/passwords/"] = stored
    api.routes["GET", "/api/passwords/?values=false"] = lambda _: [row()]
    api.routes["GET", f"{PATH}history/"] = lambda _: [{**row(), "replaced_dt": "2026-01-01T00:00:00Z"}]
    api.routes["DELETE", PATH] = (204, None)
    changing(row())

    async with unlocked(AsyncClient(make_settings(api.url))) as ravi:
        assert (await ravi.passwords.create("example.com", username="ada", password="p"))["password"] == "p"
        assert (await ravi.passwords.get(ENTRY))["password"] == "hunter2"
        assert (await ravi.passwords.find(ENTRY))["username"] == "ada"
        assert [entry["username"] for entry in await ravi.passwords.list()] == ["ada"]
        assert (await ravi.passwords.update(ENTRY, password="new"))["password"] == "new"
        assert [version["password"] for version in await ravi.passwords.history(ENTRY)] == ["hunter2"]
        assert await ravi.passwords.delete(ENTRY) is None
