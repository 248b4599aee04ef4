"""Which commands there are, in which order, and what each is answered."""

import re

import pytest

from tests.support.smtp import HOST, Office, Wire


async def test_the_greeting_lists_what_is_offered_and_nothing_else(office: Office) -> None:
    wire = await office.connect()
    assert await wire.reply() == f"220 {HOST} ESMTP Ravi"
    assert (await wire.say("EHLO client.example")).split("\n") == [
        f"250-{HOST}",
        "250-PIPELINING",
        f"250-SIZE {25 * 1024 * 1024}",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-STARTTLS",
        "250 ENHANCEDSTATUSCODES",
    ]


@pytest.mark.parametrize("verb", ["HELO", "EHLO", "ehlo"])
async def test_any_name_of_a_host_is_believed(office: Office, verb: str) -> None:
    for name in ("client", "[127.0.0.1]", "[IPv6:::1]", "my_pc.local", "straße.example", "x" * 255):
        wire = await office.connect()
        await wire.reply()
        assert (await wire.say(f"{verb} {name}"))[:3] == "250"
        assert (await wire.say("MAIL FROM:<a@b.example>"))[:9] == "250 2.1.0"


@pytest.mark.parametrize("name", ["", " ", "two words", "x" * 256])
async def test_what_cannot_be_a_name_of_a_host_is_refused(office: Office, name: str) -> None:
    wire = await office.connect()
    await wire.reply()
    assert (await wire.say(f"EHLO {name}"))[:9] == "501 5.5.4"
    assert (await wire.say("MAIL FROM:<a@b.example>"))[:9] == "503 5.5.1"


ANSWERS = [
    ("NOOP", "250 2.0.0"),
    ("NOOP with words", "250 2.0.0"),
    ("RSET", "250 2.0.0"),
    ("RSET x", "501 5.5.4"),
    ("HELP", "214 2.0.0"),
    ("HELP MAIL", "214 2.0.0"),
    ("VRFY somebody", "252 2.1.5"),
    ("VRFY", "252 2.1.5"),
    ("EXPN list", "502 5.5.1"),
    ("AUTH PLAIN AGEAYg==", "500 5.5.1"),
    ("XCLIENT ADDR=10.0.0.1", "500 5.5.1"),
    ("XFORWARD NAME=x", "500 5.5.1"),
    ("TURN", "500 5.5.1"),
    ("SEND FROM:<a@b>", "500 5.5.1"),
    ("PROXY TCP4 10.0.0.1 10.0.0.2 1 2", "500 5.5.1"),
    ("", "500 5.5.1"),
    (" MAIL FROM:<a@b.example>", "500 5.5.1"),
    ("MAIL\tFROM:<a@b.example>", "500 5.5.2"),
    ("obey", "500 5.5.1"),
    ("DATA", "503 5.5.1"),
    ("DATA x", "501 5.5.4"),
    ("RCPT TO:<a@b.example>", "503 5.5.1"),
    ("STARTTLS now", "501 5.5.4"),
    ("QUIT now", "501 5.5.4"),
    ("MAIL", "501 5.5.4"),
    ("MAIL FROM", "501 5.5.4"),
    ("MAIL TO:<a@b.example>", "501 5.5.4"),
    ("MAIL FROM:a@b.example", "501 5.5.4"),
    ("MAIL FROM:<a@b.example", "501 5.5.4"),
    ("MAIL FROM:<a@b.example>SIZE=1", "501 5.5.4"),
    ("MAIL FROM:<a b@c.example>", "501 5.5.4"),
    ("MAIL FROM:<a@b.example> SIZE=x", "501 5.5.4"),
    ("MAIL FROM:<a@b.example> SIZE=-1", "501 5.5.4"),
    ("MAIL FROM:<a@b.example> SIZE=\uff11", "501 5.5.4"),
    ("MAIL FROM:<a@b.example> SIZE", "501 5.5.4"),
    ("MAIL FROM:<a@b.example> SIZE=1 SIZE=2", "501 5.5.4"),
    ("MAIL FROM:<a@b.example> BODY=BINARYMIME", "501 5.5.4"),
    ("MAIL FROM:<a@b.example> SMTPUTF8=1", "501 5.5.4"),
    ("MAIL FROM:<a@b.example> AUTH=<>", "555 5.5.4"),
    ("MAIL FROM:<a@b.example> RET=HDRS", "555 5.5.4"),
    ("MAIL FROM:<a@b.example> SIZE=26214401", "552 5.3.4"),
    ("MAIL FROM:<a@b.example> SIZE=99999999999999999999", "552 5.3.4"),
    ("MAIL FROM:<a@b.example> SIZE=26214400 BODY=8BITMIME SMTPUTF8", "250 2.1.0"),
    ("mail from:<a@b.example> size=1 body=7bit", "250 2.1.0"),
    ("MAIL FROM: <a@b.example>", "250 2.1.0"),
    ("MAIL FROM:<>", "250 2.1.0"),
    ('MAIL FROM:<"quoted > part \\" here"@b.example>', "250 2.1.0"),
    ("MAIL FROM:<postmaster>", "553 5.1.7"),
    ("MAIL FROM:<@relay.example:a@b.example>", "553 5.1.7"),
    ("MAIL FROM:<a@>", "553 5.1.7"),
    ("MAIL FROM:<@b.example>", "553 5.1.7"),
    (f"MAIL FROM:<{'x' * 600}@b.example>", "553 5.1.7"),
    ("MAIL FROM:<bücher@b.example>", "553 5.6.7"),
    ("MAIL FROM:<bücher@b.example> SMTPUTF8", "250 2.1.0"),
]


