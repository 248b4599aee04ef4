"""What whoever writes or texts learns of the recipient: one of a few declared answers, and never whose it is."""

from pathlib import Path
from typing import Any

import pytest

from tests.contract.matrix.answers import same, told
from tests.contract.matrix.cast import Cast, cast_on, ok
from tests.contract.matrix.references import Told
from tests.support.mail import raw_message
from tests.support.smtp import HOST, Office, office_on
from tests.support.world import Actor, World

#: By what became of an address, whoever had it: the whole reply to RCPT (docs/how-to/receive-mail.md).
REPLIES = {
    "live": "250 2.1.5 recipient accepted",
    "unknown": "550 5.1.1 no such mailbox here",
    "deleted": "550 5.1.6 this mailbox is gone and will not come back",
    "expired": "550 5.1.6 this mailbox is gone and will not come back",
    "disabled": "550 5.2.1 this mailbox is switched off",
}
#: How one address may be written.
SPELLINGS = ("{}", "{:upper}", "{:tag}")

UNREACHABLE = Told(422, "phone.unreachable")
NOT_OURS = Told(422, "validation.failed")


async def addresses(world: World) -> dict[str, list[dict[str, Any]]]:
    """An identity of ada and one of eve for each of `REPLIES`; nobody has those of `unknown`."""
    found: dict[str, list[dict[str, Any]]] = {state: [] for state in REPLIES}
    for owner in (world.ada, world.eve):
        for state, rows in found.items():
            ttl = {"ttl_seconds": 1} if state == "expired" else {}
            made = ok(await owner.post("/api/identities/", {"name": state, "provision_phone": True, **ttl}))
            rows.append(made)
            path = f"/api/identities/{made['uuid']}/"
            if state == "deleted":
                await owner.send("DELETE", path)
            if state == "disabled":
                await owner.post(f"{path}disable/")
    found["unknown"] = [{"email": f"nobody{n}@{HOST}", "phone": f"+1201555019{n}"} for n in range(2)]
    world.clock.advance(seconds=1)
    return found


def spelled(address: str, spelling: str) -> str:
    name, _, domain = address.partition("@")
    return {"{}": address, "{:upper}": address.upper(), "{:tag}": f"{name}+tag@{domain}"}[spelling]


async def test_an_address_has_one_reply_whoever_has_or_had_it(database_url: str, tmp_path: Path) -> None:
    surprises = []
    async with office_on(database_url, tmp_path) as office:
        for state, rows in (await addresses(office.world)).items():
            for row in rows:
                for spelling in SPELLINGS:
                    wire = await office.greeted()
                    await wire.say("MAIL FROM:<bob@example.com>")
                    to = spelled(row["email"], spelling)
                    reply = await wire.say(f"RCPT TO:<{to}>")
                    if reply != REPLIES[state]:
                        surprises.append(f"{state} {to}: {reply!r}, and not {REPLIES[state]!r}")
                    for question in (f"VRFY {to}", f"EXPN {to}"):
                        said = await wire.say(question)
                        if said[:3] not in ("252", "502") or row["email"] in said:
                            surprises.append(f"{question}: {said!r}")
                    await wire.close()
    assert surprises == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_of_several_recipients_none_sees_the_others(database_url: str, tmp_path: Path) -> None:
    async with office_on(database_url, tmp_path) as office:
        world = office.world
        everybody = [world.mine, world.sibling, world.foreign]
        wire = await office.greeted()
        await wire.say("MAIL FROM:<bob@example.com>")
        for identity in everybody:
            assert (await wire.say(f"RCPT TO:<{identity['email']}>"))[:3] == "250"
        assert (await wire.say("DATA"))[:3] == "354"
        await wire.send(raw_message("to all\n", to="undisclosed-recipients:;") + b"\r\n.\r\n")
        assert (await wire.reply())[:3] == "250"
        for identity in everybody:
            shown = await everything_of(office, identity)
            assert "to all" in shown
            for other in everybody:
                assert (other["email"] in shown) == (other is identity), "only one's own address is there"


async def everything_of(office: Office, identity: dict[str, Any]) -> str:
    """All that *identity* is shown of its one message."""
    actor = office.world.with_token(identity["api_key"])
    (message,) = ok(await actor.get("/api/email-messages/"))
    ref = f"/api/email-messages/{message['id']}/"
    texts = [(await actor.get(path)).text for path in (ref, f"{ref}raw/", "/api/events/", "/api/email-inbox/")]
    return "".join(texts)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_mail_from_here_is_told_the_same_as_mail_from_outside(database_url: str) -> None:
    surprises = []
    async with cast_on(database_url) as cast:
        for state, rows in (await addresses(cast.world)).items():
            for row in rows:
                body = {"to_email": row["email"], "subject": "Hello", "content": "Hi there."}
                sent = ok(await cast.world.agent.post("/api/email-messages/compose/", body))
                (delivery,) = sent["deliveries"]
                said = delivery["last_error"] or REPLIES["live"]
                if said != REPLIES[state]:
                    surprises.append(f"{state} {row['email']}: {said!r}, and not {REPLIES[state]!r}")
    assert surprises == []


async def test_a_number_that_was_somebody_s_is_like_one_that_nobody_has(database_url: str) -> None:
    async with cast_on(database_url) as cast:
        found = await addresses(cast.world)
        nobodys = found["unknown"][0]["phone"]
        gone = [row["phone"] for state in ("unknown", "deleted", "expired") for row in found[state]]
        gone += [cast.identities[name]["phone"] for name in ("gone", "lost")]
        live = [row["phone"] for state in ("live", "disabled") for row in found[state]]
        eves = [found[state][1]["phone"] for state in ("live", "disabled")]
        surprises = await texted(cast, cast.world.agent, "send", gone, nobodys, UNREACHABLE)
        for number in live:
            answer = await cast.world.agent.post("/api/messages/send/", {"to_number": number, "body": "hi"})
            assert (answer.status_code, answer.json()["state"]) == (201, "queued"), "on or off, it does not show"
        surprises += await texted(cast, cast.world.ada, "simulate", [*gone, *eves], nobodys, NOT_OURS)
    assert surprises == []


async def texted(cast: Cast, actor: Actor, verb: str, numbers: list[str], nobodys: str, wanted: Told) -> list[str]:
    """Text to each of *numbers*; return where that is told otherwise than for the number that nobody has."""
    body = {"body": "hi", "from_number": "22395"} if verb == "simulate" else {"body": "hi"}
    nothing = await actor.post(f"/api/messages/{verb}/", body | {"to_number": nobodys})
    surprises = [] if told(nothing) == wanted else [f"{verb} to nobody: {nothing.text}"]
    for number in numbers:
        answer = await actor.post(f"/api/messages/{verb}/", body | {"to_number": number})
        if not same(answer, number, nothing, nobodys):
            surprises.append(f"{verb} to {number}: {answer.text}, and of nobody {nothing.text}")
    return surprises
