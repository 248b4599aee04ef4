"""One-time codes: made here from sealed seeds, for the entry that was asked for and no other."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from ravi import AsyncClient, Client, errors
from ravi.client.one_time_codes import code_at, read_seed, start_of_lasting_code
from ravi.crypto.totp import Seed
from ravi.settings.resolve import Sourced
from ravi.wire import codes
from tests.support.fake_servers import ONE, Api, make_settings, problem
from tests.support.vault_rows import BASE_32, ENTRY, KEY_TEXT, OTHER_ENTRY, Rows, merged

ROWS = Rows(ONE)
row = ROWS.totp
PATH = f"/api/mfa/{ENTRY}/"
BY_NAME = "/api/mfa/?name=github"

#: RFC 6238 appendix B: the seed of each algorithm, and its codes at these times.
RFC_SEEDS = {name: (b"1234567890" * 7)[:size] for name, size in (("SHA1", 20), ("SHA256", 32), ("SHA512", 64))}
RFC_CODES = {
    59: ("94287082", "46119246", "90693936"),
    1111111109: ("07081804", "68084774", "25091201"),
    1111111111: ("14050471", "67062674", "99943326"),
    1234567890: ("89005924", "91819424", "93441116"),
    2000000000: ("69279037", "90698825", "38618901"),
    20000000000: ("65353130", "77737706", "47863826"),
}


def opened(entry: dict[str, Any], name: str) -> str:
    return ROWS.opened("totp", entry, name)


def stored(request: Any) -> tuple[int, dict[str, Any]]:
    """What the server answers to a creation."""
    return 201, merged(row(), request)


@pytest.fixture
def ravi(api: Api, client_for: Callable[..., Client]) -> Client:
    """A client that holds the key of the identity ONE."""
    return unlocked(client_for(api.url))


def unlocked(client: Any) -> Any:
    client.settings.vault_key = Sourced((KEY_TEXT, None), "RAVI_VAULT_KEY")
    return client


class TestAdding:
    def test_seals_the_seed_together_with_the_name(self, api, ravi) -> None:
        api.routes["POST", "/api/mfa/"] = stored

        entry = ravi.totp.add(" git hub/2 ", "jbsw y3dp-ehpk 3pxp", username="ada")

        body = api.requests[0].body
        assert body["service_name"] == entry["service_name"] == "git hub/2"
        assert opened(body, "secret") == entry["secret"]
        assert entry["secret"] == f"otpauth://totp/git%20hub%2F2?secret={BASE_32}&algorithm=SHA1&digits=6&period=30"
        assert (opened(body, "username"), body["sealed_for"]) == ("ada", ROWS.vault.sealed_for)
        assert BASE_32 not in json.dumps(body)
        assert len(api.requests[0].headers["idempotency-key"]) == 32

    def test_takes_everything_from_a_uri(self, api, ravi) -> None:
        api.routes["POST", "/api/mfa/"] = stored
        uri = f"otpauth://totp/Git%20Hub:ada%40x?secret={BASE_32}&issuer=Git%20Hub&digits=8&period=60&algorithm=SHA256"

        entry = ravi.totp.add("github", uri)

        assert entry["username"] == "ada@x"
        assert entry["secret"] == f"otpauth://totp/github?secret={BASE_32}&algorithm=SHA256&digits=8&period=60"

    def test_a_username_that_is_given_beats_the_uris(self, api, ravi) -> None:
        api.routes["POST", "/api/mfa/"] = stored

        assert ravi.totp.add("github", f"otpauth://totp/x:ada?secret={BASE_32}", username="")["username"] == ""

    def test_a_name_that_is_taken_is_refused_unless_its_seed_is_to_be_replaced(self, api, ravi) -> None:
        api.routes["POST", "/api/mfa/"] = (409, problem(codes.VAULT_ENTRY_EXISTS, "taken"))
        api.routes["GET", f"{BY_NAME}&values=false"] = lambda _: [row()]
        api.routes["PATCH", PATH] = lambda request: {**row(), "secret": request.body["secret"]}

        with pytest.raises(errors.EntryExists):
            ravi.totp.add("github", BASE_32)
        assert "secret=ORSXG5A&" in ravi.totp.add("github", "ORSXG5A=", replace=True)["secret"]

        assert set(api.requests[-1].body) == {"secret", "sealed_for"}
        ravi.totp.add("github", BASE_32, username="grace", replace=True)
        assert opened({**row(), **api.requests[-1].body}, "username") == "grace"

    def test_replacing_what_is_not_there_adds_it(self, api, ravi) -> None:
        api.routes["GET", f"{BY_NAME}&values=false"] = lambda _: []
        api.routes["POST", "/api/mfa/"] = stored

        assert ravi.totp.add("github", BASE_32, replace=True)["service_name"] == "github"

    @pytest.mark.parametrize(
        ("name", "secret", "more", "words"),
        [
            ("", BASE_32, {}, "name is empty"),
            ("x" * 129, BASE_32, {}, "longer than 128"),
            ("a\nb", BASE_32, {}, "cannot be printed"),
            (ENTRY, BASE_32, {}, "uuid cannot be a name"),
            ("x", "", {}, "empty"),
            ("x", "no base 32!", {}, "base 32"),
            ("x", BASE_32, {"digits": 9}, "digits"),
            ("x", BASE_32, {"period": 0}, "period"),
            ("x", BASE_32, {"algorithm": "MD5"}, "algorithm"),
            ("x", f"otpauth://totp/x?secret={BASE_32}", {"digits": 8}, "in the URI itself"),
            ("x", f"otpauth://hotp/x?secret={BASE_32}&counter=1", {}, "HOTP"),
            ("x", f"OTPAUTH://HOTP/x?secret={BASE_32}", {}, "HOTP"),
            ("x", f"otpauth://steam/x?secret={BASE_32}", {}, "Steam"),
            ("x", f"steam://{BASE_32}", {}, "Steam"),
            ("x", "otpauth-migration://offline?data=AAAA", {}, "export of many"),
            ("x", f"https://example.com/?secret={BASE_32}", {}, "not an otpauth"),
            ("x", "A" * 65537, {}, "64 KiB"),
        ],
    )
    def test_refuses_what_makes_no_codes_without_repeating_the_secret(
        self, api, ravi, name, secret, more, words
    ) -> None:
        with pytest.raises(errors.UsageError, match=words) as caught:
            ravi.totp.add(name, secret, **more)
        assert api.requests == []
        assert BASE_32 not in str(caught.value)

    def test_takes_secrets_as_short_as_sites_make_them(self, api, ravi) -> None:
        api.routes["POST", "/api/mfa/"] = stored

        assert ravi.totp.add("x", "GEZDGNBVGY3TQOJQ")["service_name"] == "x"  # 80 bits
        assert ravi.totp.add("x", "ME")["service_name"] == "x"


class TestCodes:
    @pytest.mark.parametrize("at", RFC_CODES)
    def test_are_those_of_rfc_6238(self, api, ravi, at) -> None:
        found = []
        for algorithm, secret in RFC_SEEDS.items():
            uri = Seed(secret, algorithm=algorithm, digits=8).uri("github")
            api.routes["GET", BY_NAME] = lambda _, uri=uri: [row(uri)]
            found.append(ravi.totp.code("github", at=at)["code"])

        assert tuple(found) == RFC_CODES[at]

    def test_say_how_long_they_are_good_for(self, api, ravi) -> None:
        api.routes["GET", PATH] = row()

        assert ravi.totp.code(ENTRY.upper(), at=59.5) == {
            "code": Seed(base64.b32decode(BASE_32)).code(59),
            "name": "github",
            "seconds_remaining": 0,
            "expires_dt": "1970-01-01T00:01:00Z",
        }

    def test_are_the_next_ones_where_the_present_one_ends_too_soon(self, api, ravi) -> None:
        api.routes["GET", PATH] = row()

        assert [ravi.totp.code(ENTRY, at=at, min_remaining=5)["expires_dt"] for at in (55, 55.1)] == [
            "1970-01-01T00:01:00Z",
            "1970-01-01T00:01:30Z",
        ]
        with pytest.raises(errors.UsageError, match="30 seconds at most"):
            ravi.totp.code(ENTRY, min_remaining=30)

    def test_are_waited_for(self, api, ravi) -> None:
        seed = Seed(b"secret", period=1)
        api.routes["GET", PATH] = row(seed.uri("github"))
        before = time.time()

        found = ravi.totp.code(ENTRY, min_remaining=0.99)

        valid = {seed.code(second) for second in range(int(before), int(time.time()) + 1)}
        assert found["code"] in valid

    def test_come_from_the_entry_of_that_name_alone(self, api, ravi) -> None:
        api.routes["GET", BY_NAME] = [[row(name="gitlab")], [row(), row(entry=OTHER_ENTRY)], []]

        with pytest.raises(errors.NotFound):
            ravi.totp.code("github")
        with pytest.raises(errors.ServerNonsense):
            ravi.totp.code("github")
        with pytest.raises(errors.NotFound):
            ravi.totp.code("github")

    @pytest.mark.parametrize(
        "served",
        [
            pytest.param({**row(name="gitlab"), "service_name": "github"}, id="relabelled"),
            pytest.param({**row(), "secret": row(entry=OTHER_ENTRY)["secret"]}, id="another-entrys-seed"),
            pytest.param({**row(), "secret": row()["username"]}, id="another-fields-text"),
            pytest.param({**row(), "secret": BASE_32}, id="readable"),
            pytest.param(row(uri="hello"), id="no-uri"),
        ],
    )
    def test_are_never_made_of_what_was_not_sealed_for_this_entry(self, api, ravi, served) -> None:
        api.routes["GET", PATH] = served
        api.routes["GET", BY_NAME] = lambda _: [served]

        for ref in (ENTRY, "github"):
            with pytest.raises(errors.VaultUnreadable) as caught:
                ravi.totp.code(ref)
            assert BASE_32 not in str(caught.value)

    def test_need_a_key(self, api, client_for) -> None:
        api.routes["GET", PATH] = row()

        with pytest.raises(errors.VaultLocked):
            client_for(api.url).totp.code(ENTRY)


class TestListingAndDeleting:
    def test_need_no_key_and_read_no_seed(self, api, client_for) -> None:
        api.routes["GET", "/api/mfa/?values=false"] = lambda _: [row()]
        api.routes["GET", f"{BY_NAME}&values=false"] = lambda _: [row()]
        api.routes["DELETE", PATH] = (204, None)
        totp = client_for(api.url).totp

        assert [(entry["service_name"], entry["secret"], entry["username"]) for entry in totp.list()] == [
            ("github", "", "")
        ]
        totp.delete("github")
        totp.delete(ENTRY.upper())

        assert [method for method, _ in api.seen()] == ["GET", "GET", "DELETE", "DELETE"]

    def test_deleting_what_is_not_there_says_so(self, api, client_for) -> None:
        api.routes["GET", f"{BY_NAME}&values=false"] = lambda _: []

        with pytest.raises(errors.NotFound, match="github"):
            client_for(api.url).totp.delete("github")


def test_a_lasting_code_starts_now_or_with_the_next_period() -> None:
    seed = Seed(b"x", period=30)

    assert start_of_lasting_code(seed, 30, 29) == 30
    assert start_of_lasting_code(seed, 58, 2) == 58
    assert start_of_lasting_code(seed, 58.5, 2) == 60
    for wanted in (-1, 30, 31):
        with pytest.raises(errors.UsageError):
            start_of_lasting_code(seed, 0, wanted)


def test_a_code_at_the_very_start_of_a_period_is_good_for_all_of_it() -> None:
    _, seed = read_seed(BASE_32, period=60)

    assert code_at("x", seed, 120)["seconds_remaining"] == 60


async def test_the_asynchronous_noun_does_the_same(api) -> None:
    api.routes["POST", "/api/mfa/"] = stored
    api.routes["GET", BY_NAME] = lambda _: [row()]
    api.routes["GET", "/api/mfa/?values=false"] = lambda _: [row()]
    api.routes["DELETE", PATH] = (204, None)

    async with unlocked(AsyncClient(make_settings(api.url))) as ravi:
        assert (await ravi.totp.add("github", BASE_32))["service_name"] == "github"
        assert (await ravi.totp.get("github"))["username"] == "ada"
        assert (await ravi.totp.code("github", at=59))["code"] == Seed(base64.b32decode(BASE_32)).code(59)
        assert [entry["service_name"] for entry in await ravi.totp.list()] == ["github"]
        assert await ravi.totp.delete(ENTRY) is None
