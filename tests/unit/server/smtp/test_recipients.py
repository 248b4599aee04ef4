"""Who is written to: ours are accepted, everybody else is refused with the reason, and nothing is ever relayed."""

import pytest

from tests.support.smtp import HOST, Office, Wire


async def test_each_kind_of_recipient_has_its_own_refusal(office: Office, wire: Wire) -> None:
    ada, world = office.world.ada, office.world
    gone, off = office.sibling, (await ada.post("/api/identities/", {"name": "off"})).json()
    await ada.send("DELETE", f"/api/identities/{world.sibling['uuid']}/")
    assert (await ada.post(f"/api/identities/{off['uuid']}/disable/")).status_code == 200
    await wire.say("MAIL FROM:<bob@example.com>")
    replies = await wire.all(*(f"RCPT TO:<{to}>" for to in (f"nobody@{HOST}", gone, off["email"], "x@example.org")))
    assert [reply[:9] for reply in replies] == ["550 5.1.1", "550 5.1.6", "550 5.2.1", "550 5.7.1"]
    # One refusal is no refusal of the others.
    assert (await wire.say(f"RCPT TO:<{office.mine}>"))[:9] == "250 2.1.5"


ELSEWHERE = [
    "victim@example.org",
    "{name}%{host}@example.org",
    "victim%example.org@{host}",
    "victim@example.org@{host}",
    '"victim@example.org"@{host}',
    '"victim%example.org"@{host}',
    "example.org!victim@{host}",
    "example.org!victim",
    "@{host}:victim@example.org",
    "@{host},@example.net:victim@example.org",
    "@example.org:{name}@{host}",
    "victim@[127.0.0.1]",
    "{name}@[127.0.0.1]",
    "{name}@{host}.example.org",
    "{name}@sub.{host}",
    "{name}@{host}@example.org",
    "{name}@{host}:25",
    "{name}@",
    "@{host}",
    "{name}",
    '"{name}"@{host}',
    "{name}(comment)@{host}",
    "{name}@{host}%example.org",
    "{name}\\@example.org@{host}",
    "",
    "victim@example.org,{name}@{host}",
    "<{name}@{host}>",
    "{name}@\u2170n.ravi.localhost",
]


async def test_no_spelling_relays(office: Office) -> None:
    name = office.mine.partition("@")[0]
    wire = await office.greeted()
    await wire.say("MAIL FROM:<bob@example.com> SMTPUTF8")
    for recipient in ELSEWHERE:
        reply = await wire.say(f"RCPT TO:<{recipient.format(name=name, host=HOST)}>")
        assert reply[:1] == "5", recipient
    assert (await wire.say("DATA"))[:9] == "554 5.5.1"


@pytest.mark.parametrize(
    "spelling", ["{mine}", "{upper}", "{name}+tag@{host}", "{name}+@{host}", "{name}+a+b@{host}", "{mine}."]
)
async def test_every_spelling_of_an_address_of_ours_arrives(office: Office, wire: Wire, spelling: str) -> None:
    mine = office.mine
    to = spelling.format(mine=mine, upper=mine.upper(), name=mine.partition("@")[0], host=HOST)
    assert (await wire.deliver(to, b"Subject: x\r\n\r\n"))[:3] == "250"
    assert len(await office.messages()) == 1


POSTMASTER = ["postmaster", "Postmaster", "POSTMASTER@{host}", "postmaster@{host}.", "postmaster+dmarc@{host}"]


@pytest.mark.parametrize("spelling", POSTMASTER)
async def test_postmaster_is_whom_the_operator_has_named(office: Office, wire: Wire, spelling: str) -> None:
    to = spelling.format(host=HOST)
    await wire.say("MAIL FROM:<>")
    assert await wire.say(f"RCPT TO:<{to}>") == "550 5.1.1 nobody reads mail for postmaster on this server"
    await wire.say("RSET")
    office.world.services.mail.read_postmaster_as(office.mine)
    assert (await wire.deliver(to, b"Subject: x\r\n\r\n"))[:3] == "250"
    [message] = await office.messages()
    assert message.envelope_to == to


@pytest.mark.parametrize("spelling", ["postmaster@example.org", "postmaster@sub.{host}", "root", '"postmaster"@{host}'])
async def test_another_postmaster_is_not_ours(office: Office, wire: Wire, spelling: str) -> None:
    office.world.services.mail.read_postmaster_as(office.mine)
    await wire.say("MAIL FROM:<bob@example.com>")
    assert (await wire.say(f"RCPT TO:<{spelling.format(host=HOST)}>"))[:1] == "5"


async def test_an_international_recipient_needs_the_parameter(office: Office, wire: Wire) -> None:
    await wire.say("MAIL FROM:<bob@example.com>")
    assert (await wire.say(f"RCPT TO:<münchen@{HOST}>"))[:9] == "553 5.6.7"
    await wire.all("RSET", "MAIL FROM:<bob@example.com> SMTPUTF8")
    assert (await wire.say(f"RCPT TO:<münchen@{HOST}>"))[:9] == "550 5.1.1"


async def test_an_identity_deleted_between_rcpt_and_data_gets_nothing_and_the_sender_hears_it(
    office: Office, wire: Wire
) -> None:
    await wire.all("MAIL FROM:<bob@example.com>", f"RCPT TO:<{office.mine}>", "DATA")
    await office.world.ada.send("DELETE", f"/api/identities/{office.world.mine['uuid']}/")
    await wire.send(b"Subject: late\r\n\r\n.\r\n")
    assert (await wire.reply())[:9] == "550 5.1.1"
    row = await office.world.services.db.one("SELECT COUNT(*) FROM messages")
    assert row == (0,)
