"""An address that is signed is good for what it names, and for as long as it says: changed in anything, for nothing."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from tests.contract.matrix.answers import same, told
from tests.contract.matrix.cast import NOWHERE, Cast, cast_on, ok
from tests.contract.matrix.references import FORBIDDEN
from tests.contract.matrix.state import changes, state_of_both

FILES = "/api/email-attachments/"
VERBS = ("download", "upload")
OPPOSITE = "for the opposite"
OWNERS = ("mine", "sibling", "foreign")


async def signed(cast: Cast, name: str, verb: str) -> str:
    """An address that *name*'s own key was given: to download its attachment, or to upload a file."""
    actor = cast.world.with_token(cast.identities[name]["api_key"])
    if verb == "upload":
        body = {"filename": "a.txt", "content_type": "text/plain", "size": 3}
        address = ok(await actor.post(f"{FILES}presign/", body))["upload_url"]
    else:
        message = ok(await actor.get(f"/api/email-messages/{cast.things[name]['message'][0]}/"))
        address = message["attachments"][0]["download_url"]
    return str(address.removeprefix("http://ravi.test"))


async def use(cast: Cast, address: str, verb: str, token: str | None = None) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if verb == "download":
        return await cast.world.client.get(address, headers=headers)
    headers["content-type"] = "text/plain"
    return await cast.world.client.put(address, content=b"new", headers=headers)


def changed(address: str, other: str, things: dict[str, Any]) -> dict[str, str]:
    """*address* with each of its parts exchanged for that of *other*, or for what anybody could write there."""
    path, query = urlsplit(address).path, dict(parse_qsl(urlsplit(address).query))
    others = dict(parse_qsl(urlsplit(other).query))
    found = {
        f"{name} of another": f"{path}?{urlencode(query | {name: others[name]})}"
        for name in ("by", "signature")
        if query[name] != others[name]
    }
    found |= {
        "all of another": f"{path}?{urlencode(others)}",
        "path of another": f"{urlsplit(other).path}?{urlencode(query)}",
        "path of nobody": f"{path.replace(path.split('/')[3], NOWHERE)}?{urlencode(query)}",
        "later": f"{path}?{urlencode(query | {'expires': int(query['expires']) + 1})}",
        "account alone": f"{path}?{urlencode(query | {'by': query['by'].replace('.', '.0', 1)})}",
        "no signature": f"{path}?{urlencode({name: query[name] for name in ('by', 'expires')})}",
        "empty signature": f"{path}?{urlencode(query | {'signature': ''})}",
        "nothing": path,
    }
    for kind in ("attachment", "upload"):
        found[f"path of another's {kind}"] = f"{path.replace(path.split('/')[3], things[kind][0])}?{urlencode(query)}"
    here, there = VERBS if path.endswith(f"{VERBS[0]}/") else VERBS[::-1]
    return found | {OPPOSITE: f"{path.replace(f'/{here}/', f'/{there}/')}?{urlencode(query)}"}


async def test_a_signed_address_is_good_for_nothing_else(database_url: str) -> None:
    surprises = []
    async with cast_on(database_url) as cast:
        for verb in VERBS:
            addresses = {name: await signed(cast, name, verb) for name in OWNERS}
            before = await state_of_both(cast)
            tokens = [None, *(cast.identities[name]["api_key"] for name in OWNERS), cast.world.ada.token]
            for name, address in addresses.items():
                for other in (each for each in OWNERS if each != name):
                    for how, tried in changed(address, addresses[other], cast.things[other]).items():
                        on = verb if how != OPPOSITE else VERBS[1 - VERBS.index(verb)]
                        first = await use(cast, tried, on)
                        for token in tokens[1:]:
                            answer = await use(cast, tried, on, token)
                            if told(answer) != FORBIDDEN or not same(answer, "", first, ""):
                                surprises.append(f"{verb} of {name}, {how} ({other}): {answer.text[:200]}")
            surprises += changes(before, await state_of_both(cast))
            for address in addresses.values():
                assert (await use(cast, address, verb)).status_code == 200, "as it is, it is good"
    assert surprises == [], "\n" + "\n".join(surprises)


async def test_what_is_over_is_over_whatever_it_named(database_url: str) -> None:
    """By its own end, and with the key that it was made with: who finds an old address learns nothing from it."""
    async with cast_on(database_url) as cast:
        addresses = {(verb, name): await signed(cast, name, verb) for verb in VERBS for name in ("mine", "foreign")}
        (key,) = ok(await cast.world.eve.get("/api/auth/keys/identity/"))
        await cast.world.eve.send("DELETE", f"/api/auth/keys/identity/{key['uuid']}/")
        for verb in VERBS:
            assert told(await use(cast, addresses[verb, "foreign"], verb)) == FORBIDDEN
            assert (await use(cast, addresses[verb, "mine"], verb)).status_code == 200, "another's goes on"
        cast.world.clock.advance(minutes=15)
        for verb in VERBS:
            late, lost = [await use(cast, addresses[verb, name], verb) for name in ("mine", "foreign")]
            assert told(late) == FORBIDDEN
            assert same(late, "", lost, ""), "whoever's it was"