async def test_a_command_is_answered_with_its_enhanced_code(office: Office) -> None:
    answered = []
    for line, _ in ANSWERS:
        wire = await office.greeted()
        answered.append((line, (await wire.say(line))[:9]))
        assert (await wire.say("NOOP"))[:9] == "250 2.0.0"  # and the conversation goes on
        await wire.close()
    assert answered == ANSWERS


async def test_a_sender_that_is_not_ascii_is_stored_as_it_was_given(office: Office, wire: Wire) -> None:
    await wire.all("MAIL FROM:<bücher@straße.example> SMTPUTF8", f"RCPT TO:<{office.mine}>", "DATA")
    await wire.send(b"Subject: x\r\n.\r\n")
    assert (await wire.reply())[:3] == "250"
    assert [message.envelope_from for message in await office.messages()] == ["bücher@straße.example"]


async def test_parameters_need_the_extended_greeting(office: Office) -> None:
    wire = await office.connect()
    await wire.reply()
    await wire.say("HELO x")
    assert (await wire.say("MAIL FROM:<a@b.example> SIZE=1"))[:9] == "555 5.5.4"


async def test_the_order_of_a_transaction_is_kept(office: Office, wire: Wire) -> None:
    assert (await wire.say("MAIL FROM:<a@b.example>"))[:9] == "250 2.1.0"
    assert (await wire.say("MAIL FROM:<c@d.example>"))[:9] == "503 5.5.1"
    assert (await wire.say("DATA"))[:9] == "554 5.5.1"
    assert (await wire.say(f"RCPT TO:<{office.mine}>"))[:9] == "250 2.1.5"
    assert (await wire.say("RSET"))[:9] == "250 2.0.0"
    assert (await wire.say("DATA"))[:9] == "503 5.5.1"
    await wire.all("MAIL FROM:<a@b.example>", f"RCPT TO:<{office.mine}>")
    assert (await wire.say("EHLO again"))[:4] == "250-"
    assert (await wire.say(f"RCPT TO:<{office.mine}>"))[:9] == "503 5.5.1"


async def test_a_transaction_ends_with_its_message(office: Office, wire: Wire) -> None:
    assert (await wire.deliver(office.mine, b"one\r\n"))[:3] == "250"
    assert (await wire.say(f"RCPT TO:<{office.mine}>"))[:9] == "503 5.5.1"


async def test_whoever_sends_bdat_unasked_is_cut_off_before_the_message_is_taken_for_commands(
    office: Office, wire: Wire
) -> None:
    await wire.send(f"BDAT 70 LAST\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<{office.mine}>\r\n".encode())
    assert (await wire.reply())[:9] == "502 5.5.1"
    assert await wire.ended()


@pytest.mark.parametrize("line", ["GET / HTTP/1.1", "POST / HTTP/1.1", "OPTIONS * HTTP/1.1", "PRI * HTTP/2.0"])
async def test_a_browser_is_cut_off_at_its_first_word(office: Office, line: str) -> None:
    wire = await office.connect()
    await wire.reply()
    await wire.send(f"{line}\r\nHost: x\r\n\r\nEHLO x\r\nMAIL FROM:<a@b.example>\r\n".encode())
    assert (await wire.reply())[:9] == "421 4.7.0"
    assert await wire.ended()


async def test_every_reply_but_greetings_and_go_ahead_has_an_enhanced_code(office: Office, wire: Wire) -> None:
    said = ["NOOP", "NONSENSE", "HELP", "VRFY x", "MAIL FROM:<a@b.example>", "RCPT TO:<nobody@x.example>",
            f"RCPT TO:<{office.mine}>", "RSET", "QUIT"]  # fmt: skip
    for line in said:
        assert re.match(r"(\d)\d\d \1\.\d\.\d ", await wire.say(line)), line
