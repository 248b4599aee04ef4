"""Mail programs that others have written deliver to us, and what is downloaded is what they sent."""

import email
import email.policy
import json
import smtplib
import subprocess
import time
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.http import Http
from tests.support.journey import api, sign_in
from tests.support.postfix import Postfix, make_postfix, require
from tests.support.server import MakeServer, Server

__all__ = ["make_postfix"]  # a fixture

PDF = bytes(range(256)) * 400


class Reader:
    """Who reads the mail to `email` over the API."""

    def __init__(self, email: str, http: Http) -> None:
        self.email = email
        self._http = http

    def messages(self) -> list[dict[str, Any]]:
        """Newest first."""
        return self._http.get("/api/email-messages/").json

    def raw(self, message: dict[str, Any]) -> bytes:
        reply = self._http.get(f"/api/email-messages/{message['id']}/raw/")
        assert reply.status == 200
        return reply.body

    def wait(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait until there are *count* messages, and return them."""
        deadline = time.monotonic() + 30
        while len(found := self.messages()) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(found) == count
        return found


@pytest.fixture
def server(make_server: MakeServer) -> Server:
    return make_server("--dns", "none", "--mail-domain", "in.example.org")


@pytest.fixture
def reader(server: Server, cli: Cli) -> Reader:
    sign_in(server, cli)
    return Reader(cli.json("identity", "create", "--name", "reader")["email"], api(cli))


def a_letter(to: str) -> bytes:
    """A message with everything: a name and a subject beyond ASCII, two bodies, a file, long lines, lone dots."""
    letter = EmailMessage(policy=email.policy.SMTP)
    letter["From"] = "Jörg Müller <joerg@example.com>"
    letter["To"] = to
    letter["Subject"] = "Grüße ✓"
    letter["Message-ID"] = "<letter-1@example.com>"
    letter.set_content("Hello\n.\n..\n.dot\n" + "long " * 500 + "\n")
    letter.add_alternative("<p>Hello <b>you</b></p>", subtype="html")
    letter.add_attachment(PDF, maintype="application", subtype="pdf", filename="bericht.pdf")
    return letter.as_bytes()


def port_of(server: Server) -> int:
    return int(server.smtp.rpartition(":")[2])


@pytest.mark.parametrize("encrypted", [False, True])
def test_python_delivers_and_the_download_is_byte_identical(server: Server, reader: Reader, encrypted: bool) -> None:
    letter = a_letter(reader.email)
    with smtplib.SMTP("127.0.0.1", port_of(server), timeout=30) as connection:
        if encrypted:
            connection.starttls()
        connection.sendmail("joerg@example.com", [reader.email], letter)
    [message] = reader.messages()
    assert (message["subject"], message["from_email"]) == ("Grüße ✓", "joerg@example.com")
    raw = reader.raw(message)
    assert raw == letter
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    [attachment] = read.iter_attachments()
    assert attachment.get_content() == PDF
    assert json.loads(server.wait_for_line('"event":"message"'))["tls"] is encrypted


def test_python_delivers_with_international_addresses(server: Server, reader: Reader) -> None:
    with smtplib.SMTP("127.0.0.1", port_of(server), timeout=30) as connection:
        connection.ehlo()
        connection.sendmail(
            "jörg@straße.example", [reader.email], "Subject: ✓\r\n\r\n✓\r\n".encode(), mail_options=["SMTPUTF8"]
        )
    assert [message["subject"] for message in reader.messages()] == ["✓"]


@pytest.mark.parametrize("options", [[], ["--tls"], ["--pipeline"], ["--tls", "--pipeline"], ["--protocol", "SMTP"]])
def test_swaks_delivers(server: Server, reader: Reader, options: list[str]) -> None:
    swaks = require("swaks", "swaks")
    done = subprocess.run(
        [swaks, "--server", "127.0.0.1", "--port", str(port_of(server)), "--from", "bob@example.com", "--to",
         reader.email, "--header", "Subject: from swaks", "--body", "one\n.\n..two\n", *options],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    [message] = reader.messages()
    assert message["subject"] == "from swaks"
    assert b"\r\n\r\none\r\n.\r\n..two\r\n" in reader.raw(message)


@pytest.mark.parametrize("tls", ["encrypt", "none"])
def test_postfix_delivers_what_it_was_given(
    server: Server, reader: Reader, make_postfix: Callable[..., Postfix], tls: str
) -> None:
    postfix = make_postfix(port_of(server), tls=tls)
    letter = a_letter(reader.email)
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as connection:
        connection.sendmail("joerg@example.com", [reader.email], letter)
        for number in range(20):
            connection.sendmail("bob@example.com", [reader.email], f"Subject: {number}\r\n\r\n{number}\r\n")
    postfix.wait_for_log("status=sent (250 2.6.0 stored as ", times=21)
    found = {message["subject"]: message for message in reader.wait(21)}
    assert set(found) == {"Grüße ✓", *map(str, range(20))}
    # Postfix puts its trace before what it was given, and leaves the rest alone.
    assert reader.raw(found["Grüße ✓"]).endswith(letter)
    server.wait_for_line('"event":"message"')
    assert {line["tls"] for line in server.log if line["event"] == "message"} == {tls == "encrypt"}


def test_postfix_hears_why_a_recipient_is_refused_and_keeps_what_is_put_off(
    server: Server, reader: Reader, make_postfix: Callable[..., Postfix]
) -> None:
    postfix = make_postfix(port_of(server))
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as connection:
        connection.sendmail("<>", ["nobody@in.example.org"], "Subject: x\r\n\r\n")
        connection.sendmail("<>", ["nobody@elsewhere.example"], "Subject: x\r\n\r\n")
        postfix.wait_for_log("said: 550 5.1.1 no such mailbox here")
        postfix.wait_for_log("said: 550 5.7.1 this server does not relay")
        server.stop()
        connection.sendmail("bob@example.com", [reader.email], "Subject: later\r\n\r\n")
        postfix.wait_for_log("status=deferred")
        server.start()
    assert [message["subject"] for message in reader.wait()] == ["later"]
