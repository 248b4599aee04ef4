"""A deleted identity leaves its tombstone, and nothing of what it had, in no table, no index and no byte of a file."""

import itertools

import pytest

from tests.drills import traces
from tests.drills.ground import Agent, Owner, asking, deliver, eventually, must, new_owner, path_of, sealed
from tests.support.databases import Dialect
from tests.support.postgres import Cluster
from tests.support.server import MakeServer, Server

_numbers = itertools.count(1)


class Canaries:
    """Words that are nowhere else, each called by what it was put into."""

    def __init__(self, whose: str) -> None:
        self.whose = whose
        self.words: dict[str, str] = {}

    def put(self, what: str) -> str:
        """A word of letters only, so that every index of words takes it for one."""
        letters = "".join("abcdefghij"[int(digit)] for digit in f"{next(_numbers):04}")
        return self.words.setdefault(what, f"zq{self.whose}{letters}xv")


#: The log of who did what is only appended to; an entry about something in the vault names it, and stays.
IN_THE_AUDIT_LOG = {"secret name", "site", "totp name"}


def live(agent: Agent, owner: Owner, server: Server) -> Canaries:
    """Let everything happen to *agent* that leaves something in the database; return what to look for."""
    canaries = Canaries(agent.name)
    put = canaries.put
    http = agent.at(server)
    subject = put("mail's subject")
    file = put("attachment's content").encode()
    deliver(
        server, agent.email, subject, f"{put('mail body')}, code 482913", file=file,
        sender=f"{put('sender name')} <{put('sender')}@client.example>",
    )  # fmt: skip

    def arrived() -> object:
        return [each for each in must(http, "GET", "/api/email-messages/") if each["subject"] == subject]

    eventually("the mail", arrived)
    assert must(http, "GET", f"/api/email-messages/?q={subject}"), "the index of words has it"
    upload = {"filename": f"{put('upload name')}.txt", "content_type": "text/plain", "size": 40}
    announced = must(http, "POST", "/api/email-attachments/presign/", upload)
    content = put("upload content").encode().ljust(40)
    must(
        http.holding(None), "PUT", path_of(announced["upload_url"]), raw=content, headers={"Content-Type": "text/plain"}
    )
    sent = {"to": agent.email, "subject": put("sent subject"), "body": put("sent body")}
    must(http, "POST", "/api/email-messages/compose/", sent)
    text = {"to": agent.phone, "from_number": "22395", "body": put("text")}
    must(owner.at(server), "POST", "/api/messages/simulate/", text)
    must(http, "POST", "/api/messages/send/", {"to_number": agent.phone, "body": put("sent text")})
    contact = {"display_name": put("contact name"), "nickname": put("nickname")}
    must(http, "POST", "/api/contacts/", {**contact, "email": f"{put('contact')}@client.example"})
    must(http, "PUT", f"/api/secrets/{put('secret name').upper()}/", {"value": sealed(put("sealed value"))})
    must(
        http, "POST", "/api/passwords/",
        {"uuid": "11111111-1111-4111-8111-" + f"{next(_numbers):012}", "domain": f"{put('site')}.example",
         "password": sealed()},
    )  # fmt: skip
    totp = {"uuid": "22222222-2222-4222-8222-" + f"{next(_numbers):012}", "service_name": put("totp name")}
    must(http, "POST", "/api/mfa/", {**totp, "secret": sealed()})
    hook = {"url": f"https://hooks.example/{put('webhook')}", "enabled": False}
    must(http, "POST", "/api/webhook-subscriptions/", hook)
    must(http, "GET", f"/api/secrets/{put('secret name').upper()}/")
    must(http, "POST", "/api/wait/", {"want": "otp", "seconds": 0})
    must(owner.at(server), "PATCH", f"/api/identities/{agent.uuid}/", {"labels": {put("label"): put("label value")}})
    return canaries


@pytest.fixture
def database(dialect: Dialect, request: pytest.FixtureRequest) -> str | None:
    if dialect == "sqlite":
        return None
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.url(cluster.create())


def test_a_deleted_identity_leaves_nothing_behind_but_its_tombstone(
    make_server: MakeServer, database: str | None
) -> None:
    server = make_server("--dns", "none", database=database)
    owner = new_owner([server])
    agent, sibling = owner.hire("agent"), owner.hire("sibling")
    gone, kept = live(agent, owner, server), live(sibling, owner, server)
    receipt = must(owner.http, "DELETE", f"/api/identities/{agent.uuid}/")
    assert receipt["status"] == "deleted"
    again = asking(owner.http, "DELETE", f"/api/identities/{agent.uuid}/")
    assert (again.status, again.json["code"]) == (404, "identity.deleted")
    taken = asking(owner.http, "POST", "/api/identities/", {"name": "heir", "email": agent.email})
    assert taken.status == 409, "the address stays a tombstone"
    if database is None:  # the index of words is written anew by and by
        words = [gone.words[what] for what in ("mail's subject", "mail body", "sent body")]
        eventually("the index is rid of it", lambda: not traces.in_index(server.data / "ravi.db", words))
    server.stop()

    needles = [*gone.words.values(), *kept.words.values(), agent.uuid, agent.token]
    if database is None:
        found = traces.in_sqlite(server.data / "ravi.db", needles)
    else:
        found = traces.in_postgres(database, needles)
    left = {what: found[word] for what, word in gone.words.items() if word in found}
    assert left.keys() <= IN_THE_AUDIT_LOG
    assert all(places <= {"audit", "the file"} and "audit" in places for places in left.values()), left
    assert agent.token not in found
    assert {"deleted_identities"} <= found[agent.uuid]
    missing = {what for what, word in kept.words.items() if word not in found}
    assert missing == {"sealed value", "attachment's content"}, "the search finds what is there, unless it is encoded"
