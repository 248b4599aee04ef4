"""Secrets in the library: what leaves this machine, and what is believed of what comes back."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from nacl.bindings import crypto_box_seal, crypto_box_seed_keypair

from ravi import AsyncClient, Client, errors
from ravi.client.keyring import IdentityVault
from ravi.client.secret_keys import fits, normalise
from ravi.crypto import legacy
from ravi.settings.resolve import Sourced
from ravi.wire import codes
from tests.support.fake_servers import ONE, Api, make_settings, problem
from tests.support.secret_rows import SecretRows
from tests.support.vault_rows import KEY, KEY_TEXT

TWO = "22222222-2222-4222-8222-222222222222"
ROWS = SecretRows(ONE)
row = ROWS.secret
ALL = ("GET", "/api/secrets/")


def unlocked(client: Any) -> Any:
    client.settings.vault_key = Sourced((KEY_TEXT, None), "RAVI_VAULT_KEY")
    return client


@pytest.fixture
def ravi(api: Api, client_for: Callable[..., Client]) -> Client:
    """A client that holds the key of the identity ONE."""
    return unlocked(client_for(api.url))


class TestNames:
    @pytest.mark.parametrize("name", ["API_KEY", "api_key", " Api_Key\n", "a", "A" * 128])
    def test_are_kept_in_upper_case(self, name: str) -> None:
        assert normalise(name) == name.strip().upper()
        assert fits(normalise(name))

    @pytest.mark.parametrize(
        "name",
        [
            "",
            " ",
            "1A",
            "_A",
            "A-B",
            "A B",
            "A=B",
            "A.B",
            "\u017fECRET",
            "\u0131D",
            "ß",
            "É",
            "A\n=B",
            "A\0",
            "A" * 129,
        ],
    )
    def test_that_environments_cannot_hold_are_refused_and_not_repeated(self, name: str) -> None:
        with pytest.raises(errors.UsageError) as caught:
            normalise(name)
        assert len(name) < 2 or name not in caught.value.message
        assert not fits(name)

    def test_in_lower_case_do_not_fit(self) -> None:
        assert not fits("api_key")


class TestSetting:
    def test_seals_for_the_name_in_upper_case_and_says_for_whom(self, ravi, api) -> None:
        api.routes["PUT", "/api/secrets/API_KEY/"] = lambda request: {**row("API_KEY", ""), **request.body}

        made = ravi.secrets.set("api_key", "s3cret", notes="from the shop")

        body = api.requests[0].body
        assert (ROWS.value_in("API_KEY", body), ROWS.value_in("API_KEY", body, "notes")) == ("s3cret", "from the shop")
        assert body.keys() == {"value", "notes", "sealed_for"}
        assert body["sealed_for"] == IdentityVault(ONE, KEY).sealed_for
        assert (made["key"], made["value"], made["notes"]) == ("API_KEY", "s3cret", "from the shop")

    def test_leaves_notes_that_are_not_given_as_they_are(self, ravi, api) -> None:
        api.routes["PUT", "/api/secrets/A/"] = lambda _: row("A", "new", notes="as before")

        assert ravi.secrets.set("A", "new")["notes"] == "as before"
        assert api.requests[0].body.keys() == {"value", "sealed_for"}

    @pytest.mark.parametrize("value", ["", "x" * 65536, "é\n\r\0\ufeff😀"])
    def test_takes_any_text_up_to_64_kib(self, ravi, api, value: str) -> None:
        api.routes["PUT", "/api/secrets/A/"] = lambda request: {**row("A", ""), **request.body}

        assert ravi.secrets.set("A", value)["value"] == value
        assert ROWS.value_in("A", api.requests[0].body) == value

    @pytest.mark.parametrize("text", ["x" * 65537, "é" * 32769, "hunter2\udcff"])
    def test_refuses_what_does_not_fit_before_anything_is_sent(self, ravi, api, text: str) -> None:
        for attempt in (
            lambda: ravi.secrets.set("A_NAME", text),
            lambda: ravi.secrets.set("A_NAME", "x", notes=text),
            lambda: ravi.secrets.set_many({"FINE": "x", "A_NAME": text}),
        ):
            with pytest.raises(errors.UsageError, match="A_NAME") as caught:
                attempt()
            assert "hunter2" not in caught.value.message
        assert api.requests == []

    def test_needs_the_key(self, api, client_for) -> None:
        with pytest.raises(errors.VaultLocked):
            client_for(api.url).secrets.set("A", "x")
        assert api.requests == []

    def test_many_is_one_request(self, ravi, api) -> None:
        api.routes["PUT", "/api/secrets/"] = lambda request: [row(item["key"], "") for item in request.body["secrets"]]

        assert ravi.secrets.set_many({"b": "two", "A": "one"}) == ["B", "A"]

        (request,) = api.requests
        sealed = {item["key"]: ROWS.value_in(item["key"], item) for item in request.body["secrets"]}
        assert sealed == {"B": "two", "A": "one"}

    def test_none_at_all_asks_nobody(self, ravi, api) -> None:
        assert ravi.secrets.set_many({}) == []
        assert api.requests == []

    def test_many_refuses_names_that_are_one_in_upper_case(self, ravi, api) -> None:
        with pytest.raises(errors.UsageError, match="twice"):
            ravi.secrets.set_many({"a": "one", "A": "two"})
        assert api.requests == []


class TestReading:
    def test_one_by_name_in_any_case(self, ravi, api) -> None:
        api.routes["GET", "/api/secrets/?key=A"] = lambda _: [row("A", "one", notes="n")]

        found = ravi.secrets.get("a")

        assert (found["value"], found["notes"]) == ("one", "n")

    def test_several_in_the_order_asked_for_in_one_request(self, ravi, api) -> None:
        api.routes["GET", "/api/secrets/?key=B&key=A"] = lambda _: [row("A", "one"), row("B", "two")]

        assert [each["value"] for each in ravi.secrets.get_many(["b", "A", "B"])] == ["two", "one", "two"]
        assert len(api.requests) == 1

    def test_none_asks_nobody_rather_than_for_everything(self, ravi, api) -> None:
        assert ravi.secrets.get_many([]) == []
        assert api.requests == []

    def test_names_all_that_are_missing(self, ravi, api) -> None:
        api.routes["GET", "/api/secrets/?key=A&key=B&key=C"] = lambda _: [row("B", "two")]

        with pytest.raises(errors.NotFound, match="A, C"):
            ravi.secrets.get_many(["A", "B", "C"])

    def test_a_filter_that_was_ignored_hands_out_nothing_else(self, ravi, api) -> None:
        api.routes["GET", "/api/secrets/?key=A"] = lambda _: [row("A", "one"), row("B", "two")]

        assert [each["key"] for each in ravi.secrets.get_many(["A"])] == ["A"]

    def test_all_opens_only_what_the_prefix_wants(self, ravi, api) -> None:
        api.routes[ALL] = lambda _: [row("DB_USER", "ada"), row("MAIL", "x", value="e2e2::damaged")]

        assert [each["value"] for each in ravi.secrets.all(prefix="db_")] == ["ada"]
        with pytest.raises(errors.VaultUnreadable, match="MAIL"):
            ravi.secrets.all()

    def test_nothing_needs_no_key(self, api, client_for) -> None:
        api.routes[ALL] = lambda _: []

        assert client_for(api.url).secrets.all() == []

    def test_something_needs_the_key(self, api, client_for) -> None:
        api.routes[ALL] = lambda _: [row("A", "one")]

        with pytest.raises(errors.VaultLocked):
            client_for(api.url).secrets.all()

    def test_a_list_asks_for_no_values_and_needs_no_key(self, api, client_for) -> None:
        api.routes["GET", "/api/secrets/?values=false"] = lambda _: [row("A", "one", value="e2e2::x", notes="e2e2::y")]

        (listed,) = client_for(api.url).secrets.list()

        assert (listed["key"], listed["value"], listed["notes"]) == ("A", "", "")

    @pytest.mark.parametrize(
        "rows",
        [
            [row("A", "one"), row("B", "two", identity_uuid=TWO)],
            [row("A", "one"), row("A", "two")],
            [row("A", "one", key="A=x\nPATH")],
            [row("A", "one", key="a")],
        ],
    )
    def test_what_the_server_cannot_mean_is_not_believed(self, ravi, api, rows) -> None:
        api.routes[ALL] = lambda _: rows

        with pytest.raises(errors.ServerNonsense):
            ravi.secrets.all()

    @pytest.mark.parametrize(
        "changes",
        [
            {"value": row("B", "two")["value"]},
            {"value": row("A", "one", notes="n")["notes"]},
            {"value": SecretRows(TWO).secret("A", "one")["value"]},
            {"value": "plain"},
            {"value": ""},
            {"notes": "plain"},
        ],
    )
    def test_a_value_from_another_place_does_not_open(self, ravi, api, changes: dict[str, str]) -> None:
        api.routes["GET", "/api/secrets/?key=A"] = lambda _: [{**row("A", "one"), **changes}]

        with pytest.raises(errors.VaultUnreadable):
            ravi.secrets.get("A")

    def test_the_old_format_opens_only_beside_the_old_key(self, ravi, api) -> None:
        seed = bytes(range(32))
        public, _ = crypto_box_seed_keypair(seed)
        old = legacy.PREFIX + base64.b64encode(crypto_box_seal(b"one", public)).decode()
        api.routes["GET", "/api/secrets/?key=A"] = lambda _: [row("A", "", value=old)]

        with pytest.raises(errors.VaultUnreadable):
            ravi.secrets.get("A")
        assert IdentityVault(ONE, KEY, seed).open("secret", "A", "value", old) == "one"


class TestDeleting:
    def test_takes_a_name_or_a_uuid(self, api, client_for) -> None:
        api.routes["DELETE", "/api/secrets/API_KEY/"] = (204, None)
        api.routes["DELETE", f"/api/secrets/{TWO}/"] = (204, None)
        secrets = client_for(api.url).secrets

        assert secrets.delete("api_key") is None
        assert secrets.delete(TWO.upper()) is None

    def test_what_is_not_there_is_an_error(self, api, client_for) -> None:
        api.routes["DELETE", "/api/secrets/A/"] = (404, problem(codes.NOT_FOUND, "no"))

        with pytest.raises(errors.NotFound):
            client_for(api.url).secrets.delete("A")


async def test_the_asyncio_client_does_the_same(api) -> None:
    api.routes["PUT", "/api/secrets/A/"] = lambda request: {**row("A", ""), **request.body}
    api.routes["PUT", "/api/secrets/"] = lambda _: [row("A", "")]
    api.routes["GET", "/api/secrets/?key=A"] = lambda _: [row("A", "one")]
    api.routes["GET", "/api/secrets/?values=false"] = lambda _: [row("A", "one")]
    api.routes[ALL] = lambda _: [row("A", "one")]
    api.routes["DELETE", "/api/secrets/A/"] = (204, None)

    async with unlocked(AsyncClient(make_settings(api.url))) as client:
        assert (await client.secrets.set("A", "one"))["value"] == "one"
        assert await client.secrets.set_many({"A": "one"}) == ["A"]
        assert (await client.secrets.get("A"))["value"] == "one"
        assert [each["value"] for each in await client.secrets.get_many(["A"])] == ["one"]
        assert [each["value"] for each in await client.secrets.all(prefix="a")] == ["one"]
        assert [each["value"] for each in await client.secrets.list()] == [""]
        assert await client.secrets.delete("A") is None
