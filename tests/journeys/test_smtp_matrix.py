"""
The ways to smuggle, to inject and to relay, each with the answer that it gets from a real server.

Byte by byte, without a mail library in between, and within a second of the server's processor time each.
"""

import socket
import ssl
from collections.abc import Iterator

import pytest

from tests.support.cli import Cli
from tests.support.cost import MiB, within
from tests.support.http import Http
from tests.support.journey import api, sign_in
from tests.support.server import Server

HOST = "in.ravi.localhost"


class Talk:
    """A connection to the mail port that has heard the greeting."""

    def __init__(self, server: Server) -> None:
        host, _, port = server.smtp.rpartition(":")
        self._socket: socket.socket = socket.create_connection((host, int(port)), timeout=30)
        self.hear()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def hear(self) -> str:
        """The next reply, its lines joined; empty when the server has hung up. Reads no byte further."""
        lines = []
        while True:
            line = b""
            while not line.endswith(b"\n") and (byte := self._socket.recv(1)):
                line += byte
            lines.append(line.decode().removesuffix("\r\n"))
            if line[3:4] != b"-":
                return "\n".join(lines)

    def say(self, line: bytes | str) -> str:
        self.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        return self.hear()

    def encrypt(self) -> None:
        """Shake hands, believing any certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._socket = context.wrap_socket(self._socket)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    options = ("--dns", "none", "--postmaster", f"target@{HOST}")
    server = Server(tmp_path_factory.mktemp("server") / "data", *options).start()
    yield server
    server.stop()
    faults = [line for line in server.lines if '"event":"fault"' in line or "Traceback" in line]
    assert not faults, "ravi-server logged faults:\n" + "\n".join(faults)


@pytest.fixture(scope="module")
def owner(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    return sign_in(server, Cli(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="module")
def address(owner: Cli) -> str:
    return owner.json("identity", "create", "--name", "target", "--email", "target")["email"]


@pytest.fixture(scope="module")
def http(owner: Cli) -> Http:
    return api(owner)


@pytest.fixture
def talk(server: Server, address: str) -> Iterator[Talk]:
    """A connection that has said EHLO, within the bounds of this file."""
    with within(server.pid, seconds=1.0, memory=256 * MiB):
        talk = Talk(server)
        assert talk.say("EHLO client.example").startswith("250-")
        yield talk
        talk.close()


def stored(http: Http) -> list[int]:
    """The ids of all messages, the newest first."""
    return [each["id"] for each in http.get("/api/email-messages/").json]


BARE = [b"\n.\r\n", b"\r.\r\n", b"\n.\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\n\n.\r\n", b"\r\r\n.\r\r\n",
        b"\r\n.\0\r\n", b"\r\n. \r\n", b"\x85.\r\n", b"\r\n\0.\r\n", b"\n.\r\r\n", b"\r\n\t.\r\n"]  # fmt: skip


@pytest.mark.parametrize("end", BARE, ids=repr)
def test_no_other_spelling_ends_a_message_and_none_is_changed(talk: Talk, address: str, http: Http, end: bytes) -> None:
    before = stored(http)
    for line in ("MAIL FROM:<bob@example.com>", f"RCPT TO:<{address}>"):
        assert talk.say(line)[:3] == "250"
    assert talk.say("DATA")[:3] == "354"
    inner = f"MAIL FROM:<admin@{HOST}>\r\nRCPT TO:<{address}>\r\nDATA\r\nSubject: inner\r\n\r\nx".encode()
    outer = b"Subject: outer\r\n\r\na bare \r and a bare \n" + end + inner + b"\r\n"
    talk.send(outer + b".\r\nNOOP\r\n")
    assert talk.hear()[:9] == "250 2.6.0"
    assert talk.hear()[:9] == "250 2.0.0", "something in between was taken for a command"
    [new] = [each for each in stored(http) if each not in before]
    # A dot that begins a line was put there by the sender, and is taken away again.
    assert http.get(f"/api/email-messages/{new}/raw/").body == outer.replace(b"\r\n.", b"\r\n")


RELAYED = {
    "victim@example.org": "550 5.7.1",
    "victim%example.org@{host}": "550 5.7.1",
    "target%{host}@example.org": "550 5.7.1",
    "victim@example.org@{host}": "550 5.7.1",
    "@{host}:victim@example.org": "550 5.7.1",
    "@{host},@example.net:victim@example.org": "550 5.7.1",
    "@example.org:target@{host}": "550 5.7.1",
    "example.org!victim@{host}": "550 5.7.1",
    '"victim@example.org"@{host}': "550 5.7.1",
    '"victim%example.org"@{host}': "550 5.7.1",
    '"example.org!victim"@{host}': "550 5.7.1",
    '"target"@{host}': "550 5.1.1",
    '"victim@example.org"': "553 5.1.3",
    "target@{host}@example.org": "550 5.7.1",
    "target@sub.{host}": "550 5.7.1",
    "target@{host}.example.org": "550 5.7.1",
    "target@[127.0.0.1]": "553 5.1.3",
    "target@{host}:25": "550 5.7.1",
    "target@{host},victim@example.org": "550 5.7.1",
    "nobody@{host}": "550 5.1.1",
    "target": "553 5.1.3",
    "postmaster@example.org": "550 5.7.1",
    "": "553 5.1.3",
}


@pytest.mark.parametrize("spelling", RELAYED)
def test_no_spelling_relays(talk: Talk, spelling: str) -> None:
    talk.say("MAIL FROM:<bob@example.com>")
    assert talk.say(f"RCPT TO:<{spelling.format(host=HOST)}>")[:9] == RELAYED[spelling]
    assert talk.say("DATA")[:9] == "554 5.5.1", "there is nobody to deliver to"


@pytest.mark.parametrize("spelling", ["postmaster", "Postmaster", f"POSTMASTER@{HOST}"])
def test_whoever_runs_the_server_can_be_written_to(talk: Talk, http: Http, spelling: str) -> None:
    before = len(stored(http))
    talk.say("MAIL FROM:<>")
    assert talk.say(f"RCPT TO:<{spelling}>")[:9] == "250 2.1.5"
    talk.say("DATA")
    assert talk.say(f"Subject: for {spelling}\r\n\r\nsomething is wrong\r\n.")[:9] == "250 2.6.0"
    assert len(stored(http)) == before + 1


INJECTED = {
    b"MAIL FROM:<a@b.example>\nRCPT TO:<target@in.ravi.localhost>": "500 5.5.2",
    b"MAIL FROM:<a@b.example>\rRCPT TO:<target@in.ravi.localhost>": "500 5.5.2",
    b"MAIL FROM:<a@b.example>\0": "500 5.5.2",
    b"MAIL FROM:<a@b.example> SIZE=1\x0bBODY=8BITMIME": "500 5.5.2",
    b"MAIL FROM:<a\xff@b.example>": "500 5.5.2",
    b"MAIL FROM:<a@b.example> AUTH=<>": "555 5.5.4",
    b"MAIL FROM:<a@b.example> SIZE=1 SIZE=2": "501 5.5.4",
    b"MAIL FROM:<a@b.example> SIZE=99999999999999999999": "552 5.3.4",
    b"MAIL FROM:a@b.example": "501 5.5.4",
    b"MAIL FROM:<<a@b.example>>": "501 5.5.4",
    b"EHLO a\nb": "500 5.5.2",
    b"EHLO " + b"x" * MiB: "500 5.5.2",
    b"x" * MiB: "500 5.5.2",
    b"BDAT 86 LAST": "502 5.5.1",
    b"AUTH PLAIN AGEAYg==": "500 5.5.1",
    b"XCLIENT ADDR=127.0.0.1": "500 5.5.1",
}


@pytest.mark.parametrize("line", INJECTED, ids=lambda line: repr(line[:60]))
def test_a_line_that_says_two_things_says_nothing(talk: Talk, line: bytes) -> None:
    assert talk.say(line)[:9] == INJECTED[line]


def test_commands_before_starttls_are_forgotten(talk: Talk, address: str) -> None:
    for line in ("MAIL FROM:<bob@example.com>", f"RCPT TO:<{address}>"):
        assert talk.say(line)[:3] == "250"
    assert talk.say("STARTTLS")[:3] == "220"
    talk.encrypt()
    assert talk.say(f"RCPT TO:<{address}>")[:9] == "503 5.5.1"
    assert talk.say("DATA")[:9] == "503 5.5.1"
    assert talk.say("MAIL FROM:<bob@example.com>")[:9] == "503 5.5.1", "who it is has to be said again"
    assert "STARTTLS" not in talk.say("EHLO client.example")
    assert talk.say("MAIL FROM:<bob@example.com>")[:3] == "250"


@pytest.mark.parametrize(
    "behind", [b"EHLO evil.example\r\n", b"NOOP\r\n" * 1000, b"MAIL FROM:<evil@x.example>\r\n", b"N"]
)
def test_nothing_behind_starttls_in_the_clear_is_obeyed(talk: Talk, address: str, behind: bytes) -> None:
    talk.send(b"STARTTLS\r\n" + behind)
    assert talk.hear()[:3] == "220"
    talk.encrypt()
    # Had any of it been obeyed or kept, the first answer would be another one.
    assert talk.say("MAIL FROM:<bob@example.com>")[:9] == "503 5.5.1"
    assert talk.say("EHLO client.example").startswith(f"250-{HOST}")
    assert talk.say(f"RCPT TO:<{address}>")[:9] == "503 5.5.1"
